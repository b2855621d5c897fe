from __future__ import annotations

import json
from typing import Any

import pytest
import tokenizers
from tokenizers import decoders, models, normalizers, pre_tokenizers

from lexel.backends import edits
from lexel.backends.engine import Compiled, compile_json
from lexel.backends.fallback import FallbackEngine


def pipeline() -> str:
    made = tokenizers.Tokenizer(models.BPE({"a": 0}, []))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.BertNormalizer(lowercase=True)])
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.ByteLevel(add_prefix_space=False), pre_tokenizers.Metaspace(prepend_scheme="first")]
    )
    made.decoder = decoders.Metaspace(prepend_scheme="first")
    return str(made.to_str())


def engines() -> list[Compiled]:
    text = pipeline()
    return [compile_json(text), Compiled(FallbackEngine.from_json(text), "asked for")]


@pytest.mark.parametrize("compiled", engines(), ids=["core", "library"])
def test_only_what_was_passed_changes(compiled: Compiled) -> None:
    assert edits.apply(compiled, {"padding_side": "left"}) is compiled
    same = edits.apply(compiled, {"do_lower_case": True})
    assert json.loads(same.engine.to_json()) == json.loads(pipeline())

    made: dict[str, Any] = json.loads(
        edits.apply(
            compiled, {"add_prefix_space": True, "do_lower_case": False, "strip_accents": True}
        ).engine.to_json()
    )
    assert made["normalizer"]["normalizers"][1]["lowercase"] is False
    assert made["normalizer"]["normalizers"][1]["strip_accents"] is True
    assert made["pre_tokenizer"]["pretokenizers"][0]["add_prefix_space"] is True
    assert made["pre_tokenizer"]["pretokenizers"][1]["prepend_scheme"] == "first"
    assert made["model"] == json.loads(pipeline())["model"]


def test_no_prefix_space() -> None:
    made = json.loads(edits.apply(engines()[0], {"add_prefix_space": False}).engine.to_json())
    assert made["pre_tokenizer"]["pretokenizers"][1]["prepend_scheme"] == "never"
    assert made["decoder"]["prepend_scheme"] == "never"
