"""The room itself: what it costs to import, who imports whom, how long the first path is."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import lexel.runtime

ROOM = Path(lexel.runtime.__file__).parent
# A file imports from groups to the left of its own, or from its own group.
ORDER = [
    {"arguments", "files", "plain"},
    {"config", "outputs"},
    {"rope", "masks", "layers", "attention", "cache"},
    {"weights"},
    {"module"},
    {"generation"},
    {"models"},
    {"auto"},
]
FIRST_PATH = ["config", "rope", "attention", "masks", "cache", "layers", "models/llama", "generation/loop"]


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_import_budget() -> None:
    code = (
        "import time, torch\n"
        "start = time.process_time()\n"
        "from lexel.runtime import AutoModelForCausalLM, LlamaForCausalLM, TextStreamer\n"
        "print(time.process_time() - start)"
    )
    assert min(float(run(code)) for _ in range(3)) < 0.3


def test_importing_the_room_loads_nothing() -> None:
    assert (
        run("import sys, lexel.runtime; print([n for n in ('torch', 'safetensors', 'numpy') if n in sys.modules])")
        == "[]"
    )


def test_generating_loads_no_other_room() -> None:
    code = (
        "import sys\n"
        "from lexel.runtime import LlamaConfig, LlamaForCausalLM\n"
        "config = LlamaConfig(vocab_size=9, hidden_size=8, intermediate_size=8, num_hidden_layers=1, "
        "num_attention_heads=2)\n"
        "LlamaForCausalLM(config).generate([[1]], max_new_tokens=2)\n"
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('lexel.')}\n"
        "rooms -= {'runtime', 'errors', 'family_names', 'hub', '_lexel'}\n"
        "print(sorted(rooms), 'huggingface_hub' in sys.modules)"
    )
    assert run(code) == "[] False"


def test_every_public_name_is_there() -> None:
    assert lexel.runtime.__all__ == sorted(set(lexel.runtime.__all__))
    for name in lexel.runtime.__all__:
        assert getattr(lexel.runtime, name).__doc__ or isinstance(getattr(lexel.runtime, name), dict)
    assert set(dir(lexel.runtime)) >= set(lexel.runtime.__all__)
    with pytest.raises(AttributeError, match="no_such_name"):
        lexel.runtime.no_such_name  # noqa: B018


def group(name: str) -> int:
    return next(index for index, members in enumerate(ORDER) if name in members)


@pytest.mark.parametrize("path", sorted(ROOM.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOM)))
def test_files_import_from_the_left(path: Path) -> None:
    own = path.relative_to(ROOM).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    nodes = list(ast.walk(ast.parse(path.read_text())))
    guards = [node for node in nodes if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    for_types = {id(node) for guard in guards for node in ast.walk(guard)}
    for node in nodes:
        if id(node) in for_types or not isinstance(node, ast.ImportFrom):
            continue
        if (node.module or "").startswith("lexel.runtime."):
            other = str(node.module).split(".")[2]
            assert own == other or group(other) <= group(own), f"line {node.lineno}: {own} imports {other}"


def lines_of_code(path: Path) -> int:
    """Count lines that are neither blank, comment nor docstring."""
    source = path.read_text()
    docs: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docs |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in quiet:
            code |= set(range(token.start[0], token.end[0] + 1))
    return len(code - docs)


def test_the_first_path_stays_readable() -> None:
    assert sum(lines_of_code(ROOM / f"{name}.py") for name in FIRST_PATH) <= 800


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    assert [path.name for path in ROOM.rglob("*.py") if len(path.read_text().splitlines()) > 400] == []


def test_loading_imports_nothing_that_is_slow() -> None:
    """Drawing on the meta device would import 900 modules of torch, which takes seconds."""
    code = (
        "import sys, torch\n"
        "from lexel.runtime import LlamaConfig, LlamaForCausalLM\n"
        "config = LlamaConfig(vocab_size=9, hidden_size=8, intermediate_size=8, num_hidden_layers=1, "
        "num_attention_heads=2)\n"
        "before = len(sys.modules)\n"
        "with torch.device('meta'):\n"
        "    LlamaForCausalLM(config)\n"
        "print(len(sys.modules) - before)"
    )
    assert int(run(code)) < 50
