"""How the byte-level models of GGUF files split text: the meaning of `tokenizer.ggml.pre`.

A GGUF file states only a name. The splits are written here as they stand in the `tokenizer.json` of the models those
names were made for; where none could be compared, as llama.cpp splits. A name that is not in the table is refused:
another split would give other ids.

Source: the names of llama.cpp (`src/llama-vocab.cpp`, 2026); the splits of the models' `tokenizer.json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lexel import spec

if TYPE_CHECKING:
    from lexel.spec import Json

__all__ = ["SPLITS", "Split"]


@dataclass(frozen=True, slots=True)
class Split:
    """How a byte-level model splits text.

    Attributes:
        patterns: splits, each of what the one before left; none: the split of GPT-2 that the byte-level stage has.
        gpt2: whether the byte-level stage splits as GPT-2's does, behind the patterns.
        behind: stages behind the byte-level one, which see its letters.
        nfc: the text is composed first.
        ignore_merges: a piece that is a token is that token, whatever the merges say.
        bos: whether a bos token is written where the file says nothing about it.
        sep: whether texts end with the separator where the file says nothing about it, as RoBERTa's do.
    """

    patterns: tuple[str | Json, ...] = ()
    gpt2: bool = False
    behind: tuple[Json, ...] = ()
    nfc: bool = False
    ignore_merges: bool = False
    bos: bool = False
    sep: bool = False

    def stages(self) -> list[Json]:
        """Return the pre-tokenizers."""
        made = [spec.regex_split(part) if isinstance(part, str) else part for part in self.patterns]
        return [*made, spec.byte_level(use_regex=self.gpt2 or not self.patterns), *self.behind]


def _class(ranges: str) -> str:
    """Return a class of characters of ranges written in hexadecimal: some have look-alikes that texts confuse."""
    parts = (part.split("-") for part in ranges.split())
    return "[" + "".join("-".join(chr(int(end, 16)) for end in part) for part in parts) + "]"


_CONTRACTION = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_REST = r"\s*[\r\n]+|\s+(?!\S)|\s+"
_WORD = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_OTHERS = r" ?[^\s\p{L}\p{N}]+[\r\n]*"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
_QWEN35 = (
    rf"{_CONTRACTION}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{_REST}"
)
_TEKKEN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*"
    rf"|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{_REST}"
)
_CASED = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTION}?|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTION}?"
)
_GPT4O = rf"{_CASED}|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{_REST}"
_KIMI = (
    r"[\p{Han}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+"
    rf"{_CONTRACTION}?"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*"
    rf"{_CONTRACTION}?|\p{{N}}{{1,3}}|{_OTHERS}|{_REST}"
)
_SPACES = "|".join(rf"\s{{{size}}}(?!\S)" for size in ("512", "256", "128", "64", "32", "16", "8", "4", "1,2"))
_CJK = "[一-龥\u3040-\u309f\u30a0-\u30ff]+"
_MARKED = r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"""
_IDEOGRAPHS = "[一-龥\u0800-一\uac00-\ud7ff]+"
# Letters with case, as one vocabulary lists them.
_CASED_LETTERS = _class(
    "41-5a 61-7a b5 c0-d6 d8-f6 f8-1ba 1bc-1bf 1c4-293 295-2af 370-373 376 377 37b-37d 37f 386 388-38a 38c 38e-3a1 "
    "3a3-3f5 3f7-481 48a-52f 531-556 10a0-10c5 13a0-13f5 13f8-13fd 1c90-1cba 1cbd-1cbf 1d00-1d2b 1d6b-1d77 1d79-1d9a "
    "1e00-1f15 1f18-1f1d 1f20-1f45 1f48-1f4d 1f50-1f57 1f59 1f5b 1f5d 1f5f-1f7d 1f80-1fb4 1fb6-1fbc 1fbe 1fc2-1fc4 "
    "1fc6-1fcc 1fd0-1fd3 1fd6-1fdb 1fe0-1fec 1ff2-1ff4 1ff6-1ffc 2102 2107 210a-2113 2115 2119-211d 2124 2126 2128 "
    "212a-212d 212f-2134 2139 213c-213f 2145-2149 214e 2183 2184 2c00-2c7b 2c7e-2ce4 2ceb-2cee 2cf2 2cf3 a640-a66d "
    "a680-a69b a722-a76f a771-a787 a78b-a78e ab70-abbf fb00-fb06 fb13-fb17 ff21-ff3a ff41-ff5a 10400-1044f 104b0-104d3 "
    "104d8-104fb 10c80-10cb2 10cc0-10cf2 118a0-118df 1e900-1e943"
)
_PUNCTUATION = _class("21-2f 3a-7e ff01-ff0f ff1a-ff5e 2018-201f 3000-3002")
_DIGITS: Json = {"type": "Digits", "individual_digits": True}
_FALCON = Split(
    ({"type": "Punctuation", "behavior": "Contiguous"},),
    gpt2=True,
    behind=({"type": "Digits", "individual_digits": False}, spec.regex_split("[0-9][0-9][0-9]")),
)

