"""The libraries that carry tokenizers about: datasets, process pools, thread pools, cloudpickle."""

from __future__ import annotations

import concurrent.futures
import copy
import importlib
import multiprocessing
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import absent
from tests.contract.workers import TEXTS, encode, used
from tests.unit.backends.python_tokenizers import WORDS

from lexel import PythonBackend, TokenizersBackend

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from tests.contract.subjects import Subject

# Newer Pythons warn of any fork of a process with threads; those of other libraries are not ours to end.
FORKS = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def library(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        absent(f"the library {name}")
        raise


@pytest.fixture
def lines(tmp_path: Path) -> Any:
    """A dataset that lies on a disk, as those do whose results are cached."""
    datasets = library("datasets")
    datasets.disable_progress_bars()
    (tmp_path / "lines.txt").write_text("\n".join(TEXTS), "utf-8")
    return datasets.Dataset.from_text(str(tmp_path / "lines.txt"), cache_dir=str(tmp_path / "cache"))


@FORKS
def test_a_dataset_is_mapped_once(lines: Any, tok: TokenizersBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    original = TokenizersBackend.__call__

    def counted(self: Any, text: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(len(text))
        return original(self, text, *args, **kwargs)

    monkeypatch.setattr(TokenizersBackend, "__call__", counted)
    first = lines.map(tok, batched=True, batch_size=16, input_columns="text")
    assert calls == [16, 16, 8]
    assert first["input_ids"][:] == tok(TEXTS)["input_ids"]
    calls.clear()
    used(tok)
    calls.clear()
    for again in (tok, copy.deepcopy(tok), pickle.loads(pickle.dumps(tok))):
        second = lines.map(again, batched=True, batch_size=16, input_columns="text")
        assert second._fingerprint == first._fingerprint
        assert second["input_ids"][:] == first["input_ids"][:]
    assert calls == [], "the results of the first time are read"
    changed = copy.deepcopy(tok)
    changed.add_tokens(["quick brown"])
    third = lines.map(changed, batched=True, batch_size=16, input_columns="text")
    assert sum(calls) == len(TEXTS)
    assert third["input_ids"][:] == changed(TEXTS)["input_ids"]


@FORKS
def test_a_dataset_is_mapped_by_processes(lines: Any, tok: TokenizersBackend) -> None:
    call = partial(tok, padding="max_length", truncation=True, max_length=9)
    made = lines.map(call, batched=True, input_columns="text", num_proc=2, remove_columns="text")
    assert made.column_names == ["input_ids", "attention_mask"]
    assert made.with_format("numpy")["input_ids"][:].tolist() == call(TEXTS)["input_ids"]


@FORKS
@pytest.mark.parametrize(
    "start", [name for name in ("fork", "spawn") if name in multiprocessing.get_all_start_methods()]
)
def test_processes_have_their_own(light_tok: Any, start: str) -> None:
    expected = [encode(light_tok, text) for text in TEXTS]
    with multiprocessing.get_context(start).Pool(2) as pool:
        assert pool.map(light_tok.encode, TEXTS) == expected
        assert pool.map(partial(encode, light_tok), TEXTS, chunksize=10) == expected


@pytest.fixture(params=["byte-level-core", "byte-level-library", "python-words", "BertTokenizer"])
def light_tok(request: pytest.FixtureRequest) -> Any:
    """One tokenizer of each backend."""
    from tests.contract.subjects import SUBJECTS

    return next(subject for subject in SUBJECTS if subject.name == request.param).tok


@FORKS
def test_executors_share_it(light_tok: Any) -> None:
    expected = [encode(light_tok, text) for text in TEXTS]
    with concurrent.futures.ThreadPoolExecutor(8) as threads:
        assert list(threads.map(light_tok.encode, TEXTS)) == expected
        batches = threads.map(partial(light_tok, padding=True), [TEXTS] * 8)
        assert all(batch == light_tok(TEXTS, padding=True) for batch in batches)
    with concurrent.futures.ProcessPoolExecutor(2) as processes:
        assert list(processes.map(partial(encode, light_tok), TEXTS, chunksize=20)) == expected


def test_cloudpickle_carries_it(subject: Subject) -> None:
    cloudpickle = library("cloudpickle")
    if subject.heavy:
        pytest.skip("pickled among the slow tests")
    tok = subject.tok
    twin = pickle.loads(cloudpickle.dumps(tok))
    assert twin(TEXTS[:3]) == tok(TEXTS[:3])
    assert twin.fingerprint() == tok.fingerprint()


def test_cloudpickle_carries_classes_of_a_notebook() -> None:
    cloudpickle = library("cloudpickle")

    class OfANotebook(PythonBackend):
        def __init__(self, **kwargs: Any) -> None:
            self.words = list(WORDS)
            super().__init__(unk_token="<unk>", **kwargs)

        @property
        def vocab_size(self) -> int:
            return len(self.words)

        def get_vocab(self) -> dict[str, int]:
            return {word: index for index, word in enumerate(self.words)} | self.get_added_vocab()

        def _tokenize(self, text: str, **kwargs: Any) -> list[str]:
            return text.split()

        def _convert_token_to_id(self, token: str) -> int:
            return self.words.index(token) if token in self.words else 0

        def _convert_id_to_token(self, index: int) -> str:
            return self.words[index]

    tok = OfANotebook()
    twin = pickle.loads(cloudpickle.dumps(tok))
    assert twin.encode("hello big world") == tok.encode("hello big world") == [7, 0, 8]


def test_use_leaves_no_trace(savable: Subject) -> None:
    tok = savable.fresh()
    if tok.pad_token is None:
        tok.add_special_tokens({"pad_token": "[PAD]"})
    settings = dict(vars(tok)["init_kwargs"])
    pickled, printed = pickle.dumps(tok), tok.fingerprint()
    used(tok)
    assert pickle.dumps(tok) == pickled
    assert tok.fingerprint() == printed == copy.deepcopy(tok).fingerprint() == pickle.loads(pickled).fingerprint()
    assert tok.init_kwargs == settings
    if isinstance(tok, TokenizersBackend):
        assert (tok.backend_tokenizer.truncation, tok.backend_tokenizer.padding) == stated(savable.tok)


def stated(tok: Any) -> tuple[Any, Any]:
    """Return the truncation and padding the pipeline itself states."""
    return tok.backend_tokenizer.truncation, tok.backend_tokenizer.padding
