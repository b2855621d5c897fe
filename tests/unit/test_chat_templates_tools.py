"""Schemas of functions. Every expectation was worked out by hand and agrees with transformers 5.23."""

import enum
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import (  # noqa: UP035 - these forms are the subject
    Annotated,
    Any,
    Dict,
    List,
    Literal,
    Optional,
    Tuple,
    Union,
)

import pytest

from lexel.chat_templates import DocstringParsingException, TypeHintParsingException, get_json_schema
from lexel.chat_templates.tools import tool_schemas
from lexel.errors import LexelError


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Mixed(enum.Enum):
    TWO = 2
    B = "b"
    NOTHING = None
    HALF = 2.5
    YES = True


class Number(enum.IntEnum):
    ONE = 1
    TWO = 2


class Empty(enum.Enum):
    pass


class Unwritable(enum.Enum):
    A = (1, 2)


class Custom:
    pass


INTEGER, NUMBER, STRING = {"type": "integer"}, {"type": "number"}, {"type": "string"}
ARRAY, OBJECT = {"type": "array"}, {"type": "object"}

HINTS: list[tuple[Any, dict[str, Any]]] = [
    (int, INTEGER),
    (float, NUMBER),
    (str, STRING),
    (bool, {"type": "boolean"}),
    (None, {"type": "null"}),
    (type(None), {"type": "null"}),
    (Any, {}),
    (list, ARRAY),
    (tuple, ARRAY),
    (dict, OBJECT),
    (List, ARRAY),  # noqa: UP006
    (Tuple, ARRAY),  # noqa: UP006
    (Dict, OBJECT),  # noqa: UP006
    (list[int], {"type": "array", "items": INTEGER}),
    (List[str], {"type": "array", "items": STRING}),  # noqa: UP006
    (list[list[float]], {"type": "array", "items": {"type": "array", "items": NUMBER}}),
    (list[Any], {"type": "array", "items": {}}),
    (list[int | None], {"type": "array", "items": {"type": "integer", "nullable": True}}),
    (tuple[int, str], {"type": "array", "prefixItems": [INTEGER, STRING]}),
    (tuple[()], ARRAY),
    (tuple[int, str | None], {"type": "array", "prefixItems": [INTEGER, {"type": "string", "nullable": True}]}),
    (dict[str, int], {"type": "object", "additionalProperties": INTEGER}),
    (dict[int, str], {"type": "object", "additionalProperties": STRING}),
    (Dict[str, list[int]], {"type": "object", "additionalProperties": {"type": "array", "items": INTEGER}}),  # noqa: UP006
    (
        dict[str, dict[str, Any]],
        {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {}}},
    ),
    (Optional[int], {"type": "integer", "nullable": True}),  # noqa: UP045
    (int | None, {"type": "integer", "nullable": True}),
    (int | str, {"type": ["integer", "string"]}),
    (Union[str, int, float], {"type": ["integer", "number", "string"]}),  # noqa: UP007
    (str | bool | int | float | None, {"type": ["boolean", "integer", "number", "string"], "nullable": True}),
    (list | tuple, ARRAY),
    (list | tuple | None, {"type": "array", "nullable": True}),
    (int | list | dict, {"type": ["array", "integer", "object"]}),
    (list[int] | str, {"anyOf": [{"type": "array", "items": INTEGER}, STRING]}),
    (
        list[int] | dict[str, int] | None,
        {
            "anyOf": [{"type": "array", "items": INTEGER}, {"type": "object", "additionalProperties": INTEGER}],
            "nullable": True,
        },
    ),
    (Union[Any, int], {"anyOf": [{}, INTEGER]}),  # noqa: UP007
    (Optional[Any], {"nullable": True}),  # noqa: UP045
    (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
    (Literal[1, 2], {"type": "integer", "enum": [1, 2]}),
    (Literal["b", 1, None, "a"], {"type": ["string", "integer", "null"], "enum": ["b", 1, None, "a"]}),
    (Literal[True, 1], {"type": ["boolean", "integer"], "enum": [True, 1]}),
    (Optional[Literal["x"]], {"type": "string", "enum": ["x"], "nullable": True}),  # noqa: UP045
    (Literal["x"] | int, {"anyOf": [{"type": "string", "enum": ["x"]}, INTEGER]}),
    (list[Literal["x"]], {"type": "array", "items": {"type": "string", "enum": ["x"]}}),
    (Color, {"type": "string", "enum": ["red", "blue"]}),
    (Mixed, {"type": ["integer", "string", "null", "number", "boolean"], "enum": [2, "b", None, 2.5, True]}),
    (Number, {"type": "integer", "enum": [1, 2]}),
    (Color | None, {"type": "string", "enum": ["red", "blue"], "nullable": True}),
    (Color | int, {"anyOf": [{"type": "string", "enum": ["red", "blue"]}, INTEGER]}),
    (dict[str, Color], {"type": "object", "additionalProperties": {"type": "string", "enum": ["red", "blue"]}}),
    (Annotated[int, "counted"], INTEGER),
    (Annotated[list[int], "counted"], {"type": "array", "items": INTEGER}),
]

