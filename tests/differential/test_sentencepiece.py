"""A SentencePiece model gives what that library gives: ids, tokens, bytes, normalized and decoded texts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import oracle
from tests.differential.sentencepiece_models import encoded, random_text, trained

from lexel import SentencePieceBackend, Tokenizer
from lexel._lexel import Engine
from lexel.converters import spm
from lexel.converters.sentencepiece_model import SentencePieceModel

if TYPE_CHECKING:
    from pathlib import Path

FILES = [
    "deberta-v3/spm.model",
    "llama-2/tokenizer.model",
    "marian-en-mg/source.spm",
    "marian-en-mg/target.spm",
    "mistral-v1/tokenizer.model",
    "mistral-v7/tokenizer.model.v7",
    "pegasus/spiece.model",
    "sentencepiece-test/test_ja_model.model",
    "sentencepiece-test/test_model.model",
    "t5/spiece.model",
    "xlnet-base-cased/spiece.model",
]
PLAIN = {"add_special_tokens": False, "split_special_tokens": True}


def compare(content: bytes, rng: random.Random, texts: int) -> None:
    """Compare everything both say about random texts and random ids."""
    processor = oracle("sentencepiece").SentencePieceProcessor(model_proto=content)
    model = SentencePieceModel.read(content)
    engine = Engine.from_json(spm.convert(content).to_json())
    again = Engine.from_json(engine.to_json())
    assert again.to_json() == engine.to_json()
    for _ in range(texts):
        text = random_text(rng, model)
        expected = encoded(processor, text)
        row = again.encode_batch([text], byte_offsets=True, **PLAIN).row(0)
        assert (row.ids, row.tokens, row.offsets) == expected, text
        assert engine.encode(text, **PLAIN) == processor.encode(text) == expected.ids, text
        assert engine.normalize(text) == processor.normalize(text), text
        for ids in (expected.ids, expected.ids[1:], random_ids(rng, model)):
            decoded = processor.decode(ids)
            assert engine.decode(ids) == decoded, ids
            stream = engine.decode_stream()
            assert "".join(map(stream.feed, ids)) + stream.flush() == decoded, ids


def random_ids(rng: random.Random, model: SentencePieceModel) -> list[int]:
    """Return ids of all kinds, bytes in a row among them."""
    ids = [rng.randrange(len(model.pieces)) for _ in range(rng.randrange(8))]
    run = [index for index, (piece, _, _) in enumerate(model.pieces) if model.byte_of(piece) is not None]
    return ids + [rng.choice(run) for _ in range(rng.randrange(6)) if run] + ids[:2]


@pytest.mark.parametrize("name", FILES)
def test_a_real_model(name: str, shared_data: Path) -> None:
    compare((shared_data / "tokenizers" / name).read_bytes(), random.Random(name), 60)


@pytest.mark.parametrize("seed", range(24))
def test_a_random_model(seed: int) -> None:
    rng = random.Random(seed)
    compare(trained(rng), rng, 40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1150))
def test_many_random_models(seed: int) -> None:
    rng = random.Random(seed)
    compare(trained(rng), rng, 100)


def test_long_texts_are_rounded_alike() -> None:
    # Sums of scores lose digits as they grow, and begin anew beyond a limit: both decide between equals.
    rng = random.Random(5)
    content = trained(rng)
    while SentencePieceModel.read(content).kind != 1:
        content = trained(rng)
    model = SentencePieceModel.read(content)
    for index, (piece, score, kind) in enumerate(model.pieces):
        model.pieces[index] = (piece, round(score, 1) * 100, kind)
    content = model.write()
    processor = oracle("sentencepiece").SentencePieceProcessor(model_proto=content)
    engine = Engine.from_json(spm.convert(content).to_json())
    text = " ".join(random_text(rng, model) for _ in range(3000))
    assert engine.encode(text, **PLAIN) == processor.encode(text)
    row = engine.encode_batch([text], byte_offsets=True, **PLAIN).row(0)
    assert (row.ids, row.tokens, row.offsets) == encoded(processor, text)


@pytest.mark.parametrize("name", FILES)
def test_both_backends_agree(name: str, shared_data: Path) -> None:
    path = shared_data / "tokenizers" / name
    native: Any = Tokenizer.from_file(path)
    assert native.engine == "native"
    special = {name: getattr(native, name) for name in ("bos_token", "eos_token", "unk_token", "pad_token")}
    library = SentencePieceBackend(vocab_file=str(path), **special)
    rng = random.Random(name)
    model = SentencePieceModel.read(path)
    words = [content for _, content in spm.convert(path).added_tokens]
    for _ in range(25):
        text = random_text(rng, model)
        if any(str(word) in text for word in words):
            # That backend looks for special tokens in texts.
            continue
        assert native(text)["input_ids"] == library(text, add_special_tokens=False)["input_ids"], text
