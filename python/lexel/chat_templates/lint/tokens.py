"""The special tokens a template writes, and what the tokenizer makes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lexel.chat_templates.lint.marking import CONTROL
from lexel.chat_templates.lint.probes import TOOLS, Prober, answer, call, result, system, user
from lexel.chat_templates.lint.report import Finding, clip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lexel.chat_templates.lint.tree import Tree

__all__ = ["TokenFacts", "check_tokens", "is_certain", "written_tokens"]

# Nobody writes these by hand: they are meant as one token each.
_CERTAIN = re.compile(r"<\|[^<>|\s]{1,60}\|>|<｜[^<>｜]{1,60}｜>")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What the linter wants to know of a tokenizer."""

    token_id: Callable[[str], int | None]
    """The id of a text that is one token by itself, wherever it stands; None for any other text."""
    is_special: Callable[[str], bool]
    """Whether a token is special, so that decoding can leave it out."""
    bos: str | None = None
    """The token that encoding writes at the beginning of every text by itself; None if it writes none."""


def is_certain(token: str) -> bool:
    """Say whether a text is meant as one token: ``<|end|>`` is, ``<b>`` may be text."""
    return _CERTAIN.fullmatch(token) is not None


def written_tokens(prober: Prober, literals: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what looks like a control token: in plain conversations, and anywhere in the template.

    Args:
        prober: renders.
        literals: all text the template writes by itself.
    """
    plain = prober.text([user(0), answer(0)], "an answer", keep=False, add_generation_prompt=True) or ""
    plain += prober.text([system(), user(0)], "a system message", keep=False, add_generation_prompt=True) or ""
    tools = prober.text([user(0), call(0), result(0)], "a call", keep=False, tools=TOOLS) or ""
    ours = dict.fromkeys(CONTROL.findall(plain))
    return tuple(ours), tuple(dict.fromkeys([*ours, *CONTROL.findall(tools), *CONTROL.findall(literals)]))


def check_tokens(
    prober: Prober,
    tree: Tree,
    special_tokens: Mapping[str, str],
    tokens: tuple[tuple[str, ...], tuple[str, ...]],
    facts: TokenFacts | None,
) -> Iterator[Finding]:
    """Look at bos, and at every control token."""
    text = prober.text([user(0), answer(0)], "an answer", keep=False)
    if text is not None:
        yield from _check_bos(text, tree, special_tokens, facts)
    in_plain, anywhere = tokens
    forged = [token for token in (*in_plain, *anywhere) if facts is None or facts.token_id(token) is not None]
    if forged:
        yield Finding(
            "text-beside-control-tokens",
            "hint",
            None,
            "texts of users are written as they are, beside control tokens: a user who types "
            f"{forged[0]} writes that token",
            "encode conversations of strangers with sanitize_control_tokens=True",
        )
    if facts is not None:
        yield from _check_vocabulary(tree, in_plain, anywhere, facts)


def _check_bos(text: str, tree: Tree, special_tokens: Mapping[str, str], facts: TokenFacts | None) -> Iterator[Finding]:
    bos = special_tokens.get("bos_token") or (facts.bos if facts else None)
    if not bos:
        return
    line = tree.line_of("bos_token") or tree.line_of(bos)
    start = text.lstrip()
    if start.startswith(bos) and start[len(bos) :].lstrip().startswith(bos):
        yield Finding(
            "bos-twice",
            "error",
            line,
            f"the text begins with {bos} twice",
            "write bos_token once, before the first message",
            f"begins with {clip(start[:40])}",
        )
    if facts is None or facts.bos is None:
        return
    if start.startswith(facts.bos):
        # As it should be, and still what goes wrong most often outside of apply_chat_template.
        yield Finding(
            "bos-doubled",
            "hint",
            line,
            f"the template writes {facts.bos}, and encoding adds one to every text: a rendered chat that is encoded "
            "like a text begins with two",
            "let apply_chat_template encode it, or pass add_special_tokens=False, or set double_bos='remove'",
        )
    else:
        yield Finding(
            "bos-missing",
            "warning",
            line,
            f"encoding begins every text with {facts.bos}, and the template does not write it: chats lack the token "
            "that begins all other texts",
            "write {{ bos_token }} at the top of the template, unless the model was trained without it",
        )


def _check_vocabulary(
    tree: Tree, in_plain: tuple[str, ...], anywhere: tuple[str, ...], facts: TokenFacts
) -> Iterator[Finding]:
    for token in anywhere:
        if facts.token_id(token) is None and is_certain(token):
            yield Finding(
                "token-not-in-vocabulary",
                "error" if token in in_plain else "warning",
                tree.line_of(token),
                f"{token} is no token of this tokenizer: it is split into pieces the model never saw as one",
                "take the template of this tokenizer's model, or add the token and train its embedding",
            )
    visible = [token for token in anywhere if facts.token_id(token) is not None and not facts.is_special(token)]
    if visible:
        yield Finding(
            "token-not-special",
            "hint",
            tree.line_of(visible[0]),
            f"decoding with skip_special_tokens=True leaves these in the text: {' '.join(visible)}",
            "mark those that nobody should see as special: tokenizer.add_special_tokens(…)",
        )
