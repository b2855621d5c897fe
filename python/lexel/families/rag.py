"""RAG: a tokenizer for questions and one for answers.

Source: transformers 5.23, `RagTokenizer`, measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lexel.tokenizer import Tokenizer

if TYPE_CHECKING:
    import os

    from lexel.hub import ModelFiles

__all__ = ["RagTokenizer"]

_QUESTIONS, _ANSWERS = "question_encoder_tokenizer", "generator_tokenizer"


class RagTokenizer:
    """Two tokenizers: calls use that of questions, or that of answers in target mode; decoding that of answers.

    Args:
        question_encoder: the tokenizer of questions.
        generator: the tokenizer of answers.
    """

    def __init__(self, question_encoder: Tokenizer, generator: Tokenizer) -> None:
        self.question_encoder = question_encoder
        self.generator = generator
        self.current_tokenizer = question_encoder

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | os.PathLike[str], **kwargs: Any) -> Self:
        """Load both from the two folders of a folder or hub repository.

        Args:
            pretrained_model_name_or_path: the folder, or `owner/name` on the hub.
            **kwargs: as for `Tokenizer.from_pretrained`, for both.

        Raises:
            LoadError: one of them is not there.
        """
        kwargs.pop("config", None)
        inside = kwargs.pop("subfolder", "")
        parts = (f"{inside}/{name}" if inside else name for name in (_QUESTIONS, _ANSWERS))
        return cls(
            *(Tokenizer.from_pretrained(pretrained_model_name_or_path, subfolder=part, **kwargs) for part in parts)
        )

    @classmethod
    def _from_files(cls, files: ModelFiles, init_inputs: tuple[Any, ...], given: dict[str, Any]) -> Self:
        del init_inputs
        return cls.from_pretrained(files.name, **given)

    def save_pretrained(self, save_directory: str | os.PathLike[str], **kwargs: Any) -> None:
        """Write both, each into a folder of its own; arguments as those of `Tokenizer.save_pretrained`.

        Raises:
            ValueError: `save_directory` is a file.
        """
        home = Path(save_directory)
        if home.is_file():
            raise ValueError(f"Provided path ({save_directory}) should be a directory, not a file")
        self.question_encoder.save_pretrained(home / _QUESTIONS, **kwargs)
        self.generator.save_pretrained(home / _ANSWERS, **kwargs)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Encode with the tokenizer of today's mode, see `Tokenizer`."""
        return self.current_tokenizer(*args, **kwargs)

    def decode(self, *args: Any, **kwargs: Any) -> Any:
        """Return the text of an answer, see `Tokenizer.decode`."""
        return self.generator.decode(*args, **kwargs)

    def batch_decode(self, *args: Any, **kwargs: Any) -> Any:
        """Return the texts of answers, see `Tokenizer.batch_decode`."""
        return self.generator.batch_decode(*args, **kwargs)

    def _switch_to_input_mode(self) -> None:
        self.current_tokenizer = self.question_encoder

    def _switch_to_target_mode(self) -> None:
        self.current_tokenizer = self.generator
