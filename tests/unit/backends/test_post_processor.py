from __future__ import annotations

import json
from typing import Any

import pytest
from tokenizers import processors

from lexel.backends.post_processor import with_ends, writes_any_ends, writes_ends

BOS, EOS, NEW = ("<s>", 1), ("</s>", 2), ("<new>", 9)
KNOWN = ["<s>", "</s>"]


def template(single: str, pair: str) -> str:
    tokens = sorted({word.split(":")[0] for word in (single + " " + pair).split() if not word.startswith("$")})
    made = processors.TemplateProcessing(
        single=single, pair=pair, special_tokens=[(token, index) for index, token in enumerate(tokens)]
    )
    return str(made.__getstate__().decode())


def shown(stage: str) -> tuple[str, str]:
    """Return the template inside a post-processor as it is written for humans."""
    content = json.loads(stage)
    if content["type"] == "Sequence":
        content = next(part for part in content["processors"] if part["type"] == "TemplateProcessing")

    def word(piece: dict[str, Any]) -> str:
        (kind, value), *_ = piece.items()
        name = f"${value['id']}" if kind == "Sequence" else value["id"]
        return f"{name}:{value['type_id']}" if value["type_id"] else name

    used = {
        piece["SpecialToken"]["id"] for key in ("single", "pair") for piece in content[key] if "SpecialToken" in piece
    }
    assert used == set(content["special_tokens"])
    return " ".join(map(word, content["single"])), " ".join(map(word, content["pair"]))


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (None, (False, False)),
        (template("$A", "$A $B"), (False, False)),
        (template("<s> $A", "<s> $A $B"), (True, False)),
        (template("[CLS] <s> $A </s> [SEP]", "$A $B"), (True, True)),
        (template("</s> $A <s>", "$A $B"), (False, False)),
        (
            json.dumps({"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}),
            (False, False),
        ),
        (processors.RobertaProcessing(("</s>", 2), ("<s>", 1)).__getstate__().decode(), (True, True)),
    ],
)
def test_what_a_post_processor_writes(stage: str | None, expected: tuple[bool, bool]) -> None:
    assert writes_ends(stage, "<s>", "</s>") == expected


def test_without_a_token_nothing_is_written() -> None:
    assert writes_ends(template("<s> $A", "$A $B"), None, None) == (False, False)
    assert writes_any_ends(template("<s> $A", "$A $B")) == (True, False)
    assert writes_any_ends(None) == (False, False)


@pytest.mark.parametrize(
    ("stage", "bos", "eos", "expected"),
    [
        (None, True, None, ("<s> $A", "<s> $A <s>:1 $B:1")),
        (None, True, True, ("<s> $A </s>", "<s> $A </s> <s>:1 $B:1 </s>:1")),
        (template("<s> $A", "<s> $A $B"), False, None, ("$A", "$A $B")),
        (
            template("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1"),
            True,
            None,
            ("[CLS] <s> $A [SEP]", "[CLS] <s> $A [SEP] <s>:1 $B:1 [SEP]:1"),
        ),
        (template("<s> $A </s>", "<s> $A </s> $B </s>"), None, False, ("<s> $A", "<s> $A $B")),
        (template("<s> $A", "<s> $A $B"), True, None, ("<s> $A", "<s> $A $B")),
        (
            template("<s> $A </s>", "<s> $A </s> </s> $B </s>"),
            True,
            True,
            ("<s> $A </s>", "<s> $A </s> </s> $B </s>"),
        ),
    ],
)
def test_ends_are_edits_of_the_template(stage: str | None, bos: Any, eos: Any, expected: tuple[str, str]) -> None:
    known = [*KNOWN, "[CLS]", "[SEP]"]
    made = with_ends(stage, None if bos is None else (BOS, bos), None if eos is None else (EOS, eos), known)
    assert shown(made) == expected


def test_a_token_of_before_is_replaced() -> None:
    made = with_ends(template("<s> $A", "<s> $A <s> $B"), (NEW, True), None, ["<new>"])
    assert shown(made) == ("<new> $A", "<new> $A <new> $B")
    assert json.loads(made)["special_tokens"]["<new>"]["ids"] == [9]


def test_other_stages_are_kept() -> None:
    byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}
    made = json.loads(with_ends(json.dumps(byte_level), (BOS, True), None, KNOWN))
    assert made["processors"][0] == byte_level
    assert shown(json.dumps(made)) == ("<s> $A", "<s> $A <s>:1 $B:1")


def test_the_old_fixed_processors_become_the_equal_template() -> None:
    roberta = processors.RobertaProcessing(("</s>", 2), ("<s>", 1), trim_offsets=True, add_prefix_space=False)
    made = with_ends(roberta.__getstate__().decode(), (NEW, True), None, [*KNOWN, "<new>"])
    assert shown(made) == ("<s> <new> $A </s>", "<s> <new> $A </s> </s> <new> $B </s>")
    assert json.loads(made)["processors"][0]["add_prefix_space"] is False
    bert = processors.BertProcessing(("</s>", 2), ("<s>", 1))
    made = with_ends(bert.__getstate__().decode(), (BOS, False), None, KNOWN)
    assert shown(made) == ("$A </s>", "$A </s> $B:1 </s>:1")


def test_one_token_may_be_both_ends() -> None:
    known, both = ["<s>"], ("<s>", 1)
    stage = with_ends(None, (both, True), None, known)
    assert shown(stage) == ("<s> $A", "<s> $A <s>:1 $B:1")
    stage = with_ends(stage, None, (both, True), known)
    assert shown(stage) == ("<s> $A <s>", "<s> $A <s> <s>:1 $B:1 <s>:1")
    assert writes_ends(stage, "<s>", "<s>") == (True, True)
    assert shown(with_ends(stage, (both, False), None, known)) == ("$A <s>", "$A <s> $B:1 <s>:1")
    assert shown(with_ends(stage, None, (both, False), known)) == ("<s> $A", "<s> $A <s>:1 $B:1")
