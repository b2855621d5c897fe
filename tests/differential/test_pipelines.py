"""Random small pipelines against the original: what real files do not contain, but may."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential.compare import difference, original, ours, report
from tests.differential.pipelines import random_pipeline
from tests.differential.strings import random_text
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import LexelError, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.differential

PIPELINES = 120
# Pipelines a test: one failure in a test says little about the next.
GROUPS = 12
STRINGS = 200


@pytest.fixture
def each_pipeline(request: pytest.FixtureRequest, seed: str, cases: int, tmp_path: Path) -> Any:
    """Call a check on every pipeline of a group; a failure leaves its file behind."""
    group = request.getfixturevalue("group")
    # A long run asks for more pipelines, not for more strings for each.
    count = PIPELINES // GROUPS * max(1, cases // 2000)

    def run(check: Any) -> None:
        compared = 0
        for number in range(count):
            rng = random.Random(f"{seed}/{group}/{number}")
            content = random_pipeline(rng)
            try:
                compared += check(json.dumps(content), content, rng)
            except AssertionError as error:
                path = tmp_path / f"pipeline-{group}-{number}.json"
                path.write_text(json.dumps(content, ensure_ascii=False))
                stages = {name: stage for name, stage in content.items() if name != "model"}
                options = {name: value for name, value in content["model"].items() if name not in ("vocab", "merges")}
                raise AssertionError(f"{error}\npipeline in {path}:\n{json.dumps(stages)}\nmodel: {options}") from None
        # What the engine does not reproduce exactly it may refuse; nearly nothing of these is.
        assert compared >= count * 0.8

    return run


@pytest.mark.parametrize("group", range(GROUPS))
def test_random_pipelines(group: int, each_pipeline: Any, seed: str) -> None:
    each_pipeline(lambda text, content, rng: compare(text, content, rng, seed))


def compare(text: str, content: Any, rng: random.Random, seed: str) -> bool:
    """Compare one pipeline on random text, from loading to decoding; return whether the engine has it."""
    expected = original(Tokenizer.from_str, text)
    try:
        engine = Engine.from_json(text)
    except UnsupportedError:
        return False
    assert "raised" not in expected, f"we load it, the original does not: {expected['error']}"
    reference = expected["value"]
    written = engine.to_json()
    assert Tokenizer.from_str(written).to_str() == reference.to_str(), "written differently"
    again = Engine.from_json(written)
    special = [token["content"] for token in content["added_tokens"]]
    inputs = [random_text(rng, special) for _ in range(STRINGS)]
    report("encode", seed, inputs, lambda item: encoded(engine, reference, item, True))
    report("encode plainly", seed, inputs[::4], lambda item: encoded(engine, reference, item, False))
    report("encode after writing and reading", seed, inputs[::8], lambda item: encoded(again, reference, item, True))
    pairs = [tuple(rng.choices(inputs, k=2)) for _ in range(STRINGS // 10)]
    report("encode a pair", seed, pairs, lambda item: encoded_pair(engine, reference, item), parts=("first", "second"))
    words = [rng.choices(inputs, k=rng.randrange(4)) for _ in range(STRINGS // 10)]
    report("encode words", seed, words, lambda item: encoded_words(engine, reference, item))
    bound = max(engine.vocab().values(), default=0) + 3
    rows = [[rng.randrange(bound) for _ in range(rng.randint(1, 12))] for _ in range(STRINGS // 2)]
    rows += [ids for item in inputs[: STRINGS // 2] if (ids := ids_of(engine, item))]
    for skip in (False, True):
        report(
            f"decode, {skip=}", seed, rows, lambda row, skip=skip: decoded(engine, reference, row, skip), parts=("ids",)
        )
    return True


def ids_of(engine: Engine, text: str) -> list[int]:
    try:
        return engine.encode(text)
    except LexelError:
        return []


def encoded(engine: Engine, reference: Tokenizer, text: str, special: bool) -> str | None:
    mine = ours(lambda: engine.encode_batch([text], add_special_tokens=special).row(0))
    found = difference(mine, original(reference.encode, text, add_special_tokens=special))
    if found is not None:
        return found
    ids = ours(engine.encode, text, add_special_tokens=special)
    if ids.get("value") != mine.get("ids"):
        return f"encode() gives other ids than encode_batch(): {ids}, {mine}"
    count = ours(engine.count, text, add_special_tokens=special)
    if "raised" not in mine and count["value"] != len(mine["ids"]):
        return f"count() gives {count}, not {len(mine['ids'])}"
    return None


def encoded_pair(engine: Engine, reference: Tokenizer, pair: tuple[str, str]) -> str | None:
    mine = ours(lambda: engine.encode_batch([pair], pairs=True).row(0))
    return difference(mine, original(reference.encode, *pair))


def encoded_words(engine: Engine, reference: Tokenizer, words: list[str]) -> str | None:
    mine = ours(lambda: engine.encode_batch([words], is_split_into_words=True).row(0))
    return difference(mine, original(reference.encode, words, is_pretokenized=True))


def decoded(engine: Engine, reference: Tokenizer, row: list[int], skip: bool) -> str | None:
    mine = ours(engine.decode, row, skip_special_tokens=skip)
    found = difference(mine, original(reference.decode, row, skip_special_tokens=skip))
    if found is not None:
        return found
    # Every split of a short row; of a long one those at its ends, and one id at a time.
    cuts = range(len(row) + 1) if len(row) < 13 else (1, 2, 3, len(row) - 1)
    for cut in cuts:
        stream = engine.decode_stream(skip_special_tokens=skip)
        text = stream.feed(row[:cut]) + stream.feed(row[cut:]) + stream.flush()
        if text != mine["value"]:
            return f"a stream cut at {cut} gives {text!r}, not {mine['value']!r}"
    stream = engine.decode_stream(skip_special_tokens=skip)
    text = "".join(map(stream.feed, row)) + stream.flush()
    return None if text == mine["value"] else f"a stream gives {text!r}, not {mine['value']!r}"
