"""Stages that several families of SentencePiece's Unigram models have alike.

Source: transformers 5.23, the serialised pipelines of `AlbertTokenizer`, `XLNetTokenizer`, `T5Tokenizer` and
`XLMRobertaTokenizer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel import spec

if TYPE_CHECKING:
    from lexel.spec import Json

__all__ = ["cleaned", "spaces_joined", "words"]


def cleaned(settings: dict[str, Any]) -> Json:
    """Return the normalizer of ALBERT and XLNet: plain quotes, no accents, lower case, then the vocabulary's own map.

    Args:
        settings: `keep_accents`, `do_lower_case` and `_spm_precompiled_charsmap` say which of these steps there are.
    """
    steps = [spec.replace('"', string="``"), spec.replace('"', string="''")]
    if not settings["keep_accents"]:
        steps += [{"type": "NFKD"}, {"type": "StripAccents"}]
    if settings["do_lower_case"]:
        steps.append({"type": "Lowercase"})
    charsmap = spec.precompiled(settings["_spm_precompiled_charsmap"])
    return spec.sequence("normalizers", *steps, *([charsmap] if charsmap is not None else []))


def spaces_joined(settings: dict[str, Any]) -> Json:
    """Return the normalizer that applies the vocabulary's own map if there is one, and makes several spaces one."""
    charsmap = spec.precompiled(settings["_spm_precompiled_charsmap"])
    steps = [charsmap] if charsmap is not None else []
    return spec.sequence("normalizers", *steps, spec.replace(" ", regex=" {2,}"))


def words(prepend_scheme: str) -> Json:
    """Return the pre-tokenizer that cuts at white space, and begins words with a metaspace as the scheme says."""
    return spec.sequence("pretokenizers", {"type": "WhitespaceSplit"}, spec.metaspace(prepend_scheme))
