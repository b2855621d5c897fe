"""Control tokens of a chat template, looked up in a tokenizer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lexel.chat_templates.lint.check import check_template
from lexel.chat_templates.lint.tokens import TokenFacts, is_certain
from lexel.chat_templates.render import literal_text
from lexel.chat_templates.sanitize import control_tokens

if TYPE_CHECKING:
    from lexel.chat_templates.lint.report import TemplateReport
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["ControlToken", "ControlTokenReport", "check_chat_template", "control_report", "special_id", "written_bos"]


@dataclass(frozen=True, slots=True)
class ControlToken:
    """A token that only the template should write."""

    token: str
    id: int | None
    """None: it is no token of the vocabulary."""
    special: bool
    """Whether it is a special token."""
    pieces: tuple[str, ...]
    """What it becomes: itself, or the pieces it is split into."""
    can_be_forged: bool
    """Whether a user who types it writes its id."""
    can_be_forged_when_sanitized: bool
    """The same with ``sanitize_control_tokens=True``."""
    dropped_in_decoding: bool
    """Whether decoding with ``skip_special_tokens=True`` leaves it out."""


@dataclass(frozen=True, slots=True, repr=False)
class ControlTokenReport:
    """The control tokens a chat template writes. Printing it shows a table."""

    tokens: tuple[ControlToken, ...]
    chat_control_tokens: tuple[str, ...] | None
    """What the tokenizer declares; None: it leaves the choice to what the template writes."""

    @property
    def split(self) -> tuple[str, ...]:
        """Those that are no tokens of the vocabulary, and come out in pieces."""
        return tuple(token.token for token in self.tokens if token.id is None)

    @property
    def forgeable(self) -> tuple[str, ...]:
        """Those that a user can write even with ``sanitize_control_tokens=True``."""
        return tuple(token.token for token in self.tokens if token.can_be_forged_when_sanitized)

    def summary(self) -> str:
        """Return the report as text."""
        heads = ("token", "id", "special", "a user can write it", "sanitized", "skip_special_tokens")
        rows = [heads, *map(_cells, self.tokens)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(heads))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        lines += [f"{token.token} is split into {' '.join(token.pieces)}" for token in self.tokens if token.id is None]
        if self.forgeable:
            lines.append(f"add to tokenizer.chat_control_tokens what users must not write: {' '.join(self.forgeable)}")
        return "\n".join(lines) if self.tokens else "the template writes no control tokens"

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        return f"<ControlTokenReport {' '.join(token.token for token in self.tokens) or 'no control tokens'}>"


def _cells(token: ControlToken) -> tuple[str, ...]:
    return (
        token.token,
        "split" if token.id is None else str(token.id),
        "yes" if token.special else "no",
        "yes" if token.can_be_forged else "no",
        "yes" if token.can_be_forged_when_sanitized else "no",
        "drops it" if token.dropped_in_decoding else "keeps it",
    )


def check_chat_template(tokenizer: Tokenizer, chat_template: str | None) -> TemplateReport:
    """See `Templating.check_chat_template`."""
    source = tokenizer.get_chat_template(chat_template)
    known = tokenizer.chat_template
    name = chat_template if isinstance(known, dict) and chat_template in known else "chat template"
    special = _special(tokenizer)
    facts = TokenFacts(
        lambda token: _id_of(tokenizer, token),
        special.__contains__,
        written_bos(tokenizer),
    )
    names = {key: str(value) for key, value in tokenizer.special_tokens_map.items() if isinstance(value, str)}
    return check_template(source, special_tokens=names, tokens=facts, name=str(name))


def control_report(tokenizer: Tokenizer, chat_template: str | None) -> ControlTokenReport:
    """See `Templating.chat_control_report`."""
    source = tokenizer.get_chat_template(chat_template)
    added = list(tokenizer.added_tokens_decoder.values())
    declared = tokenizer.chat_control_tokens
    hidden = set(control_tokens(source, added, declared))
    literals = literal_text(source)
    written = [token.content for token in added if token.content in literals and not token.content.isspace()]
    names = tokenizer.special_tokens_map
    # A template reads these by name.
    written += [str(value) for name, value in names.items() if name in source and isinstance(value, str)]
    written += list(declared or ())
    report = check_chat_template(tokenizer, chat_template)
    written += [token for token in report.control_tokens if is_certain(token) or _id_of(tokenizer, token) is not None]
    return ControlTokenReport(
        tuple(_described(tokenizer, token, hidden) for token in dict.fromkeys(written)),
        None if declared is None else tuple(declared),
    )


def _described(tokenizer: Tokenizer, token: str, hidden: set[str]) -> ControlToken:
    index = _id_of(tokenizer, token)
    pieces = (token,) if index is not None else tuple(tokenizer.tokenize(token))
    typed = tokenizer(f"a {token} b", add_special_tokens=False, split_special_tokens=False, verbose=False)["input_ids"]
    forged = index is not None and index in typed
    dropped = index is not None and token not in tokenizer.decode([index], skip_special_tokens=True)
    return ControlToken(
        token, index, token in _special(tokenizer), pieces, forged, forged and token not in hidden, dropped
    )


def _special(tokenizer: Tokenizer) -> set[str]:
    marked = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    return marked | {str(token) for token in tokenizer.all_special_tokens}


def _id_of(tokenizer: Tokenizer, token: str) -> int | None:
    """Return the id of a text that is one token by itself."""
    index = tokenizer.get_added_vocab().get(token)
    if index is not None:
        return int(index)
    ids = tokenizer(token, add_special_tokens=False, split_special_tokens=False, verbose=False)["input_ids"]
    return int(ids[0]) if len(ids) == 1 and tokenizer.convert_ids_to_tokens(ids[0]) == token else None


def special_id(tokenizer: Tokenizer, token: str) -> int | None:
    """Return the id of a special token, None for what is none."""
    return _id_of(tokenizer, token) if token in _special(tokenizer) else None


def written_bos(tokenizer: Tokenizer) -> str | None:
    """Return the token that calls of a tokenizer write before every text, if it is the bos token."""
    index = tokenizer.bos_token_id
    ids = tokenizer("a", verbose=False)["input_ids"]
    bare = tokenizer("a", add_special_tokens=False, verbose=False)["input_ids"]
    return str(tokenizer.bos_token) if index is not None and ids[:1] == [index] and bare[:1] != [index] else None