REFUSED = [
    set[int], frozenset[int], Callable[[int], int], Sequence[int], Mapping[str, int], Custom, bytes, complex, object,
    type, Empty, Unwritable, tuple[int], tuple[int, ...], Literal[b"x"], Literal[Color.RED], list[Custom],
    dict[str, Custom], int | Custom,
]  # fmt: skip


def tool(hint: Any, returns: Any = ..., doc: str = "Do it.\n\nArgs:\n    x: The x.\n") -> Callable[..., Any]:
    def work(x):  # type: ignore[no-untyped-def]
        return x

    work.__annotations__ = {"x": hint} if returns is ... else {"x": hint, "return": returns}
    work.__doc__ = doc
    return work


def function_of(func: Callable[..., Any]) -> dict[str, Any]:
    schema = get_json_schema(func)
    assert list(schema) == ["type", "function"]
    assert schema["type"] == "function"
    function: dict[str, Any] = schema["function"]
    return function


@pytest.mark.parametrize(("hint", "expected"), HINTS, ids=[str(hint) for hint, _ in HINTS])
def test_hint(hint: Any, expected: dict[str, Any]) -> None:
    assert function_of(tool(hint)) == {
        "name": "work",
        "description": "Do it.",
        "parameters": {"type": "object", "properties": {"x": {**expected, "description": "The x."}}, "required": ["x"]},
    }


@pytest.mark.parametrize(("hint", "expected"), HINTS, ids=[str(hint) for hint, _ in HINTS])
def test_return_hint(hint: Any, expected: dict[str, Any]) -> None:
    doc = "Do it.\n\nArgs:\n    x: The x.\n\nReturns:\n    The\n    result.\n"
    assert function_of(tool(int, hint, doc))["return"] == {**expected, "description": "The\n    result."}
    assert function_of(tool(int, hint))["return"] == expected


@pytest.mark.parametrize("hint", REFUSED, ids=str)
def test_hint_json_cannot_express(hint: Any) -> None:
    with pytest.raises(TypeHintParsingException) as caught:
        get_json_schema(tool(hint))
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, LexelError)
    assert "return" not in function_of(tool(int, hint))


def test_order_of_keys_is_part_of_the_prompt() -> None:
    doc = 'Do it.\n\nArgs:\n    x: The x (choices: ["a"]).\n'
    assert list(function_of(tool(str, int, doc.replace(").", ")")))["parameters"]["properties"]["x"]) == [
        "type",
        "enum",
        "description",
    ]
    assert list(function_of(tool(str, int))) == ["name", "description", "parameters", "return"]
    assert list(function_of(tool(Optional[list[int]]))["parameters"]["properties"]["x"]) == [  # noqa: UP045
        "type",
        "items",
        "nullable",
        "description",
    ]


# Docstrings: what stands in the one of a function of x (and y), and the texts found.

