"""Drawing one of a text's tokenizations instead of the best one: BPE dropout, Unigram sampling."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from lexel._lexel import Sampling

__all__ = ["sampling_of"]


def sampling_of(
    dropout: float | None, alpha: float | None, nbest_size: int | None, seed: int | None, *, draws: bool, native: bool
) -> Sampling | None:
    """Return what a call draws, None for the best tokenization.

    The seed is settled here: what a result computes later about the same texts then draws the same.

    Args:
        dropout: of BPE: the probability with which a merge is left out; None for the file's own.
        alpha: of Unigram: how much the scores weigh; the greater, the more the best tokenization is preferred.
        nbest_size: of Unigram: draw among so many of the best; 0, 1 or below: among all.
        seed: equal seeds draw equally; None: anew at each call.
        draws: whether the file itself asks for drawing.
        native: whether the core runs the tokenizer.

    Raises:
        UnsupportedError: the tokenizer runs on the `tokenizers` library, whose draws cannot be seeded.
    """
    if not draws and dropout is None and alpha is None and nbest_size is None and seed is None:
        return None
    if not native:
        if dropout is None and alpha is None and nbest_size is None and seed is None:
            return None  # the library draws by itself
        raise UnsupportedError(
            "this tokenizer runs on the tokenizers library, which cannot draw by call; see tok.engine_reason"
        )
    return dropout, alpha, nbest_size, secrets.randbits(63) if seed is None else seed
