"""LUKE: the byte-level pipeline of RoBERTa, and entities.

Source: transformers 5.23, `LukeTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from lexel import spec
from lexel.families.entities import TASKS, WithEntities
from lexel.families.model_files import read_vocabulary, write_files
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.hub import ModelFiles
    from lexel.spec import Json

__all__ = ["LukeTokenizer"]


class LukeTokenizer(WithEntities):
    """The tokenizer of LUKE: `<s> A </s>` and `<s> A </s></s> B </s>`; calls take texts and their entities.

    Beside the arguments of every family: `entity_vocab`, entity → id (`entity_vocab_file`: the path of one); the
    special tokens, those of entities too; `add_prefix_space` (a text begins as if a space stood before it); `task`,
    what the model does with entities: "entity_classification", "entity_pair_classification" (both mark them in the
    text), "entity_span_classification"; `max_entity_length`, how many entities a text may have; `max_mention_length`,
    how many tokens an entity may have; `errors` (kept for compatibility).

    Raises:
        ValueError: an unknown task, or an entity vocabulary without its special tokens.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "entity_vocab_file": "entity_vocab.json",
    }
    read_by_v4 = False
    defaults: ClassVar[dict[str, Any]] = {
        "entity_vocab": None,
        "errors": "replace",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "add_prefix_space": False,
        "task": None,
        "max_entity_length": 32,
        "max_mention_length": 30,
        "entity_1_token": "<ent>",
        "entity_2_token": "<ent2>",
        "entity_unk_token": "[UNK]",
        "entity_pad_token": "[PAD]",
        "entity_mask_token": "[MASK]",
        "entity_mask2_token": "[MASK2]",
    }

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

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the marks of entities in texts."""
        return [str(settings["entity_1_token"]), str(settings["entity_2_token"])]

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with the marks among the extra special tokens."""
        given = settings.get("additional_special_tokens") or settings.get("extra_special_tokens") or []
        extra = [*given, *(token for token in cls.own_tokens(settings) if token not in map(str, given))]
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            pre_tokenizer=spec.byte_level(add_prefix_space=bool(settings["add_prefix_space"])),
            decoder=spec.byte_level(add_prefix_space=True),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        cls, sep = str(settings["cls_token"]), str(settings["sep_token"])
        ids = self._ids(cls, sep)
        return spec.roberta((cls, ids[cls]), (sep, ids[sep]), trim_offsets=True, add_prefix_space=True)

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
        """Write `vocab.json`, `merges.txt` and `entity_vocab.json`."""
        written = super().save_vocabulary(save_directory, filename_prefix)
        return (*written, *write_files(Path(save_directory), filename_prefix, {"entity_vocab.json": self.entity_vocab}))
