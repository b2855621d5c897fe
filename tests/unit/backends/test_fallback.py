"""The second engine keeps the library's state to itself (that it agrees with the core: the contract suite)."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
import tokenizers
from tokenizers import models, pre_tokenizers

from lexel import FormatError, TokenizersBackend
from lexel.backends.engine import compile_json
from lexel.backends.fallback import FallbackEngine


@pytest.fixture
def engine() -> FallbackEngine:
    made = tokenizers.Tokenizer(models.WordLevel({"[UNK]": 0, "a": 1, "b": 2}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.enable_truncation(2)
    made.enable_padding(length=3)
    return FallbackEngine(made)


def test_calls_do_not_change_what_the_file_states(engine: FallbackEngine) -> None:
    before = engine.to_json()
    assert engine.encode("a b a b") == [1, 2, 1, 2]
    batch = engine.encode_batch(
        ["a b a b"], truncation=(3, "longest_first", 1, "right"), padding=(5, 0, 0, "x", "left", None)
    )
    assert batch.lists("ids") == [[0, 0, 1, 2, 1]]
    assert batch.windows().lists("ids") == [[0, 0, 1, 2, 1], [0, 0, 0, 1, 2]]
    assert batch.windows().sample_mapping() == [0, 0]
    assert engine.to_json() == before
    assert engine.component("truncation") is not None
    assert json.loads(engine.component("pre_tokenizer") or "")["type"] == "Whitespace"
    assert engine.component("normalizer") is None


def test_arrays_are_rectangular_or_refused(engine: FallbackEngine) -> None:
    assert engine.encode_batch(["a b", "b"]).rectangular() is False
    with pytest.raises(ValueError, match="1 to 2"):
        engine.encode_batch(["a b", "b"]).array("ids")
    assert engine.encode_batch([]).array("ids").shape == (0, 0)
    assert engine.encode_batch([]).offset_array().shape == (0, 0, 2)
    assert engine.encode_array("a b").dtype == "uint32"


def test_adding_tokens_makes_another_engine(engine: FallbackEngine) -> None:
    more, count = engine.with_added_tokens([("new", False, False, False, True, False)])
    assert (count, more.vocab_size(), engine.vocab_size()) == (1, 4, 3)
    assert more.encode("a new") == [1, 3]
    assert engine.encode("a new") == [1, 0]
    assert more.with_added_token_ids([]).encode("new") == [0]
    assert more.is_special(3) is False
    assert more.tokens_to_ids(["a", "?"]) == [1, None]


def test_copies_share_and_pickles_are_equal(engine: FallbackEngine) -> None:
    assert copy.deepcopy(engine) is engine
    assert pickle.loads(pickle.dumps(engine)).to_json() == engine.to_json()


def test_a_broken_file_is_a_format_error() -> None:
    with pytest.raises(FormatError, match=r"x.json: the tokenizers library cannot load"):
        FallbackEngine.from_json('{"model": 5}', path="x.json")


def test_what_the_core_refuses_runs_here_with_the_reason() -> None:
    made = tokenizers.Tokenizer(models.BPE({"a": 0, "aa": 1}, [("a", "a")]))
    # A back-reference has no automaton.
    made.pre_tokenizer = pre_tokenizers.Split(tokenizers.Regex(r"(a)\1"), "isolated")
    compiled = compile_json(made.to_str())
    assert isinstance(compiled.engine, FallbackEngine)
    assert compiled.reason
    tok = TokenizersBackend(tokenizer_object=made)
    assert (tok.engine, tok.engine_reason) == ("tokenizers", compiled.reason)
    assert tok.encode("aaa") == made.encode("aaa").ids


def test_the_methods_of_the_core_are_all_there() -> None:
    from lexel._lexel import Batch, DecodeStream, Engine
    from lexel.backends.fallback_batch import FallbackBatch, FallbackDecodeStream

    pairs: list[tuple[Any, Any]] = [
        (Engine, FallbackEngine),
        (Batch, FallbackBatch),
        (DecodeStream, FallbackDecodeStream),
    ]
    # The core's own: its tables, and what it proves of them.
    without = {"from_compiled", "to_compiled", "is_tiktoken_pattern", "unlike_ranks"}
    for core, twin in pairs:
        names = {name for name in vars(core) if not name.startswith("_")} - without
        assert names - set(dir(twin)) == set(), core.__name__
