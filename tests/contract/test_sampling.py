"""Drawing tokenizations: seeded by the call, the same for all that is computed from it later."""

from __future__ import annotations

import json

import pytest
import tokenizers

from lexel import GPT2Tokenizer, TokenizersBackend, UnsupportedError

TEXT = "the lowest newest widest wide low lower newer " * 3


@pytest.fixture(scope="module")
def bpe() -> TokenizersBackend:
    return GPT2Tokenizer().train_new_from_iterator([TEXT], 300)


def unigram() -> TokenizersBackend:
    library = tokenizers.Tokenizer(tokenizers.models.Unigram([("<unk>", 0.0)], unk_id=0, byte_fallback=False))
    library.pre_tokenizer, library.decoder = tokenizers.pre_tokenizers.Metaspace(), tokenizers.decoders.Metaspace()
    trainer = tokenizers.trainers.UnigramTrainer(vocab_size=60, special_tokens=["<unk>"], unk_token="<unk>")
    library.train_from_iterator([TEXT], trainer=trainer)
    return TokenizersBackend(tokenizer_object=library)


@pytest.mark.parametrize(("make", "how"), [("bpe", {"dropout": 0.5}), ("unigram", {"alpha": 0.1, "nbest_size": -1})])
def test_seeds(make: str, how: dict[str, float], bpe: TokenizersBackend) -> None:
    tok = bpe if make == "bpe" else unigram()
    assert tok.engine == "native"
    best = tok.encode(TEXT)
    drawn = [tuple(tok.encode(TEXT, seed=seed, **how)) for seed in range(12)]
    assert len(set(drawn)) > 6
    assert all(tok.decode(ids).strip() == TEXT.strip() for ids in drawn)
    assert tuple(tok.encode(TEXT, seed=3, **how)) == drawn[3]
    assert tok.encode(TEXT) == best
    rows = tok([TEXT] * 4, seed=3, **how)["input_ids"]
    assert tuple(rows[0]) == drawn[3]
    assert len({tuple(row) for row in rows}) > 1
    assert rows == tok([TEXT] * 4, seed=3, num_threads=1, **how)["input_ids"]


def test_without_a_seed_every_call_draws_anew(bpe: TokenizersBackend) -> None:
    assert len({tuple(bpe.encode(TEXT, dropout=0.5)) for _ in range(8)}) > 1
    assert bpe.encode(TEXT, dropout=0.0) == bpe.encode(TEXT)


def test_encodings_belong_to_the_ids(bpe: TokenizersBackend) -> None:
    for _ in range(5):
        made = bpe([TEXT, "lower"], dropout=0.5)
        assert [encoding.ids for encoding in made.encodings or ()] == made["input_ids"]
        one = bpe(TEXT, dropout=0.5)
        assert len(one.tokens()) == len(one["input_ids"])
        assert bpe.convert_tokens_to_ids(one.tokens()) == one["input_ids"]


def test_a_file_may_ask_for_it(bpe: TokenizersBackend) -> None:
    content = json.loads(bpe.backend_tokenizer.to_str())
    content["model"]["dropout"] = 0.5
    tok = TokenizersBackend(tokenizer_object=tokenizers.Tokenizer.from_str(json.dumps(content)))
    assert tok.engine == "native"
    assert len({tuple(tok.encode(TEXT)) for _ in range(8)}) > 1
    made = tok(TEXT)
    assert tok.convert_tokens_to_ids(made.tokens()) == made["input_ids"]
    assert tok.encode(TEXT, dropout=0.0) == bpe.encode(TEXT)


def test_what_a_model_does_not_have_is_refused(
    bpe: TokenizersBackend, both: tuple[TokenizersBackend, TokenizersBackend]
) -> None:
    with pytest.raises(ValueError, match="alpha"):
        bpe.encode("low", alpha=0.1)
    with pytest.raises(ValueError, match="dropout"):
        bpe.encode("low", dropout=1.5)
    with pytest.raises(
        UnsupportedError, match=r"cannot draw by call \(.*\): .*= needs a tokenizer that runs on the core"
    ):
        both[1].encode("low", seed=1)
