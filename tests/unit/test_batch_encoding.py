from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
import tokenizers

from lexel import BatchEncoding, CharSpan, MissingDependencyError, TensorType
from lexel.batch_encoding import as_lists, framework_of


@pytest.fixture
def encodings() -> list[Any]:
    library = tokenizers.Tokenizer(tokenizers.models.WordLevel({"ab": 0, "cd": 1, "[UNK]": 2}, unk_token="[UNK]"))
    library.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    return library.encode_batch(["ab cd", "cd"])


def test_it_is_a_dictionary() -> None:
    made = BatchEncoding({"input_ids": [1, 2], "attention_mask": [1, 1]})
    assert made["input_ids"] == made.input_ids == [1, 2]
    assert (len(made), "input_ids" in made, list(made)) == (2, True, ["input_ids", "attention_mask"])
    assert made == {"input_ids": [1, 2], "attention_mask": [1, 1]}
    assert {**made} == made.data
    made["labels"] = [3]
    assert made.pop("labels") == [3]
    assert made.pop("labels", None) is None
    with pytest.raises(KeyError):
        made["nope"]
    with pytest.raises(AttributeError, match="'nope'"):
        _ = made.nope


def test_the_caller_s_dictionary_is_not_shared() -> None:
    data = {"input_ids": [1]}
    made = BatchEncoding(data)
    made["x"] = 1
    assert data == {"input_ids": [1]}
    assert BatchEncoding() == {}


def test_without_encodings_there_are_columns_and_slices() -> None:
    made = BatchEncoding({"input_ids": [[1], [2], [3]]})
    assert (made.is_fast, made.encodings, made.n_sequences) == (False, None, None)
    assert made[0:2] == {"input_ids": [[1], [2]]}
    with pytest.raises(KeyError, match="column name"):
        made[0]
    for method in ("tokens", "word_ids", "sequence_ids"):
        with pytest.raises(ValueError, match="not available when using Python based tokenizers"):
            getattr(made, method)()
    with pytest.raises(ValueError, match="char_to_token"):
        made.char_to_token(0)


def test_with_encodings_rows_align(encodings: list[Any]) -> None:
    made = BatchEncoding({"input_ids": [[0, 1], [1]]}, encodings)
    assert (made.is_fast, made.n_sequences) == (True, 1)
    assert made[0].ids == [0, 1]
    assert [row.ids for row in made[0:2]] == [[0, 1], [1]]
    assert made.token_to_chars(0, 1) == CharSpan(3, 5)
    assert BatchEncoding({}, encodings[1])[0].ids == [1]


def test_encodings_are_computed_when_asked_for_and_once(encodings: list[Any]) -> None:
    calls: list[int] = []

    def recall() -> list[Any]:
        calls.append(1)
        return encodings

    made = BatchEncoding.lazy({"input_ids": [[0, 1], [1]]}, recall, 1)
    assert made.is_fast
    assert len(copy.deepcopy(made)) == 1
    assert calls == []
    assert made.tokens() == ["ab", "cd"]
    assert made.tokens(1) == ["cd"]
    assert calls == [1]
    assert pickle.loads(pickle.dumps(made)).tokens(1) == ["cd"]


def test_lists_become_arrays() -> None:
    made = BatchEncoding({"input_ids": [[1, 2], [3, 4]], "x": np.ones(2)}, tensor_type="np")
    assert (made["input_ids"].dtype, made["input_ids"].shape) == (np.int64, (2, 2))
    assert BatchEncoding({"a": [1]}, tensor_type=TensorType.NUMPY, prepend_batch_axis=True)["a"].shape == (1, 1)
    assert BatchEncoding({"a": [[]]}, tensor_type="np")["a"].dtype == np.int64
    assert made.convert_to_tensors(None) is made


@pytest.mark.torch
def test_lists_become_tensors() -> None:
    torch = pytest.importorskip("torch")
    made = BatchEncoding({"a": [[1, 2]], "b": [np.array([1, 2])], "c": [[]], "d": torch.ones(2)}, tensor_type="pt")
    assert [made[key].dtype for key in "abcd"] == [torch.int64, torch.int64, torch.int64, torch.float32]
    assert made.to("cpu") is made
    assert made.to(torch.float16) is made, "a dtype is no device; ids stay numbers"
    assert made["a"].dtype == torch.int64
    mixed = BatchEncoding({"a": torch.ones(1), "b": [1]})
    assert mixed.to("cpu")["b"] == [1]


@pytest.mark.parametrize("kind", ["np", pytest.param("pt", marks=pytest.mark.torch)])
@pytest.mark.parametrize("value", [[[1], [1, 2]], [[1], [[1]]]])
def test_ragged_rows_name_their_column(kind: str, value: Any) -> None:
    if kind == "pt":
        pytest.importorskip("torch")
    with pytest.raises(ValueError, match=r"tensor of 'labels'.*padding=True"):
        BatchEncoding({"input_ids": [[1], [2]], "labels": value}, tensor_type=kind)
    with pytest.raises(ValueError, match="overflowing tokens of different lengths"):
        BatchEncoding({"overflowing_tokens": value}, tensor_type=kind)


def test_unknown_and_absent_frameworks(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"^tf is not a valid TensorType, please select one of \['pt', 'np', 'mlx'\]"):
        BatchEncoding({"a": [1]}, tensor_type="tf")
    monkeypatch.setattr("lexel.batch_encoding.find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'lexel\[torch\]'"):
        BatchEncoding({"a": [1]}, tensor_type="pt")


def test_frameworks_are_told_apart_without_importing_them() -> None:
    assert framework_of(np.ones(1)) is TensorType.NUMPY
    assert framework_of(np.int64(1)) is TensorType.NUMPY
    assert framework_of([1]) is None
    assert as_lists({"a": 1}) == {"a": 1}
    assert as_lists([np.array([1, 2]), [3]]) == [[1, 2], [3]]


def test_a_number_becomes_an_array_without_dimensions() -> None:
    made = BatchEncoding({"score": 1.5, "count": 3}, tensor_type="np")
    assert (made["score"].shape, made["score"].item(), made["count"].dtype) == ((), 1.5, np.int64)
