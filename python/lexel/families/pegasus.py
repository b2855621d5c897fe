"""PEGASUS and the models that use its vocabulary.

Source: transformers 5.23, `PegasusTokenizer`, its serialised pipeline around a vocabulary.
"""

from __future__ import annotations

from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.families.spm_orders import in_front
from lexel.spec import Json, Spec

__all__ = ["PegasusTokenizer"]


class PegasusTokenizer(Family):
    """The tokenizer of PEGASUS: `A </s>` and `A B </s>`.

    The vocabulary begins with `<pad>`, `</s>`, two masks (for a sentence, `<mask_1>`, and for a token, `<mask_2>`) and
    the reserved `<unk_2>` … up to `offset` entries; those of the SentencePiece model follow.

    Beside the arguments of every family: the special tokens; `mask_token_sent`; `offset`, the number of ids before the
    model's own.
    """

    model = "Unigram"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model", "tokenizer_file": "tokenizer.json"}
    defaults: ClassVar[dict[str, Any]] = {
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "mask_token": "<mask_2>",
        "mask_token_sent": "<mask_1>",
        "_spm_precompiled_charsmap": None,
        "additional_special_tokens": None,
        "offset": 103,
    }

    @classmethod
    def convert_from_spm(cls, vocab: Vocab = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments with the masks and the reserved tokens in front of the pieces."""
        settings = {"pad_token": "<pad>", "eos_token": "</s>", "mask_token": "<mask_1>", "mask_token_sent": "<mask_2>"}
        named = [str({**settings, **kwargs}[name]) for name in settings]
        # A mask that is set to None is left out.
        first = dict.fromkeys([*named[:2], *(token for token in named[2:] if token != "None")])
        reserved = [(f"<unk_{index}>", -100.0) for index in range(2, kwargs.get("offset", cls.defaults["offset"]))]
        front = [*((token, 0.0) for token in first), *reserved]
        return {**kwargs, "vocab": in_front(vocab, {}, front, instead_of=2)}

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the mask of sentences and the reserved tokens."""
        sentence = settings["mask_token_sent"]
        reserved = [f"<unk_{index}>" for index in range(2, settings["offset"])]
        return reserved if sentence is None else [str(sentence), *reserved]

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings with the class's own tokens as the extra special ones; those given are left out."""
        given = [str(token) for token in settings["additional_special_tokens"] or ()]
        own = cls.own_tokens(settings)
        if str(settings["mask_token_sent"]) in given:
            own = own[1:]
        return {**settings, "additional_special_tokens": None, "extra_special_tokens": own}

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the vocabulary up to the model's own, as it begins in every trained one."""
        sentence, *reserved = cls.own_tokens({**settings, "mask_token_sent": settings["mask_token_sent"] or "<mask_1>"})
        named = [str(settings[name]) for name in ("pad_token", "eos_token", "mask_token", "unk_token")]
        return [(token, 0.0) for token in (*named[:2], sentence, named[2], *reserved, named[3])]

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        charsmap = spec.precompiled(settings["_spm_precompiled_charsmap"])
        first = spec.replace(" ", regex=r"\n") if charsmap is None else charsmap
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.index_of(vocab, settings["unk_token"], 0)),
            normalizer=spec.sequence("normalizers", first, spec.replace(" ", regex=" {2,}")),
            pre_tokenizer=spec.metaspace("always"),
            decoder=spec.metaspace("always"),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        eos = str(settings["eos_token"])
        return spec.template([("$A", 0), (eos, 0)], [("$A", 0), ("$B", 0), (eos, 0)], self._ids(eos))
