"""Conversions of single SentencePiece files, of models that never had a tokenizer of their own.

Source: transformers 5.23, `convert_slow_tokenizer`; `tests/differential/test_conversions.py` compares the results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from lexel.converters.merges import generate_merges
from lexel.families.conversions.converter import SpmConverter
from lexel.families.conversions.spm import byte_decoder

if TYPE_CHECKING:
    from lexel.converters.sentencepiece_proto import Proto

__all__ = ["CanaryConverter", "HeliumConverter", "MoshiConverter", "ParakeetConverter"]


class _FileConverter(SpmConverter):
    """Converts the file at a path.

    Args:
        vocab_file: the path of the model.
        **kwargs: nothing; what callers of former releases passed.
    """

    handle_byte_fallback = True

    def __init__(self, vocab_file: Any = None, *_: Any, **kwargs: Any) -> None:
        del kwargs
        self.vocab_file = self.original_tokenizer = vocab_file
        self._read(vocab_file)


class MoshiConverter(_FileConverter):
    """Moshi."""

    def normalizer(self, proto: Proto) -> Any:
        return normalizers.Sequence([*self._charsmap(proto), normalizers.Replace(" ", "▁")])

    def decoder(self, replacement: str, add_prefix_space: bool) -> Any:
        del replacement
        return byte_decoder(strip=add_prefix_space)

    def pre_tokenizer(self, replacement: str, add_prefix_space: bool) -> Any:
        del add_prefix_space
        return pre_tokenizers.Metaspace(replacement=replacement, prepend_scheme="first", split=False)


class HeliumConverter(_FileConverter):
    """Helium."""

    unk = 0

    def vocab(self, proto: Proto) -> list[tuple[str, float]]:
        return [("\n" if piece == "<0x0A>" else piece, score) for piece, score in super().vocab(proto)]

    def tokenizer(self, proto: Proto) -> Tokenizer:
        made = Tokenizer(Unigram(self.vocab(proto), unk_id=self.unk_id(proto), byte_fallback=True))
        made.add_tokens(self._added(proto, single_word=True))
        made.add_tokens([AddedToken("\n", normalized=False, special=False)])
        made.enable_padding(pad_token="<pad>", pad_id=3)
        return made

    def decoder(self, replacement: str, add_prefix_space: bool) -> Any:
        del replacement, add_prefix_space
        return byte_decoder(strip=True)

    def normalizer(self, proto: Proto) -> Any:
        del proto
        return normalizers.Sequence([normalizers.Prepend(" "), normalizers.Replace(" ", "▁")])

    def pre_tokenizer(self, replacement: str, add_prefix_space: bool) -> Any:
        del replacement, add_prefix_space
        return pre_tokenizers.Sequence([pre_tokenizers.Split("\n", "contiguous")])

    def post_processor(self) -> Any:
        return processors.TemplateProcessing(
            single=["<s>", "$A"], pair=["<s>", "$A", "<s>", "$B"], special_tokens=[("<s>", 1)]
        )


class ParakeetConverter(_FileConverter):
    """Parakeet: BPE merges in order of score, whatever kind of model the file states."""

    def tokenizer(self, proto: Proto) -> Tokenizer:
        pieces = self.vocab(proto)
        vocab = {piece: index for index, (piece, _) in enumerate(pieces)}
        made = Tokenizer(self._bpe(pieces, generate_merges(vocab, dict(pieces)), proto))
        made.add_tokens(self._added(proto))
        return made


class CanaryConverter(ParakeetConverter):
    """Canary: of the user-defined symbols those of the form `<|…|>` are special."""

    def __init__(self, vocab_file: Any = None, *args: Any) -> None:
        super().__init__(vocab_file, *args)
        own = (piece.piece for piece in self.proto.pieces if piece.type == 4)
        self.special_tokens = frozenset(piece for piece in own if piece.startswith("<|") and piece.endswith("|>"))
