from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lexel import AddedToken
from lexel.tokenizer.config import build_config, write_json
from lexel.tokenizer.special_tokens import SpecialTokens

if TYPE_CHECKING:
    from pathlib import Path


def built(init_kwargs: dict[str, Any], current: dict[str, Any] | None = None, compat: Any = "v4") -> dict[str, Any]:
    special = SpecialTokens()
    special.take({key: value for key, value in init_kwargs.items() if "token" in key})
    return build_config(init_kwargs, current or {}, special, file_keys=["vocab_file"], compat=compat)


def test_present_values_win_and_places_are_left_out() -> None:
    made = built(
        {
            "model_max_length": 5,
            "vocab_file": "/tmp/x",
            "name_or_path": "y",
            "add_bos_token": True,
            "tokenizer_object": object,
            "mine": {"a": [AddedToken("<a>")]},
        },
        {"model_max_length": 7},
    )
    assert made == {"model_max_length": 7, "mine": {"a": [AddedToken("<a>").to_config()]}}


def test_special_tokens_are_texts() -> None:
    tokens = {"eos_token": AddedToken("</s>", lstrip=True), "extra_special_tokens": ["<x>"], "image_token": "<i>"}
    assert built(tokens) == {
        "eos_token": "</s>",
        "image_token": "<i>",
        "extra_special_tokens": {"image_token": "<i>"},
        "additional_special_tokens": ["<x>"],
    }
    assert built(tokens, compat="v5") == {"eos_token": "</s>", "image_token": "<i>", "extra_special_tokens": ["<x>"]}


def test_nothing_is_shared_with_the_tokenizer() -> None:
    given = {"mine": [1]}
    built(given)["mine"].append(2)
    assert given == {"mine": [1]}


def test_json_is_written_as_the_field_does(tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", {"b": "é", "a": int(1e30)})
    assert (tmp_path / "x.json").read_text("utf-8") == ('{\n  "a": 1000000000000000019884624838656,\n  "b": "é"\n}\n')
    assert json.loads((tmp_path / "x.json").read_text("utf-8"))["a"] == int(1e30)
