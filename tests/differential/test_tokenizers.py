"""The engine against the original on random text: every column, every way to encode, every way back.

Every tokenizer.json at hand that the engine compiles is tried; one it refuses has its test in `tests/golden`.
`--differential-cases=20000` makes a long run of it.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential import references
from tests.differential.compare import compare_batches, difference, original, ours, report
from tests.differential.strings import random_text, random_texts
from tokenizers import Tokenizer

from lexel._lexel import Engine

if TYPE_CHECKING:
    from tests.differential.references import Loaded

pytestmark = pytest.mark.differential


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "loaded" not in metafunc.fixturenames:
        return
    names = references.native()
    if (
        metafunc.function is test_written_and_read_again
        and not metafunc.config.getoption("--differential-cases", 0) > 2000
    ):
        # Large files take seconds to write and read on the other side.
        names = [name for name in names if references.size(name) < 2_000_000]
    metafunc.parametrize("loaded", names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def loaded(request: pytest.FixtureRequest) -> Loaded:
    return references.load(request.param)


@pytest.fixture
def rng(request: pytest.FixtureRequest, seed: str) -> random.Random:
    """One source of chance a test and tokenizer, so that each can be run alone."""
    return random.Random(f"{seed}/{request.node.name}")


def test_the_shared_tokenizers_are_among_them(shared_data: Any) -> None:
    wanted = {"gpt2", "llama-3", "qwen2.5", "deepseek-v3", "olmo2", "phi-3", "llama-2", "mistral-v1", "smollm2"}
    assert wanted - set(references.native()) == set()


@pytest.mark.parametrize("special", [True, False], ids=["special", "plain"])
def test_encodings(loaded: Loaded, special: bool, cases: int, seed: str, rng: random.Random) -> None:
    texts = random_texts(rng, cases if special else cases // 5, loaded.special)

    def check(text: str) -> str | None:
        batch = ours(lambda: loaded.engine.encode_batch([text], add_special_tokens=special).row(0))
        return difference(batch, original(loaded.original.encode, text, add_special_tokens=special))

    batch = loaded.engine.encode_batch(texts, add_special_tokens=special)
    expected = loaded.original.encode_batch(texts, add_special_tokens=special)
    compare_batches(loaded.name, seed, texts, map(batch.row, range(len(texts))), expected, check)


@pytest.mark.parametrize("special", [True, False], ids=["special", "plain"])
def test_ids_alone(loaded: Loaded, special: bool, cases: int, seed: str, rng: random.Random) -> None:
    """The walk that computes no spans gives the same ids, and the same number of them."""
    engine = loaded.engine
    texts = random_texts(rng, cases if special else cases // 5, loaded.special)
    expected = [e.ids for e in loaded.original.encode_batch_fast(texts, add_special_tokens=special)]
    assert engine.encode_batch(texts, add_special_tokens=special, offsets=False).lists("ids") == expected
    by_text = dict(zip(texts, expected, strict=True))

    def check(text: str) -> str | None:
        ids = by_text.get(text)
        if ids is None:
            ids = loaded.original.encode(text, add_special_tokens=special).ids
        actual = {
            "encode": engine.encode(text, add_special_tokens=special),
            "encode_array": engine.encode_array(text, add_special_tokens=special).tolist(),
            "count": engine.count(text, add_special_tokens=special),
        }
        return difference(actual, {"encode": ids, "encode_array": ids, "count": len(ids)})

    report(loaded.name, seed, texts, check)


@pytest.mark.parametrize("special", [False, True], ids=["plain", "special"])
def test_pairs(loaded: Loaded, special: bool, cases: int, seed: str, rng: random.Random) -> None:
    pairs = [(random_text(rng, loaded.special), random_text(rng, loaded.special)) for _ in range(cases // 10)]

    def check(pair: tuple[str, str]) -> str | None:
        batch = ours(lambda: loaded.engine.encode_batch([pair], pairs=True, add_special_tokens=special).row(0))
        return difference(batch, original(loaded.original.encode, *pair, add_special_tokens=special))

    batch = loaded.engine.encode_batch(pairs, pairs=True, add_special_tokens=special)
    expected = loaded.original.encode_batch(pairs, add_special_tokens=special)
    compare_batches(loaded.name, seed, pairs, map(batch.row, range(len(pairs))), expected, check)


def test_words(loaded: Loaded, cases: int, seed: str, rng: random.Random) -> None:
    """Text that was split into words: offsets start anew in each, and word ids count them."""
    inputs = [random_texts(rng, rng.randrange(6), loaded.special) for _ in range(cases // 10)]

    def check(words: list[str]) -> str | None:
        batch = ours(lambda: loaded.engine.encode_batch([words], is_split_into_words=True).row(0))
        return difference(batch, original(loaded.original.encode, words, is_pretokenized=True))

    batch = loaded.engine.encode_batch(inputs, is_split_into_words=True)
    expected = loaded.original.encode_batch(inputs, is_pretokenized=True)
    compare_batches(loaded.name, seed, inputs, map(batch.row, range(len(inputs))), expected, check)
    plain = [e.ids for e in expected]
    assert loaded.engine.encode_batch(inputs, is_split_into_words=True, offsets=False).lists("ids") == plain


def test_pairs_of_words(loaded: Loaded, cases: int, seed: str, rng: random.Random) -> None:
    def words() -> list[str]:
        return random_texts(rng, rng.randrange(5), loaded.special)

    pairs = [(words(), words()) for _ in range(cases // 20)]

    def check(pair: tuple[list[str], list[str]]) -> str | None:
        batch = ours(lambda: loaded.engine.encode_batch([pair], pairs=True, is_split_into_words=True).row(0))
        return difference(batch, original(loaded.original.encode, *pair, is_pretokenized=True))

    report(loaded.name, seed, pairs, check, parts=("first", "second"))


def test_special_tokens_as_plain_text(loaded: Loaded, cases: int, seed: str, rng: random.Random) -> None:
    texts = random_texts(rng, cases // 5, loaded.special)
    loaded.original.encode_special_tokens = True
    try:

        def check(text: str) -> str | None:
            batch = ours(lambda: loaded.engine.encode_batch([text], split_special_tokens=True).row(0))
            found = difference(batch, original(loaded.original.encode, text))
            if found is None and loaded.engine.encode(text, split_special_tokens=True) != batch["ids"]:
                found = "encode() gives other ids than encode_batch()"
            return found

        report(loaded.name, seed, texts, check)
    finally:
        loaded.original.encode_special_tokens = False


@pytest.mark.parametrize("skip", [False, True], ids=["all", "skip"])
def test_decoding(loaded: Loaded, skip: bool, cases: int, seed: str, rng: random.Random) -> None:
    """What was encoded, and ids at random (unknown ones are left out)."""
    engine = loaded.engine
    count = cases // 5 if skip else cases
    rows = engine.encode_batch(random_texts(rng, count, loaded.special), offsets=False).lists("ids")
    bound = max(engine.vocab().values()) + 3
    rows += [[rng.randrange(bound) for _ in range(rng.randint(1, 12))] for _ in range(count // 2)]
    expected = loaded.original.decode_batch(rows, skip_special_tokens=skip)
    by_row = {tuple(row): text for row, text in zip(rows, expected, strict=True)}

    def check(row: list[int]) -> str | None:
        text = by_row.get(tuple(row))
        if text is None:
            text = loaded.original.decode(row, skip_special_tokens=skip)
        steps = parts(rng, row) if rng.random() < 0.5 else [[id] for id in row]
        actual = {"decode": engine.decode(row, skip_special_tokens=skip), "stream": streamed(engine, steps, skip)}
        return difference(actual, dict.fromkeys(actual, text))

    report(loaded.name, seed, rows, check, parts=("ids",))
    assert engine.decode_batch(rows, skip_special_tokens=skip) == expected


def parts(rng: random.Random, row: list[int]) -> list[list[int]]:
    """Cut a row at random places."""
    cuts = sorted(rng.sample(range(len(row) + 1), k=min(len(row), rng.randrange(4))))
    return [row[start:end] for start, end in zip([0, *cuts], [*cuts, len(row)], strict=True)]


def streamed(engine: Engine, rows: list[list[int]], skip: bool) -> str:
    """Decode step by step; from the middle on by a copy of the stream."""
    stream = engine.decode_stream(skip_special_tokens=skip)
    text = ""
    for at, row in enumerate(rows):
        if at == len(rows) // 2:
            stream = stream.fork()
        text += stream.feed(row[0] if len(row) == 1 else row)
    return text + stream.flush()


LOOKUPS = ("char_to_token", "char_to_word", "token_to_chars", "token_to_word", "token_to_sequence", "word_to_tokens")


def test_alignment(loaded: Loaded, cases: int, seed: str, rng: random.Random) -> None:
    """The maps between characters, tokens and words, also beyond the ends."""
    pairs = [(random_text(rng, loaded.special), random_text(rng, loaded.special)) for _ in range(cases // 20)]

    def check(pair: tuple[str, str]) -> str | None:
        mine = loaded.engine.encode_batch([pair], pairs=True).row(0)
        theirs = loaded.original.encode(*pair)
        for at in range(min(60, len(theirs) + 2)):
            for name in (*LOOKUPS, "word_to_chars"):
                two_sided = name.startswith(("char_to", "word_to"))
                for arguments in ((at, 0), (at, 1)) if two_sided else ((at,),):
                    actual, expected = getattr(mine, name)(*arguments), getattr(theirs, name)(*arguments)
                    if actual != expected:
                        return f"{name}{arguments}: ours {actual}, the original {expected}"
        return None

    report(loaded.name, seed, pairs, check, parts=("first", "second"))


def test_vocabulary(loaded: Loaded) -> None:
    engine, reference = loaded.engine, loaded.original
    assert engine.vocab() == reference.get_vocab()
    assert engine.vocab(with_added=False) == reference.get_vocab(with_added_tokens=False)
    assert engine.vocab_size() == reference.get_vocab_size()
    assert engine.vocab_size(with_added=False) == reference.get_vocab_size(with_added_tokens=False)
    ids = range(max(engine.vocab().values()) + 3)
    assert engine.ids_to_tokens(ids) == [reference.id_to_token(id) for id in ids]
    added = {
        id: (t.content, t.single_word, t.lstrip, t.rstrip, t.normalized, t.special) for id, t in added_of(reference)
    }
    assert dict(engine.added_tokens()) == added
    for pair in (False, True):
        assert engine.num_special_tokens_to_add(pair=pair) == reference.num_special_tokens_to_add(is_pair=pair)


def added_of(reference: Any) -> Any:
    return reference.get_added_tokens_decoder().items()


def test_stages_alone(loaded: Loaded, cases: int, seed: str, rng: random.Random) -> None:
    """The normalizer and the pre-tokenizer by themselves."""
    texts = random_texts(rng, cases // 10)
    reference = loaded.original

    def check(text: str) -> str | None:
        normalized = reference.normalizer.normalize_str(text) if reference.normalizer else text
        expected: dict[str, Any] = {"normalize": normalized}
        actual: dict[str, Any] = {"normalize": loaded.engine.normalize(text)}
        if reference.pre_tokenizer is not None:
            expected["pre_tokenize"] = reference.pre_tokenizer.pre_tokenize_str(text)
            actual["pre_tokenize"] = loaded.engine.pre_tokenize(text)
        return difference(actual, expected)

    report(loaded.name, seed, texts, check)


def test_written_and_read_again(loaded: Loaded, cases: int, rng: random.Random) -> None:
    """What is written is what the original writes, and reads as the same tokenizer on both sides."""
    written = loaded.engine.to_json()
    again = Engine.from_json(written)
    assert again.to_json() == written
    elsewhere = Tokenizer.from_str(written)
    elsewhere.no_truncation()
    elsewhere.no_padding()
    assert elsewhere.to_str() == loaded.original.to_str()
    texts = random_texts(rng, cases // 20, loaded.special)
    assert again.encode_batch(texts).lists("ids") == loaded.engine.encode_batch(texts).lists("ids")
    assert [e.ids for e in elsewhere.encode_batch(texts)] == again.encode_batch(texts).lists("ids")
