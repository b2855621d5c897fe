"""What every conversion of a tokenizer to the `tokenizers` library fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, Unigram

from lexel.converters.sentencepiece_proto import read_proto
from lexel.errors import UnsupportedError
from lexel.families.conversions.extraction import SentencePieceExtractor

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from lexel.converters.sentencepiece_proto import Proto

__all__ = ["Converter", "SpmConverter", "ends", "prepend_scheme"]

_CONTROL, _USER_DEFINED = 3, 4


class Converter:
    """Converts one tokenizer; `converted` returns the `tokenizers.Tokenizer`.

    Args:
        original_tokenizer: what is converted; each converter says which attributes of it it reads.
    """

    def __init__(self, original_tokenizer: Any) -> None:
        self.original_tokenizer = original_tokenizer

    def converted(self) -> Tokenizer:
        """Return the tokenizer as an object of the library."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it converts to")


def prepend_scheme(add_prefix_space: bool, original_tokenizer: Any) -> str:
    """Return where a visible space is put before words: "always", "first" (the text's first alone) or "never"."""
    if not add_prefix_space:
        return "never"
    return "always" if getattr(original_tokenizer, "legacy", True) else "first"


def ends(original_tokenizer: Any, single: str, pair: str, tokens: Sequence[str]) -> Any:
    """Return the post-processor of two templates; the ids of its tokens are those the tokenizer gives them."""
    known = [(token, original_tokenizer.convert_tokens_to_ids(token)) for token in tokens]
    return processors.TemplateProcessing(single=single, pair=pair, special_tokens=known)


class SpmConverter(Converter):
    """Converts a tokenizer of a SentencePiece model, read from `original_tokenizer.vocab_file`.

    A subclass overrides a hook (`vocab`, `unk_id`, `tokenizer`, `normalizer`, `pre_tokenizer`, `post_processor`,
    `decoder`), or states one of the tables below.

    Raises:
        FormatError: the file is no SentencePiece model.
    """

    handle_byte_fallback: bool = False
    SpmExtractor: type[SentencePieceExtractor] = SentencePieceExtractor
    # Pieces that are special though the file has them as user-defined symbols.
    special_tokens: Collection[str] = frozenset()

    # The pieces before those of the file, how many of the file's own are left out for them, and those behind.
    first: ClassVar[tuple[tuple[str, float], ...]] = ()
    left_out: ClassVar[int] = 0
    last: ClassVar[tuple[tuple[str, float], ...]] = ()
    # The id of the unknown token; None: the file's.
    unk: ClassVar[int | None] = None
    # The templates of one text and of two, and the tokens whose ids they need; None: no post-processor.
    templates: ClassVar[tuple[str, str, tuple[str, ...]] | None] = None

    @classmethod
    def convert_from_spm(cls, vocab: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments of a class made from a `.model` alone: here is where pieces are reordered.

        Args:
            vocab: the file's vocabulary: (piece, score) pairs, or piece → id for a BPE class.
            **kwargs: the other arguments: special tokens, `merges`, settings.
        """
        return kwargs if vocab is None else {**kwargs, "vocab": vocab}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._read(self.original_tokenizer.vocab_file)

    def _read(self, path: Any) -> None:
        self.proto = read_proto(path)

    def vocab(self, proto: Proto) -> list[tuple[str, float]]:
        """Return the (piece, score) pairs in id order."""
        own = [(piece.piece, piece.score) for piece in proto.pieces[self.left_out :]]
        return [*self.first, *own, *self.last]

    def unk_id(self, proto: Proto) -> int:
        """Return the id of the unknown token."""
        return proto.trainer_spec.unk_id if self.unk is None else self.unk

    def tokenizer(self, proto: Proto) -> Tokenizer:
        """Return the model with the file's added tokens, without stages around it.

        Raises:
            UnsupportedError: a model of words or characters.
        """
        pieces = self.vocab(proto)
        if proto.trainer_spec.model_type == 1:
            model = Unigram(pieces, unk_id=self.unk_id(proto), byte_fallback=self.handle_byte_fallback)
        elif proto.trainer_spec.model_type == 2:
            _, merges = self.SpmExtractor(self.original_tokenizer.vocab_file).extract(pieces)
            model = self._bpe(pieces, merges, proto)
        else:
            raise UnsupportedError(
                f"{type(self).__name__} converts Unigram and BPE models; this SentencePiece model is of type "
                f"{proto.trainer_spec.model_type} (words or characters); lexel runs it: Tokenizer.from_file(path)"
            )
        made = Tokenizer(model)
        made.add_tokens(self._added(proto))
        return made

    def _bpe(self, pieces: Sequence[tuple[str, float]], merges: Any, proto: Proto) -> Any:
        return BPE(
            {piece: index for index, (piece, _) in enumerate(pieces)},
            merges,
            unk_token=proto.trainer_spec.unk_piece,
            fuse_unk=True,
            byte_fallback=self.handle_byte_fallback,
            dropout=None,
        )

    def _added(self, proto: Proto, *, single_word: bool = False) -> list[AddedToken]:
        """Return the control symbols (special) and the user-defined ones (not) of the file."""
        return [
            AddedToken(
                piece.piece,
                normalized=False,
                special=piece.type == _CONTROL or piece.piece in self.special_tokens,
                single_word=single_word,
            )
            for piece in proto.pieces
            if piece.type in (_CONTROL, _USER_DEFINED)
        ]

    def normalizer(self, proto: Proto) -> Any:
        """Return the normalizer: the file's character map, no white space at the end, one space for several."""
        steps = [normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")]
        return normalizers.Sequence([*self._charsmap(proto), *steps])

    def _charsmap(self, proto: Proto) -> list[Any]:
        charsmap = proto.normalizer_spec.precompiled_charsmap
        return [normalizers.Precompiled(charsmap)] if charsmap else []

    def pre_tokenizer(self, replacement: str, add_prefix_space: bool) -> Any:
        """Return the pre-tokenizer; `replacement` is the visible space."""
        scheme = prepend_scheme(add_prefix_space, self.original_tokenizer)
        return pre_tokenizers.Metaspace(replacement=replacement, prepend_scheme=scheme)

    def post_processor(self) -> Any:
        """Return the post-processor, None for none."""
        return None if self.templates is None else ends(self.original_tokenizer, *self.templates)

    def decoder(self, replacement: str, add_prefix_space: bool) -> Any:
        """Return the decoder; `replacement` is the visible space."""
        scheme = prepend_scheme(add_prefix_space, self.original_tokenizer)
        return decoders.Metaspace(replacement=replacement, prepend_scheme=scheme)

    def converted(self) -> Tokenizer:
        """Return the tokenizer: the model, and what the hooks say around it."""
        made = self.tokenizer(self.proto)
        replacement, prefix = "▁", getattr(self.original_tokenizer, "add_prefix_space", True)
        normalizer = self.normalizer(self.proto)
        if normalizer is not None:
            made.normalizer = normalizer
        splitter = self.pre_tokenizer(replacement, prefix)
        if splitter is not None:
            made.pre_tokenizer = splitter
        made.decoder = self.decoder(replacement, prefix)
        processor = self.post_processor()
        if processor is not None:
            made.post_processor = processor
        return made
