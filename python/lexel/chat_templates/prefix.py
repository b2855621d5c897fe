"""Ids that grow with a text: only what is new is encoded, and what was encoded stays as it was.

A tokenizer cuts a text at its control tokens before anything else looks at it. A control token that no other can
overlap is found wherever it stands, whatever stands around it: a *fence*. What is left of a fence and what is right of
it are encoded as if each were alone, so that behind the last fence of a text another text may follow without a change
of any id before it. That is the whole proof; without a fence the text is encoded anew.

What a template writes is another matter: it may change what it wrote for earlier messages. `PrefixChange` says where.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lexel.errors import LexelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["Fences", "GrowingIds", "Mark", "Plan", "PrefixChange", "PrefixChangedError", "common_length", "shortened"]

_SHOWN = 40


def common_length(one: Sequence[Any], other: Sequence[Any]) -> int:
    """Return how many leading items two sequences of one type share."""
    low, high = 0, min(len(one), len(other))
    if isinstance(one, str) and isinstance(other, str) and (other.startswith(one) or one.startswith(other)):
        return high
    if one[:high] == other[:high]:
        return high
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


@dataclass(frozen=True, slots=True)
class PrefixChange:
    """Where a longer conversation no longer begins as the shorter one did.

    Attributes:
        at: the first code point that differs, counted in both texts.
        message: the message it belonged to; None for what belongs to none, or where nobody can say.
        in_generation_prompt: whether it belonged to the prompt for an answer.
        line: the line of the template that wrote it; None where nobody can say.
        before: what stood there, shortened.
        after: what stands there now, shortened; "" if the text ends there.
        lost: how many ids at the end of what was there are no longer valid.
    """

    at: int
    message: int | None
    in_generation_prompt: bool
    line: int | None
    before: str
    after: str
    lost: int

    def __str__(self) -> str:
        """Return one sentence."""
        where = [f"character {self.at}"]
        where += [f"message {self.message}"] if self.message is not None else []
        where += ["in the generation prompt"] if self.in_generation_prompt else []
        where += [f"template line {self.line}"] if self.line is not None else []
        now = f"is now {self.after!r}" if self.after else "is gone"
        return f"{self.before!r} at {', '.join(where)} {now}; the last {self.lost} ids are no longer valid"


class PrefixChangedError(LexelError, ValueError):
    """A template changed what it had written for earlier messages, and the caller wants that never to happen.

    Attributes:
        change: where, as a `PrefixChange`.
    """

    def __init__(self, message: str, change: PrefixChange) -> None:
        super().__init__(message, change)
        self.change = change

    def __str__(self) -> str:
        """Return the message."""
        return str(self.args[0])


def shortened(text: str, at: int) -> str:
    """Return what stands at a place of a text, as much as a person wants to see."""
    return text[at : at + _SHOWN] + ("…" if len(text) > at + _SHOWN else "")


class Fences:
    """The control tokens of a tokenizer that no other one can overlap.

    Args:
        words: what a tokenizer cuts texts at before anything else, of several at one place the longest, the leftmost
            first: each with its id, or None if it is not found in every place.
    """

    def __init__(self, words: Mapping[str, int | None]) -> None:
        self._words = words
        self._by_id: dict[int, list[str]] = {}
        for word, index in words.items():
            if index is not None:
                self._by_id.setdefault(index, []).append(word)
        self._known: dict[str, bool] = {}

    def id(self, word: str) -> int:
        """Return the id of a fence."""
        index = self._words[word]
        assert index is not None, "a fence has an id"
        return index

    def is_fence(self, word: str) -> bool:
        """Return whether a word is one."""
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._stands_alone(word)
        return known

    def is_fence_id(self, index: int) -> bool:
        """Return whether an id is that of a fence."""
        return any(self.is_fence(word) for word in self._by_id.get(index, ()))

    def _stands_alone(self, word: str) -> bool:
        # Whitespace at the ends may be taken by a neighbour that strips.
        if self._words.get(word) is None or not word or word != word.strip():
            return False
        heads = tuple(word[:n] for n in range(1, len(word)))
        tails = tuple(word[n:] for n in range(1, len(word)))
        for other in self._words:
            if word in other and word != other:
                return False
            if not other.endswith(heads) and not other.startswith(tails):
                continue
            # One that ends within the word, or begins within it: but one that stands in it as a whole does no harm.
            reach = range(1, min(len(other), len(word)))
            if any(other[-n:] == word[:n] or other[:n] == word[-n:] for n in reach):
                return False
        return True

    def last_in(self, text: str, ids: Iterable[int]) -> tuple[int, str] | None:
        """Return where the last fence of a text ends, and which it is; the ids are those of the text."""
        words = (word for index in set(ids) & self._by_id.keys() for word in self._by_id[index])
        ends = ((text.rfind(word) + len(word), word) for word in words if word in text and self.is_fence(word))
        return max(ends, default=None)

    def at_start(self, text: str) -> str | None:
        """Return the fence a text begins with."""
        starts = (word for word, index in self._words.items() if index is not None and text.startswith(word))
        return next((word for word in starts if self.is_fence(word)), None)


@dataclass(frozen=True, slots=True)
class Mark:
    """A fence of a text that was encoded.

    Attributes:
        chars: where it ends.
        ids: how many ids there are up to its end, its own included.
        word: which it is; "" for the beginning of the text.
    """

    chars: int
    ids: int
    word: str


_ORIGIN = Mark(0, 0, "")


@dataclass(frozen=True, slots=True)
class Plan:
    """Another text, of which everything up to a mark is there already.

    Attributes:
        mark: where what is there ends.
        text: the whole text.
        ids: those behind the mark.
        marks: the fences behind it.
        given_at: where, among all ids, those begin that somebody else chose; None where all are the tokenizer's.
        whole: whether the whole text had to be encoded although a part of it was there.
    """

    mark: Mark
    text: str
    ids: list[int]
    marks: tuple[Mark, ...]
    given_at: int | None = None
    whole: bool = False


class GrowingIds:
    """The ids of a text that grows.

    Args:
        encode: the ids of a text, no special tokens added.
        fences: of the tokenizer; None where texts are only encoded as a whole.

    Attributes:
        text: the text.
        ids: its ids.
        encoded_chars: how many characters were encoded so far.
        whole: how often the whole text was, for want of a fence.
    """

    def __init__(self, encode: Callable[[str], list[int]], fences: Fences | None) -> None:
        self._encode, self._fences = encode, fences
        self.text = ""
        self.ids: list[int] = []
        self._marks: list[Mark] = []
        self._given: list[int] = []
        self.encoded_chars = 0
        self.whole = 0

    @property
    def canonical(self) -> bool:
        """Whether these are the ids the whole text is encoded to: what a model wrote may be others."""
        return not self._given

    def fork(self) -> GrowingIds:
        """Return an independent copy."""
        made = GrowingIds(self._encode, self._fences)
        made.text, made.ids = self.text, list(self.ids)
        made._marks, made._given = list(self._marks), list(self._given)
        made.encoded_chars, made.whole = self.encoded_chars, self.whole
        return made

    def fence_at_start(self, text: str) -> str | None:
        """Return the fence a text begins with."""
        return self._fences.at_start(text) if self._fences is not None else None

    def plan(self, text: str) -> Plan:
        """Encode another text; what it shares with this one is not encoded again, up to a fence."""
        shared = common_length(self.text, text)
        mark = next((mark for mark in reversed(self._marks) if mark.chars <= shared), _ORIGIN)
        tail = text[mark.chars :]
        ids = self._behind(mark.word, tail)
        whole = bool(self.text) and not mark.chars
        if ids is None:
            # Not what the tokenizer promised: then nothing but the whole text is sure.
            mark, tail, whole = _ORIGIN, text, True
            ids = self._counted(text)
        return Plan(mark, text, ids, self._last_fence(mark, tail, ids), whole=whole)

    def plan_given(
        self, prompt: Plan, rows: Iterable[list[int]], text: str, decode: Callable[[list[int]], str]
    ) -> tuple[Plan, list[int] | None]:
        """Encode a text, and put ids in that somebody else chose, if they say what stands there.

        Args:
            prompt: of the text before them.
            rows: the ids; several, of which the first is taken that can be.
            text: the whole text.
            decode: what ids say.

        Returns:
            The plan, and the ids that are in it; None: the text says something else, or goes on where no fence stands.
        """
        canonical = self.plan(text)
        if canonical.mark != prompt.mark:
            return canonical, None
        for given in rows:
            wanted = [*prompt.ids, *given]
            if canonical.ids[: len(wanted)] == wanted:
                return canonical, given
            made = self._joined(canonical, len(prompt.ids), wanted, decode)
            if made is not None:
                return made, given
        return canonical, None

    def _joined(
        self, canonical: Plan, given_at: int, wanted: list[int], decode: Callable[[list[int]], str]
    ) -> Plan | None:
        """Return a plan that begins with these ids instead of those that say the same; None if none do."""
        start, ids = canonical.mark, canonical.ids
        if not wanted:
            return None
        before = self.ids[max(start.ids - 1, 0) : start.ids]
        said = decode(before + wanted)
        for place in range(common_length(ids, wanted), len(ids) + 1):
            # Where a fence begins or ends, what follows does not depend on what was before.
            ends = place > 0 and ids[place - 1] == wanted[-1] and self._is_fence_id(wanted[-1])
            if not ends and place < len(ids) and not self._is_fence_id(ids[place]):
                continue
            if decode(before + ids[:place]) == said:
                shift = len(wanted) - place
                moved = (Mark(mark.chars, mark.ids + shift, mark.word) for mark in canonical.marks)
                marks = tuple(mark for mark in moved if mark.ids >= start.ids + len(wanted))
                return Plan(start, canonical.text, wanted + ids[place:], marks, given_at=start.ids + given_at)
        return None

    def _is_fence_id(self, index: int) -> bool:
        return self._fences is not None and self._fences.is_fence_id(index)

    def apply(self, plan: Plan) -> None:
        """Become another text."""
        self.text = plan.text
        del self.ids[plan.mark.ids :]
        self.ids += plan.ids
        self._marks = [mark for mark in self._marks if mark.chars <= plan.mark.chars] + list(plan.marks)
        self._given = [start for start in self._given if start < plan.mark.ids]
        self._given += [] if plan.given_at is None else [plan.given_at]
        self.whole += plan.whole

    def _counted(self, text: str) -> list[int]:
        self.encoded_chars += len(text)
        return self._encode(text)

    def _behind(self, word: str, tail: str) -> list[int] | None:
        """Return the ids of a text behind a fence; None if the fence is not what it should be."""
        if not tail:
            return []
        ids = self._counted(word + tail)
        if not word:
            return ids
        assert self._fences is not None, "marks are made by fences"
        return ids[1:] if ids and ids[0] == self._fences.id(word) else None

    def _last_fence(self, mark: Mark, tail: str, ids: list[int]) -> tuple[Mark, ...]:
        """Return the last fence of what was encoded behind a mark, if there is one."""
        found = self._fences.last_in(tail, ids) if self._fences is not None else None
        if found is None:
            return ()
        end, word = found
        rest = self._behind(word, tail[end:])
        # The ids say it once more: there it stands.
        place = len(ids) - len(rest) - 1 if rest is not None else -1
        assert self._fences is not None, "a fence was found"
        if place < 0 or ids[place] != self._fences.id(word) or ids[place + 1 :] != rest:
            return ()
        return (Mark(mark.chars + end, mark.ids + place + 1, word),)
