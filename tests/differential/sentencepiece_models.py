"""SentencePiece models to compare by: trained at random, changed by hand; and what the library says about a text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.conftest import oracle

from lexel.converters.protobuf import BYTES, Message
from lexel.converters.sentencepiece_model import Normalization, PieceType, SentencePieceModel

if TYPE_CHECKING:
    import random

SPLIT = [
    *[
        "the",
        "of",
        "Hello",
        "World",
        "naïve",
        "café",
        "ÀÉÎ",
        "ﬁ",
        "½",
        "㎏",
        "™",
        "Ａ",
        "１",
        "株式会社",
        "日本語",
        "한국어",
    ],
    *["हिन्दी", "عربي", "ﷺ", "Привет", "😀", "👩\u200d👧", "e\u0301", "A\u030a", "\u1100\u1161", "ハ\u3099", "ｶﾞ"],
    *[
        "\u200b",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\u3000",
        "\u00a0",
        "\t",
        "\n",
        "\r\n",
        "▁",
        "▁▁",
        "<s>",
        "</s>",
        "<unk>",
    ],
    *["<0x0A>", "<0xE6>", "123", "3.14", "don't", "http://x.y/z?q=1", "\0", "\x7f", "\x85", "\u2028", "\U0010ffff"],
]
SYMBOLS = ["<sep>", "<a b>", "ab", "abc", "  ", "▁▁", "\t", "the", "日本", "<mask>", " x", "é", "e"]
RULES = ["nmt_nfkc", "identity", "nfkc", "nmt_nfkc_cf", "nfkc_cf"]


class Encoded(NamedTuple):
    """What the library says about a text: ids, tokens, and the bytes each stands for."""

    ids: list[int]
    tokens: list[str]
    offsets: list[tuple[int, int]]


def encoded(processor: Any, text: str) -> Encoded:
    """Encode a text with the library; its own reader of the answer needs a package more."""
    answer = Message("answer")
    answer.read(processor.encode(text, return_type="serialized_proto"))
    made = Encoded([], [], [])
    for value in answer.all(2, BYTES):
        piece = Message("piece")
        assert isinstance(value, bytes)
        piece.read(value)
        made.ids.append(piece.number(2) or 0)
        made.tokens.append(piece.text(1) or "")
        made.offsets.append((piece.number(4) or 0, piece.number(5) or 0))
    return made


def random_text(rng: random.Random, model: SentencePieceModel) -> str:
    """Return a text of pieces of the model, and of what is hard for it."""
    parts = []
    for _ in range(rng.choice([0, 1, 2, 3, 5, 8, 13, 30])):
        draw = rng.random()
        if draw < 0.45:
            parts.append(rng.choice(SPLIT))
        elif draw < 0.7:
            piece = rng.choice(model.pieces)[0]
            parts.append(piece.replace("▁", rng.choice(["▁", " "])))
        elif draw < 0.8:
            bounds = rng.choice([(1, 0x80), (0x80, 0x3000), (0x3000, 0xD800), (0xE000, 0x110000)])
            parts.append(chr(rng.randrange(*bounds)))
        else:
            parts.append(rng.choice("ab ▁") * rng.randrange(1, 30))
        parts.append(rng.choice(["", "", " ", "  ", "\t"]))
    return "".join(parts)


def trained(rng: random.Random) -> bytes:
    """Return a small model trained with settings drawn at random, some of its pieces changed afterwards."""
    load = oracle("sentencepiece").SentencePieceProcessor
    while True:
        try:
            content = changed(rng, trained_once(rng))
            load(model_proto=content)
        except RuntimeError:
            # Settings that contradict each other, or pieces that are there twice.
            continue
        return content


def trained_once(rng: random.Random) -> bytes:
    """Return a model as it is trained."""
    trainer = oracle("sentencepiece").SentencePieceTrainer
    some = SentencePieceModel(
        [(word, 0.0, PieceType.NORMAL) for word in ["lorem", "▁ipsum", "12", "▁the▁cat", "tokens"]]
    )
    corpus = [random_text(rng, some).replace("\0", "").replace("\n", " ") for _ in range(150)]
    corpus += [f"the quick brown fox jumps over the lazy dog {number}" for number in range(40)]
    by_bytes = rng.random() < 0.4
    kind = rng.choice(["bpe", "bpe", "unigram", "unigram", "word", "char"])
    settings: dict[str, Any] = {
        "model_type": kind,
        "vocab_size": rng.choice([120, 200, 300]) + 256 * by_bytes,
        "byte_fallback": by_bytes,
        "character_coverage": rng.choice([1.0, 0.99, 0.98]),
        "normalization_rule_name": rng.choice(RULES),
        **{
            name: rng.random() < 0.6 for name in ("add_dummy_prefix", "remove_extra_whitespaces", "split_by_whitespace")
        },
        **{name: rng.random() < 0.3 for name in ("treat_whitespace_as_suffix", "split_digits", "split_by_number")},
        "allow_whitespace_only_pieces": rng.random() < 0.3,
    }
    if rng.random() < 0.5:
        settings["user_defined_symbols"] = rng.sample(SYMBOLS, rng.randrange(1, 6))
    if rng.random() < 0.4:
        settings["control_symbols"] = rng.sample(["<ctl>", "[X]", "z", "▁q"], 2)
    if rng.random() < 0.4:
        settings["unk_surface"] = rng.choice(["", "?", " ▁ ", "<unk>"])
    if rng.random() < 0.4:
        settings |= zip(("unk_id", "bos_id", "eos_id", "pad_id"), rng.sample(range(4), 4), strict=True)
    content = io.BytesIO()
    trainer.train(
        sentence_iterator=iter(corpus),
        model_writer=content,
        hard_vocab_limit=False,
        minloglevel=10,
        num_threads=1,
        **settings,
    )
    return content.getvalue()


def changed(rng: random.Random, content: bytes) -> bytes:
    """Return the model with some pieces of other types and scores, as people make them by hand; mostly as it is."""
    if rng.random() < 0.6:
        return content
    model = SentencePieceModel.read(content)
    for index in rng.sample(range(len(model.pieces)), 20):
        piece, score, kind = model.pieces[index]
        if kind == PieceType.NORMAL:
            kind = rng.choice([kind, PieceType.UNUSED, PieceType.UNUSED, PieceType.CONTROL, PieceType.USER_DEFINED])
            model.pieces[index] = (piece, rng.choice([score, 0.0, -1.0, 3.0, 1e4, -1e5]), kind)
    model.normalizer.escape_whitespaces = rng.random() < 0.7
    if rng.random() < 0.3:
        model.denormalizer = Normalization(Message("denormalizer_spec"))
        model.denormalizer.charsmap = model.charsmap
        model.denormalizer.add_dummy_prefix = rng.random() < 0.5
    return model.write()
