"""What one input gives on both sides, in words that can be compared and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.differential.minimise import minimise

from lexel.errors import LexelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

# Every column of an encoding, and how many sequences it has. Not `tokens`: ours are the contents of the ids, where the
# original gives the text that was matched (docs/compatibility.md); the golden files compare them where both agree.
COLUMNS = (
    "ids",
    "type_ids",
    "offsets",
    "attention_mask",
    "special_tokens_mask",
    "word_ids",
    "sequence_ids",
    "n_sequences",
)

Result = dict[str, Any]


def columns(encoding: Any) -> Result:
    """Return all columns of an encoding of either side, with those of its overflow windows."""
    result = {name: getattr(encoding, name) for name in COLUMNS}
    result["overflowing"] = [{name: getattr(w, name) for name in COLUMNS} for w in encoding.overflowing]
    return result


def ours(call: Callable[..., Any], *arguments: Any, **options: Any) -> Result:
    """Return the columns (or the value) of a call of the engine, or that it raised what it may raise, or panicked."""
    try:
        value = call(*arguments, **options)
    except (LexelError, ValueError) as error:
        return {"raised": True, "error": f"{type(error).__name__}: {error}"}
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return {"raised": True, "panic": True, "error": f"{type(error).__name__}: {error}"}
    return _result(value)


def original(call: Callable[..., Any], *arguments: Any, whole: bool = False, **options: Any) -> Result:
    """Return the same of a call of the original, which raises bare exceptions and panics.

    Args:
        call: what is called.
        arguments: what it is called with.
        whole: give an encoding itself, not its columns.
        options: what it is called with.
    """
    try:
        value = call(*arguments, **options)
    except Exception as error:
        return {"raised": True, "error": f"{type(error).__name__}: {error}"}
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return {"raised": True, "error": f"{type(error).__name__}: {error}"}
    return {"value": value} if whole else _result(value)


def _result(value: Any) -> Result:
    return columns(value) if hasattr(value, "word_ids") else {"value": value}


def difference(actual: Result, expected: Result) -> str | None:
    """Return the first column that differs, with both values.

    Where the original raises, ours raises. Where it panics there is nothing to compare with: ours may answer or raise,
    but never panics.
    """
    if actual.get("panic", False):
        return f"ours {shown(actual)}, the original {shown(expected)}"
    if expected.get("error", "").startswith("PanicException"):
        return None
    if actual.get("raised", False) != expected.get("raised", False):
        return f"ours {shown(actual)}, the original {shown(expected)}"
    if "error" in expected:
        return None
    for name, value in expected.items():
        if actual[name] != value:
            return f"{name}\n  ours:     {shown(actual[name])}\n  original: {shown(value)}"
    return None


def shown(value: Any) -> str:
    """Return a value for a message, its middle left out where it is long."""
    text = repr(value)
    return text if len(text) < 1500 else f"{text[:1000]} … {text[-400:]}"


def report(
    what: str,
    seed: str,
    inputs: Sequence[Any],
    check: Callable[[Any], str | None],
    *,
    parts: Iterable[str] = ("text",),
) -> None:
    """Check every input; fail with the first that differs, minimised.

    Args:
        what: what is compared, for the message.
        seed: what the inputs were made from; a run with it gives them again.
        inputs: strings, lists of strings, or tuples of those, each as `parts` calls it.
        check: gives what differs, None if nothing does.
        parts: the names of the parts of an input.
    """
    for index, item in enumerate(inputs):
        if check(item) is None:
            continue
        shortest = smallest(item, lambda shorter: check(shorter) is not None)
        raise AssertionError(
            f"{what}: input {index} of {len(inputs)} differs (--differential-seed={seed})\n"
            f"minimised ({', '.join(parts)}): {shortest!r}\n{check(shortest)}"
        )


def smallest(item: Any, fails: Callable[[Any], bool]) -> Any:
    """Minimise every part of an input: strings by characters, lists by items and then their characters."""
    if isinstance(item, str):
        return minimise(item, fails)
    if isinstance(item, list):
        item = minimise(item, fails)
    changed = list(item)
    rebuild = type(item)
    for at, part in enumerate(changed):
        if not isinstance(part, str | list | tuple):
            continue

        def fails_here(part: Any, at: int = at) -> bool:
            return fails(rebuild([*changed[:at], part, *changed[at + 1 :]]))

        changed[at] = smallest(changed[at], fails_here)
    return rebuild(changed)


def compare_batches(
    what: str,
    seed: str,
    inputs: Sequence[Any],
    ours_rows: Iterable[Any],
    original_rows: Iterable[Any],
    check: Callable[[Any], str | None],
) -> None:
    """Compare two batches row by row; a row that differs is checked alone and minimised.

    Args:
        what: what is compared, for the message.
        seed: what the inputs were made from.
        inputs: what the rows are made from.
        ours_rows: encodings of the engine.
        original_rows: encodings of the original.
        check: encodes one input alone on both sides and gives what differs.
    """
    for item, mine, theirs in zip(inputs, ours_rows, original_rows, strict=True):
        found = difference(columns(mine), columns(theirs))
        if found is not None:
            report(what, seed, [item], check)
            raise AssertionError(f"{what}: differs in a batch only (--differential-seed={seed}): {item!r}\n{found}")
