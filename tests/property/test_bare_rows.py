"""Rows without spans keep their ids alone; every column that is made of them is that of rows with spans."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from lexel._lexel import Batch, Engine

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20260723
TRIALS = 40
# Nothing around the ids, tokens around them, type ids that differ, left padding in the file, a template of a pipeline.
FOLDERS = ("gpt2", "llama-3", "llama-2", "bert-base-uncased", "roberta-base", "t5", "xlnet-base-cased", "clip-vit")
FIELDS: tuple[Any, ...] = ("ids", "type_ids", "attention_mask", "special_tokens_mask")


def options(chance: random.Random) -> dict[str, Any]:
    """Draw the options of a call, mistaken ones among them."""
    drawn: dict[str, Any] = {"add_special_tokens": chance.random() < 0.6, "num_threads": chance.choice([1, 2])}
    drawn["windows"] = chance.random() < 0.3
    if chance.random() < 0.6:
        length, stride = chance.choice([0, 1, 2, 3, 5, 17, 40]), chance.choice([0, 0, 0, 1, 3])
        strategy = chance.choice(["longest_first", "only_first", "only_second"])
        drawn["truncation"] = (length, strategy, stride, chance.choice(["left", "right"]))
    if chance.random() < 0.6:
        length, multiple = chance.choice([None, None, 3, 16]), chance.choice([None, 8, 0])
        drawn["padding"] = (length, chance.choice([0, 7]), chance.choice([0, 3]), "P", chance.choice(["left", "right"]))
        drawn["padding"] += (multiple,)
    return drawn


def columns(batch: Batch) -> dict[str, Any]:
    """Return all that can be read of a batch but spans."""
    read: dict[str, Any] = {str(field): batch.lists(field) for field in FIELDS}
    read |= {"lengths": batch.lengths(), "rectangular": batch.rectangular(), "sources": batch.sample_mapping()}
    for field in FIELDS:
        try:
            array = batch.array(field)
            read[f"{field} array"] = (array.shape, array.tolist())
        except ValueError as error:
            read[f"{field} array"] = str(error)
    rows = [batch.row(index) for index in range(len(batch))]
    for name in (*FIELDS, "tokens", "n_sequences", "sequence_ids"):
        read[f"rows' {name}"] = [getattr(row, name) for row in rows]
    read["windows"] = batch.windows().lists("ids")
    return read


@pytest.mark.parametrize("folder", FOLDERS)
def test_rows_without_spans_have_the_columns_of_rows_with_spans(shared_data: Path, folder: str) -> None:
    print(f"seed {SEED} {folder}")
    chance = random.Random(f"{SEED} {folder}")
    engine = Engine.from_json((shared_data / "tokenizers" / folder / "tokenizer.json").read_text("utf-8"))
    lines = (shared_data / "inputs.jsonl").read_text("utf-8").splitlines()
    inputs = [json.loads(line)["text"] for line in lines]
    for _ in range(TRIALS):
        texts = [chance.choice(inputs)[: chance.choice([5, 60, 400])] for _ in range(chance.choice([0, 1, 3, 9]))]
        drawn = options(chance)
        found = []
        for offsets in (False, True):
            try:
                found.append(columns(engine.encode_batch(texts, offsets=offsets, **drawn)))
            except ValueError as error:
                found.append({"error": str(error)})
        if engine.model_info().find("Unigram") >= 0:
            # The text of unknown tokens is known with spans only.
            found = [{name: read for name, read in one.items() if name != "rows' tokens"} for one in found]
        assert found[0] == found[1], drawn