DOCSTRINGS: dict[str, tuple[str, str, dict[str, str]]] = {
    "continued": (
        "D.\n\nArgs:\n    x: one\n        goes on\n        note: still x\n    y: two\n      and more\n",
        "D.",
        {"x": "one goes on note: still x", "y": "two and more"},
    ),
    "continued without indent": (
        "D.\n\nArgs:\n    x: one\n    goes on here\n    y: two\n",
        "D.",
        {"x": "one goes on here", "y": "two"},
    ),
    "text below": ("D.\n\nArgs:\n    x:\n        below\n    y: two\n", "D.", {"x": "below", "y": "two"}),
    "blank lines": ("D.\n\nArgs:\n\n    x: one\n\n        more\n\n    y: two\n", "D.", {"x": "one more", "y": "two"}),
    "less indent": ("D.\n\nArgs:\n        x: one\n    y: two\n", "D.", {"x": "one", "y": "two"}),
    "colons": ("D.\n\nArgs:\n    x: a: b\n    y: http://c:d\n", "D.", {"x": "a: b", "y": "http://c:d"}),
    "quotes": ('Say "a".\n\nArgs:\n    x: \'b\'\n    y: "c"\n', 'Say "a".', {"x": "'b'", "y": '"c"'}),
    "unicode": ("世界.\n\nArgs:\n    x: größer 😀\n    y: –\n", "世界.", {"x": "größer 😀", "y": "–"}),
    "long description": (
        "First.\n\n    Second\n    third.\n\nArgs:\n    x: 1\n    y: 2\n",
        "First.\n\n    Second\n    third.",
        {"x": "1", "y": "2"},
    ),
    "other sections": (
        "D.\n\nNote:\n    n: m\n\nArgs:\n    x: one\n    y: two\n\nRaises:\n    E: e\n",
        "D.\n\nNote:\n    n: m",
        {"x": "one", "y": "two"},
    ),
    "raises first": ("D.\n\nRaises:\n    E: e\n\nArgs:\n    x: one\n    y: two\n", "D.", {"x": "one", "y": "two"}),
    "returns first": ("D.\n\nReturns:\n    r\n\nArgs:\n    x: one\n    y: two\n", "D.", {"x": "one", "y": "two"}),
    "twice": ("D.\n\nArgs:\n    x: one\n    x: again\n    y: two\n", "D.", {"x": "again", "y": "two"}),
    "unknown name": ("D.\n\nArgs:\n    x: one\n    z: zed\n    y: two\n", "D.", {"x": "one", "y": "two"}),
    "section after": (
        "D.\n\nArgs:\n    x: one\n    y: two\nExample:\n    a: b\n",
        "D.",
        {"x": "one", "y": "two"},
    ),
    "section named inside": ("D.\n\nArgs:\n    x: one\n    y: it Returns: no\n", "D.", {"x": "one", "y": "it"}),
    "inline section ends the description": (
        "Takes Args: what\n\nArgs:\n    x: one\n    y: two\n",
        "Takes",
        {"x": "one", "y": "two"},
    ),
    "empty text": ("D.\n\nArgs:\n    x: one\n    y:\n", "D.", {"x": "one", "y": ""}),
    "tabs": ("D.\n\nArgs:\n\tx: one\n\ty: two\n", "D.", {"x": "one", "y": "two"}),
}


@pytest.mark.parametrize("name", DOCSTRINGS)
def test_docstring(name: str) -> None:
    doc, description, texts = DOCSTRINGS[name]

    def work(x: int, y: int = 0) -> None: ...

    work.__doc__ = doc
    function = function_of(work)
    assert function["description"] == description
    assert {key: value["description"] for key, value in function["parameters"]["properties"].items()} == texts
    assert function["parameters"]["required"] == ["x"]


@pytest.mark.parametrize(
    ("text", "description", "enum_values"),
    [
        ('Pick one (choices: ["a", " b "])', "Pick one", ["a", "b"]),
        ("Pick (Choices: [1, 2.5, null, true])  ", "Pick", [1, 2.5, None, True]),
        ('Pick (like this) (choices: ["a)", "b"])', "Pick (like this)", ["a)", "b"]),
        ('(choices: ["a"])', "", ["a"]),
        ('Pick (choices: ["a",\n            "b"])', "Pick", ["a", "b"]),
    ],
)
def test_choices(text: str, description: str, enum_values: list[Any]) -> None:
    properties = function_of(tool(str, doc=f"D.\n\nArgs:\n    x: {text}\n"))["parameters"]["properties"]
    assert properties["x"] == {"type": "string", "enum": enum_values, "description": description}


def test_choices_in_the_middle_are_text() -> None:
    properties = function_of(tool(str, doc="D.\n\nArgs:\n    x: (choices: [1]) or more\n"))["parameters"]["properties"]
    assert properties["x"] == {"type": "string", "description": "(choices: [1]) or more"}


@pytest.mark.parametrize(
    ("doc", "complaint"),
    [
        (None, "no docstring"),
        ("", "no docstring"),
        ("   \n ", "no docstring"),
        ("Just text.", "'x'"),
        ("D.\n\nArgs:\n    y: other\n", "'x'"),
        ("D.\n\nArgs:\n    x (int): typed\n", "'x'"),
        ("Args:\n    x: but no description\n", "'x'"),
        ("D.\n\nArgs: x: one\n", "'x'"),
        ("D.\n\nargs:\n    x: one\n", "'x'"),
        ("D.\n\nArgs:\n    x: one (choices: [1, )\n", "no JSON list"),
    ],
)
def test_docstring_that_lacks_something(doc: str | None, complaint: str) -> None:
    with pytest.raises(DocstringParsingException, match=complaint) as caught:
        get_json_schema(tool(int, doc=doc))  # type: ignore[arg-type]
    assert isinstance(caught.value, ValueError)


def test_argument_without_hint() -> None:
    def work(x, y: int):  # type: ignore[no-untyped-def]
        """D.

        Args:
            x: one
            y: two
        """

    with pytest.raises(TypeHintParsingException, match="'x'"):
        get_json_schema(work)


def test_no_arguments() -> None:
    def now() -> str:
        """Tell the time.

        Returns:
            The time.

        Raises:
            OSError: no clock.
        """
        return ""

    assert function_of(now) == {
        "name": "now",
        "description": "Tell the time.",
        "parameters": {"type": "object", "properties": {}},
        "return": {"type": "string", "description": "The time."},
    }


