"""The vocabulary of entities, a file beside that of tokens.

Source: transformers 5.23, `LukeTokenizer`, measured.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lexel.families.entities import TASKS, WithEntities
from lexel.families.model_files import read_vocabulary, write_files

if TYPE_CHECKING:
    from lexel.hub import ModelFiles

__all__ = ["WithEntityVocabulary"]


class WithEntityVocabulary(WithEntities):
    """A family with texts and entities, whose entities have their own file.

    Beside what `WithEntities` needs, a class has `entity_vocab` and the special tokens of entities among its settings.

    Raises:
        ValueError: an unknown task, or an entity vocabulary without its special tokens.
    """

    read_by_v4 = False

    def _complete_pipeline(self) -> None:
        super()._complete_pipeline()
        stated = self.init_kwargs
        names = ("entity_unk_token", "entity_pad_token", "entity_mask_token", "entity_mask2_token")
        special = [str(getattr(self, name)) for name in names]
        path, vocab = stated.pop("entity_vocab_file", None), stated.pop("entity_vocab", None)
        if vocab is None:
            vocab = read_vocabulary(path, "entity_vocab_file") if path is not None else None
        self.entity_vocab: dict[str, int] = vocab or {token: index for index, token in enumerate(special)}
        for name, token in zip(names, special, strict=True):
            if token not in self.entity_vocab:
                raise ValueError(f"{name} {token!r} is not in the entity vocabulary")
            setattr(self, f"_{name}_id", self.entity_vocab[token])
        task = stated.get("task")
        if task not in TASKS:
            raise ValueError(f"task {task!r} is none of {[name for name in TASKS if name]}")
        self.task = task
        self.max_entity_length = TASKS[task] or stated.get("max_entity_length", 32)

    # Ids of the entity vocabulary: those of the same texts in the tokens' vocabulary are others.

    @property
    def entity_unk_token_id(self) -> int:
        """The id of an entity the entity vocabulary lacks."""
        return int(self.__dict__["_entity_unk_token_id"])

    @property
    def entity_pad_token_id(self) -> int:
        """The entity id of padding."""
        return int(self.__dict__["_entity_pad_token_id"])

    @property
    def entity_mask_token_id(self) -> int:
        """The entity id of a masked entity."""
        return int(self.__dict__["_entity_mask_token_id"])

    @property
    def entity_mask2_token_id(self) -> int:
        """The entity id of the second masked entity of a pair."""
        return int(self.__dict__["_entity_mask2_token_id"])

    # --- files --------------------------------------------------------------------------------------------------------

    @classmethod
    def _from_files(cls, files: ModelFiles, init_inputs: tuple[Any, ...], given: dict[str, Any]) -> Self:
        path = files.get("entity_vocab.json") if given.get("entity_vocab_file") is None else None
        return super()._from_files(
            files, init_inputs, given if path is None else {**given, "entity_vocab_file": str(path)}
        )

    def _save_backend(self, folder: Path, prefix: str, legacy_format: bool | None) -> tuple[str, ...]:
        written = super()._save_backend(folder, prefix, legacy_format)
        return (
            *written,
            *write_files(folder, prefix.removesuffix("-") or None, {"entity_vocab.json": self.entity_vocab}),
        )

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the files of the vocabulary, and `entity_vocab.json`."""
        written = super().save_vocabulary(save_directory, filename_prefix)
        return (*written, *write_files(Path(save_directory), filename_prefix, {"entity_vocab.json": self.entity_vocab}))
