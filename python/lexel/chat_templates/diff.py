"""Two renders beside each other: where do two templates, two tokenizers or two sets of arguments part?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from lexel.chat_templates.prefix import common_length
from lexel.chat_templates.render import render, trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from lexel.chat_templates.render import Piece

__all__ = ["DiffSide", "DiffSpan", "RenderDiff", "render_diff", "shortened", "visible", "where"]

Span = tuple[int, int]
Kind = Literal["equal", "replace", "delete", "insert"]
_ARGUMENTS = ("tools", "documents", "add_generation_prompt", "continue_final_message")
_VISIBLE = {" ": "·", "\n": "⏎", "\t": "⇥", "\r": "␍", "\u00a0": "⍽", "\u3000": "□"}
# Beyond so many pieces lines are compared first: comparing pieces takes a time that grows with their square.
_MOST = 2000
# Of a longer stretch that both have, so many characters are shown at each end.
_SHOWN = 160


@dataclass(frozen=True, slots=True)
class DiffSide:
    """One of the two renders.

    Attributes:
        name: "a" or "b", and what it was made with.
        text: what the template wrote.
        ids: its ids, where there is a tokenizer.
        tokens: their tokens.
    """

    name: str
    text: str
    ids: list[int] | None
    tokens: list[str] | None


@dataclass(frozen=True, slots=True)
class DiffSpan:
    """A stretch of both texts.

    Attributes:
        kind: "equal", "replace", "delete" (only the first has it) or "insert" (only the second).
        a: (start, end) code points of the first text.
        b: (start, end) code points of the second.
        a_line: the line of the first template that wrote where it starts; None where that is unknown, or both agree.
        b_line: the line of the second.
        message: the message it belongs to, by the first that knows.
    """

    kind: Kind
    a: Span
    b: Span
    a_line: int | None = None
    b_line: int | None = None
    message: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class RenderDiff:
    """What differs between two renders; true if anything does.

    `print(diff)` shows the lines that differ, a notebook shows it by itself.

    Attributes:
        a: the first render.
        b: the second.
        spans: both texts from beginning to end, stretch by stretch.
        ids_at: the first place at which the ids differ; None if they do not, or there are none.
        control: the control tokens of the tokenizers that stand in the texts.
    """

    a: DiffSide
    b: DiffSide
    spans: tuple[DiffSpan, ...]
    ids_at: int | None
    control: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.a.text != self.b.text or self.ids_at is not None

    @property
    def changes(self) -> list[DiffSpan]:
        """The spans that differ."""
        return [span for span in self.spans if span.kind != "equal"]

    def unified(self, context: int = 2) -> str:
        """Return the lines that differ in the manner of `diff -u`, with their whitespace made visible.

        Args:
            context: how many lines around them are shown.
        """
        import difflib

        one, other = ([visible(line) for line in _lines(side.text)] for side in (self.a, self.b))
        return "\n".join(difflib.unified_diff(one, other, self.a.name, self.b.name, n=context, lineterm=""))

    def inline(self) -> str:
        """Return one text, with `[-what only the first has-]` and `{+what only the second has+}`."""
        parts = []
        for span in self.spans:
            gone, new = self.a.text[slice(*span.a)], self.b.text[slice(*span.b)]
            if span.kind == "equal":
                parts.append(shortened(gone))
                continue
            parts.append(f"[-{visible(gone)}-]" if gone else "")
            parts.append(f"{{+{visible(new)}+}}" if new else "")
        return "".join(parts)

    def summary(self) -> str:
        """Return a line for every difference: where it is, what each side has."""
        lines = []
        for span in self.changes:
            gone, new = self.a.text[slice(*span.a)], self.b.text[slice(*span.b)]
            lines.append(f"{where(span)}: {_shown(gone)} → {_shown(new)}")
        if self.ids_at is not None:
            lines.append(f"ids from {self.ids_at}: {self._token(self.a)} → {self._token(self.b)}")
        return "\n".join(lines) or "no difference"

    def _token(self, side: DiffSide) -> str:
        assert side.ids is not None, "ids are compared where there are some"
        assert side.tokens is not None, "as ids"
        assert self.ids_at is not None, "asked where they differ"
        at = self.ids_at
        return f"{side.ids[at]} {side.tokens[at]!r}" if at < len(side.ids) else "the end"

    def __str__(self) -> str:
        return f"{self.unified()}\n{self.summary()}" if self.a.text != self.b.text else self.summary()

    def __repr__(self) -> str:
        return f"RenderDiff({len(self.changes)} differences)\n{self.summary()}"

    def _repr_html_(self) -> str:
        from lexel.chat_templates.diff_html import page

        return page(self)


def render_diff(
    a: Any,
    b: Any,
    messages: Sequence[Any],
    *,
    tools: Sequence[Any] | None = None,
    documents: Sequence[Any] | None = None,
    add_generation_prompt: bool = False,
    a_options: Mapping[str, Any] | None = None,
    b_options: Mapping[str, Any] | None = None,
    **variables: Any,
) -> RenderDiff:
    """Render a conversation in two ways, and show where they part.

    Args:
        a: a template (its source, or its name in the other side's tokenizer), or a tokenizer. A template beside a
            tokenizer takes its special tokens, and is encoded by it.
        b: the same, for the second way.
        messages: the conversation.
        tools: as in `apply_chat_template`.
        documents: as in `apply_chat_template`.
        add_generation_prompt: as in `apply_chat_template`.
        a_options: arguments for the first way only, over the common ones: `chat_template`, `tools`, `messages`,
            variables …
        b_options: for the second.
        **variables: of the template, for both.

    Raises:
        TemplateError: a template is broken or refuses the conversation; a note says which side.
        TypeError: neither a template nor a tokenizer, or a message that is none.

    Example:
        >>> before = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
        >>> diff = render_diff(before, before.replace("<", "["), [{"role": "user", "content": "Hi"}])
        >>> print(diff.inline())
        [-<-]{+[+}user>Hi
    """
    common = {"messages": messages, "tools": tools, "documents": documents, **variables}
    common["add_generation_prompt"] = add_generation_prompt
    tokenizers = [None if isinstance(side, str) else side for side in (a, b)]
    for name, tokenizer in zip("ab", tokenizers, strict=True):
        if tokenizer is not None and not hasattr(tokenizer, "apply_chat_template"):
            raise TypeError(f"{name} is a {type(tokenizer).__name__}; expected a template, or a tokenizer")
    borrowed = next((tokenizer for tokenizer in tokenizers if tokenizer is not None), None)
    ways = []
    for name, side, options in (("a", a, a_options), ("b", b, b_options)):
        try:
            ways.append(_Way(name, side, borrowed, {**common, **(options or {})}))
        except Exception as error:
            error.add_note(f"in side {name} of a comparison")
            raise
    one, other = ways
    control = tuple(sorted(one.control() | other.control(), key=len, reverse=True))
    spans = tuple(_placed(span, one.pieces(), other.pieces()) for span in _compare(one.text, other.text, control))
    ids_at = None
    if one.ids is not None and other.ids is not None and one.ids != other.ids:
        ids_at = common_length(one.ids, other.ids)
    return RenderDiff(one.side(), other.side(), spans, ids_at, control)


class _Way:
    """One way of rendering."""

    def __init__(self, name: str, side: Any, borrowed: Any, options: dict[str, Any]) -> None:
        self._tokenizer = borrowed if isinstance(side, str) else side
        self.name = name if isinstance(side, str) else f"{name}: {type(side).__name__}"
        self._messages = options.pop("messages")
        wanted = options.pop("chat_template", side if isinstance(side, str) else None)
        tokenizer = self._tokenizer
        self._template: str | None = wanted
        if tokenizer is not None and (wanted is not None or tokenizer.chat_template is not None):
            self._template = tokenizer.get_chat_template(wanted, options["tools"])
        self._arguments = {key: options.pop(key) for key in _ARGUMENTS if key in options}
        special = {} if tokenizer is None else tokenizer.special_tokens_map
        self._variables = {**special, **options}
        self._pieces: list[Piece] | None = None
        self.text, self.ids = self._rendered()

    def _rendered(self) -> tuple[str, list[int] | None]:
        tokenizer = self._tokenizer
        if self._template is None:
            # A class that makes ids of conversations without a template, or one that says it has none.
            given = {key: value for key, value in (self._arguments | self._variables).items() if value is not None}
            given = {key: value for key, value in given.items() if key not in tokenizer.special_tokens_map}
            ids: list[int] = tokenizer.apply_chat_template(list(self._messages), return_dict=False, **given)
            return tokenizer.decode(ids), ids
        text = render(self._template, self._messages, variables=self._variables, **self._arguments).text
        if tokenizer is None:
            return text, None
        split = {"split_special_tokens": False} if tokenizer.split_special_tokens else {}
        return text, tokenizer(text, add_special_tokens=False, verbose=False, **split)["input_ids"]

    def pieces(self) -> list[Piece]:
        """Return which line of the template wrote what; empty where nobody knows."""
        if self._pieces is None:
            arguments = {key: value for key, value in self._arguments.items() if key != "continue_final_message"}
            self._pieces = (
                []
                if self._template is None or self._arguments.get("continue_final_message")
                else trace(self._template, self._messages, variables=self._variables, **arguments)
            )
        return self._pieces

    def control(self) -> set[str]:
        """Return the control tokens in the text."""
        if self._tokenizer is None:
            return set()
        tokens = set(self._tokenizer.all_special_tokens)
        if self._template is not None:
            tokens |= {token.content for token in self._tokenizer.added_tokens_decoder.values()}
        return {token for token in tokens if token and token in self.text}

    def side(self) -> DiffSide:
        """Return what there is to show."""
        tokens = None if self.ids is None else self._tokenizer.convert_ids_to_tokens(self.ids)
        return DiffSide(self.name, self.text, self.ids, tokens)


# --- comparing --------------------------------------------------------------------------------------------------------


def _compare(one: str, other: str, control: Sequence[str]) -> Iterator[DiffSpan]:
    """Yield both texts stretch by stretch; control tokens and words are never cut."""
    pattern = re.compile("|".join([*map(re.escape, control), r"<\|[^|<>\s]*\|>|\w+|\s|."]), re.DOTALL)
    pieces = pattern.findall(one), pattern.findall(other)
    if max(map(len, pieces)) <= _MOST:
        yield from _merged(_matched(*pieces, 0, 0))
        return
    yield from _merged(_by_lines(one, other, pattern))


def _by_lines(one: str, other: str, pattern: re.Pattern[str]) -> Iterator[DiffSpan]:
    for span in _matched(one.splitlines(keepends=True), other.splitlines(keepends=True), 0, 0):
        gone, new = pattern.findall(one[slice(*span.a)]), pattern.findall(other[slice(*span.b)])
        if span.kind == "replace" and max(len(gone), len(new)) <= _MOST:
            yield from _matched(gone, new, span.a[0], span.b[0])
        else:
            yield span


def _matched(one: Sequence[str], other: Sequence[str], a: int, b: int) -> Iterator[DiffSpan]:
    import difflib

    for kind, a_from, a_to, b_from, b_to in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        a_end, b_end = a + sum(map(len, one[a_from:a_to])), b + sum(map(len, other[b_from:b_to]))
        yield DiffSpan(kind, (a, a_end), (b, b_end))
        a, b = a_end, b_end


def _merged(spans: Iterator[DiffSpan]) -> Iterator[DiffSpan]:
    """Join neighbours of one kind."""
    last: DiffSpan | None = None
    for span in spans:
        if last is not None and (last.kind == "equal") == (span.kind == "equal"):
            a, b = (last.a[0], span.a[1]), (last.b[0], span.b[1])
            both: Kind = "replace" if a[0] < a[1] and b[0] < b[1] else "delete" if a[0] < a[1] else "insert"
            last = DiffSpan("equal" if last.kind == "equal" else both, a, b)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _placed(span: DiffSpan, one: list[Piece], other: list[Piece]) -> DiffSpan:
    if span.kind == "equal":
        return span
    here, there = _piece_at(one, span.a), _piece_at(other, span.b)
    messages = [piece.message for piece in (here, there) if piece is not None and piece.message is not None]
    return DiffSpan(
        span.kind,
        span.a,
        span.b,
        None if here is None else here.line,
        None if there is None else there.line,
        messages[0] if messages else None,
    )


def _piece_at(pieces: list[Piece], span: Span) -> Piece | None:
    """Return what wrote a stretch; of an empty one there is nothing."""
    return next((piece for piece in pieces if span[0] < piece.end), None) if span[0] < span[1] else None


# --- showing ----------------------------------------------------------------------------------------------------------


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def visible(text: str) -> str:
    """Return a text whose whitespace and control characters can be seen."""
    return "".join(_VISIBLE.get(char) or (char if char.isprintable() else f"⟨U+{ord(char):04X}⟩") for char in text)


def _shown(text: str) -> str:
    return repr(shortened(text)) if text else "nothing"


def shortened(text: str) -> str:
    """Return the beginning and the end of a long text."""
    if len(text) <= 2 * _SHOWN + 40:
        return text
    return f"{text[:_SHOWN]} … {len(text) - 2 * _SHOWN} characters … {text[-_SHOWN:]}"


def where(span: DiffSpan) -> str:
    """Return the place of a difference in words."""
    parts = [f"character {span.a[0]}"]
    parts += [f"message {span.message}"] if span.message is not None else []
    lines = [f"{name} {line}" for name, line in (("a", span.a_line), ("b", span.b_line)) if line is not None]
    parts += [f"template line {', '.join(lines)}"] if lines else []
    return ", ".join(parts)
