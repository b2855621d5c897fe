"""Times among the tokens of a transcription: the ids from the first timestamp on count steps since a window began.

A model hears a window of thirty seconds at a time. Where a time is smaller than the one before it, the next window
has begun, and all times that follow are counted from there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Segment", "segments", "text_with_times"]

# Steps of the spectrogram in a window, two of which are one timestamp.
_WINDOW = 1500


class Segment(TypedDict):
    """A piece of a transcription, and when it was said, in seconds."""

    text: str
    timestamp: tuple[float, float]


def text_with_times(ids: Sequence[int], begin: int, decode: Callable[[list[int]], str], precision: float) -> str:
    """Return the text of ids with every time written as `<|1.08|>`.

    Args:
        ids: the tokens.
        begin: the id of time 0.
        decode: gives the text of a run of tokens.
        precision: the seconds of one step.
    """
    parts: list[str] = []
    run: list[int] = []
    latest = before_latest = shift = 0.0

    def finish() -> None:
        parts.append(decode(run) if run else "")
        run.clear()

    for place, index in enumerate(ids):
        if index < begin:
            run.append(index)
            continue
        time = (index - begin) * precision
        finish()
        if time < latest:
            if place >= 2 and not (ids[place - 1] >= begin and ids[place - 2] >= begin):
                # The window ended with speech: it was heard to its end.
                shift += precision * _WINDOW
            else:
                # The last time only opened what the next window hears again: it is taken back.
                latest = before_latest
                shift += before_latest
                del parts[-2:]
        before_latest, latest = latest, time
        parts.append(f"<|{time + shift:.2f}|>")
    finish()
    return "".join(parts)


def segments(ids: Sequence[int], begin: int, decode: Callable[[list[int]], str], precision: float) -> list[Segment]:
    """Return the pieces that stand between two times, with these.

    Args:
        ids: the tokens of one transcription.
        begin: the id of time 0.
        decode: gives the text of a run of tokens, times left out.
        precision: the seconds of one step.
    """
    places = [place for place, index in enumerate(ids) if index >= begin]
    # Where one time follows another, the first ends a piece and the second begins one.
    ends = [place for before, place in pairwise(places) if place == before + 1]
    if not ends and len(places) <= 1:
        return []
    if places[-1] + 1 not in ends:
        ends.append(places[-1] + 1)
    found: list[Segment] = []
    start, latest, shift = places[0], 0, 0
    for end in ends:
        piece = list(ids[start:end])
        if len(piece) > 1:
            first, last = piece[0] - begin, piece[-1] - begin
            if first < latest:
                heard_to_the_end = start >= 2 and not (ids[start - 2] >= begin and ids[start - 1] >= begin)
                shift += _WINDOW if heard_to_the_end else latest
            latest = last
            moved = shift * precision
            found.append({"text": decode(piece), "timestamp": (first * precision + moved, last * precision + moved)})
        start = end
    return found
