"""T5, mT5, and the models that use their vocabulary format.

Source: transformers 5.23, `T5Tokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families import sentencepiece
from lexel.families.family import Family, Vocab
from lexel.spec import Json, Spec

__all__ = ["T5Tokenizer"]


class T5Tokenizer(Family):
    """The tokenizer of T5: `A </s>` and `A </s> B </s>`, and sentinels `<extra_id_0>` … for spans to fill in.

    Beside the arguments of every family: the special tokens; `extra_ids`, the number of sentinels.

    Raises:
        ValueError: `additional_special_tokens` has another number of sentinels than `extra_ids`.
    """

    model = "Unigram"
    unk_id = 2
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model", "tokenizer_file": "tokenizer.json"}
    defaults: ClassVar[dict[str, Any]] = {
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "_spm_precompiled_charsmap": None,
        "extra_ids": 100,
        "additional_special_tokens": None,
    }

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with the sentinels behind the pieces, downwards."""
        count = kwargs.get("extra_ids", cls.defaults["extra_ids"])
        sentinels = [(f"<extra_id_{index}>", 0.0) for index in reversed(range(count))]
        return {**kwargs, "vocab": [*(vocab or ()), *sentinels]}

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the sentinels."""
        return [f"<extra_id_{index}>" for index in range(settings["extra_ids"])]

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with the sentinels among the extra special tokens."""
        wanted = settings["extra_ids"]
        # Beside the symbols of a SentencePiece model there may be what a configuration says, which counts.
        given = settings.get("extra_special_tokens") or settings["additional_special_tokens"] or []
        stated = sum(is_sentinel(str(token)) for token in given)
        if stated not in (0, wanted) and wanted > 0:
            raise ValueError(
                f"extra_ids is {wanted}, but {stated} tokens of the form <extra_id_…> are given; make the two agree"
            )
        extra = list(given) if stated else [*given, *cls.own_tokens(settings)]
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": extra}

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens, a space, and the sentinels downwards."""
        special = [(str(settings[name]), 0.0) for name in ("pad_token", "eos_token", "unk_token")]
        sentinels = [(f"<extra_id_{index}>", 0.0) for index in reversed(range(settings["extra_ids"]))]
        return [*special, ("▁", -2.0), *sentinels]

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.id_below(len(vocab), cls.unk_id)),
            normalizer=spec.precompiled(settings["_spm_precompiled_charsmap"]),
            pre_tokenizer=sentencepiece.words("always"),
            decoder=spec.metaspace("always"),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        eos = str(settings["eos_token"])
        single = [("$A", 0), (eos, 0)]
        return spec.template(single, [*single, ("$B", 0), (eos, 0)], self._ids(eos))

    def get_sentinel_tokens(self) -> list[str]:
        """Return the sentinels, `<extra_id_0>` … , in the order of the extra special tokens."""
        return [token for token in self.extra_special_tokens if is_sentinel(token)]

    def get_sentinel_token_ids(self) -> list[int]:
        """Return the ids of the sentinels."""
        ids: list[int] = self.convert_tokens_to_ids(self.get_sentinel_tokens())
        return ids


def is_sentinel(token: str) -> bool:
    """Return whether a token is one of those that stand for a span."""
    return token.startswith("<extra_id_") and token.endswith(">")
