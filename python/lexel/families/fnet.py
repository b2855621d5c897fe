"""FNet: the pipeline of ALBERT.

Source: transformers 5.23, `FNetTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from lexel.families.albert import AlbertTokenizer

__all__ = ["FNetTokenizer"]


class FNetTokenizer(AlbertTokenizer):
    """The tokenizer of FNet, whose models take no attention mask; arguments as those of `AlbertTokenizer`."""

    # Readers build no pipeline of the class around a SentencePiece model.
    plain_of_models = True
    model_input_names: list[str] = ["input_ids", "token_type_ids"]  # noqa: RUF012
