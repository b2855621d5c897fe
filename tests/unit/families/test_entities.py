"""Texts with entities, as the reference has them; truncation as its rules say (it cannot do it itself)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lexel import AutoTokenizer, LukeTokenizer, MLukeTokenizer, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

VOCAB = {
    token: index for index, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", "a", "b", "Ġ", "Ġa", "Ġb"])
}
MERGES = [("Ġ", "a"), ("Ġ", "b")]
ENTITIES = {"[UNK]": 0, "[PAD]": 1, "[MASK]": 2, "[MASK2]": 3, "B": 4}
TEXT = "a b a"


def luke(**options: Any) -> LukeTokenizer:
    return LukeTokenizer(vocab=VOCAB, merges=MERGES, entity_vocab=ENTITIES, max_mention_length=3, **options)


def test_entities_have_ids_and_places(tmp_path: Path) -> None:
    tok = luke()
    made = tok(TEXT, entity_spans=[(2, 3), (0, 3)], entities=["B", "nobody"])
    assert made["input_ids"] == tok(TEXT)["input_ids"] == [0, 5, 9, 8, 2]
    assert made["entity_ids"] == [4, 0]
    assert made["entity_position_ids"] == [[2, -1, -1], [1, 2, -1]]
    assert made["entity_attention_mask"] == [1, 1]
    pair = tok(TEXT, "b", entity_spans=[(0, 1)], entity_spans_pair=[(0, 1)])
    assert (pair["entity_ids"], pair["entity_position_ids"]) == ([2, 2], [[1, -1, -1], [6, -1, -1]])
    tok.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert type(again) is LukeTokenizer
    assert again.entity_vocab == ENTITIES
    assert again(TEXT, entity_spans=[(2, 3)], entities=["B"])["entity_ids"] == [4]


def test_tasks_mark_what_they_ask_about() -> None:
    one = luke(task="entity_classification")
    made = one(TEXT, entity_spans=[(2, 3)])
    assert one.convert_ids_to_tokens(made["input_ids"]) == ["<s>", "a", "<ent>", "Ġb", "<ent>", "Ġa", "</s>"]
    assert made["entity_position_ids"] == [[2, 3, 4]]
    two = luke(task="entity_pair_classification")
    made = two(TEXT, entity_spans=[(4, 5), (0, 1)])
    tokens = two.convert_ids_to_tokens(made["input_ids"])
    assert tokens == ["<s>", "<ent2>", "a", "<ent2>", "Ġb", "<ent>", "Ġa", "<ent>", "</s>"]
    assert (made["entity_ids"], made["entity_position_ids"]) == ([2, 3], [[5, 6, 7], [1, 2, 3]])
    spans = luke(task="entity_span_classification")
    made = spans([TEXT, "a"], entity_spans=[[(0, 1), (2, 5)], [(0, 1)]], padding=True)
    assert made["entity_start_positions"] == [[1, 2], [1, 0]]
    assert made["entity_end_positions"] == [[1, 3], [1, 0]]
    assert made["entity_ids"] == [[2, 2], [2, 1]]
    assert made["entity_attention_mask"] == [[1, 1], [1, 0]]


def test_entities_that_are_cut_off_go() -> None:
    made = luke()(TEXT, entity_spans=[(0, 1), (4, 5)], truncation=True, max_length=4)
    assert (made["input_ids"], made["entity_position_ids"]) == ([0, 5, 9, 2], [[1, -1, -1]])
    made = luke()(TEXT, entity_spans=[(0, 1), (2, 3)], truncation=True, max_length=9, max_entity_length=1)
    assert made["entity_ids"] == [2]


@pytest.mark.parametrize(
    ("options", "arguments", "message"),
    [
        ({}, {"entity_spans": [[0, 1]]}, "list of tuples"),
        ({}, {"entity_spans": [(0, 1)], "entities": "B"}, "list of names"),
        ({}, {"entity_spans": [(2, 9)]}, "not in the text, which has 5 characters"),
        ({}, {"entity_spans": [(0, 1)], "entities": ["B", "B"]}, "same length"),
        ({"task": "entity_classification"}, {"entity_spans": [(0, 1), (2, 3)]}, "is about 1 entities"),
        ({"task": "entity_span_classification"}, {}, "needs entity_spans"),
    ],
)
def test_what_are_no_entities(options: dict[str, Any], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        luke(**options)(TEXT, **arguments)


def test_what_is_refused() -> None:
    with pytest.raises(TypeError, match="given as a list"):
        luke()(TEXT, entity_spans="x")
    with pytest.raises(UnsupportedError, match="return_offsets_mapping"):
        luke()(TEXT, entity_spans=[(0, 1)], return_offsets_mapping=True)
    with pytest.raises(ValueError, match="task 'x' is none of"):
        luke(task="x")
    with pytest.raises(ValueError, match="entity_mask2_token"):
        LukeTokenizer(entity_vocab={"[UNK]": 0, "[PAD]": 1, "[MASK]": 2})


# --- the multilingual one ---------------------------------------------------------------------------------------------

PIECES = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁the", -1.0), ("▁", -2.0), ("▁fox", -2.5)]


def test_entities_in_a_model_of_pieces() -> None:
    tok = MLukeTokenizer(vocab=[*PIECES, ("<mask>", 0.0)], max_mention_length=3)
    made = tok("the fox", entity_spans=[(4, 7)], return_token_type_ids=True)
    assert made["input_ids"] == [0, 4, 6, 2]
    assert made["entity_ids"] == [tok.entity_mask_token_id] == [2]
    assert made["entity_position_ids"] == [[2, -1, -1]]
    # What the model does not know: its own id for it in calls without entities, the unknown token's in those with.
    assert tok("fez")["input_ids"] == [0, 5, 0, 2]
    assert tok("fez", entity_spans=[(0, 3)])["input_ids"] == [0, 5, 3, 2]
    assert tok.vocab_size == len(PIECES) + 3


def test_its_marks_have_the_visible_space_once(tmp_path: Path) -> None:
    tok = MLukeTokenizer(vocab=PIECES, entity_1_token="X", entity_vocab=ENTITIES, task="entity_classification")
    assert [tok.entity_1_token, tok.entity_2_token] == ["▁X", "▁<ent2>"]
    before = tok("the fox", entity_spans=[(4, 7)])
    assert before["input_ids"] == [0, 4, tok.entity_1_token_id, 6, tok.entity_1_token_id, 2]
    tok.save_pretrained(tmp_path)
    again = MLukeTokenizer.from_pretrained(tmp_path)
    assert [again.entity_1_token, again.entity_2_token, len(again)] == ["▁X", "▁<ent2>", len(tok)]
    assert again.entity_vocab == ENTITIES
    assert again("the fox", entity_spans=[(4, 7)]) == before
