"""Random response templates, and answers that suit them, nearly suit them, or do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

MARKS = ["<t>", "</t>", "<tool>", "</tool>", "<", "<<", "[A]", "[B]", "\n", "\n\n", "##", "ab", "abc", "a", "<|x|>"]
MARKS += ["<|x", "END", "é", "😀", "«", "»", "aa", "aaa"]
# Of those that look at the end of the text, the reference takes what has arrived for all there is (chunks matter).
PATTERNS = {
    r"<t\w*>": "<tee>", r"\s*<tool>": "\n<tool>", r"\s*</tool>": " </tool>", r"<f=(?P<name>\w+)>": "<f=f>",
    r"call:(?P<name>\w+)(?P<x>\{)?": "call:f{", r"\n\n": "\n\n", r"(?=<)": "<", r"a+b": "aab", r"(?i)end": "eNd",
    r"\bfoo\b": " foo ", r"(?<=a)b": "ab", r"(?<!a)b": " b", r"<(t|tool)>": "<tool>", r"[^\w\s]{2,3}": "##",
    r"\p{Lu}+": "XY", r"\s*(?:<\|x\|>|END)": " END", r"</?t(?:ool)?>": "</t>", r".": "a", r"^<t>": "<t>",
    r"(?P<name>a|ab)(?P<y>c)?": "abc",
}  # fmt: skip
WORDS = [
    "hello", " world", "7", " 3.5 ", "true", "1", '{"name":"f","arguments":{"a":"7","b":[1]}}', '[{"name":"g","a":1}]',
    "{a:1,b:«x»}", "{a:<<x «y» {z:1}<<}", "k: v", "k=v;q=2", "k: 1\nj: 2", "<k>1</k>", "<k>2</k>", "null", "NaN", "foo",
    " ", "'", '"', "\\", "\t", "हिन्दी", "{हिन्दी:1}", "İ", "ß", "\u2028", "1e5", "-3", "{", "}", "[", "]", "\x01", "X",
]  # fmt: skip
TOOLS: list[Any] = [
    None,
    [
        {
            "type": "function",
            "function": {
                "name": "f",
                "parameters": {
                    "type": "object",
                    "properties": {
                        "a": {"type": "integer"},
                        "b": {"type": ["string"]},
                        "k": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                        "q": {"type": "boolean"},
                    },
                },
            },
        }
    ],
    [{"name": "f", "parameters": {"properties": {"a": {"type": "number", "nullable": True}}}}, {"bogus": 1}, None, 3],
]


def _marks(choose: random.Random) -> Any:
    return choose.choice(MARKS) if choose.random() < 0.6 else choose.choices(MARKS, k=choose.randint(1, 3))


def _pattern(choose: random.Random, side: str) -> str:
    """Return an expression; no opening matches without text, which could be for ever where the close does too."""
    return choose.choice([source for source in PATTERNS if side == "close" or source != "(?=<)"])


def _content(choose: random.Random, depth: int = 0) -> tuple[str, dict[str, Any]]:
    name = choose.choice(["text"] * 5 + ["json"] * 3 + ["xml-inline", "kv-lines", "bool", "int", "float"])
    args: dict[str, Any] = {}
    if choose.random() < 0.2:
        args["strip"] = choose.random() < 0.5
    if name == "json":
        args["unquoted_keys"] = choose.random() < 0.5
        args["string_delims"] = choose.choice([[], [["«", "»"]], [["<<", "<<"], ["«", "»"]], [["'", "'"]]])
        args["allow_non_json"] = choose.random() < 0.8
    if name == "xml-inline":
        patterns = [r"<(?P<key>\w+)>(?P<value>.*?)</(?P=key)>", r"(?P<key>\w+)=(?P<value>\w*)", r"<(?P<key>\w+)>"]
        args["tag_pattern"] = choose.choice(patterns)
        args["merge_duplicates"] = choose.random() < 0.5
    if name in {"xml-inline", "kv-lines"} and depth < 2 and choose.random() < 0.5:
        nested, options = _content(choose, depth + 1)
        args["value_parser"] = {"name": nested, "args": options}
    if name == "kv-lines" and choose.random() < 0.5:
        args["line_sep"], args["kv_sep"] = choose.choice(["\n", ";", " ", None]), choose.choice([":", "=", "::"])
    return name, args


def _transform(choose: random.Random, depth: int = 0) -> Any:
    kind = choose.random()
    if kind < 0.4 or depth > 2:
        return choose.choice(["{content}"] * 5 + ["{content.name}", "{name}", "fixed", "{}", "{content", 1, None, True])
    if kind < 0.6:
        return {"type": "function", "function": {"name": "f", "arguments": "{content}"}}
    if kind < 0.8:
        return {key: _transform(choose, depth + 1) for key in choose.sample("pqr", k=choose.randint(0, 3))}
    return [_transform(choose, depth + 1) for _ in range(choose.randint(0, 2))] if kind < 0.98 else "mix {content}"


def _field(choose: random.Random, *, implicit: bool) -> dict[str, Any]:
    field: dict[str, Any] = {}
    for side, often in (("open", 0.05 if implicit else 1.0), ("close", 0.5 if implicit else 0.9)):
        if choose.random() < often:
            literal = choose.random() < 0.65
            field[side if literal else f"{side}_pattern"] = _marks(choose) if literal else choose.choice(list(PATTERNS))
    if choose.random() < 0.6:
        field["content"], field["content_args"] = _content(choose)
    if choose.random() < 0.4:
        field["repeats"] = True
        if choose.random() < 0.4:
            field["join"] = choose.choice(["", "+", "\n"])
    if choose.random() < 0.03:
        field["optional"] = False
    named = any("?P<" in field.get(key, "") for key in ("open_pattern", "close_pattern"))
    if choose.random() < (0.95 if named else 0.25):
        field["transform"] = _transform(choose)
        field["transform_each"] = choose.random() < 0.07
    if choose.random() < 0.01:
        field[choose.choice(["bogus", "join", "transform_each"])] = 1
    return field


def response_template(choose: random.Random) -> dict[str, Any]:
    """Return a response template, now and then a wrong one."""
    names = choose.sample(["content", "thinking", "tool_calls", "n", "z"], k=choose.randint(1, 4))
    implicit = choose.random() < 0.8
    spec: dict[str, Any] = {
        "fields": {name: _field(choose, implicit=implicit and not place) for place, name in enumerate(names)}
    }
    if choose.random() < 0.65:
        spec["start_anchor"] = _marks(choose)
    elif choose.random() < 0.95:
        spec["start_anchor_pattern"] = choose.choice(list(PATTERNS))
    if choose.random() < 0.5:
        spec["defaults"] = {"role": "assistant"}
    if choose.random() < 0.1:
        spec.setdefault("defaults", {})[choose.choice(names)] = choose.choice(["", [], None, "d", {}])
    if choose.random() < 0.02:
        spec[choose.choice(["version", "foo"])] = 2
    return spec


def _delimiters(spec: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for field in spec["fields"].values():
        for side in ("open", "close"):
            literals = field.get(side, [])
            found += [literals] if isinstance(literals, str) else literals
            found += [PATTERNS[field[f"{side}_pattern"]]] if f"{side}_pattern" in field else []
    return found or ["<"]


def answer(choose: random.Random, spec: dict[str, Any], pieces: int = 8) -> str:
    """Return a text with the template's delimiters in it, sometimes cut off."""
    known = _delimiters(spec)
    text = "".join(
        choose.choice(choose.choices([known, WORDS, MARKS], [10, 7, 3])[0]) for _ in range(choose.randint(0, pieces))
    )
    return text[: choose.randrange(len(text))] if text and choose.random() < 0.2 else text


def chunks(choose: random.Random, text: str) -> list[str]:
    """Return a text whole, by characters, or cut somewhere."""
    if choose.random() < 0.4:
        return list(text)
    cuts = sorted(choose.sample(range(len(text) + 1), k=min(len(text), choose.randint(0, 4))))
    return [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]


def cases(choose: random.Random, count: int) -> list[dict[str, Any]]:
    """Return calls: a template, a prompt, an answer in chunks, tools."""
    made: list[dict[str, Any]] = []
    while len(made) < count:
        spec = response_template(choose)
        for _ in range(3):
            prefix = answer(choose, spec, 4) if choose.random() < 0.6 else ""
            parts = chunks(choose, answer(choose, spec))
            made.append({"template": spec, "prefix": prefix, "chunks": parts, "tools": choose.choice(TOOLS)})
    return made