_LLAMA3 = Split((spec.LLAMA3_SPLIT,), ignore_merges=True, bos=True)
_QWEN2 = Split((spec.QWEN2_SPLIT,), nfc=True)
_DEEPSEEK3 = Split((r"\p{N}{1,3}", _CJK, rf"{_MARKED}| ?[\p{{P}}\p{{S}}]+[\r\n]*|{_REST}"))
_BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+"
_BAILING = r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"

# Name → split. "default" is what converters of 2023 wrote; the merges are checked against GPT-2's split then.
SPLITS: dict[str, Split] = {
    **dict.fromkeys(("default", "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de"), Split()),
    **dict.fromkeys(("gigachat", "a.x-4.0", "mellum", "jais", "trillion", "granite-docling", "exaone4"), Split()),
    **dict.fromkeys(("mpt", "olmo", "modern-bert"), Split(nfc=True)),
    **dict.fromkeys(("roberta-bpe", "jina-v1-en", "jina-v2-code"), Split(bos=True, sep=True)),
    **dict.fromkeys(("smollm", "starcoder", "refact", "codeshell"), Split((_DIGITS,), gpt2=True)),
    **dict.fromkeys(("exaone", "minerva-7b", "mellum2"), Split((_DIGITS,), gpt2=True)),
    "command-r": Split((_DIGITS,), gpt2=True, nfc=True),
    "falcon": _FALCON,
    **dict.fromkeys(("llama3", "llama-v3", "llama-bpe"), _LLAMA3),
    **dict.fromkeys(("falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"), _LLAMA3),
    **dict.fromkeys(("dbrx", "smaug-bpe", "glm4", "chatglm-bpe"), Split((spec.LLAMA3_SPLIT,))),
    **dict.fromkeys(("qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez"), _QWEN2),
    **dict.fromkeys(("stablelm2", "hunyuan", "solar-open", "grok-2"), Split((spec.QWEN2_SPLIT,))),
    "qwen35": Split((_QWEN35,), nfc=True),
    "ufakzeka": Split((rf"{_WORD}|\p{{N}}|{_OTHERS}|{_REST}",)),
    "laguna": Split((r"[^\n]+|[\n]+", spec.QWEN2_SPLIT)),
    "minicpm5": Split((r"\p{N}{1,3}", rf"{_CONTRACTION}|{_WORD}|\p{{N}}+|{_OTHERS}|{_REST}"), ignore_merges=True),
    "seed-coder": Split((rf"{_CONTRACTION}|{_WORD}|\p{{N}}{{1}}| ?[^\s\p{{L}}\p{{N}}\r\n]+|{_REST}",)),
    "jais-2": Split((rf"{_CONTRACTION}|{_WORD}|\p{{N}}{{1,3}}|{_OTHERS}|\s*[\r\n]+|{_SPACES}|\s{{1}}",)),
    "exaone-moe": Split(
        (
            rf"{_CONTRACTION}|[^\r\n\p{{L}}\p{{N}}]?(?:\p{{L}}\p{{M}}*(?: \p{{L}}\p{{M}}*)*)+|\p{{N}}"
            r"| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+",
        )
    ),
    **dict.fromkeys(("bailingmoe", "bailingmoe2", "llada-moe"), Split((_BAILING,))),
    "tekken": Split((_TEKKEN,), ignore_merges=True, bos=True),
    **dict.fromkeys(("gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"), Split((_GPT4O,))),
    "granite-embed-multi-97m": Split((_GPT4O,), ignore_merges=True),
    **dict.fromkeys(("tiny_aya", "cohere2moe"), Split((r"\d{1,3}(?=(?:\d{3})*\b)", _GPT4O))),
    "superbpe": Split((r"\p{N}+", r"(?=(\d{3})+(?!\d))")),
    "kimi-k2": Split((_KIMI,), ignore_merges=True),
    **dict.fromkeys(("deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"), _DEEPSEEK3),
    "spark2_5": Split((r"\p{N}{1,3}", _CJK, rf"{_MARKED}| ?[\p{{P}}\p{{S}}]+|[\r\n]|\s+(?!\S)|\s+", r"\p{N}")),
    "deepseek-llm": Split(("[\r\n]", rf"\s?{_CASED_LETTERS}+", rf"\s?{_PUNCTUATION}+", r"\s+$", _IDEOGRAPHS, _DIGITS)),
    "deepseek-coder": Split(("[\r\n]", r"\s?\p{L}+", r"\s?\p{P}+", _IDEOGRAPHS, _DIGITS)),
    "youtu": Split(
        (
            "[\uac00-\ud7a3\u3131-\u318e]+|[！…“”‘’—：；，\u3001-\u303f\ufe30-\ufe4f]+|[\u3105-\u312f]+|" + _CJK,
            rf"{_CASED}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{_REST}",
        ),
        ignore_merges=True,
    ),
    **dict.fromkeys(("poro-chat", "bloom", "gpt3-finnish"), Split((_BLOOM,))),
    "viking": Split((_BLOOM, r"\p{N}")),
    "chameleon": Split(
        (
            "<sentinel:[0-9]+>",
            "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z",
            "([\t\n]|    |  )",
            _DIGITS,
            {"type": "Punctuation", "behavior": "Isolated"},
        ),
        gpt2=True,
        bos=True,
    ),
}
