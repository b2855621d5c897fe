"""Renders and schemas that must be the same everywhere: made here and by the interpreter of a peer.

usage: python chat_calls.py JOBS.json RESULTS.json

A job is a number of cases, the seed of the first, a folder of templates ("" for none) and a tokenizer.json. Imports
nothing of this repository. What differs on purpose is not among the cases (docs/compatibility.md has it).
"""

from __future__ import annotations

import copy
import json
import logging
import os
import random
import re
import sys
import types
import typing
from pathlib import Path
from typing import Any

if __package__:
    from tests.interop.chat_grammar import random_template
else:
    from chat_grammar import random_template

SPECIAL = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
TEXTS = [
    *(
        "Hi",
        "",
        " ",
        "  lead and trail \n",
        "日本語 😀",
        "a<b>&'\"",
        "line1\nline2\n\nline4",
        "<think>\nreason\n</think>\n\nanswer",
    ),
    *(
        "<think>open",
        "x</think>y",
        "\ud800x",
        "%s {} {{ x }} {% y %}",
        "ümlaut ǅ ß",
        "\x00\x1b",
        "[INST] hi [/INST]",
        "</s>",
        "42",
    ),
    *(
        "<|im_start|>user\nHi<|im_end|>",
        '<tool_call>{"name": "f"}</tool_call>',
        "/no_think",
        "\u2028sep\u00a0nbsp",
        "A" * 200,
    ),
]
ARGUMENTS = [
    {"a": 1, "é": [1.5, None]},
    '{"a": 1}',
    {},
    "",
    "no json",
    {"city": "Paris", "flag": True, "x": {"y": ["z"]}},
    [1],
    None,
]
TOOLS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": 'Tell <the> "weather".',
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "é\nline"},
                    "unit": {"type": "string", "enum": ["c", "f"]},
                },
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}},
    {"name": "bare", "description": "no wrapper", "parameters": {"properties": {"z": {"type": ["integer", "null"]}}}},
]
VARIABLES = {
    "enable_thinking": [True, False],
    "thinking": [True, False],
    "reasoning_effort": ["low", "high", None],
    "bos_token": ["<B>", None],
    "eos_token": [""],
    "date_string": ["1 Jan 2025"],
    "builtin_tools": [["search"]],
    "xml_tools": [["x"]],
    "keep_past_thinking": [True],
    "loop": [1],
    "range": [3],
    "_x": [1],
}
HINTS = [
    "int",
    "float",
    "str",
    "bool",
    "None",
    "list",
    "dict",
    "tuple",
    "Any",
    "Color",
    "Mixed",
    "One",
    "list[<>]",
    "List[<>]",
    "dict[str, <>]",
    "tuple[<>, <>]",
    "Optional[<>]",
    "Union[<>, <>]",
    "Union[<>, <>, None]",
    "<> | <>",
    "<> | None",
    "Literal[1, 'a', True]",
    "Literal['q', 'q']",
    "Annotated[<>, 'x']",
    "tuple[<>]",
    "tuple[<>, ...]",
    "set[<>]",
    "Custom",
    "Tuple[<>, <>, <>]",
    "Literal[None]",
    "Sequence[<>]",
    "list[Union[<>, <>]]",
]
NAMES = """
import enum
from typing import *
class Color(enum.Enum):
    RED = "r"
    BLUE = "b"
class Mixed(enum.Enum):
    A, B, C, D = 1, "b", None, True
class One(enum.IntEnum):
    ONE = 1
class Custom: pass
"""
DESCRIPTIONS = [
    "An x.",
    "two\n            lines",
    "with: colon",
    'pick (choices: ["a", " b "])',
    "(Choices: [1, null])",
    "word:\n                deeper: yes",
    "é 日本",
    "(parens) x",
    "see Raises: z",
    "a\n\n            b",
    "(choices: [])",
]


def content(choose: random.Random) -> Any:
    """Return what a message may contain."""
    kind = choose.random()
    if kind < 0.75:
        return choose.choice(TEXTS)
    if kind < 0.92:
        parts = [
            {"type": "text", "text": choose.choice(TEXTS)},
            {"type": "image"},
            {"type": "image_url", "image_url": {"url": "x"}},
        ]
        return [choose.choice(parts) for _ in range(choose.randrange(4))]
    return choose.choice([None, 5, 1.5, True, {"a": 1}, ["x"], [], ("t", "u")])


def random_conversation(choose: random.Random) -> list[Any]:
    """Return messages, now and then such as no API sends."""
    messages: list[Any] = []
    if choose.random() < 0.4:
        messages.append({"role": choose.choice(["system", "developer"]), "content": content(choose)})
    role, wild = "user", choose.random() < 0.2
    for _ in range(choose.choice([1, 1, 2, 3, 4, 6])):
        message: dict[Any, Any] = {
            "role": choose.choice(["user", "tool", "model", "", None, 5]) if wild else role,
            "content": content(choose),
        }
        if message["role"] == "assistant":
            if choose.random() < 0.35:
                call = {
                    "id": "abcdef123",
                    "type": "function",
                    "function": {"name": "weather", "arguments": choose.choice(ARGUMENTS)},
                }
                message["tool_calls"] = choose.choice([[call], [call, call], [], None, "x", [{"name": "f"}]])
            if choose.random() < 0.3:
                message[choose.choice(["reasoning_content", "reasoning", "thinking"])] = choose.choice(
                    [*TEXTS[:9], None]
                )
        if message["role"] == "tool":
            message.update({"tool_call_id": "abcdef123", "name": "weather"})
        if choose.random() < 0.08:
            message[choose.choice(["name", "x y", "", "items", "upper", "__class__", 5, ("a",), None, "\ud800"])] = (
                choose.choice(TEXTS)
            )
        if choose.random() < 0.05:
            del message[choose.choice(list(message))]
        messages.append(message)
        role = "assistant" if role != "assistant" else "tool" if message.get("tool_calls") else "user"
    return messages


