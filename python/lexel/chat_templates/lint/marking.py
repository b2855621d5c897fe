"""Does the ``{% generation %}`` block hold what the assistant writes: all of it, its end, and nothing else?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lexel.chat_templates.lint.probes import TOOLS, Prober, answer, call, system, user
from lexel.chat_templates.lint.report import Finding, clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lexel.chat_templates.lint.tree import Tree

__all__ = ["CONTROL", "check_marking", "generation_line"]

# What looks like a control token, by the ways they are commonly written.
CONTROL = re.compile(
    r"<\|[^<>|\s]{1,60}\|>|<｜[^<>｜]{1,60}｜>|</?[A-Za-z_][\w:.-]{0,40}>|\[/?[A-Z_]{2,40}\]|<<?/?SYS>>|<\|[\w-]{1,40}>|<[\w-]{1,40}\|>"
)


def generation_line(tree: Tree) -> int | None:
    """Return the line of the first block, None if there is none."""
    match = re.search(r"\{%[-+]?\s*generation\b", tree.source)
    return None if match is None else tree.source.count("\n", 0, match.start()) + 1


def check_marking(
    prober: Prober, tree: Tree, *, has_block: bool, special_tokens: Mapping[str, str]
) -> Iterator[Finding]:
    """Look at the spans of the blocks."""
    turns = [user(0), answer(0), user(1), answer(1)]
    rendered = prober.render(turns, "two answers")
    if not has_block:
        yield Finding(
            "generation-missing",
            "warning",
            None,
            "there is no {% generation %} block: which tokens the assistant wrote is unknown, and masks are all zero",
            "put {% generation %} … {% endgeneration %} around the assistant's text and the token that ends it",
        )
    if rendered is None:
        return
    line, text, spans = generation_line(tree), rendered.text, rendered.generation_spans
    yield from _end(prober, special_tokens)
    if not has_block:
        return
    if spans is None:
        yield Finding(
            "generation-moved",
            "warning",
            line,
            "the text of the {% generation %} block is changed after it is written: nobody can say where it went",
            "write the block straight to the output, not into a variable or through a filter",
        )
        return
    yield from _coverage(prober, line, text, spans)
    prompt = prober.text(turns[:1], "a question", add_generation_prompt=True)
    start = text.find("Zqanswer0x")
    span = next((span for span in spans if span[0] <= start < span[1]), None)
    if span is None:
        return
    before, after = text[span[0] : start], text[span[1] : text.find("Zquser1x")]
    if prompt is not None and text.startswith(prompt) and span[0] < len(prompt):
        yield Finding(
            "generation-has-header",
            "warning",
            line,
            f"the {{% generation %}} block begins with the assistant's header {clip(before)}: a model is trained to "
            "write what add_generation_prompt already gives it",
            "begin the block behind the header",
        )
    end = CONTROL.match(after.lstrip()) or next(
        (value for value in special_tokens.values() if value and after.lstrip().startswith(value)), None
    )
    final = prober.text(turns[:2], "an answer")
    alone = "" if final is None else final[final.rfind("Zqanswer0x") + len("Zqanswer0x") :].lstrip()
    written = end if isinstance(end, str) or end is None else end[0]
    # Only what also ends the last message ends a message; anything else opens the next one.
    if written and alone.startswith(written):
        yield Finding(
            "generation-without-end",
            "warning",
            line,
            f"the {{% generation %}} block leaves out {written}, which ends the message: a model trained on "
            "it does not learn to stop",
            f"end the block behind {written}",
        )


def _coverage(prober: Prober, line: int | None, text: str, spans: list[tuple[int, int]]) -> Iterator[Finding]:
    marked = "".join(text[start:end] for start, end in spans)
    missing = [word for word in ("Zqanswer0x", "Zqanswer1x") if word in text and word not in marked]
    if missing:
        yield Finding(
            "generation-without-content",
            "warning",
            line,
            "an answer stands outside of the {% generation %} block, so that it is not in the mask",
            "put the block around every answer, not only the last or the first",
        )
    if "Zquser" in marked:
        yield Finding(
            "generation-has-user",
            "warning",
            line,
            "the {% generation %} block holds the user's text: a model is trained to write it",
            "put the block around the assistant's text alone",
        )
    for turn, word, part in (
        ([system(), user(0), call(0)], "Zqargument0x", "calls of tools"),
        ([user(0), answer(0, reasoning=True)], "Zqreason0x", "the reasoning"),
    ):
        rendered = prober.render(turn, part, keep=False, tools=TOOLS if "call" in part else None)
        if rendered is None or rendered.generation_spans is None or word not in rendered.text:
            continue
        if all(word not in rendered.text[start:end] for start, end in rendered.generation_spans):
            yield Finding(
                "generation-without-part",
                "warning",
                line,
                f"{part} of the assistant stand outside of the {{% generation %}} block",
                "put the block around all the assistant writes",
            )


def _end(prober: Prober, special_tokens: Mapping[str, str]) -> Iterator[Finding]:
    text = prober.text([user(0), answer(0)], "an answer")
    if text is None or "Zqanswer0x" not in text:
        return
    after = text[text.rfind("Zqanswer0x") + len("Zqanswer0x") :].strip()
    eos = special_tokens.get("eos_token")
    if not after:
        yield Finding(
            "no-end-of-turn",
            "hint",
            None,
            "nothing is written behind the last answer: a model trained on it learns no end from it",
            "write the end-of-turn token behind every answer, the last one too",
        )
    elif eos and not after.startswith(eos) and (end := CONTROL.match(after)):
        yield Finding(
            "end-is-not-eos",
            "hint",
            None,
            f"an answer ends with {end[0]}, and eos_token is {eos}: generation does not stop there by itself",
            f"give {end[0]} to generate() as a stop token, or make it the eos token",
        )
