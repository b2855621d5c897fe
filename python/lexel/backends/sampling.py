"""Drawing one of a text's tokenizations instead of the best one: BPE dropout, Unigram sampling."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lexel._lexel import Sampling

__all__ = ["refuse_sampling", "sampling_of"]

_ARGUMENTS = ("dropout", "alpha", "nbest_size", "seed")


def refuse_sampling(options: Mapping[str, Any], reason: str) -> None:
    """Raise if a call asks for drawing where nothing can draw.

    Args:
        options: the arguments of the call.
        reason: why nothing can.

    Raises:
        UnsupportedError: an argument of sampling is among them.
    """
    asked = [name for name in _ARGUMENTS if options.get(name) is not None]
    if asked:
        raise UnsupportedError(f"{reason}: {', '.join(asked)}= needs a tokenizer that runs on the core")


def sampling_of(
    dropout: float | None,
    alpha: float | None,
    nbest_size: int | None,
    seed: int | None,
    *,
    draws: bool,
    reason: str | None,
) -> Sampling | None:
    """Return what a call draws, None for the best tokenization.

    The seed is settled here: what a result computes later about the same texts then draws the same.

    Args:
        dropout: of BPE: the probability with which a merge is left out; None for the file's own.
        alpha: of Unigram: how much the scores weigh; the greater, the more the best tokenization is preferred.
        nbest_size: of Unigram: draw among so many of the best; 0, 1 or below: among all.
        seed: equal seeds draw equally; None: anew at each call.
        draws: whether the file itself asks for drawing.
        reason: why the core does not run the tokenizer; None: it does.

    Raises:
        UnsupportedError: it runs on the `tokenizers` library, whose draws cannot be seeded; says why it does.
    """
    if not draws and dropout is None and alpha is None and nbest_size is None and seed is None:
        return None
    if reason is not None:
        # Where the file asks for it, the library draws by itself.
        asked = {"dropout": dropout, "alpha": alpha, "nbest_size": nbest_size, "seed": seed}
        refuse_sampling(asked, f"this tokenizer runs on the tokenizers library, which cannot draw by call ({reason})")
        return None
    return dropout, alpha, nbest_size, secrets.randbits(63) if seed is None else seed
