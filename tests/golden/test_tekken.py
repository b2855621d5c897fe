"""The tekken file of the shared data gives what Mistral's library gave: ids, pieces and decoded texts."""

from __future__ import annotations

import json
from typing import Any

from tests.golden.golden_files import inputs

from lexel import Tokenizer

COLUMNS = ("ids", "ids_bos_eos", "tokens", "decoded", "decoded_eq_text")


def test_ids_pieces_and_texts_are_the_originals(shared_data: Any) -> None:
    folder = shared_data / "tokenizers" / "tekken-240911"
    tokenizer = Tokenizer.from_file(folder / "tekken.json")
    ends = (tokenizer.bos_token_id, tokenizer.eos_token_id)
    assert (tokenizer.engine, len(tokenizer), ends) == ("native", 131072, (1, 2))
    wrong, compared = [], 0
    for line in (folder / "golden.mistral_common.jsonl").read_text(encoding="utf-8").splitlines():
        case = inputs()[json.loads(line)["id"]] | json.loads(line)
        ids = tokenizer(case["text"])["input_ids"]
        decoded = tokenizer.decode(ids)
        actual = {
            "ids": ids,
            "ids_bos_eos": [ends[0], *ids, ends[1]],
            "tokens": [tokenizer.decode([index]) for index in ids],
            "decoded": decoded,
            "decoded_eq_text": decoded == case["text"],
        }
        compared += 1
        wrong += [(case["id"], name) for name in COLUMNS if name in case and actual[name] != case[name]]
    assert compared > 100
    assert not wrong
