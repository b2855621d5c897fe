"""Words with the boxes they stand in, as the reference has them."""

from __future__ import annotations

from typing import Any

import pytest

from lexel import LayoutLMv2Tokenizer, LayoutLMv3Tokenizer, LayoutXLMTokenizer, UdopTokenizer

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "total", "is", "what", "##s", "9"]
PAGE = ["totals", "9"]
BOXES = [[1, 2, 3, 4], [5, 6, 7, 8]]
CLS, SEP, PAD = [0] * 4, [1000] * 4, [0] * 4


@pytest.fixture
def tok() -> LayoutLMv2Tokenizer:
    return LayoutLMv2Tokenizer(vocab=WORDS)


def test_every_piece_has_the_box_of_its_word(tok: LayoutLMv2Tokenizer) -> None:
    made = tok(PAGE, boxes=BOXES, word_labels=[7, 8])
    assert made["input_ids"] == tok.encode(PAGE, boxes=BOXES) == [2, 5, 8, 9, 3]
    assert made["bbox"] == [CLS, BOXES[0], BOXES[0], BOXES[1], SEP]
    assert made["labels"] == [-100, 7, -100, 8, -100]
    assert "offset_mapping" not in made
    tok.only_label_first_subword = False
    assert tok(PAGE, boxes=BOXES, word_labels=[7, 8])["labels"] == [-100, 7, 7, 8, -100]


def test_questions_and_batches(tok: LayoutLMv2Tokenizer) -> None:
    made = tok("what is", PAGE, boxes=BOXES)
    assert made["input_ids"] == [2, 7, 6, 3, 5, 8, 9, 3]
    assert made["bbox"] == [CLS, PAD, PAD, SEP, BOXES[0], BOXES[0], BOXES[1], SEP]
    assert tok("what is", ["9"], boxes=BOXES[:1], word_labels=[7])["labels"] == [-100, 7, -100, -100, 7, -100]
    many = tok(["what", "is"], [PAGE, ["9"]], boxes=[BOXES, BOXES[:1]], padding=True, return_tensors="np")
    assert many["bbox"].shape == (2, 7, 4)
    assert many["bbox"][1].tolist() == [CLS, PAD, SEP, BOXES[0], SEP, PAD, PAD]
    pairs = tok.batch_encode_plus([("what", PAGE)], is_pair=True, boxes=[BOXES])
    assert pairs["input_ids"] == [[2, 7, 3, 5, 8, 9, 3]]
    cut = tok(PAGE, boxes=BOXES, truncation=True, max_length=4, stride=1, return_overflowing_tokens=True)
    assert cut["bbox"] == [[CLS, BOXES[0], BOXES[0], SEP], [CLS, BOXES[0], BOXES[1], SEP]]


def test_rows_are_padded_later(tok: LayoutLMv2Tokenizer) -> None:
    rows = [tok(PAGE, boxes=BOXES, word_labels=[1, 2]), tok(["9"], boxes=BOXES[:1], word_labels=[3])]
    padded = tok.pad(rows)
    assert padded["bbox"][1] == [CLS, BOXES[0], SEP, PAD, PAD]
    assert padded["labels"][1] == [-100, 3, -100, -100, -100]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"text": "total"}, "Words must be"),
        ({"text": PAGE}, "bounding boxes"),
        ({"text": PAGE, "boxes": BOXES[:1]}, "as many words as"),
        ({"text": [PAGE], "boxes": [BOXES, BOXES]}, "equal amount of examples"),
        ({"text": "what", "text_pair": "total", "boxes": BOXES}, "Words must be"),
        ({"text": "what", "text_pair": [], "boxes": []}, "no words"),
        ({"text": ["a", "b"], "text_pair": [PAGE], "boxes": [BOXES]}, "2 questions for 1 pages"),
    ],
)
def test_what_is_no_page(tok: LayoutLMv2Tokenizer, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tok(**arguments)


def test_labels_of_a_byte_level_vocabulary() -> None:
    tok = LayoutLMv3Tokenizer(vocab={"<s>": 0, "</s>": 1, "Ġ": 2, "a": 3, "b": 4}, merges=[])
    made = tok(["ab", "b"], boxes=BOXES, word_labels=[1, 2])
    assert tok.convert_ids_to_tokens(made["input_ids"]) == ["<s>", "Ġ", "a", "b", "Ġ", "b", "</s>"]
    assert made["labels"] == [-100, 1, -100, -100, 2, -100, -100]


def test_udop_answers_in_texts() -> None:
    tok = UdopTokenizer(vocab=[("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -2.0), ("▁a", -1.0), ("b", -1.0)])
    made = tok(["a", "b"], boxes=BOXES, text_target="a")
    assert made["input_ids"] == tok.encode_boxes(["a", "b"], boxes=BOXES) == [4, 3, 5, 1]
    assert made["labels"] == tok.encode("a") == tok(text_target="a")["input_ids"] == [4, 1]
    assert made["bbox"] == [BOXES[0], BOXES[1], BOXES[1], SEP]
    assert tok.tokenize("a b") == ["▁a", "▁", "b"]
    assert tok(["b"], boxes=BOXES[:1], word_labels=[5])["labels"] == [5, -100, -100]
    with pytest.raises(ValueError, match="either `text` or `text_target`"):
        tok()


def test_layoutxlm() -> None:
    tok = LayoutXLMTokenizer()
    assert tok(["a"], boxes=BOXES[:1])["bbox"] == [CLS, BOXES[0], SEP]


def test_a_sentencepiece_file_gets_the_order_of_fairseq() -> None:
    pieces = [("<unk>", 0.0), ("<s>", 0.0), ("</s>", 0.0), ("▁a", -1.0)]
    made = LayoutXLMTokenizer.convert_from_spm(vocab=pieces)["vocab"]
    assert [piece for piece, _ in made] == ["<s>", "<pad>", "</s>", "<unk>", "▁a", "<mask>"]
