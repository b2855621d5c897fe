"""Code of a folder: refused, passed over, or run as asked for."""

from __future__ import annotations

import importlib.util
import json
import pickle
import sys
from typing import TYPE_CHECKING, Any

import pytest

from lexel import AutoTokenizer, FormatError, LoadError, MissingDependencyError, PythonBackend, TokenizersBackend
from lexel.auto import registry
from lexel.auto.remote_code import CodeReference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("fresh_registry")

CODE = """
import json
from pathlib import Path
from lexel import PythonBackend
from .letters import LETTERS
try:
    from .optional import EXTRA
except ImportError:
    EXTRA = ""


class LettersTokenizer(PythonBackend):
    vocab_files_names = {"vocab_file": "letters.json"}

    def __init__(self, vocab_file=None, more=0, unk_token="?", **kwargs):
        self.letters = LETTERS + EXTRA + "".join(json.loads(Path(vocab_file).read_text()))
        self.more = more
        super().__init__(unk_token=unk_token, more=more, **kwargs)

    @property
    def vocab_size(self):
        return len(self.letters)

    def get_vocab(self):
        return {**{letter: index for index, letter in enumerate(self.letters)}, **self.get_added_vocab()}

    def _tokenize(self, text, **kwargs):
        return list(text)

    def _convert_token_to_id(self, token):
        return self.letters.find(token) if token in self.letters else 5

    def _convert_id_to_token(self, index):
        return self.letters[index]

    def save_vocabulary(self, save_directory, filename_prefix=None):
        path = save_directory + "/letters.json"
        with open(path, "w") as file:
            json.dump(list(self.letters[3:]), file)
        return (path,)
"""


def write(folder: Path, *, auto_map: Any = "tokenization_letters.LettersTokenizer", **config: Any) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "tokenization_letters.py").write_text(CODE)
    (folder / "letters.py").write_text("from . import deeper\nLETTERS = deeper.WORD\n")
    (folder / "deeper.py").write_text("WORD = 'abc'\n")
    (folder / "letters.json").write_text('["d", "e", "?"]')
    stated = {"auto_map": {"AutoTokenizer": auto_map}, **config}
    (folder / "tokenizer_config.json").write_text(json.dumps(stated))
    return folder


@pytest.mark.parametrize(
    "auto_map",
    [
        "tokenization_letters.LettersTokenizer",
        ["tokenization_letters.LettersTokenizer", None],
        [None, "tokenization_letters.LettersTokenizer"],
    ],
)
def test_code_is_run_when_asked_for_and_saved_with_the_tokenizer(tmp_path: Path, auto_map: Any) -> None:
    folder = write(tmp_path / "first", auto_map=auto_map)
    before = sorted(path.name for path in folder.iterdir())
    tok = AutoTokenizer.from_pretrained(folder, trust_remote_code=True, more=2)
    assert sorted(path.name for path in folder.iterdir()) == before, "nothing is written beside it"
    assert (type(tok).__name__, tok.more, tok.encode("bad?x")) == ("LettersTokenizer", 2, [1, 0, 3, 5, 5])
    assert isinstance(tok, PythonBackend)
    assert type(AutoTokenizer.from_pretrained(folder, trust_remote_code=True)) is type(tok), "the same code, one class"
    assert type(pickle.loads(pickle.dumps(tok))) is type(tok)
    saved = tmp_path / "second"
    tok.save_pretrained(saved)
    assert {"tokenization_letters.py", "letters.py", "deeper.py", "letters.json"} <= {p.name for p in saved.iterdir()}
    again = AutoTokenizer.from_pretrained(saved, trust_remote_code=True)
    assert (again.encode("bad?x"), again.more) == ([1, 0, 3, 5, 5], 2)
    again.save_pretrained(tmp_path / "third")
    for path in saved.iterdir():
        assert path.read_bytes() == (tmp_path / "third" / path.name).read_bytes(), path.name


def test_changed_code_is_another_class(tmp_path: Path) -> None:
    folder = write(tmp_path / "first")
    old = type(AutoTokenizer.from_pretrained(folder, trust_remote_code=True))
    (folder / "deeper.py").write_text("WORD = 'xyz'\n")
    tok = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    assert type(tok) is not old
    assert tok.encode("x") == [0]


def test_it_is_refused_where_there_is_no_other_way(tmp_path: Path) -> None:
    folder = write(tmp_path / "first")
    (folder / "deeper.py").write_text("raise SystemExit('this was run')")
    for asked in ({}, {"trust_remote_code": False}, {"trust_remote_code": None}):
        with pytest.raises(ValueError, match=r"tokenization_letters\.py:LettersTokenizer.*trust_remote_code=True"):
            AutoTokenizer.from_pretrained(folder, **asked)
    explained = AutoTokenizer.explain(folder)
    assert explained.problem is not None
    assert "trust_remote_code=True" in explained.problem
    trusted = AutoTokenizer.explain(folder, trust_remote_code=True)
    assert (trusted.problem, trusted.engine) == (None, None), "explaining runs nothing"
    assert trusted.class_name == "tokenization_letters.py:LettersTokenizer"


