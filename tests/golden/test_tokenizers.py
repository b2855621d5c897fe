"""Every `tokenizer.json` of the shared data gives what its original gave, column by column.

The files are found, not listed: all that the engine compiles, with the truncation and padding each file states. What
it refuses is tested in `test_python_surface.py`.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.golden.golden_files import Case, differs, folder_of, inputs, native, read

from lexel._lexel import Engine

if TYPE_CHECKING:
    from lexel._lexel import Encoding, Padding, Truncation

GOLDEN = "tokenizers"
NATIVE = ("gpt2", "llama-3", "qwen2.5", "deepseek-v3", "olmo2", "phi-3", "llama-2", "mistral-v1", "smollm2")
STRATEGIES = {"LongestFirst": "longest_first", "OnlyFirst": "only_first", "OnlySecond": "only_second"}


@lru_cache(maxsize=1)
def engine_of(family: str) -> Engine:
    path = folder_of(family) / "tokenizer.json"
    return Engine.from_json(path.read_bytes(), path=str(path))


def stated_limits(engine: Engine) -> tuple[Truncation | None, Padding | None]:
    """Return the truncation and the padding that the file states, as a call takes them."""
    cut, fill = (json.loads(engine.component(name) or "null") for name in ("truncation", "padding"))
    truncation = cut and (cut["max_length"], STRATEGIES[cut["strategy"]], cut["stride"], cut["direction"].lower())
    padding = fill and (
        fill["strategy"]["Fixed"] if isinstance(fill["strategy"], dict) else None,
        fill["pad_id"],
        fill["pad_type_id"],
        fill["pad_token"],
        fill["direction"].lower(),
        fill["pad_to_multiple_of"],
    )
    return cast("Truncation | None", truncation), cast("Padding | None", padding)


def encode(engine: Engine, case: Case, *, special: bool) -> Encoding:
    paired = "text_pair" in case
    row = (case["text"], case["text_pair"]) if paired else case["text"]
    truncation, padding = stated_limits(engine)
    options = {"pairs": paired, "add_special_tokens": special, "truncation": truncation, "padding": padding}
    return engine.encode_batch([row], **options).row(0)


def described(engine: Engine, case: Case) -> Case:
    """Return what the engine says about an input, under the names of the golden file."""
    plain, special = encode(engine, case, special=False), encode(engine, case, special=True)
    decoded, skipped = engine.decode(plain.ids), engine.decode(special.ids, skip_special_tokens=True)
    return {
        "ids": plain.ids,
        "tokens": plain.tokens,
        "offsets": [list(span) for span in plain.offsets],
        "word_ids": plain.word_ids,
        "ids_special": special.ids,
        "type_ids_special": special.type_ids,
        "tokens_special": special.tokens,
        "offsets_special": [list(span) for span in special.offsets],
        "sequence_ids_special": special.sequence_ids,
        "special_tokens_mask": special.special_tokens_mask,
        "decoded": decoded,
        "decoded_eq_text": decoded == case["text"],
        "decoded_skip": skipped,
        "decoded_skip_eq_text": skipped == case["text"],
    }


def test_the_shared_data_has_golden_files(shared_data: Any) -> None:
    assert set(NATIVE) <= set(native(GOLDEN))


@pytest.mark.parametrize("family", native(GOLDEN))
def test_columns(family: str) -> None:
    engine = engine_of(family)
    wrong = []
    for case in read(family, GOLDEN):
        actual = described(engine, case)
        for name, expected in case.items():
            if name not in ("id", "text", "text_pair") and differs(family, name, actual[name], expected):
                wrong.append(
                    f"{case['id']} {case['text']!r:.80} {name}: {actual[name]!r:.300}, expected {expected!r:.300}"
                )
    assert wrong == []


@pytest.mark.parametrize("family", native(GOLDEN))
def test_ids_alone_and_the_stream(family: str) -> None:
    """The ways that compute no spans, and decoding step by step."""
    engine = engine_of(family)
    for case in read(family, GOLDEN):
        if "text_pair" in case:
            continue
        row = engine.encode_batch([case["text"]]).row(0)
        assert engine.encode(case["text"]) == row.ids, case["id"]
        assert engine.count(case["text"], add_special_tokens=True) == len(row.ids), case["id"]
        stream = engine.decode_stream()
        assert "".join(map(stream.feed, row.ids)) + stream.flush() == engine.decode(row.ids), case["id"]


@pytest.mark.parametrize("family", native(GOLDEN))
def test_a_batch_is_its_rows(family: str) -> None:
    engine = engine_of(family)
    texts = [case["text"] for case in inputs().values() if "text_pair" not in case]
    expected = [engine.encode(text) for text in texts]
    for threads in (1, 3):
        assert engine.encode_batch(texts, num_threads=threads).lists("ids") == expected
    assert engine.decode_batch(expected) == [engine.decode(ids) for ids in expected]