class Adder:
    """Adds numbers."""

    offset: int = 1

    def __call__(self, a: int, b: int | None = None) -> int:
        """Add.

        Args:
            a: one
            b: two
        """
        return self.offset + a + (b or 0)


class Described:
    """Say it.

    Args:
        text: what
    """

    def __call__(self, text: str) -> None: ...


def test_objects_that_can_be_called() -> None:
    expected = {
        "name": "Adder",
        "description": "Add.",
        "parameters": {
            "type": "object",
            "properties": {
                "a": {"type": "integer", "description": "one"},
                "b": {"type": "integer", "nullable": True, "description": "two"},
            },
            "required": ["a"],
        },
        "return": {"type": "integer"},
    }
    assert function_of(Adder()) == expected
    assert tool_schemas([Adder()]) == [{"type": "function", "function": expected}]
    assert function_of(Described())["description"] == "Say it."


def test_partials_hide_what_is_bound() -> None:
    def send(key: str, to: str, text: str = "hi", *, urgent: bool = False) -> None:
        """Send.

        Args:
            key: a secret
            to: whom
            text: what
            urgent: whether
        """

    assert list(function_of(partial(send, "k"))["parameters"]["properties"]) == ["to", "text", "urgent"]
    bound = function_of(partial(partial(send, "k"), to="me"))
    assert (bound["name"], list(bound["parameters"]["properties"])) == ("send", ["text", "urgent"])
    assert "required" not in bound["parameters"]
    own = partial(send, "k")
    own.__doc__ = "Mine.\n\nArgs:\n    to: 1\n    text: 2\n    urgent: 3\n"
    assert function_of(own)["description"] == "Mine."


def test_text_of_an_argument_may_be_empty() -> None:
    properties = function_of(tool(str, doc="D.\n\nArgs:\n    x:\n    y: z\n"))["parameters"]["properties"]
    assert properties["x"] == {"type": "string", "description": ""}


def test_bare_none_is_no_picture() -> None:
    # Only `List[None]` turns None into its type; no library of pictures is imported here, and None is none of them.
    with pytest.raises(TypeHintParsingException, match="None"):
        get_json_schema(tool(dict[str, None]))
    assert function_of(tool(List[None]))["parameters"]["properties"]["x"]["items"] == {"type": "null"}  # noqa: UP006


def test_methods_lose_their_receiver() -> None:
    class Shop:
        def price(self, item: str) -> float:
            """Tell the price.

            Args:
                item: What.
            """
            return 0.0

        @classmethod
        def names(cls, item: str) -> str:
            """Tell the price.

            Args:
                item: What.
            """
            return item

        @staticmethod
        def static(item: str) -> str:
            """Tell the price.

            Args:
                item: What.
            """
            return item

    expected = {
        "type": "object",
        "properties": {"item": {"type": "string", "description": "What."}},
        "required": ["item"],
    }
    for method in (Shop().price, Shop.price, Shop.names, Shop.static):
        assert function_of(method)["parameters"] == expected


def test_receiver_with_a_hint_is_an_argument() -> None:
    def work(self: int) -> None:
        """D.

        Args:
            self: Not a receiver.
        """

    assert list(function_of(work)["parameters"]["properties"]) == ["self"]


def test_rest_arguments() -> None:
    def work(x: int, *rest: str, flag: bool = False, **more: float) -> None:
        """D.

        Args:
            x: one
            rest: two
            flag: three
            more: four
        """

    parameters = function_of(work)["parameters"]
    assert list(parameters["properties"]) == ["x", "rest", "flag", "more"]
    assert parameters["required"] == ["x", "rest", "more"]


def test_hints_written_as_text() -> None:
    def work(x: "int | None", y: "list[str]" = ()) -> "str":  # type: ignore[assignment]
        """D.

        Args:
            x: one
            y: two
        """
        return ""

    function = function_of(work)
    assert function["parameters"]["properties"]["x"] == {"type": "integer", "nullable": True, "description": "one"}
    assert function["return"] == {"type": "string"}


def test_media_are_known_once_their_library_is(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tensor:
        pass

    class Image:
        pass

    with pytest.raises(TypeHintParsingException):
        get_json_schema(tool(Tensor))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(Tensor=Tensor))
    monkeypatch.setitem(sys.modules, "PIL.Image", SimpleNamespace(Image=Image))
    assert function_of(tool(Tensor))["parameters"]["properties"]["x"]["type"] == "audio"
    assert function_of(tool(list[Image]))["parameters"]["properties"]["x"]["items"] == {"type": "image"}


def test_result_is_not_shared() -> None:
    get_json_schema(tool(int))["function"]["parameters"]["properties"]["x"]["type"] = "changed"
    assert function_of(tool(int))["parameters"]["properties"]["x"]["type"] == "integer"