def test_it_is_passed_over_where_a_pipeline_is_stated(configure: Callable[..., Path]) -> None:
    folder = write(configure())
    tok = AutoTokenizer.from_pretrained(folder)
    assert type(tok) is TokenizersBackend
    assert any("that code was not run: a tokenizer.json" in step for step in AutoTokenizer.explain(folder).steps)
    assert type(AutoTokenizer.from_pretrained(folder, trust_remote_code=True)).__name__ == "LettersTokenizer"


def test_a_registered_class_wins(tmp_path: Path) -> None:
    class LettersTokenizer(PythonBackend):
        vocab_size = 1

        def get_vocab(self) -> dict[str, int]:
            return {"a": 0, **self.get_added_vocab()}

    registry.register("letters", LettersTokenizer, None, None, exist_ok=False)
    folder = write(tmp_path / "first", tokenizer_class="LettersTokenizer")
    for trust in (None, True):
        assert type(AutoTokenizer.from_pretrained(folder, trust_remote_code=trust)) is LettersTokenizer


@pytest.mark.parametrize(
    ("auto_map", "error", "message"),
    [
        ("nowhere.Tokenizer", LoadError, "does not appear to have a file named nowhere.py"),
        ("letters.Tokenizer", FormatError, "defines no class Tokenizer"),
        ("../letters.Tokenizer", FormatError, "auto_map"),
        ("letters", FormatError, "auto_map"),
        (5, FormatError, "auto_map"),
        ("broken.Tokenizer", FormatError, "is no Python"),
        ("missing.Tokenizer", MissingDependencyError, "imports 'nobody_has_this'"),
    ],
)
def test_code_that_cannot_be_run(tmp_path: Path, auto_map: Any, error: type[Exception], message: str) -> None:
    folder = write(tmp_path / "first", auto_map=auto_map)
    (folder / "broken.py").write_text("class Tokenizer(")
    (folder / "missing.py").write_text("import nobody_has_this\nclass Tokenizer: pass")
    with pytest.raises(error, match=message):
        AutoTokenizer.from_pretrained(folder, trust_remote_code=True)


def test_code_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CodeReference.of("owner/name--file.Class") == CodeReference("file", "Class", "owner/name")
    assert str(CodeReference("sub.file", "Class", "owner/name")) == "owner/name--sub/file.py:Class"
    assert CodeReference.of({"AutoModel": "x.Y"}) is None
    write(tmp_path / "code")
    folder = write(tmp_path / "first", auto_map="code--tokenization_letters.LettersTokenizer")
    (folder / "tokenization_letters.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    tok = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    assert tok.encode("a") == [0]


WRITTEN_FOR_TRANSFORMERS = """
from transformers import AddedToken, PreTrainedTokenizer
from transformers.tokenization_utils import PreTrainedTokenizer as Same
from transformers.tokenization_utils_base import BatchEncoding, TextInput
from transformers.tokenization_utils_fast import PreTrainedTokenizerFast
from transformers.models.gpt2.tokenization_gpt2_fast import GPT2TokenizerFast
from transformers.utils import PaddingStrategy, TensorType, is_torch_available, logging

logger = logging.get_logger(__name__)
logger.warning_once("once")
assert Same is PreTrainedTokenizer
try:
    from transformers import NobodyKnowsThis
except ImportError:
    NobodyKnowsThis = None


class OwnTokenizer(GPT2TokenizerFast):
    unknown = NobodyKnowsThis
"""


@pytest.mark.skipif(importlib.util.find_spec("transformers") is not None, reason="transformers itself is installed")
def test_names_of_transformers_are_ours_where_it_is_not_installed(
    configure: Callable[..., Path], tmp_path: Path
) -> None:
    folder = configure(auto_map={"AutoTokenizer": [None, "own.OwnTokenizer"]})
    (folder / "own.py").write_text(WRITTEN_FOR_TRANSFORMERS)
    tok = AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    assert [kind.__name__ for kind in type(tok).__mro__[:2]] == ["OwnTokenizer", "GPT2Tokenizer"]
    assert type(tok).unknown is None
    assert tok.encode("the fox") == AutoTokenizer.from_pretrained(folder).encode("the fox")
    assert not [name for name in sys.modules if name.partition(".")[0] == "transformers"]
    with pytest.raises(ImportError):
        importlib.import_module("transformers")
    (folder / "own.py").write_text("from transformers import BertModel\nclass OwnTokenizer: pass\n")
    with pytest.raises(MissingDependencyError, match="BertModel"):
        AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
