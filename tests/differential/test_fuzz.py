"""The differential runner finds a planted difference, and shows the smallest case of it."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.differential import checks, fuzz, references
from tests.differential.charsmap import charsmap
from tests.differential.pipelines import random_pipeline
from tests.differential.shrink import shrink
from tests.differential.vocabularies import tokens_of
from tokenizers import Tokenizer, normalizers

if TYPE_CHECKING:
    from tests.differential.references import Loaded

pytestmark = pytest.mark.differential


def wrong_for_e(sides: Loaded, text: str) -> str | None:
    """Claim a difference wherever a text with "é" is lower-cased."""
    content = sides.original.to_str()
    return "planted" if "é" in text and '"Lowercase"' in content else None


def lowercasing_pipeline() -> dict[str, Any]:
    """Return a native pipeline of many parts; one of them lower-cases."""
    for number in range(1000):
        pipeline = random_pipeline(random.Random(f"planted/{number}"))
        pipeline["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}
        try:
            references.both(json.dumps(pipeline))
        except Exception:
            continue
        if all(pipeline[part] for part in ("pre_tokenizer", "decoder", "added_tokens", "post_processor")):
            return pipeline
    pytest.skip("no random pipeline with a Lowercase compiles")


def test_a_difference_is_found_and_minimised(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = lowercasing_pipeline()
    monkeypatch.setitem(checks.CHECKS, "encode_plain", wrong_for_e)
    monkeypatch.setattr(fuzz, "random_pipeline", lambda rng: pipeline)
    outcome = fuzz.run_unit(fuzz.Unit("pipeline-0", "planted", 4000))
    assert outcome.failure is not None
    assert "checks.CHECKS['encode_plain'](sides, '\\xe9')" in outcome.failure
    (line,) = [line for line in outcome.failure.split("\n") if line.startswith("sides = ")]
    sides = eval(line.removeprefix("sides = "), {"references": references})
    smallest = json.loads(sides.original.to_str())
    assert smallest["normalizer"] == {"type": "Lowercase"}
    assert [smallest[stage] for stage in ("pre_tokenizer", "post_processor", "decoder")] == [None] * 3
    assert smallest["added_tokens"] == []
    assert len(smallest["model"]["vocab"]) <= 1
    assert "NAMES=pipeline-0" in outcome.failure
    assert "SEED=planted" in outcome.failure


def test_the_same_seed_gives_the_same_pipelines() -> None:
    twice = [[random_pipeline(random.Random(f"again/{number}")) for number in range(30)] for _ in range(2)]
    assert json.dumps(twice[0]) == json.dumps(twice[1])


def test_units_do_not_depend_on_what_else_is_run() -> None:
    (alone,) = fuzz.units(["pipeline-7"], "s", 4000, 300)
    assert alone in fuzz.units(["pipelines"], "s", 4000, 300)
    assert [unit.strings for unit in fuzz.units(["trained-metaspace"], "s", 12_000, 0)] == [5000, 5000, 2000]
    with pytest.raises(SystemExit, match="no such tokenizers: gpt9"):
        fuzz.units(["gpt9"], "s", 1, 1)


def test_shrinking_keeps_what_the_failure_needs() -> None:
    made_here = (random_pipeline(random.Random(number)) for number in range(1000))
    pipeline = next(made for made in made_here if len(made["model"].get("merges", "")) > 4)
    left, right = pipeline["model"]["merges"][3]
    made = left + right

    def fails(smaller: dict[str, Any]) -> bool:
        vocab = tokens_of(smaller["model"])
        return [left, right] in smaller["model"]["merges"] and {left, right, made} <= set(vocab)

    smallest = shrink(pipeline, fails)
    assert smallest["model"]["merges"] == [[left, right]]
    assert set(smallest["model"]["vocab"]) == {left, right, made}


def test_a_charsmap_of_ours_is_one_for_the_original() -> None:
    table = {"a": "b", "a\u0301": "xyz", "e\u0301": "E", "日": "", "\u3000": " ", "z": "zz"}
    component = json.dumps({"type": "Precompiled", "precompiled_charsmap": charsmap(table)})
    content = {"version": "1.0", "added_tokens": [], "normalizer": json.loads(component), "model": None}
    content["model"] = {"type": "WordLevel", "vocab": {}, "unk_token": ""}
    normalizer = Tokenizer.from_str(json.dumps(content)).normalizer
    assert isinstance(normalizer, normalizers.Precompiled)
    # A key that is a prefix of a longer one wins: the first match is taken, not the longest.
    assert normalizer.normalize_str("a a\u0301 e\u0301 日本\u3000z") == "b b E 本 zz"
