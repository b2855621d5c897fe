"""mLUKE: the Unigram pipeline of a multilingual model, and entities.

Source: transformers 5.23, `MLukeTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families.entity_vocabulary import WithEntityVocabulary
from lexel.families.marked import taking_space
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.families.family import Vocab
    from lexel.spec import Json

__all__ = ["MLukeTokenizer"]

_MARKS = ("entity_1_token", "entity_2_token")
_ENTITIES = ("entity_unk_token", "entity_pad_token", "entity_mask_token", "entity_mask2_token")


class MLukeTokenizer(WithEntityVocabulary):
    """The tokenizer of mLUKE: `<s> A </s>` and `<s> A </s></s> B </s>`; calls take texts and their entities.

    The unknown token is always the first. Beside the arguments of every family, those of `LukeTokenizer` without
    `add_prefix_space` and `errors`; the marks of entities in texts begin with the visible space.

    Raises:
        ValueError: an unknown task, or an entity vocabulary without its special tokens.
    """

    model = "Unigram"
    unk_id = 0
    vocab_after = "entity_mask2_token"
    symbols_are_special = True
    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "sentencepiece.bpe.model",
        "entity_vocab_file": "entity_vocab.json",
    }
    defaults: ClassVar[dict[str, Any]] = {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "sep_token": "</s>",
        "cls_token": "<s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "mask_token": "<mask>",
        "task": None,
        "max_entity_length": 32,
        "max_mention_length": 30,
        "entity_1_token": "<ent>",
        "entity_2_token": "<ent2>",
        "entity_unk_token": "[UNK]",
        "entity_pad_token": "[PAD]",
        "entity_mask_token": "[MASK]",
        "entity_mask2_token": "[MASK2]",
        "entity_vocab": None,
    }

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the marks of entities in texts, and the special tokens of the entity vocabulary."""
        return [*(str(_marked(settings[name])) for name in _MARKS), *(str(settings[name]) for name in _ENTITIES)]

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with those among the extra special tokens, and a mask that takes a space."""
        given = settings.get("additional_special_tokens") or settings.get("extra_special_tokens") or []
        marks = {name: _marked(settings[name]) for name in _MARKS}
        own = [*marks.values(), *(settings[name] for name in _ENTITIES)]
        extra = [*given, *(token for token in own if str(token) not in map(str, given))]
        mask = taking_space(settings["mask_token"])
        more = {"additional_special_tokens": None, "extra_special_tokens": extra, "mask_token": mask}
        return {**settings, **marks, **more}

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the unknown token alone."""
        return [(str(settings["unk_token"]), 0.0)]

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.unigram(vocab, unk_id=cls.unk_id),
            normalizer=spec.sequence("normalizers", spec.replace('"', string="``"), spec.replace('"', string="''")),
            pre_tokenizer=spec.metaspace("always"),
            decoder=spec.metaspace("always"),
        )

    @property
    def vocab_size(self) -> int:
        """The size of the vocabulary, and two for what the model's file does not have."""
        return super().vocab_size + 2

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        return self.double_sep_template(str(settings["cls_token"]), str(settings["sep_token"]), second_type=1)


def _marked(token: Any) -> Any:
    return f"▁{token}" if isinstance(token, str) else token
