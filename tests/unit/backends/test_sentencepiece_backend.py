"""SentencePiece models by the library of that name; expected tokens are the reference's class's, measured."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lexel import AutoTokenizer, FormatError, LoadError, PythonBackend, SentencePieceBackend

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("sentencepiece")

SPECIAL = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}


class Sentences(SentencePieceBackend):
    """A class as models have them: the end after every text."""

    vocab_files_names = {"vocab_file": "sentences.model"}  # noqa: RUF012

    def __init__(self, vocab_file: Any, eos_token: str = "</s>", unk_token: str = "<unk>", **kwargs: Any) -> None:
        super().__init__(
            vocab_file=vocab_file, eos_token=eos_token, unk_token=unk_token, special_tokens_pattern="eos", **kwargs
        )


@pytest.fixture
def path(shared_data: Path) -> Path:
    return shared_data / "tokenizers" / "sentencepiece-test" / "test_model.model"


def test_it_is_a_python_backend(path: Path) -> None:
    tok = SentencePieceBackend(vocab_file=str(path), **SPECIAL)
    assert isinstance(tok, PythonBackend)
    assert (tok.backend, tok.is_fast, tok.vocab_size, len(tok)) == ("sentencepiece", False, 1000, 1000)
    assert tok.get_vocab()["<unk>"] == tok.unk_token_id == 0
    assert list(tok.get_vocab().values()) == list(range(1000))


@pytest.mark.parametrize(
    ("legacy", "text", "tokens"),
    [
        (True, "Hello world", ["▁He", "ll", "o", "▁world"]),
        (True, " Hello", ["▁He", "ll", "o"]),
        (True, "<s>Hello", ["<s>", "▁He", "ll", "o"]),
        (False, "Hello world", ["H", "e", "ll", "o", "▁world"]),
        (False, " Hello", ["▁He", "ll", "o"]),
        (False, "▁Hello", ["▁He", "ll", "o"]),
        (False, "<s>Hello", ["<s>", "H", "e", "ll", "o"]),
        (False, "", []),
    ],
)
def test_tokens(path: Path, legacy: bool, text: str, tokens: list[str]) -> None:
    tok = SentencePieceBackend(vocab_file=path, legacy=legacy, **SPECIAL)
    assert tok.tokenize(text) == tokens
    ids = tok.convert_tokens_to_ids(tokens)
    assert tok.encode(text, add_special_tokens=False) == ids
    assert tok.decode(ids) == text.replace("▁", " ").strip() or "<s>" in text


def test_added_tokens_that_are_pieces_keep_their_ids(path: Path) -> None:
    tok = SentencePieceBackend(vocab_file=path, **SPECIAL)
    index = tok.convert_tokens_to_ids("▁world")
    assert tok.add_tokens(["▁world", "[NEW]", ""]) == 1
    assert tok.convert_tokens_to_ids(["▁world", "[NEW]"]) == [index, 1000]
    assert tok.convert_ids_to_tokens([1000, 1001, 0]) == ["[NEW]", None, "<unk>"]


@pytest.mark.parametrize("legacy", [True, False])
def test_copies_and_folders_keep_everything(path: Path, tmp_path: Path, legacy: bool) -> None:
    tok = Sentences(path, legacy=legacy)
    tok.add_tokens(["[NEW]"])
    expected = tok("Hello [NEW] world")
    assert expected["input_ids"][-1] == tok.eos_token_id
    written = tok.save_pretrained(tmp_path)
    assert (tmp_path / "sentences.model").read_bytes() == path.read_bytes()
    assert str(tmp_path / "sentences.model") in written
    for twin in (copy.deepcopy(tok), pickle.loads(pickle.dumps(tok)), Sentences.from_pretrained(tmp_path)):
        assert twin("Hello [NEW] world") == expected
        assert twin.legacy is legacy
    assert tok.fingerprint() == pickle.loads(pickle.dumps(tok)).fingerprint()


def test_auto_finds_it(path: Path, tmp_path: Path) -> None:
    tok = SentencePieceBackend(vocab_file=path, **SPECIAL)
    tok.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert type(again) is SentencePieceBackend
    assert again("Hello world") == tok("Hello world")


def test_sampling_survives_copies(path: Path) -> None:
    settings = {"enable_sampling": True, "nbest_size": -1, "alpha": 0.1}
    tok = SentencePieceBackend(vocab_file=path, sp_model_kwargs=settings, **SPECIAL)
    for twin in (tok, copy.deepcopy(tok), pickle.loads(pickle.dumps(tok))):
        drawn = {tuple(twin.tokenize("This is a test of sampling.")) for _ in range(30)}
        assert len(drawn) > 1
    assert tok.init_kwargs["sp_model_kwargs"] == settings


def test_texts_with_half_characters(path: Path) -> None:
    tok = SentencePieceBackend(vocab_file=path, **SPECIAL)
    assert tok.encode("a\ud800b") == tok.encode("a\ufffdb")


def test_what_is_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="needs vocab_file="):
        SentencePieceBackend()
    with pytest.raises(LoadError, match="nowhere"):
        SentencePieceBackend(vocab_file=tmp_path / "nowhere")
    (tmp_path / "x.model").write_text("no model", "utf-8")
    with pytest.raises(FormatError, match="no SentencePiece model"):
        SentencePieceBackend(vocab_file=tmp_path / "x.model")


def test_the_library_is_asked_for_by_name(path: Path) -> None:
    code = (
        "import sys; sys.modules['sentencepiece'] = None\n"
        "import lexel\n"
        "try:\n    lexel.SentencePieceBackend(vocab_file=sys.argv[1])\n"
        "except lexel.MissingDependencyError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert "pip install 'lexel[sentencepiece]'" in done.stdout
