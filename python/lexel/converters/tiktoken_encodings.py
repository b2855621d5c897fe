"""The published tiktoken encodings: how texts are split, and which special tokens there are.

A rank file says neither. The ones below are recognised by the SHA-256 of their content, or named by the caller.

Source: patterns, special tokens and hashes of the encodings of OpenAI are those of `tiktoken_ext.openai_public`
(tiktoken 0.14); of Llama 3 those of `llama_models` 0.3; of Qwen and Kimi those published beside their rank files.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lexel.spec import LLAMA3_SPLIT, QWEN2_SPLIT

__all__ = ["ENCODINGS", "TiktokenEncoding", "by_hash"]


@dataclass(frozen=True, slots=True)
class TiktokenEncoding:
    """What is published of an encoding beside its ranks.

    Attributes:
        name: what tiktoken, or the model's authors, call it.
        pattern: the regular expression texts are split by, in tiktoken's dialect.
        special_tokens: text → id.
        sha256: of the rank file; empty where there is none of its own.
        named: which special token is bos, eos, pad.
    """

    name: str
    pattern: str
    special_tokens: dict[str, int]
    sha256: str = ""
    named: dict[str, str] = field(default_factory=dict)


_END = "<|endoftext|>"
_R50K = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"
_CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}%s]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}%s]"


def _cased_words(without: str = "") -> str:
    """Return the two alternatives of a word: small letters behind capitals, or capitals with small letters behind."""
    upper, lower = _UPPER % without, _LOWER % without
    start = r"[^\r\n\p{L}\p{N}]?"
    return f"{start}{upper}*{lower}+{_CONTRACTIONS}|{start}{upper}+{lower}*{_CONTRACTIONS}"


_O200K = _cased_words() + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_KIMI = (
    r"[\p{Han}]+|" + _cased_words(r"&&[^\p{Han}]") + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_P50K_SHA = "94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069"
_O200K_SHA = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"


def _harmony() -> dict[str, int]:
    names = {200002: "return", 200003: "constrain", 200005: "channel", 200006: "start", 200007: "end"}
    names |= {199998: "startoftext", 199999: "endoftext", 200008: "message", 200012: "call"}
    tokens = {f"<|{names.get(index, f'reserved_{index}')}|>": index for index in range(199998, 201088)}
    # One id has two names.
    return {"<|endofprompt|>": 200018, **tokens}


def _llama3() -> dict[str, int]:
    named = {0: "begin_of_text", 1: "end_of_text", 6: "start_header_id", 7: "end_header_id", 9: "eot_id"}
    tokens: dict[str, int] = {}
    for offset in range(256):
        name = named.get(offset, f"reserved_special_token_{offset - sum(known < offset for known in named)}")
        tokens[f"<|{name}|>"] = 128000 + offset
    return tokens


_KIMI_SPECIAL = {
    "[BOS]": 163584,
    "[EOS]": 163585,
    "<|im_end|>": 163586,
    "<|im_user|>": 163587,
    "<|im_assistant|>": 163588,
    "<|im_system|>": 163594,
    "<|im_middle|>": 163601,
}
_FIM = {"<|fim_prefix|>": 50281, "<|fim_middle|>": 50282, "<|fim_suffix|>": 50283}
_FIM_100K = {"<|fim_prefix|>": 100258, "<|fim_middle|>": 100259, "<|fim_suffix|>": 100260}

# By name. Of several with one rank file the first is meant unless another is named.
ENCODINGS: dict[str, TiktokenEncoding] = {
    encoding.name: encoding
    for encoding in (
        TiktokenEncoding("gpt2", _R50K, {_END: 50256}, named={"eos": _END}),
        TiktokenEncoding(
            "r50k_base",
            _R50K,
            {_END: 50256},
            "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
            {"eos": _END},
        ),
        TiktokenEncoding("p50k_base", _R50K, {_END: 50256}, _P50K_SHA, {"eos": _END}),
        TiktokenEncoding("p50k_edit", _R50K, {_END: 50256, **_FIM}, _P50K_SHA, {"eos": _END}),
        TiktokenEncoding(
            "cl100k_base",
            _CL100K,
            {_END: 100257, **_FIM_100K, "<|endofprompt|>": 100276},
            "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
            {"eos": _END},
        ),
        TiktokenEncoding("o200k_base", _O200K, {_END: 199999, "<|endofprompt|>": 200018}, _O200K_SHA, {"eos": _END}),
        TiktokenEncoding(
            "o200k_harmony",
            _O200K,
            _harmony(),
            _O200K_SHA,
            {"bos": "<|startoftext|>", "eos": "<|return|>", "pad": _END},
        ),
        TiktokenEncoding(
            "llama3",
            LLAMA3_SPLIT,
            _llama3(),
            "82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
            {"bos": "<|begin_of_text|>", "eos": "<|end_of_text|>"},
        ),
        TiktokenEncoding(
            "qwen",
            QWEN2_SPLIT,
            {_END: 151643, "<|im_start|>": 151644, "<|im_end|>": 151645},
            "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
            {"eos": _END, "pad": _END},
        ),
        TiktokenEncoding(
            "kimi",
            _KIMI,
            _KIMI_SPECIAL,
            "b6c497a7469b33ced9c38afb1ad6e47f03f5e5dc05f15930799210ec050c5103",
            {"bos": "[BOS]", "eos": "[EOS]"},
        ),
    )
}


def by_hash(sha256: str) -> TiktokenEncoding | None:
    """Return the encoding whose rank file has this content; None: it is not known."""
    return next((encoding for encoding in ENCODINGS.values() if encoding.sha256 == sha256), None)
