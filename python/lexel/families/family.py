"""What every family file fills in: default settings, and the pipeline of a new tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import TokenizersBackend
from lexel.backends.engine import compile_json
from lexel.backends.pipeline_view import PipelineView
from lexel.converters.merges import generate_merges, usable_merges
from lexel.converters.vocab_merges import merges_beside, read_merges, read_vocab

if TYPE_CHECKING:
    from lexel.spec import Spec

__all__ = ["Family"]

_OTHER_SOURCES = ("tokenizer_object", "tokenizer_file", "gguf_file")


class Family(TokenizersBackend):
    """A family of byte-pair-encoding tokenizers.

    Called with nothing it is an empty tokenizer, ready to be trained; with a vocabulary and merges, the trained one.

    Args:
        vocab: token → id, a list of tokens in id order, or the path of a `vocab.json` or `vocab.txt`.
        merges: pairs, strings "a b", or the path of a `merges.txt`; None: those beside the vocabulary file, else
            recovered from the vocabulary.
        strict: raise for merges of tokens that are not in the vocabulary, instead of skipping them with one warning.
        **options: the class's `defaults` and all settings of a tokenizer.
    """

    # Settings a new tokenizer has: special tokens and the options of the pipeline.
    defaults: ClassVar[dict[str, Any]] = {}

    def __init__(self, vocab: Any = None, merges: Any = None, *, strict: bool = False, **options: Any) -> None:
        settings = {**self.defaults, **options}
        if "_seed" not in self.__dict__ and all(settings.get(key) is None for key in _OTHER_SOURCES):
            tokens, pairs = self._read(vocab, merges, settings, strict)
            self._core = PipelineView(compile_json(self.spec(tokens, pairs, settings).to_json()))
        super().__init__(**settings)

    @classmethod
    def spec(cls, vocab: dict[str, int], merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        raise NotImplementedError(f"{cls.__name__} states no pipeline")

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> dict[str, int]:
        """Return the vocabulary of a new tokenizer."""
        del settings
        return {}

    @classmethod
    def _read(
        cls, vocab: Any, merges: Any, settings: dict[str, Any], strict: bool
    ) -> tuple[dict[str, int], list[tuple[str, str]]]:
        if vocab is None:
            tokens = cls.empty_vocab(settings)
            return tokens, usable_merges(tokens, read_merges(merges or ()), strict=strict)
        tokens = read_vocab(vocab)
        source = merges if merges is not None else merges_beside(vocab)
        if source is not None:
            return tokens, usable_merges(tokens, read_merges(source), strict=strict)
        special = {str(value) for key, value in settings.items() if key.endswith("_token") and value is not None}
        special |= {str(token) for token in settings.get("extra_special_tokens") or ()}
        return tokens, generate_merges(tokens, skip_tokens=special)
