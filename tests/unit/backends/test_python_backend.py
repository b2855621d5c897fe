"""Tokenizers written in Python: what a subclass of few methods gets. Expectations are those of the reference."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.unit.backends.python_tokenizers import PlacedWordTokenizer, WordTokenizer

from lexel import AddedToken, PaddingStrategy, PreTrainedTokenizer, PythonBackend, UnsupportedError, VocabularyError


def test_the_former_name() -> None:
    assert PreTrainedTokenizer is PythonBackend


@pytest.mark.parametrize(
    ("pattern", "single", "pair"),
    [
        (None, [7], [7, 8]),
        ("none", [7], [7, 8]),
        ("cls_sep", [2, 7, 3], [2, 7, 3, 8, 3]),
        ("eos", [7, 13], [7, 13, 8, 13]),
        ("bos", [12, 7], [12, 7, 12, 8]),
        ("bos_eos", [12, 7, 13], [12, 7, 13, 8, 13]),
        ("cls_double_sep", [2, 7, 3], [2, 7, 3, 3, 8, 3]),
        ("prefix_suffix", [4, 5, 7, 6], [4, 5, 7, 8, 6]),
    ],
)
def test_patterns(pattern: str | None, single: list[int], pair: list[int]) -> None:
    tok = WordTokenizer(special_tokens_pattern=pattern, bos_token="<b>", eos_token="<e>")
    tok.prefix_tokens, tok.suffix_tokens = [4, 5], [6]
    assert tok("hello")["input_ids"] == single
    made = tok("hello", "world", return_special_tokens_mask=True)
    assert made["input_ids"] == pair
    assert [index for index, special in zip(pair, made["special_tokens_mask"], strict=True) if not special] == [7, 8]
    assert tok.num_special_tokens_to_add() == len(single) - 1
    assert tok.num_special_tokens_to_add(pair=True) == len(pair) - 2


def test_type_ids() -> None:
    tok = WordTokenizer(special_tokens_pattern="cls_sep")
    assert tok("hello", "a b")["token_type_ids"] == [0, 0, 0, 1, 1, 1]
    zeros = WordTokenizer(special_tokens_pattern="cls_sep", token_type_ids_pattern="all_zeros")
    assert zeros("hello", "a b")["token_type_ids"] == [0] * 6
    bare = WordTokenizer(token_type_ids_include_special_tokens=False)
    assert bare("hello", "a b")["token_type_ids"] == [0, 1, 1]


def test_a_missing_special_token_is_told() -> None:
    with pytest.raises(ValueError, match="'eos' pattern"):
        WordTokenizer(special_tokens_pattern="eos")("hello")


def test_inputs_of_every_kind() -> None:
    tok = WordTokenizer(special_tokens_pattern="cls_sep")
    assert tok([4, 5])["input_ids"] == [2, 4, 5, 3]
    assert tok(["a b", "c"])["input_ids"] == [[2, 4, 5, 3], [2, 6, 3]]
    assert tok([("a", "b"), ("c", "")])["input_ids"] == [[2, 4, 3, 5, 3], [2, 6, 3, 3]]
    assert tok(["a", "b"], is_split_into_words=True)["input_ids"] == [2, 4, 5, 3]
    assert tok([["a", "b"], ["c"]], is_split_into_words=True)["input_ids"] == [[2, 4, 5, 3], [2, 6, 3]]
    assert tok([])["input_ids"] == []
    for wrong, message in [
        (5, "found int"),
        (None, "You need to specify either"),
        ([("a", "b", "c")], "pair of sequences"),
    ]:
        with pytest.raises(ValueError, match=message):
            tok(wrong)
    with pytest.raises(ValueError, match="same length"):
        tok(["a"], ["b", "c"])


def test_added_tokens_take_their_neighbours_whitespace() -> None:
    tok = WordTokenizer()
    tok.add_tokens(
        [AddedToken("[L]", lstrip=True), AddedToken("[R]", rstrip=True), AddedToken("[W]", single_word=True)]
    )
    assert tok.tokenize("a [L] b [R]  c[W] [W] d") == ["a", "[L]", "b", "[R]", "c[W]", "[W]", "d"]
    assert tok.tokenize("a[L]b") == ["a", "[L]", "b"]
    # Whether it is a word of its own is asked of the text as it was.
    tok.add_tokens(AddedToken("[B]", lstrip=True, rstrip=True, single_word=True))
    assert tok.tokenize("a [B] b") == ["a", "[B]", "b"]
    assert tok.tokenize("a[B] b") == ["a[B]", "b"]


def test_adding_tokens() -> None:
    tok = WordTokenizer()
    assert tok.add_tokens(["new", "new", "", "a"]) == 1
    assert (len(tok), tok.convert_tokens_to_ids("new")) == (13, 12)
    assert tok.add_special_tokens({"additional_special_tokens": ["<x>"]}) == 1
    assert tok.extra_special_tokens == ["<x>"]
    assert tok.decode([12, 13, 7], skip_special_tokens=True) == "new hello"
    assert tok.tokenize("a<x>b", split_special_tokens=True) == ["a<x>b"]
    with pytest.raises(TypeError, match="AddedToken"):
        tok.add_tokens([5])  # type: ignore[list-item]
    tok.added_tokens_decoder = {20: "later"}
    assert tok.convert_ids_to_tokens(20) == "later"
    with pytest.raises(TypeError, match="int to str"):
        tok.added_tokens_decoder = {"20": "later"}  # type: ignore[dict-item]


def test_truncation_takes_from_the_longer_one_first() -> None:
    tok = WordTokenizer()
    a, b = [1, 2, 3, 4, 5], [6, 7]
    assert tok.truncate_sequences(a, b, 3) == ([1, 2], [6, 7], [])
    assert tok.truncate_sequences(a, b, 4) == ([1, 2], [6], [])
    assert tok.truncate_sequences([1, 2, 3], [4, 5, 6], 3) == ([1, 2], [4], [])
    assert tok.truncate_sequences(a, None, 2, stride=1) == ([1, 2, 3], None, [3, 4, 5])
    assert tok.truncate_sequences(a, b, 1, "only_second", 9) == (a, [6], [6, 7])
    assert tok.truncate_sequences(a, b, 9, "only_first") == ([], b, a)
    tok.truncation_side = "left"
    assert tok.truncate_sequences(a, None, 2, stride=1) == ([3, 4, 5], None, [1, 2, 3])


@pytest.mark.parametrize("side", ["left", "right"])
def test_an_empty_second_text_keeps_its_special_tokens(side: str) -> None:
    tok = WordTokenizer(special_tokens_pattern="cls_sep", truncation_side=side)
    cls, sep = tok.cls_token_id, tok.sep_token_id
    kept = tok.convert_tokens_to_ids(["c"] if side == "left" else ["a"])
    assert tok("a b c", "", truncation=True, max_length=4)["input_ids"] == [cls, *kept, sep, sep]


def test_overflow() -> None:
    tok = WordTokenizer(special_tokens_pattern="cls_sep")
    made = tok("a b c a", truncation=True, max_length=4, stride=1, return_overflowing_tokens=True, return_length=True)
    assert made["overflowing_tokens"] == [5, 6, 4]
    assert (made["num_truncated_tokens"], made["length"]) == (2, 4)
    batch = tok(["a b c a", "a"], truncation=True, max_length=4, padding=True, return_overflowing_tokens=True)
    assert batch["overflowing_tokens"] == [[6, 4], []]
    assert batch["attention_mask"] == [[1, 1, 1, 1], [1, 1, 1, 0]]
    with pytest.raises(ValueError, match="Not possible to return overflowing tokens for pair"):
        tok("a b c", "a b", truncation=True, max_length=4, return_overflowing_tokens=True)


def test_tensors() -> None:
    tok = WordTokenizer()
    made = tok(["a b", "c"], padding=True, return_tensors="np", padding_side="left")
    assert np.array_equal(made["input_ids"], [[4, 5], [1, 6]])
    assert tok("a b", return_tensors="np")["input_ids"].shape == (1, 2)
    with pytest.raises(ValueError, match="padding=True"):
        tok(["a b", "c"], return_tensors="np")


def test_offsets_where_the_class_knows_them() -> None:
    tok = PlacedWordTokenizer(special_tokens_pattern="cls_sep")
    tok.add_tokens(AddedToken("[Q]", rstrip=True))
    made = tok("hello [Q]  world", "a", return_offsets_mapping=True, padding="max_length", max_length=9)
    assert made["input_ids"] == [2, 7, 12, 8, 3, 4, 3, 1, 1]
    assert made["offset_mapping"] == [(0, 0), (0, 5), (6, 9), (11, 16), (0, 0), (0, 1), (0, 0), (0, 0), (0, 0)]
    cut = tok(["a b c", "a"], return_offsets_mapping=True, truncation=True, max_length=4)
    assert cut["offset_mapping"] == [[(0, 0), (0, 1), (2, 3), (0, 0)], [(0, 0), (0, 1), (0, 0)]]
    words = tok(["hello", "a"], is_split_into_words=True, return_offsets_mapping=True)
    assert words["offset_mapping"] == [(0, 0), (0, 5), (0, 1), (0, 0)]
    assert [part.text for part in tok.chunk("a b c hello", 2)] == ["a b ", "c hello"]
    assert tok.truncate_text("a b c", 2) == "a b "
    with pytest.raises(UnsupportedError, match="_tokenize_with_offsets"):
        WordTokenizer()("hello", return_offsets_mapping=True)


def test_encodings_are_only_with_the_core() -> None:
    tok = WordTokenizer()
    assert not tok.is_fast
    with pytest.raises(ValueError, match="Python based"):
        tok("hello").word_ids()


def test_saving_and_copies(tmp_path: Path) -> None:
    tok = WordTokenizer(special_tokens_pattern="cls_sep", model_max_length=42)
    tok.add_tokens([AddedToken("[Q]", lstrip=True), "bim"])
    tok.add_special_tokens({"extra_special_tokens": ["<x>"]})
    written = tok.save_pretrained(tmp_path)
    assert {path.rsplit("/", 1)[1] for path in written} == {"tokenizer_config.json", "words.json"}
    again = WordTokenizer.from_pretrained(tmp_path, special_tokens_pattern="cls_sep")
    text = "hello [Q] bim <x> world"
    for other in (again, pickle.loads(pickle.dumps(tok)), copy.deepcopy(tok)):
        assert other(text)["input_ids"] == tok(text)["input_ids"]
        assert other.added_tokens_decoder == tok.added_tokens_decoder
        assert other.extra_special_tokens == ["<x>"]
        assert other.model_max_length == 42


def test_what_a_subclass_forgets_is_named() -> None:
    class Empty(PythonBackend):
        def get_vocab(self) -> dict[str, int]:
            return {}

    tok: Any = Empty()
    with pytest.raises(NotImplementedError, match="Empty must implement _tokenize"):
        tok("hello")


def test_control_tokens_of_users_are_text_in_a_chat() -> None:
    tok = WordTokenizer(chat_template="{% for m in messages %}<cls> {{ m['content'] }} <sep>{% endfor %}")
    ids = tok.apply_chat_template([{"role": "user", "content": "hello"}], return_dict=False)
    assert ids == [2, 7, 3]


def test_ids_without_a_token_are_left_out() -> None:
    tok = WordTokenizer()
    assert tok.decode([4, 10**6, 5]) == "a b", "models with padded heads produce them"
    assert tok.decode(10**6) == ""
    with pytest.raises(VocabularyError, match="1000000"):
        tok.decode([4, 10**6], errors="strict")


def test_drawing_is_refused_with_the_reason() -> None:
    for option in ("dropout", "alpha", "nbest_size", "seed"):
        with pytest.raises(UnsupportedError, match=f"WordTokenizer tokenizes in Python: {option}= needs"):
            WordTokenizer()("hello", **{option: 1})
    assert WordTokenizer()("hello", dropout=None)["input_ids"] == [7]

    class Drawing(WordTokenizer):
        def prepare_for_tokenization(
            self, text: str, is_split_into_words: bool = False, **kwargs: Any
        ) -> tuple[str, dict[str, Any]]:
            return text * (kwargs.pop("seed", None) or 1), kwargs

    assert Drawing()("hello ", seed=2)["input_ids"] == [7, 7], "a class may have such an argument of its own"


def test_a_text_is_no_row_of_ids() -> None:
    tok = WordTokenizer(special_tokens_pattern="cls_sep")
    for texts in (("a b",), ([4], "a b")):
        with pytest.raises(TypeError, match="takes ids, not a str"):
            tok.prepare_for_model(*texts)


def test_added_tokens_are_listed_by_id() -> None:
    tok = WordTokenizer()
    tok.add_tokens(["zz", "b"])
    assert list(tok.added_tokens_encoder.items()) == sorted(tok.added_tokens_encoder.items(), key=lambda item: item[1])
    assert tok.added_tokens_encoder == tok.get_added_vocab()


class Utf8Tokenizer(WordTokenizer):
    """One token a byte; characters come from several."""

    def _tokenize(self, text: str, **kwargs: Any) -> list[str]:
        return [f"<{byte}>" for byte in text.encode()]

    def _convert_token_to_id(self, token: str) -> int:
        return 100 + int(token[1:-1]) if token[1:-1].isdigit() else super()._convert_token_to_id(token)

    def _convert_id_to_token(self, index: int) -> str | None:
        return f"<{index - 100}>" if index >= 100 else super()._convert_id_to_token(index)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        parts = [bytes([int(token[1:-1])]) if token[1:-1].isdigit() else token.encode() for token in tokens]
        return b"".join(parts).decode("utf-8", "replace")


@pytest.mark.parametrize("kind", [WordTokenizer, Utf8Tokenizer])
@pytest.mark.parametrize("skip", [False, True])
def test_a_stream_ends_where_decoding_does(kind: type[WordTokenizer], skip: bool) -> None:
    tok = kind(special_tokens_pattern="cls_sep")
    for text in ("", "hello", "hello world a b c " * 40, "naïve café 日本語 😀 " * 20, "a <sep> b"):
        ids = tok.encode(text)
        stream = tok.decode_stream(skip_special_tokens=skip)
        pieces = [stream.feed(index) for index in ids]
        fork = stream.fork()
        whole = "".join(pieces) + stream.flush()
        assert whole == tok.decode(ids, skip_special_tokens=skip)
        assert "".join(pieces) + fork.flush() == whole
        assert "".join((stream.feed(ids), stream.flush())) == whole, "a flushed stream starts anew"


def test_a_stream_holds_unfinished_characters_back() -> None:
    tok = Utf8Tokenizer()
    stream = tok.decode_stream()
    assert [stream.feed(index) for index in tok.encode("a😀")] == ["a", "", "", "", "😀"]
    stream.feed(tok.encode("😀")[:2])
    assert stream.flush() == "\ufffd"


def test_a_stream_does_not_read_everything_again() -> None:
    tok = Utf8Tokenizer()
    seen: list[int] = []
    convert = tok.convert_tokens_to_string
    tok.convert_tokens_to_string = lambda tokens: (seen.append(len(tokens)), convert(tokens))[1]  # type: ignore[method-assign]
    stream = tok.decode_stream()
    for index in tok.encode("some text, and more. " * 50):
        stream.feed(index)
    assert max(seen) < 50


def test_a_class_with_one_file_is_loaded_from_it(tmp_path: Path) -> None:
    class FileTokenizer(PythonBackend):
        vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "words.json"}

        def __init__(self, vocab_file: str, unk_token: str = "<unk>", **kwargs: Any) -> None:
            self.encoder = json.loads(Path(vocab_file).read_text("utf-8"))
            super().__init__(unk_token=unk_token, **kwargs)

        @property
        def vocab_size(self) -> int:
            return len(self.encoder)

        def get_vocab(self) -> dict[str, int]:
            return {**self.encoder, **self.get_added_vocab()}

        def _tokenize(self, text: str, **kwargs: Any) -> list[str]:
            return text.split()

        def _convert_token_to_id(self, token: str) -> int | None:
            return self.encoder.get(token, 0)

        def _convert_id_to_token(self, index: int) -> str | None:
            return next((word for word, at in self.encoder.items() if at == index), None)

    path = tmp_path / "any.json"
    path.write_text(json.dumps({"<unk>": 0, "hello": 1}))
    tok = FileTokenizer.from_pretrained(path, model_max_length=9)
    assert (tok.encode("hello you"), tok.model_max_length, tok.name_or_path) == ([1, 0], 9, str(path))
    tok.save_pretrained(tmp_path / "saved")
    assert sorted(path.name for path in (tmp_path / "saved").iterdir()) == ["tokenizer_config.json", "words.json"]
    assert FileTokenizer.from_pretrained(tmp_path / "saved").get_vocab() == tok.get_vocab()
    FileTokenizer.vocab_files_names = {"vocab_file": "words.json", "merges_file": "merges.txt"}
    with pytest.raises(NotImplementedError, match="does not read single files: it has 2 of them"):
        FileTokenizer.from_pretrained(path)


def test_special_tokens_alone_are_left_of_a_length_below_theirs() -> None:
    tok = WordTokenizer(special_tokens_pattern="cls_sep")
    assert tok("a b c", truncation=True, max_length=1)["input_ids"] == [2, 3], "as the reference; a pipeline refuses"


def test_texts_of_equal_length_give_way_as_in_the_reference() -> None:
    assert WordTokenizer()("a b c", "a b c", truncation=True, max_length=5)["token_type_ids"] == [0, 0, 0, 1, 1]


def test_splitting_special_tokens_splits_all_added_ones() -> None:
    tok = WordTokenizer(split_special_tokens=True)
    tok.add_tokens(["[plain]"])
    assert tok.tokenize("a [plain] <sep>b") == ["a", "[plain]", "<sep>b"]
    assert tok.tokenize("a[plain]b<sep>", split_special_tokens=False) == ["a", "[plain]", "b", "<sep>"]
    assert tok.tokenize("a[plain]b") == ["a[plain]b"]


def test_what_is_returned_is_a_copy() -> None:
    tok = WordTokenizer()
    tok.get_added_vocab()["new"] = 99
    tok.added_tokens_decoder[99] = AddedToken("new")
    assert "new" not in tok.get_added_vocab()
    assert 99 not in tok.added_tokens_decoder


def test_a_subclass_may_pad_rows_itself() -> None:
    class Marked(WordTokenizer):
        """Pads on the left, and counts positions from there."""

        def _pad(
            self,
            encoded_inputs: Any,
            max_length: int | None = None,
            padding_strategy: PaddingStrategy = PaddingStrategy.DO_NOT_PAD,
            pad_to_multiple_of: int | None = None,
            padding_side: str | None = None,
            return_attention_mask: bool | None = None,
        ) -> Any:
            row = super()._pad(
                encoded_inputs, max_length, padding_strategy, pad_to_multiple_of, "left", return_attention_mask
            )
            gap = len(row["input_ids"]) - sum(row["attention_mask"])
            return {**row, "position_ids": [max(place - gap, 0) for place in range(len(row["input_ids"]))]}

    tok = Marked()
    made = tok(["a b c", "a"], padding=True, return_tensors="np")
    assert made["input_ids"].tolist() == [[4, 5, 6], [1, 1, 4]]
    assert made["position_ids"].tolist() == [[0, 1, 2], [0, 0, 0]]
    assert made["attention_mask"].tolist() == [[1, 1, 1], [0, 0, 1]]
    assert tok.pad({"input_ids": [4]}, padding="max_length", max_length=2) == {
        "input_ids": [1, 4],
        "attention_mask": [0, 1],
        "position_ids": [0, 0],
    }
