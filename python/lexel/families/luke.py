"""LUKE: the byte-level pipeline of RoBERTa, and entities.

Source: transformers 5.23, `LukeTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families.entity_vocabulary import WithEntityVocabulary
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.spec import Json

__all__ = ["LukeTokenizer"]


class LukeTokenizer(WithEntityVocabulary):
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
