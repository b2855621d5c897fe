"""The backend that runs a SentencePiece model with the library of that name.

For classes whose special tokens are written in Python around such a model. The library is imported when a tokenizer is
made, not before.
"""

from __future__ import annotations

import hashlib
import json
import logging
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from lexel.backends.python import PythonBackend
from lexel.backends.surrogates import replace_surrogates
from lexel.errors import FormatError, LoadError, MissingDependencyError

__all__ = ["SentencePieceBackend"]

_LOGGER = logging.getLogger(__name__)
_SPACE = "▁"
# The fields `normalizer_spec { add_dummy_prefix: false }` as the model's format writes them. A message that comes a
# second time is merged into the first, so this, put after a model, changes that one setting.
_NO_PREFIX = b"\x1a\x02\x18\x00"


class SentencePieceBackend(PythonBackend):
    """A tokenizer that runs a SentencePiece model; a subclass states its special tokens.

    Args:
        vocab_file: the path of the model.
        legacy: whether a text always begins as if a space stood before it; False: so that what stands after an added
            token is cut as it would be elsewhere.
        sp_model_kwargs: arguments of the library's processor: `enable_sampling`, `nbest_size`, `alpha` … With sampling
            a text has other tokens each time.
        **kwargs: as for `PythonBackend`.

    Raises:
        MissingDependencyError: the library `sentencepiece` is not installed.
        LoadError: there is no such file.
        FormatError: the file is no SentencePiece model.
    """

    backend_name: ClassVar[str] = "sentencepiece"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "tokenizer.model"}

    def __init__(self, **kwargs: Any) -> None:
        self.vocab_file = kwargs.get("vocab_file")
        self.legacy = kwargs.get("legacy", True)
        self.sp_model_kwargs = kwargs.setdefault("sp_model_kwargs", {}) or {}
        self._model = _read(type(self).__name__, self.vocab_file)
        self.sp_model = _processor(self._model, self.legacy, self.sp_model_kwargs)
        super().__init__(**kwargs)

    @property
    def vocab_size(self) -> int:
        """How many pieces the model has."""
        return int(self.sp_model.get_piece_size())

    @cached_property
    def _pieces(self) -> dict[str, int]:
        return {self.sp_model.id_to_piece(index): index for index in range(len(self.sp_model))}

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return self._pieces | self.get_added_vocab()

    def _tokenize(self, text: str, **kwargs: Any) -> list[str]:
        del kwargs
        text = replace_surrogates(text)
        if self.legacy or not text.startswith((_SPACE, " ")):
            return list(self.sp_model.encode(text, out_type=str))
        # Without its own prefix the model takes spaces from the beginning of a text; behind a token it does not.
        unknown = str(self.unk_token)
        tokens = list(self.sp_model.encode(unknown + text, out_type=str))
        size = len(self.sp_model.encode(unknown))
        return tokens[size:] if len(tokens) >= size else tokens

    def _convert_token_to_id(self, token: str) -> int:
        return int(self.sp_model.piece_to_id(token.encode("utf-8", "replace").decode()))

    def _convert_id_to_token(self, index: int) -> str | None:
        return str(self.sp_model.id_to_piece(index)) if 0 <= index < self.vocab_size else None

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that pieces stand for, without spaces at its ends."""
        return "".join(tokens).replace(_SPACE, " ").strip()

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the model, as it was read; return its path."""
        folder, prefix = Path(save_directory), f"{filename_prefix}-" if filename_prefix else ""
        if not folder.is_dir():
            _LOGGER.error("Vocabulary path (%s) should be a directory", save_directory)
            return ()
        path = folder / f"{prefix}{self.vocab_files_names['vocab_file']}"
        path.write_bytes(self._model)
        return (str(path),)

    def _backend_state(self) -> str:
        state = [hashlib.sha256(self._model).hexdigest(), sorted(self.get_added_vocab().items())]
        return json.dumps(state)

    def __getstate__(self) -> dict[str, Any]:
        # The library's own pickles forget how it was set up; what was computed of the model is computed again.
        return {key: value for key, value in super().__getstate__().items() if key not in ("sp_model", "_pieces")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        model = _processor(state["_model"], state["legacy"], state["sp_model_kwargs"])
        super().__setstate__({**state, "sp_model": model})


def _read(name: str, path: Any) -> bytes:
    """Return the content of a model's file."""
    if path is None or not Path(path).is_file():
        raise LoadError(
            f"{name} needs vocab_file=, the path of a SentencePiece model, not {path!r}; "
            f"to load a folder or a hub repository use {name}.from_pretrained(...)"
        )
    return Path(path).read_bytes()


def _processor(content: bytes, legacy: bool, settings: dict[str, Any]) -> Any:
    try:
        from sentencepiece import SentencePieceProcessor
    except ImportError as error:
        raise MissingDependencyError(
            "SentencePieceBackend runs models with the library sentencepiece: pip install 'lexel[sentencepiece]'"
        ) from error
    processor = SentencePieceProcessor(**settings)
    try:
        processor.LoadFromSerializedProto(content if legacy else content + _NO_PREFIX)
    except RuntimeError as error:
        raise FormatError(f"the vocab_file is no SentencePiece model: {error}") from error
    return processor
