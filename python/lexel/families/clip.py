"""CLIP and the models that use its text side.

Source: transformers 5.23, `CLIPTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.backends.text_stream import TextStream
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CLIPTokenizer"]

_SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


class CLIPTokenizer(Family):
    """The tokenizer of CLIP: lower case, byte-level, words end with `</w>`.

    Beside the arguments of every family: the special tokens.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_file": "tokenizer.json",
    }
    defaults: ClassVar[dict[str, Any]] = {
        "unk_token": "<|endoftext|>",
        "bos_token": "<|startoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
    }

    first_tokens = ("bos_token", "eos_token", "pad_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(
                vocab,
                merges,
                unk_token=str(settings["unk_token"]),
                continuing_subword_prefix="",
                end_of_word_suffix="</w>",
            ),
            normalizer=spec.sequence(
                "normalizers", {"type": "NFC"}, spec.replace(" ", regex=r"\s+"), {"type": "Lowercase"}
            ),
            pre_tokenizer=spec.sequence(
                "pretokenizers", spec.regex_split(_SPLIT, "Removed", invert=True), spec.byte_level()
            ),
            decoder=spec.byte_level(add_prefix_space=True),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        bos, eos = str(settings["bos_token"]), str(settings["eos_token"])
        ids = self._ids(bos, eos)
        return spec.roberta((bos, ids[bos]), (eos, ids[eos]), trim_offsets=False, add_prefix_space=False)

    def _decode(self, token_ids: Any, *args: Any, **options: Any) -> str:
        return _spaced(super()._decode(token_ids, *args, **options))

    def _decode_rows(self, rows: Sequence[Any], *args: Any, **options: Any) -> list[str]:
        return [_spaced(text) for text in super()._decode_rows(rows, *args, **options)]

    def decode_stream(self, *, skip_special_tokens: bool = False) -> Any:
        """Return an object that turns ids into text one by one; the texts concatenated are that of `decode`."""
        return TextStream(partial(self._decode, skip_special_tokens=skip_special_tokens))


def _spaced(text: str) -> str:
    """Return a decoded text with spaces where words ended: the pipelines of this family leave the marks in it."""
    return text.replace("</w>", " ").strip()
