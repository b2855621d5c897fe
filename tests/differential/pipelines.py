"""Random legal `tokenizer.json` files, small, made of every component the engine compiles and of every option of those.

Models are trained by the original on a little text, or have random merges, which no trainer would make: tokens that
nothing builds, merges that build the same token twice, alphabets with holes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.differential.references import CORPUS, LLAMA_3
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

if TYPE_CHECKING:
    import random

Json = dict[str, Any]

BEHAVIORS = ("Removed", "Isolated", "Contiguous", "MergedWithPrevious", "MergedWithNext")
PATTERNS: list[Json] = [
    {"Regex": r"\s+"},
    {"Regex": r" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"},
    {"Regex": LLAMA_3},
    {"Regex": r"\d{1,3}(?=\D)|\w+|[^\w\s]"},
    {"Regex": r"[a-c]+?b|\S"},
    {"Regex": r"(ab|a)(c|bc)?"},
    {"Regex": r"[\u4e00-\u9fff\u3040-\u30ff]+"},
    {"Regex": r"."},
    {"String": " "},
    {"String": "a"},
    {"String": "▁"},
    {"String": "\n\n"},
    {"String": "aa"},
    {"String": "."},
]
REPLACEMENTS = [(" ", "▁"), ("a", "bb"), ("ab", ""), ("é", "e\u0301"), ("  ", " "), ("\n", "Ċ"), ("aa", "a")]
TOKENS = ["<s>", "</s>", "<mask>", " the", "ab", "a b", "é", "e\u0301", "▁", "\n", "日本", "1", "Ġa", "<0x41>", "'s"]
TOKENS += ["\u212b", "x y "]


def random_pipeline(rng: random.Random) -> Json:
    """Return the content of a `tokenizer.json`."""
    splits = _pre_tokenizer(rng)
    byte_level = splits is not None and _ends_in_bytes(splits)
    model = _trained(rng, splits) if rng.random() < 0.6 else _random_model(rng, byte_level)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": _added_tokens(rng, model),
        "normalizer": _normalizer(rng),
        "pre_tokenizer": splits,
        "post_processor": _post_processor(rng, model),
        "decoder": _decoder(rng),
        "model": model,
    }


def _flag(rng: random.Random) -> bool:
    return rng.random() < 0.5


def _sequence(rng: random.Random, field: str, make: Any) -> Json:
    return {"type": "Sequence", field: [make(rng) for _ in range(rng.choice((0, 1, 2, 2, 3)))]}


def _normalizer(rng: random.Random, depth: int = 0) -> Json | None:
    if depth == 0 and rng.random() < 0.35:
        return None
    match rng.randrange(4 if depth < 2 else 3):
        case 0:
            return {"type": "NFC"}
        case 1:
            # The original panics on an empty one.
            return {"type": "Prepend", "prepend": rng.choice(("▁", " ", "ab", "é", "\n"))}
        case 2:
            pattern, content = rng.choice(REPLACEMENTS)
            return {"type": "Replace", "pattern": {"String": pattern}, "content": content}
        case _:
            return _sequence(rng, "normalizers", lambda r: _normalizer(r, depth + 1))


def _pre_tokenizer(rng: random.Random) -> Json | None:
    """Any stages, byte-level ones only last: bytes are not split again."""
    if rng.random() < 0.15:
        return None
    stages = [_split(rng) for _ in range(rng.choice((0, 1, 1, 2, 3)))]
    if _flag(rng) or not stages:
        stages.append(_byte_level(rng))
    if len(stages) == 1 and _flag(rng):
        return stages[0]
    if len(stages) > 2 and _flag(rng):
        stages = [{"type": "Sequence", "pretokenizers": stages[:2]}, *stages[2:]]
    return {"type": "Sequence", "pretokenizers": stages}


def _byte_level(rng: random.Random) -> Json:
    return {"type": "ByteLevel", "add_prefix_space": _flag(rng), "trim_offsets": _flag(rng), "use_regex": _flag(rng)}


def _split(rng: random.Random) -> Json:
    match rng.randrange(4):
        case 0:
            return {"type": "Digits", "individual_digits": _flag(rng)}
        case 1:
            scheme, letter = rng.choice(("always", "first", "never")), rng.choice("▁▁_é ")
            return {"type": "Metaspace", "replacement": letter, "prepend_scheme": scheme, "split": _flag(rng)}
        case _:
            split = {"type": "Split", "pattern": rng.choice(PATTERNS)}
            return {**split, "behavior": rng.choice(BEHAVIORS), "invert": rng.random() < 0.3}


def _ends_in_bytes(splits: Json) -> bool:
    last = splits
    while last["type"] == "Sequence" and last["pretokenizers"]:
        last = last["pretokenizers"][-1]
    return str(last["type"]) == "ByteLevel"


def _options(rng: random.Random, vocab: dict[str, int]) -> Json:
    unknown = rng.choice((None, "<unk>", "<unk>", "a"))
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": unknown if unknown in vocab else None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": _flag(rng),
        "byte_fallback": _flag(rng),
        "ignore_merges": _flag(rng),
    }


def _trained(rng: random.Random, splits: Json | None) -> Json:
    """A model trained by the original on the pieces that it will see, with all, some or none of the bytes."""
    tokenizer = Tokenizer(models.BPE())
    if splits is not None:
        content = json.loads(tokenizer.to_str())
        content["pre_tokenizer"] = splits
        tokenizer = Tokenizer.from_str(json.dumps(content))
    letters = pre_tokenizers.ByteLevel.alphabet() if _flag(rng) else list("abc é日")
    special = ["<unk>"] if _flag(rng) else []
    if _flag(rng):
        special += [f"<0x{byte:02X}>" for byte in range(256) if rng.random() < 0.97]
    size, limit = rng.choice((40, 120, 400, 700)), rng.choice(({}, {"limit_alphabet": 20}, {"limit_alphabet": 60}))
    trainer = trainers.BpeTrainer(
        vocab_size=size, show_progress=False, initial_alphabet=letters, special_tokens=special, **limit
    )
    tokenizer.train_from_iterator(rng.choices(CORPUS, k=4), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return model | _options(rng, model["vocab"]) | {"vocab": model["vocab"], "merges": model["merges"]}


def _random_model(rng: random.Random, byte_level: bool) -> Json:
    letters = list("abcdxyz '.1é▁Ġ日\u0301" if rng.random() < 0.7 else "abé")
    if byte_level:
        letters = [c for c in sorted(pre_tokenizers.ByteLevel.alphabet()) if rng.random() < 0.95]
    tokens = list(dict.fromkeys([*letters, "<unk>"]))
    if _flag(rng):
        tokens += [f"<0x{byte:02X}>" for byte in range(256) if rng.random() < 0.95]
    merges: list[list[str]] = []
    parts = rng.sample(letters, k=min(len(letters), 8)) + [c for c in "abĠ" if c in letters]
    for _ in range(rng.choice((0, 5, 30, 120))):
        pair = [rng.choice(parts), rng.choice(parts)]
        if len("".join(pair)) > 12 or pair in merges:
            continue
        merges.append(pair)
        parts.append("".join(pair))
    if rng.random() < 0.3:
        rng.shuffle(merges)
    tokens += ["".join(pair) for pair in merges] + rng.choices(["abab", "the", "Ġthe", "aaaa"], k=2)
    tokens = list(dict.fromkeys(tokens))
    if _flag(rng):
        rng.shuffle(tokens)
    vocab = {token: id for id, token in enumerate(tokens)}
    return _options(rng, vocab) | {"vocab": vocab, "merges": merges}


def _added_tokens(rng: random.Random, model: Json) -> list[Json]:
    contents = rng.sample(TOKENS, k=rng.choice((0, 1, 3, 6)))
    if _flag(rng):
        contents += rng.sample(sorted(model["vocab"]), k=2)
    flags = ("single_word", "lstrip", "rstrip", "normalized", "special")
    bound = max(model["vocab"].values()) + 1
    tokens = []
    for content in dict.fromkeys(contents):
        known = model["vocab"].get(content)
        if known is None:
            known, bound = bound, bound + 1
        tokens.append({"id": known, "content": content} | {flag: rng.random() < 0.4 for flag in flags})
    return sorted(tokens, key=lambda token: int(token["id"]))


def _post_processor(rng: random.Random, model: Json) -> Json | None:
    match rng.randrange(4):
        case 0:
            return None
        case 1:
            return _byte_level(rng)
        case 2:
            return _template(rng, model)
        case _:
            # The original has no answer for a template around a template.
            parts = [_byte_level(rng) for _ in range(rng.randrange(3))]
            parts.insert(rng.randint(0, len(parts)), _template(rng, model))
            return {"type": "Sequence", "processors": parts if _flag(rng) else parts[:2]}


def _template(rng: random.Random, model: Json) -> Json:
    bound = len(model["vocab"])
    names = ["<s>", "</s>", "[x]"]
    specials = {}
    for name in names:
        ids = [rng.randrange(bound) for _ in range(rng.choice((1, 1, 2)))]
        specials[name] = {"id": name, "ids": ids, "tokens": [name] if len(ids) == 1 else ["p", "q"]}

    def inserted() -> list[Json]:
        count = rng.choice((0, 1, 1, 2))
        return [{"SpecialToken": {"id": rng.choice(names), "type_id": rng.randrange(3)}} for _ in range(count)]

    def sequence(name: str) -> Json:
        return {"Sequence": {"id": name, "type_id": rng.randrange(3)}}

    order = rng.choice((("A", "B"), ("A", "B"), ("B", "A")))
    return {
        "type": "TemplateProcessing",
        "single": [*inserted(), sequence("A"), *inserted()],
        "pair": [*inserted(), sequence(order[0]), *inserted(), sequence(order[1]), *inserted()],
        "special_tokens": specials,
    }


def _decoder(rng: random.Random, depth: int = 0) -> Json | None:
    if depth == 0 and rng.random() < 0.15:
        return None
    match rng.randrange(6 if depth < 2 else 5):
        case 0:
            return _byte_level(rng)
        case 1:
            pattern, content = rng.choice((("▁", " "), ("Ġ", " "), ("a", "ab"), ("ab", ""), ("<0x", "?")))
            return {"type": "Replace", "pattern": {"String": pattern}, "content": content}
        case 2:
            return {"type": "ByteFallback"}
        case 3:
            return {"type": "Fuse"}
        case 4:
            # At both ends, or more than there is, the original panics on tokens that are nothing else.
            start, stop = rng.choice(((0, 0), (1, 0), (0, 1), (2, 0)))
            return {"type": "Strip", "content": rng.choice(" ab"), "start": start, "stop": stop}
        case _:
            return _sequence(rng, "decoders", lambda r: _decoder(r, depth + 1))