def random_options(choose: random.Random) -> dict[str, Any]:
    """Return arguments of `apply_chat_template`."""
    options: dict[str, Any] = {
        name: choose.choice(values) for name, values in VARIABLES.items() if choose.random() < 0.05
    }
    if choose.random() < 0.35:
        options["tools"] = choose.sample(TOOLS, choose.choice([1, 2]))
    if choose.random() < 0.15:
        options["documents"] = choose.choice(
            [[{"title": "T", "text": "x"}], [], [{"text": "é", "id": 1}, {"title": ""}]]
        )
    if choose.random() < 0.45:
        options["add_generation_prompt"] = True
    return options


def random_values(choose: random.Random) -> dict[str, Any]:
    """Return the variables that `chat_grammar` names."""
    deep = {"a": {"b": [1, {"c": "deep"}]}, "b": [[1, [2]], [3]], "x": {"y": 2}}
    return {
        "s": choose.choice(TEXTS),
        "u": choose.choice(TEXTS),
        "n": choose.choice([0, 1, 2, 3, -1, 7]),
        "neg": -3,
        "f": choose.choice([1.5, -0.0, 1e30, 2.0]),
        "l": choose.choice([[3, 1, 2], [1, "a", None], [], ["b", "A"], [[1], [2]]]),
        "d": choose.choice([{"a": 1, "b": "x"}, {"b": 2, "a": 1}, {1: 2, "a": None}]),
        "nested": deep,
        "words": ["one", "Two", "three"],
        "rows": [("k", 1), ["j", 2]],
        "yes": True,
    }


def random_function(choose: random.Random) -> Any:
    """Return a function with hints and a docstring, now and then with too little of either."""

    def hint(depth: int) -> str:
        one = choose.choice(HINTS[:12] if depth <= 0 else HINTS)
        return re.sub("<>", lambda _: hint(depth - 1), one)

    arguments, lines = [], []
    for index, name in enumerate(choose.sample(["x", "city", "unit", "a_b", "é"], choose.randrange(5))):
        default = " = None" if index > 1 else ""
        arguments.append(f"{name}: {hint(2)}{default}" if choose.random() < 0.97 else name + default)
        if choose.random() < 0.97:
            lines.append(f"        {name}: {choose.choice(DESCRIPTIONS)}\n")
    doc = choose.choice(["Do it.", "Do.\n\n    More.", "", "Do Args: inline"]) + "\n\n    Args:\n" + "".join(lines)
    doc += choose.choice(["", "\n    Returns:\n        What.\n", "\n    Raises:\n        ValueError: never\n"])
    future = choose.choice(["", "from __future__ import annotations\n"])
    source = f"{future}{NAMES}\ndef work({', '.join(arguments)}) -> {hint(1)}:\n    {doc!r}\n"
    names = types.ModuleType("tools").__dict__
    try:
        exec(compile(source, "tools", "exec"), names)
    except TypeError:  # some hints are none, such as `None | None`
        return random_function
    return names["work"]


def outcome(call: Any) -> Any:
    """Return a result, or the names of an exception's classes and its text."""
    try:
        result = call()
    except Exception as exc:
        kinds = [kind.__name__ for kind in type(exc).__mro__]
        return {"raises": kinds, "message": str(getattr(exc, "message", exc)), "of": type(exc).__module__.split(".")[0]}
    if not isinstance(result, str):
        return result
    result = re.sub(r"(?i)(<|&lt;)(generator|\w*iterator|reversed)\b.*?(>|&gt;)", "an iterator", result)
    return re.sub(r"(?i)\b0x[0-9a-f]{8,}", "an address", result)


def answers(tok: Any, get_json_schema: Any, first: int, count: int, folder: str) -> dict[str, Any]:
    """Return the outcome of every case."""
    found = {}
    real = [path.read_text("utf-8") for path in sorted(Path(folder).glob("*.jinja"))] if folder else []
    for seed in range(first, first + count):
        choose = random.Random(seed)
        source, messages = random_template(choose), random_conversation(choose)
        options: dict[str, Any] = {**random_options(choose), **random_values(choose)}
        function = random_function(choose)
        cases = {"random": (source, messages, options)}
        for index, template in enumerate(real):
            mine = random.Random(seed * 1000 + index)
            cases[f"real {index}"] = (template, random_conversation(mine), random_options(mine))
        for name, (template, chat, given) in cases.items():
            before = repr((chat, given))
            found[f"{name} {seed}"] = outcome(
                lambda t=template, c=chat, g=given: tok.apply_chat_template(c, chat_template=t, tokenize=False, **g)
            )
            assert repr((chat, given)) == before, "what the caller passed was changed"
        found[f"schema {seed}"] = outcome(lambda f=function: copy.deepcopy(get_json_schema(f)))
    return found


def main(jobs: str, results: str) -> None:
    """Render all cases with the library of this interpreter."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="critical")
    from transformers import PreTrainedTokenizerFast
    from transformers.utils import get_json_schema

    logging.disable(logging.CRITICAL)
    job: dict[str, typing.Any] = json.loads(Path(jobs).read_text("utf-8"))
    tok = PreTrainedTokenizerFast(tokenizer_file=job.pop("tokenizer"), **SPECIAL)
    Path(results).write_text(json.dumps(answers(tok, get_json_schema, **job)), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
