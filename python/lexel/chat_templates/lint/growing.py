"""Does the render of a longer conversation begin with the render of a shorter one?

Where it does not, a cache of the prompt is of no use, and a model is asked with other ids than it was trained on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lexel.chat_templates.lint.probes import TOOLS, Prober, answer, call, result, system, user
from lexel.chat_templates.lint.report import Finding, clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lexel.chat_templates.lint.probes import Message
    from lexel.chat_templates.lint.tree import Tree

__all__ = ["check_growth"]

_WORD = re.compile(r"Zq[a-z]+\d+x")
_CONVERSATIONS = (
    ("plain turns", [user(0), answer(0), user(1), answer(1), user(2)], None),
    ("plain turns after a system message", [system(), user(0), answer(0), user(1), answer(1), user(2)], None),
    (
        "answers with reasoning",
        [user(0), answer(0, reasoning=True), user(1), answer(1, reasoning=True), user(2), answer(2)],
        None,
    ),
    ("plain turns with tools", [user(0), answer(0), user(1), answer(1), user(2)], TOOLS),
    ("a call and its result", [user(0), call(0), result(0), answer(0), user(1), call(1), result(1)], TOOLS),
)
_CHANGES = {
    "reasoning": (
        "the reasoning of an earlier answer is left out as soon as another message follows",
        "keep the reasoning where it was written, or accept that every turn is encoded anew",
    ),
    "tools": (
        "the list of tools moves when the conversation grows",
        "write the tools once, at the beginning",
    ),
    "system": (
        "the system message moves when the conversation grows",
        "write it once, at the beginning",
    ),
    "end": (
        "the end of a message is written differently when another one follows",
        "end every message in the same way, whether or not it is the last",
    ),
    "earlier turns": (
        "earlier messages are written differently when another one follows",
        "write each message from what is in it, without asking how many follow",
    ),
}


class _Change(NamedTuple):
    kind: str
    what: str
    shorter: str
    longer: str
    place: int


def check_growth(prober: Prober, tree: Tree) -> Iterator[Finding]:
    """Render conversations turn by turn."""
    found: dict[str, _Change] = {}
    for what, messages, tools in _CONVERSATIONS:
        for change in _changes(prober, what, messages, tools):
            found.setdefault(change.kind, change)
    for kind, change in found.items():
        message, advice = _CHANGES[kind]
        line, reason = _reason(tree, kind)
        yield Finding(
            "not-prefix-stable",
            "warning",
            line,
            message + (f"; probably because of {reason}" if reason else ""),
            advice,
            _difference(change),
        )
    yield from _check_prompt(prober)


def _changes(prober: Prober, what: str, messages: list[Message], tools: list[Message] | None) -> Iterator[_Change]:
    last: tuple[list[Message], str] | None = None
    for beginning, text in prober.growing(messages, what, tools=tools):
        if last is not None and not text.startswith(last[1]):
            yield _Change(_kind(last, text), what, last[1], text, _place(last[1], text))
        last = beginning, text


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    return low


def _place(one: str, other: str) -> int:
    """Return where two texts begin to differ: the beginning of the word that differs."""
    place = _common(one, other)
    while place and one[place - 1].isalnum():
        place -= 1
    return place


def _kind(shorter: tuple[list[Message], str], longer: str) -> str:
    messages, text = shorter
    place = _place(text, longer)
    rest, other = text[place:], longer[place:]
    reasons = [word for message in messages if (word := message.get("reasoning_content")) and word in text]
    if any(word not in longer for word in reasons):
        return "reasoning"
    for kind, word in (("tools", "Zqdescribed"), ("system", "Zqsystem0x")):
        if word in rest and word in other and rest.index(word) != other.index(word):
            return kind
    return "earlier turns" if _WORD.search(rest) else "end"


def _reason(tree: Tree, kind: str) -> tuple[int | None, str]:
    """Return the line that asks what follows, as far as reading can tell."""
    if kind == "end":
        for line, expression in tree.looking_ahead:
            if expression.startswith("loop."):
                return line, expression
    return next(iter(tree.looking_ahead), (None, ""))


def _difference(change: _Change) -> str:
    at = change.place
    return (
        f"{change.what}, after {clip(change.shorter[max(0, at - 30) : at], 30)}:\n"
        f"  shorter: {clip(change.shorter[at:])}\n"
        f"  longer:  {clip(change.longer[at:])}"
    )


def _check_prompt(prober: Prober) -> Iterator[Finding]:
    """Look at what `add_generation_prompt` writes."""
    turns = [user(0)]
    without = prober.text(turns, "a question")
    prompt = prober.text(turns, "a question, with add_generation_prompt", add_generation_prompt=True)
    if without is None or prompt is None:
        return
    finished = prober.text([*turns, answer(0)], "an answer")
    if without == prompt:
        # Where an answer follows a question at once, there is nothing to write; a header that also stands behind an
        # answer stands there always.
        opening = prompt[prompt.rfind("Zquser0x") + len("Zquser0x") :]
        goes_on = (
            finished is not None
            and finished.startswith(prompt)
            and finished[len(prompt) :].lstrip().startswith("Zqanswer0x")
            and not finished.endswith(opening)
        )
        yield Finding(
            "generation-prompt-ignored",
            "hint" if goes_on else "warning",
            None,
            "add_generation_prompt changes nothing",
            "nothing, if the model answers right behind a question; else write what opens its message behind "
            "{% if add_generation_prompt %}",
            f"both end with {clip(prompt[-40:])}",
        )
        return
    if finished is not None and not finished.startswith(prompt):
        at = _common(finished, prompt)
        yield Finding(
            "generation-prompt-differs",
            "warning",
            None,
            "an answer does not begin with what add_generation_prompt writes: what the model sees while it answers is "
            "not what its answers were trained with",
            "open the assistant's message with the same text in both places",
            f"prompt: {clip(prompt[at:])}\nanswer: {clip(finished[at:])}",
        )
