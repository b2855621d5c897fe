"""Random stages of a `tokenizer.json`: every normalizer, pre-tokenizer, post-processor and decoder, every option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.differential.charsmap import charsmap
from tests.differential.references import LLAMA_3
from tests.reference.random_models import Json, flag

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

BEHAVIORS = ("Removed", "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext")
SCHEMES = ("always", "first", "never")
# What real files have, and small ones that meet what the texts are made of.
PATTERNS: list[Json] = [
    {"Regex": r"\s+"},
    {"Regex": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"},
    {"Regex": LLAMA_3},
    {"Regex": r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"},
    {"Regex": r" ?[^(\s|[.,!?…。，、।۔،])]+"},
    {"Regex": r"\d{1,3}(?=\D)|\w+|[^\w\s]"},
    {"Regex": r"[^\r\n]+|[\r\n]+"},
    {"Regex": r"[a-c]+?b|\S"},
    {"Regex": r"(ab|a)(c|bc)?"},
    {"Regex": r"[\u4e00-\u9fff\u3040-\u30ff]+"},
    {"Regex": r"."},
    {"Regex": r"(?i)the|[[:punct:]]+"},
    {"String": " "},
    {"String": "a"},
    {"String": "▁"},
    {"String": "\n\n"},
    {"String": "aa"},
    {"String": "."},
]
# What a regex may also ask for; some of it no automaton can do.
RARE_PATTERNS: list[Json] = [
    {"Regex": r"(?<=a)b+"},
    {"Regex": r"(?<!\p{L})\p{N}+(?!\p{L})"},
    {"Regex": r"\b\w+\b"},
    {"Regex": r"^\s+|\s+$"},
    {"Regex": r"\A.|.\z"},
    {"Regex": r"a++b?|(?>ab|a)c"},
    {"Regex": r"\s*"},
    {"Regex": r"x*|\n"},
    {"Regex": r"(?=[A-Z])"},
    {"Regex": r"\p{Han}+|\p{Lu}\p{Ll}*|\p{M}+"},
    {"Regex": r"\R|\h+|\H"},
    {"Regex": r"(?m)^.*$"},
    {"Regex": r"(?:a|b(?!c))+"},
    {"Regex": r"(?=\d)(?=(\d{3})+(?!\d))"},
    {"Regex": r"(.)\1+"},
]
REPLACEMENTS = [
    ({"String": pattern}, content)
    for pattern, content in (
        (" ", "▁"),
        ("a", "bb"),
        ("ab", ""),
        ("é", "e\u0301"),
        ("  ", " "),
        ("\n", "Ċ"),
        ("aa", "a"),
        ("``", '"'),
    )
] + [
    ({"Regex": r" {2,}"}, " "),
    ({"Regex": r"\s+"}, " "),
    ({"Regex": r"[^\w\s]"}, ""),
    ({"Regex": r"\p{N}"}, "0"),
    ({"Regex": r"(?<=\s)\s"}, ""),
    ({"Regex": r"^\s+|\s+$"}, ""),
]
# Rewritings of a charsmap: longer, shorter, to nothing, of one character and of several, a prefix of another.
REWRITINGS = {
    "a": "b",
    "ab": "xyz",
    "é": "e",
    "e\u0301": "é",
    "\u3000": " ",
    "\t": " ",
    "\n": "",
    "\u200b": "",
    "½": "1/2",
    "ﬁ": "fi",
    "\u212b": "Å",
    "가": "\u1100\u1161",
    "\u0301": "",
    "日本": "J",
    "👍": "+1",
    "  ": " ",
    "\ufdfa": "صلى الله عليه وسلم",
    "!": "!!",
    "Ａ": "A",
    "が": "が",
}


def sequence(rng: random.Random, field: str, make: Callable[[random.Random], Json | None]) -> Json:
    """Return a sequence of up to four stages."""
    return {"type": "Sequence", field: [made for _ in range(rng.choice((0, 1, 2, 2, 3, 4))) if (made := make(rng))]}


def byte_level(rng: random.Random) -> Json:
    """Return the stage that serves as pre-tokenizer, post-processor and decoder."""
    return {"type": "ByteLevel", "add_prefix_space": flag(rng), "trim_offsets": flag(rng), "use_regex": flag(rng)}


def metaspace(rng: random.Random) -> Json:
    """Return the stage that serves as pre-tokenizer and decoder."""
    letter = rng.choice("▁▁▁_é ")
    return {"type": "Metaspace", "replacement": letter, "prepend_scheme": rng.choice(SCHEMES), "split": flag(rng)}


def replacement(rng: random.Random) -> Json:
    """Return a normalizer that replaces one pattern."""
    pattern, content = rng.choice(REPLACEMENTS)
    return {"type": "Replace", "pattern": pattern, "content": content}


def normalizer(rng: random.Random, depth: int = 0) -> Json | None:
    """Return any normalizer, or none."""
    if depth == 0 and flag(rng, 0.3):
        return None
    if depth < 2 and flag(rng, 0.3):
        return sequence(rng, "normalizers", lambda r: normalizer(r, depth + 1))
    match rng.randrange(11):
        case 0 | 1:
            return {"type": rng.choice(("NFC", "NFD", "NFKC", "NFKD"))}
        case 2:
            return {"type": "Lowercase"}
        case 3:
            return {"type": "StripAccents"}
        case 4:
            return {"type": "Strip", "strip_left": flag(rng), "strip_right": flag(rng)}
        case 5:
            return {
                "type": "BertNormalizer",
                "clean_text": flag(rng, 0.7),
                "handle_chinese_chars": flag(rng, 0.7),
                "strip_accents": rng.choice((None, None, True, False)),
                "lowercase": flag(rng),
            }
        case 6:
            return {"type": "Nmt"}
        case 7:
            chosen = rng.sample(sorted(REWRITINGS), k=rng.randint(1, len(REWRITINGS)))
            return {"type": "Precompiled", "precompiled_charsmap": charsmap({key: REWRITINGS[key] for key in chosen})}
        case 8:
            # The original panics on an empty one.
            return {"type": "Prepend", "prepend": rng.choice(("▁", "▁", " ", "ab", "é", "\n"))}
        case 9:
            return {"type": "ByteLevel"}
        case _:
            return replacement(rng)


def pre_tokenizer(rng: random.Random) -> Json | None:
    """Return any pre-tokenizer, or none; mostly those that a person would write: bytes last."""
    if flag(rng, 0.15):
        return None
    stages = [split(rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    if flag(rng, 0.4) or not stages:
        stages.insert(len(stages) if flag(rng, 0.8) else rng.randint(0, len(stages)), byte_level(rng))
    if len(stages) == 1 and flag(rng, 0.7):
        return stages[0]
    if len(stages) > 2 and flag(rng):
        stages = [{"type": "Sequence", "pretokenizers": stages[:2]}, *stages[2:]]
    return {"type": "Sequence", "pretokenizers": stages}


def split(rng: random.Random) -> Json:
    """Return any pre-tokenizer but `ByteLevel`."""
    match rng.randrange(14):
        case 0:
            return {"type": "Digits", "individual_digits": flag(rng)}
        case 1 | 2:
            return metaspace(rng)
        case 3:
            return {"type": "Whitespace"}
        case 4:
            return {"type": "WhitespaceSplit"}
        case 5:
            return {"type": "BertPreTokenizer"}
        case 6:
            return {"type": "Punctuation", "behavior": rng.choice(BEHAVIORS)}
        case 7:
            return {"type": "CharDelimiterSplit", "delimiter": rng.choice("  a▁.\n日")}
        case 8:
            return {"type": "UnicodeScripts"}
        case 9:
            return {"type": "FixedLength", "length": rng.choice((1, 2, 3, 5, 5, 40))}
        case _:
            pattern = rng.choice(RARE_PATTERNS if flag(rng, 0.2) else PATTERNS)
            return {"type": "Split", "pattern": pattern, "behavior": rng.choice(BEHAVIORS), "invert": flag(rng, 0.3)}


def post_processor(rng: random.Random, vocab: dict[str, int]) -> Json | None:
    """Return any post-processor, or none."""
    match rng.randrange(6):
        case 0 | 1:
            return None
        case 2:
            return byte_level(rng)
        case 3:
            return inserting(rng, vocab)
        case _:
            # Of those that insert tokens only one: a second one would find sequences that are one already.
            parts = [byte_level(rng) for _ in range(rng.randrange(3))]
            parts.insert(rng.randint(0, len(parts)), inserting(rng, vocab))
            return {"type": "Sequence", "processors": parts}


def inserting(rng: random.Random, vocab: dict[str, int]) -> Json:
    """Return a post-processor that inserts tokens."""
    if flag(rng):
        return _template(rng, len(vocab))
    ends = {"sep": ["</s>", rng.randrange(len(vocab))], "cls": ["<s>", rng.randrange(len(vocab))]}
    if flag(rng):
        return {"type": "BertProcessing"} | ends
    return {"type": "RobertaProcessing"} | ends | {"trim_offsets": flag(rng), "add_prefix_space": flag(rng)}


def _template(rng: random.Random, bound: int) -> Json:
    names = ["<s>", "</s>", "[x]"]
    specials = {}
    for name in names:
        ids = [rng.randrange(bound) for _ in range(rng.choice((1, 1, 2)))]
        specials[name] = {"id": name, "ids": ids, "tokens": [name] if len(ids) == 1 else ["p", "q"]}

    def inserted() -> list[Json]:
        count = rng.choice((0, 1, 1, 2))
        return [{"SpecialToken": {"id": rng.choice(names), "type_id": rng.randrange(3)}} for _ in range(count)]

    def place(name: str) -> Json:
        return {"Sequence": {"id": name, "type_id": rng.randrange(3)}}

    order = rng.choice((("A", "B"), ("A", "B"), ("B", "A")))
    return {
        "type": "TemplateProcessing",
        "single": [*inserted(), place("A"), *inserted()],
        "pair": [*inserted(), place(order[0]), *inserted(), place(order[1]), *inserted()],
        "special_tokens": specials,
    }


def decoder(rng: random.Random, depth: int = 0) -> Json | None:
    """Return any decoder, or none."""
    if depth == 0 and flag(rng, 0.15):
        return None
    if depth < 2 and flag(rng, 0.3):
        return sequence(rng, "decoders", lambda r: decoder(r, depth + 1))
    match rng.randrange(9):
        case 0:
            return byte_level(rng)
        case 1:
            pattern, content = rng.choice((("▁", " "), ("Ġ", " "), ("a", "ab"), ("ab", ""), ("<0x", "?")))
            kind = rng.choice(("String", "String", "Regex"))
            return {"type": "Replace", "pattern": {kind: pattern}, "content": content}
        case 2:
            return {"type": "ByteFallback"}
        case 3:
            return {"type": "Fuse"}
        case 4:
            # At both ends, or more than there is, the original panics on tokens that are nothing else.
            start, stop = rng.choice(((0, 0), (1, 0), (1, 0), (0, 1), (2, 0), (1, 1)))
            return {"type": "Strip", "content": rng.choice(" ab"), "start": start, "stop": stop}
        case 5:
            return {"type": "WordPiece", "prefix": rng.choice(("##", "##", "", "a")), "cleanup": flag(rng)}
        case 6:
            return {"type": "BPEDecoder", "suffix": rng.choice(("</w>", "</w>", "a", ""))}
        case 7:
            pads, words = rng.choice(("<pad>", "a", "")), rng.choice(("|", " ", "ab"))
            return {"type": "CTC", "pad_token": pads, "word_delimiter_token": words, "cleanup": flag(rng)}
        case _:
            return metaspace(rng)
