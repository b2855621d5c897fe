"""SentencePiece models as a source of a class's vocabulary, and tokenizers as such models."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lexel.added_token import AddedToken
from lexel.backends.engine import compile_json
from lexel.backends.pipeline_calls import PipelineCalls
from lexel.backends.vocabulary_files import model_kind
from lexel.converters.sentencepiece_proto import read_proto
from lexel.converters.sentencepiece_vocabulary import extract, plain_spec
from lexel.converters.to_sentencepiece import sentencepiece_of
from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    import os

    from lexel.backends.engine import Compiled
    from lexel.backends.pipeline_view import PipelineView

__all__ = ["PieceModels"]

_NAMED = ("bos_token", "eos_token", "pad_token", "unk_token")


class PieceModels(PipelineCalls):
    """A tokenizer whose vocabulary may come from a SentencePiece model, and go there."""

    _core: PipelineView

    @classmethod
    def _from_seed(
        cls, compiled: Compiled, init_inputs: tuple[Any, ...], options: dict[str, Any], *, symbols: bool = False
    ) -> Self:
        raise NotImplementedError

    @classmethod
    def _from_sentencepiece(cls, path: Path, init_inputs: tuple[Any, ...], options: dict[str, Any]) -> Self:
        """Make a tokenizer of this class around the vocabulary of a SentencePiece model.

        A class that states no pipeline (it has no constructor of its own) gets the plain one of the model.
        """
        proto = read_proto(path)
        options = cls._order_pieces(extract(proto, model_kind(cls), **options))
        if cls.__init__.__module__.startswith("lexel.backends."):
            built = plain_spec(proto, options)
            made = cls._from_seed(compile_json(built.to_json()), init_inputs, options, symbols=True)
        else:
            made = cls.__new__(cls, *init_inputs)
            made.__dict__["_symbols"] = True
            made.__init__(*init_inputs, **options)  # type: ignore[misc]
        made.vocab_file = str(path)
        return made

    @classmethod
    def _order_pieces(cls, options: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments with the vocabulary in the order of this class, or of the converter put in its place."""
        # Only code that has imported the converters can have changed one.
        registry = sys.modules.get("lexel.families.conversions.registry")
        converter = registry and registry.SLOW_TO_FAST_CONVERTERS.get(cls.__name__)
        theirs, own = getattr(converter, "convert_from_spm", None), getattr(cls, "convert_from_spm", None)
        hook = theirs if theirs is not None and not theirs.__module__.startswith("lexel.") else own
        if hook is not None:
            options = hook(**options)
        last = getattr(cls, "convert_from_spm_model", None)
        return options if last is None else last(**options)

    def _kept_symbols(self) -> set[str]:
        """Return the symbols a SentencePiece model was trained with: extra tokens that stay in decoded texts."""
        if not self.__dict__.pop("_symbols", False):
            return set()
        return {str(token) for token in self._special.extra if isinstance(token, AddedToken) and not token.special}

    def to_sentencepiece(self, path: str | os.PathLike[str], *, exact: bool = True) -> list[str]:
        """Write the vocabulary and its settings as a SentencePiece model.

        The library of that name then cuts a text into the same ids as this tokenizer does without special tokens
        (`add_special_tokens=False`, `split_special_tokens=True`): a model knows no templates, and finds no control
        tokens in texts.

        Args:
            path: the file; its folder must be there.
            exact: refuse where ids could be other ones; False: write what comes close.

        Returns:
            What the model does otherwise, a sentence each; nothing: it does the same.

        Raises:
            UnsupportedError: a stage has no counterpart, or with `exact` only one that comes close; names it.
        """
        content = json.loads(self._core.engine.to_json())
        named = {name: getattr(self, name) for name in _NAMED}
        model, differs = sentencepiece_of(content, named)
        if differs and exact:
            raise UnsupportedError(
                f"no SentencePiece model does exactly the same: {'; '.join(differs)}; exact=False writes the one that "
                "comes closest"
            )
        Path(path).write_bytes(model.write())
        return differs
