"""Templates with generation blocks, and a second opinion on what stands in them.

The second opinion is a plain jinja2 environment of its own, in which the blocks write a private character before and
behind what they write: where these stand, the assistant's text begins and ends.
"""

from __future__ import annotations

import json
import os
import random
import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["characters_of", "conversation", "templates", "with_blocks"]

OPEN, CLOSE = "\ue000", "\ue001"
_PRINT = re.compile(r"\{\{([-+]?)((?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^'\"}]|\}(?!\}))*?)([-+]?)\}\}")
_WORDS = [
    *(
        "hello",
        "The fox",
        "don't",
        "x=1",
        "\n",
        "\n\n",
        "  ",
        " ",
        "\t",
        "1234567",
        "<",
        "é",
        "e\u0301",
        "naïve",
        "ﬁ",
        "Ⅷ",
    ),
    *(
        "日本語",
        "한국어",
        "😀",
        "👨‍👩‍👧",
        "🏳️‍🌈",
        "ऩ",
        "\u3000",
        "\u200b",
        "İ",
        "ß",
        "𐍈",
        "᭄",
        "don’t…",
        "ＡＢＣ",
        "ÀÉÎ",
        "</b>",
        "▁",
        "Ġ",
    ),
]


class _Marks(Extension):  # type: ignore[misc]
    tags: ClassVar[set[str]] = {"generation"}

    def parse(self, parser: Any) -> list[nodes.Node]:
        lineno = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        left, right = (nodes.Output([nodes.TemplateData(mark)], lineno=lineno) for mark in (OPEN, CLOSE))
        return [left, nodes.Scope(body, lineno=lineno), right]


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[_Marks, loopcontrols])

    def tojson(value: Any, ensure_ascii: bool = False, **options: Any) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, **options)

    def refuse(message: str) -> None:
        raise TemplateError(message)

    made.filters["tojson"] = tojson
    made.globals.update(raise_exception=refuse, strftime_now=lambda form: datetime.now().strftime(form))
    return made


def characters_of(template: str, variables: dict[str, Any]) -> tuple[str, list[bool]]:
    """Return the text of a render, and of every character whether a generation block wrote it."""
    text, inside, depth = [], [], 0
    for char in _environment().from_string(template).render(add_generation_prompt=False, **variables):
        if char in (OPEN, CLOSE):
            depth += 1 if char == OPEN else -1
        else:
            text.append(char)
            inside.append(depth > 0)
    return "".join(text), inside


def with_blocks(source: str, rng: random.Random) -> str:
    """Return a template that writes the same, some of what it prints of messages in generation blocks."""

    def wrap(match: re.Match[str]) -> str:
        left, body, right = match.groups()
        if "content" not in body or rng.random() < 0.2:
            return match[0]
        inner = "{{" + body + "}}"
        if rng.random() < 0.15:
            inner = f"{{%+ generation %}}{inner}{{% endgeneration +%}}"
        # Signs for whitespace go to the outside; "+" keeps the environment from taking any.
        return f"{{%{left or '+'} generation %}}{inner}{{% endgeneration {right or '+'}%}}"

    return _PRINT.sub(wrap, source)


def conversation(rng: random.Random, *, first: bool = True) -> list[dict[str, Any]]:
    """Return a conversation of texts of many scripts and edges."""

    def text(least: int = 0) -> str:
        return "".join(rng.choice(_WORDS) + rng.choice(["", "", " "]) for _ in range(rng.randint(least, 6)))

    messages = [{"role": "system", "content": text(1)}] if first and rng.random() < 0.3 else []
    for _ in range(rng.randint(1, 3)):
        messages += [{"role": "user", "content": text(1)}, {"role": "assistant", "content": text()}]
    return messages


def templates(folder: Path) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield name, source and special tokens of all templates that have generation blocks, or get them.

    Args:
        folder: the shared data; more templates with blocks may stand in the folder LEXEL_TEST_TEMPLATES.
    """
    for path in sorted((folder / "chat_templates").glob("*.golden.json")):
        golden = json.loads(path.read_text(encoding="utf-8"))
        source = (path.parent / golden["template"]).read_text(encoding="utf-8")
        names = {key: golden[key] for key in ("bos_token", "eos_token", "unk_token", "pad_token") if golden[key]}
        name = golden["template"].removesuffix(".jinja")
        if re.search(r"\{%[-+]?\s*generation\s*[-+]?%\}", source):
            yield name, source, names
        else:
            tries = (with_blocks(source, random.Random(f"{name}{seed}")) for seed in range(9))
            yield name, next((made for made in tries if made != source), source), names
    more = os.environ.get("LEXEL_TEST_TEMPLATES")
    for path in sorted(Path(more).rglob("*.jinja")) if more else ():
        source = path.read_text(encoding="utf-8")
        if re.search(r"\{%[-+]?\s*generation\s*[-+]?%\}", source):
            yield f"more/{path.stem}", source, {"bos_token": "<s>", "eos_token": "</s>"}
