"""What may be left out of a conversation, in which order, and how much of it has to be.

Knows no tokenizer: it is given a function that counts, and texts that can be cut. Turns go whole: a call of a tool with
its results, a question with its answers, so that what is left still alternates as templates want it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from lexel.chat_templates.sandbox.errors import template_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["Cuttable", "FittedChat", "Shortened", "fit", "plan_drops", "select"]

Selector = Any
_SYSTEM = frozenset({"system", "developer"})
_TOOL = frozenset({"tool", "function", "ipython", "observation", "tool_response", "tool_result"})
_KNOWN = _SYSTEM | _TOOL | {"user", "assistant"}
_PLACES = ("first_user", "last_user", "last")


@dataclass(frozen=True, slots=True)
class Shortened:
    """A message whose text was cut.

    Attributes:
        index: of the message, in what was given.
        before: how many tokens its text had.
        after: how many it has, the marker included.
    """

    index: int
    before: int
    after: int


@dataclass(frozen=True, slots=True, repr=False)
class FittedChat:
    """A conversation that fits a budget.

    Attributes:
        messages: what is left; shortened ones are copies.
        n_tokens: how many tokens these have, by an actual count.
        dropped: the indices of the messages that were left out.
        shortened: those whose text was cut.
    """

    messages: list[Any]
    n_tokens: int
    dropped: tuple[int, ...]
    shortened: tuple[Shortened, ...]

    def __repr__(self) -> str:
        """Return one line a person can read."""
        parts = [f"{len(self.messages)} of {len(self.messages) + len(self.dropped)} messages, {self.n_tokens} tokens"]
        if self.dropped:
            parts.append(f"dropped {', '.join(map(str, self.dropped))}")
        if self.shortened:
            cut = ", ".join(f"{one.index} ({one.before} → {one.after})" for one in self.shortened)
            parts.append(f"shortened {cut}")
        return f"FittedChat({'; '.join(parts)})"


class Cuttable(Protocol):
    """A message whose text can be cut."""

    index: int
    size: int
    """How many tokens its text has."""
    shortest: int
    """To how many it may be cut, the marker not counted."""

    def cut(self, tokens: int) -> Any:
        """Return the message with at most so many tokens of its text, and a marker behind them."""


# --- which messages ---------------------------------------------------------------------------------------------------


def select(messages: Sequence[dict[str, Any]], selector: Selector, name: str) -> dict[int, Any]:
    """Return the indices a caller means, each with what was said about it.

    Args:
        messages: plain ones.
        selector: a role, "first_user", "last_user", "last", an index (negative ones count from the end), a function of
            (message, index), or several of these; or a dict of these, with values that are returned.
        name: of the argument, for errors.

    Raises:
        ValueError: a word that is no role here, or an index that does not exist.
        TypeError: something else.
    """
    if selector is None:
        return {}
    if isinstance(selector, dict):
        pairs = list(selector.items())
    else:
        single = isinstance(selector, (str, int)) or callable(selector)
        if not single and not isinstance(selector, (list, tuple, set, frozenset)):
            raise TypeError(f"{name}: {selector!r} is no role, no index, no function of (message, index) and no list")
        pairs = [(one, True) for one in ([selector] if single else selector)]
    chosen: dict[int, Any] = {}
    for one, value in pairs:
        chosen |= dict.fromkeys(_matching(messages, one, name), value) if not callable(one) else _asked(messages, one)
    return chosen


def _asked(messages: Sequence[dict[str, Any]], predicate: Callable[[dict[str, Any], int], Any]) -> dict[int, Any]:
    answers = {index: predicate(message, index) for index, message in enumerate(messages)}
    return {index: answer for index, answer in answers.items() if answer is not None and answer is not False}


def _matching(messages: Sequence[dict[str, Any]], one: Any, name: str) -> list[int]:
    if isinstance(one, int) and not isinstance(one, bool):
        if not -len(messages) <= one < len(messages):
            raise ValueError(f"{name}: there is no message {one}, the conversation has {len(messages)}")
        return [one % len(messages)]
    if not isinstance(one, str):
        raise TypeError(f"{name}: {one!r} is no role, no index and no function of (message, index)")
    users = [index for index, message in enumerate(messages) if message.get("role") == "user"]
    if one == "last":
        return [len(messages) - 1]
    if one in _PLACES:
        return users[:1] if one == "first_user" else users[-1:]
    found = [index for index, message in enumerate(messages) if message.get("role") == one]
    if not found and one not in _KNOWN:
        roles = sorted({str(message.get("role")) for message in messages})
        raise ValueError(f"{name}: no message has the role {one!r}; there are {roles}, and the words {list(_PLACES)}")
    return found


# --- what stands or falls together ------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Exchange:
    """A question with its answers; calls of tools with their results apart."""

    talk: list[int] = field(default_factory=list)
    rounds: list[list[int]] = field(default_factory=list)


def plan_drops(messages: Sequence[dict[str, Any]], kept: Iterable[int]) -> list[tuple[int, ...]]:
    """Return what may be dropped, in the order in which it is: the oldest first.

    A system message is dropped by itself. Of a question and what follows it up to the next question, the calls of
    tools go first, each with its results, the oldest first; then the question goes with its answers. What stays keeps
    the question it answers.

    Args:
        messages: plain ones.
        kept: indices of messages that must stay.
    """
    keep = set(kept)
    drops: list[tuple[int, ...]] = []
    for exchange in _exchanges(messages):
        loose = [one for one in exchange.rounds if keep.isdisjoint(one)]
        drops += map(tuple, loose)
        if len(loose) == len(exchange.rounds) and keep.isdisjoint(exchange.talk) and exchange.talk:
            drops.append(tuple(exchange.talk))
    if drops and sum(map(len, drops)) == len(messages):
        # No template renders nothing.
        drops.pop()
    return drops


def _exchanges(messages: Sequence[dict[str, Any]]) -> list[_Exchange]:
    exchanges: list[_Exchange] = []
    current: _Exchange | None = None
    callers: dict[str, list[int]] = {}
    asking = False
    for index, message in enumerate(messages):
        role = message.get("role")
        if role in _SYSTEM:
            exchanges.append(_Exchange([index]))
            continue
        result = role in _TOOL or _holds_results(message)
        asks = role == "user" and not result
        if current is None or (asks and not asking):
            current = _Exchange()
            exchanges.append(current)
        asking = asks
        if result:
            _join(messages, current, callers, index)
        elif message.get("tool_calls") or message.get("function_call"):
            current.rounds.append([index])
            callers |= dict.fromkeys(_call_ids(message), current.rounds[-1])
        else:
            current.talk.append(index)
    return exchanges


def _join(messages: Sequence[dict[str, Any]], current: _Exchange, callers: dict[str, list[int]], index: int) -> None:
    """Put a result with its call."""
    caller = callers.get(str(messages[index].get("tool_call_id")))
    if caller is None and index - 1 in current.talk and messages[index - 1].get("role") == "assistant":
        # A call that was written as text.
        current.talk.remove(index - 1)
        caller = [index - 1]
        current.rounds.append(caller)
    if caller is None and current.rounds and index - 1 in current.rounds[-1]:
        caller = current.rounds[-1]
    (current.talk if caller is None else caller).append(index)


def _call_ids(message: dict[str, Any]) -> list[str]:
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return []
    return [str(call["id"]) for call in calls if isinstance(call, dict) and call.get("id")]


def _holds_results(message: dict[str, Any]) -> bool:
    content = message.get("content")
    return isinstance(content, list) and any(
        isinstance(block, dict) and block.get("type") == "tool_result" for block in content
    )


# --- how much ---------------------------------------------------------------------------------------------------------


class _Sizes:
    """Counts conversations, each once."""

    def __init__(
        self, messages: Sequence[Any], drops: Sequence[tuple[int, ...]], count: Callable[[list[Any]], int]
    ) -> None:
        self._messages, self._drops, self._count = messages, drops, count
        self._known: dict[Any, int | None] = {}
        self.refused = False

    def dropped(self, n_drops: int) -> set[int]:
        return {index for group in self._drops[:n_drops] for index in group}

    def left(self, n_drops: int, cuts: dict[int, tuple[Cuttable, int]]) -> list[Any]:
        gone = self.dropped(n_drops)
        return [
            cuts[index][0].cut(cuts[index][1]) if index in cuts else message
            for index, message in enumerate(self._messages)
            if index not in gone
        ]

    def size(self, n_drops: int, cuts: dict[int, tuple[Cuttable, int]]) -> int | None:
        """Return how many tokens are left; None: the template refuses what is left."""
        key = (n_drops, tuple((index, tokens) for index, (_, tokens) in cuts.items()))
        if key not in self._known:
            try:
                self._known[key] = self._count(self.left(n_drops, cuts))
            except template_error():
                self._known[key], self.refused = None, True
        return self._known[key]


def fit(
    messages: Sequence[Any],
    max_tokens: int,
    *,
    count: Callable[[list[Any]], int],
    drops: Sequence[tuple[int, ...]],
    cuttable: Callable[[], Sequence[Cuttable]],
    measure: Callable[[Any], int],
) -> FittedChat:
    """Leave out as little as must be.

    As few drops as possible, in their order. Then as few texts are cut as possible, the oldest first, all but the last
    of them to their shortest, and the last as little as possible.

    Args:
        messages: the conversation.
        max_tokens: the budget.
        count: how many tokens a conversation has.
        drops: of `plan_drops`.
        cuttable: gives the texts that may be cut, by ascending index; asked only if something must go.
        measure: how many tokens the text of a message has.

    Raises:
        ValueError: nothing more may go, and it is still too long; has the smallest size there is.
        TemplateError: the template refuses the conversation as it is.
    """
    total = count(list(messages))
    if total <= max_tokens:
        return FittedChat(list(messages), total, (), ())
    texts = list(cuttable())
    shortest = {one.index: (one, one.shortest) for one in texts}
    sizes = _Sizes(messages, drops, count)
    n_drops = _fewest(sizes, len(drops), lambda n: sizes.size(n, _among(shortest, sizes.dropped(n))), max_tokens)
    if n_drops is None:
        _refuse(sizes, len(drops), shortest, max_tokens)
    gone = sizes.dropped(n_drops)
    loose = [one for one in texts if one.index not in gone]
    cuts = _fewest_cuts(sizes, n_drops, loose, max_tokens)
    left = sizes.left(n_drops, cuts)
    size = sizes.size(n_drops, cuts)
    assert size is not None, "it was counted before"
    shortened = tuple(
        Shortened(index, one.size, measure(one.cut(tokens))) for index, (one, tokens) in sorted(cuts.items())
    )
    return FittedChat(left, size, tuple(sorted(gone)), shortened)


def _among(cuts: dict[int, tuple[Cuttable, int]], gone: set[int]) -> dict[int, tuple[Cuttable, int]]:
    return {index: cut for index, cut in cuts.items() if index not in gone}


def _fewest(sizes: _Sizes, most: int, size: Callable[[int], int | None], max_tokens: int) -> int | None:
    """Return the smallest number up to `most` whose size fits, None if there is none.

    Sizes fall with the number, as a rule: then a few are looked at. Where the template refuses one, all are.
    """

    def fits(number: int) -> bool:
        found = size(number)
        return found is not None and found <= max_tokens

    low, high = 0, most
    if fits(high):
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if fits(middle) else (middle + 1, high)
        # Where a template writes more for less, one fewer may fit as well.
        while low and fits(low - 1):
            low -= 1
        if not sizes.refused:
            return low
    elif not sizes.refused:
        return None
    return next((number for number in range(most + 1) if fits(number)), None)


def _fewest_cuts(
    sizes: _Sizes, n_drops: int, texts: Sequence[Cuttable], max_tokens: int
) -> dict[int, tuple[Cuttable, int]]:
    shortest = [(one.index, (one, one.shortest)) for one in texts]
    number = _fewest(sizes, len(texts), lambda n: sizes.size(n_drops, dict(shortest[:n])), max_tokens)
    if not number:
        return {}
    cuts, last = dict(shortest[:number]), texts[number - 1]
    low, high = last.shortest, last.size
    # `low` fits, `high` does not; what is left of the budget is a good guess at where they meet.
    used = sizes.size(n_drops, cuts)
    guess = low + max_tokens - (used if used is not None else max_tokens)
    while high - low > 1:
        middle = min(max(guess, low + 1), high - 1)
        found = sizes.size(n_drops, {**cuts, last.index: (last, middle)})
        if found is not None and found <= max_tokens:
            low, guess = middle, middle + max(max_tokens - found, 1)
        else:
            high, guess = middle, (low + middle) // 2
    return {**cuts, last.index: (last, low)}


def _refuse(sizes: _Sizes, most: int, shortest: dict[int, tuple[Cuttable, int]], max_tokens: int) -> NoReturn:
    numbers = range(most + 1) if sizes.refused else (most,)
    found = [sizes.size(number, _among(shortest, sizes.dropped(number))) for number in numbers]
    known = [size for size in found if size is not None]
    if not known:
        raise ValueError(
            f"the conversation does not fit into {max_tokens} tokens, and the template refuses whatever is left of it: "
            "keep the messages it asks for"
        )
    raise ValueError(
        f"the conversation does not fit into {max_tokens} tokens: what must be kept has {min(known)}. Use a larger "
        "budget, keep fewer messages, or let more be shortened"
    )
