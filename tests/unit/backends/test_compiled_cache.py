"""The compiled cache: same tokenizers, and nothing on the disk can do harm."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lexel import Tokenizer, _lexel
from lexel._lexel import Engine
from lexel.backends import compiled_cache
from lexel.backends.engine import Compiled, compile_json
from lexel.backends.sources import read_file, read_tokenizer_json
from lexel.errors import FormatError, LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "5a" * 32
TEXTS = [
    "Hello world! It's 2026; naïve café — Straße №5.",
    "  spaces\t\ttabs\n\n\nlines \u00a0\u3000",
    "日本語のテキスト、한국어 텍스트, العربية, עברית, हिन्दी, ไทย 😀👩‍👩‍👧‍👦",
    "def f(x):\n    return {'a': [1, 2, 3]}  # comment <|endoftext|><s></s>[MASK]",
    "",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own that takes files of every size."""
    monkeypatch.setenv("LEXEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(compiled_cache, "SMALLEST_BYTES", 0)
    return tmp_path / "cache" / "compiled"


def write_tokenizer(path: Path, tokens: int = 300) -> Path:
    """Write a byte-level BPE of pairs of letters."""
    alphabet = [chr(code) for code in (*range(0x21, 0x7F), *range(0x100, 0x121))]
    pairs = [(a, b) for a in alphabet for b in alphabet][:tokens]
    vocab = {token: index for index, token in enumerate([*alphabet, *(a + b for a, b in pairs)])}
    split = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "vocab": vocab, "merges": [list(pair) for pair in pairs]}
    content = {"pre_tokenizer": split, "decoder": split, "model": model}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def results(engine: Any) -> list[Any]:
    batch = engine.encode_batch(TEXTS, offsets=True)
    rows = [(row.ids, row.offsets, row.tokens) for row in map(batch.row, range(len(TEXTS)))]
    return [rows, [engine.decode(row[0]) for row in rows], engine.encode(TEXTS[0], add_special_tokens=False)]


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def shared_tokenizers() -> list[str]:
    from tests.conftest import data_folder

    return sorted(path.parent.name for path in (data_folder() / "tokenizers").glob("*/tokenizer.json"))


@pytest.mark.parametrize("name", shared_tokenizers() or ["none"])
def test_what_the_cache_gives_is_what_was_built(name: str, shared_data: Path, tmp_path: Path) -> None:
    fresh = compile_json((shared_data / "tokenizers" / name / "tokenizer.json").read_bytes()).engine
    if not isinstance(fresh, Engine):
        pytest.skip("the core does not run it")
    content = fresh.to_compiled(KEY, b"note")
    if content is None:
        pytest.skip("a model without a compiled form")
    path = tmp_path / "compiled"
    path.write_bytes(content)
    stored, note = Engine.from_compiled(path, KEY)
    assert note == b"note"
    assert stored.to_json() == fresh.to_json()
    assert results(stored) == results(fresh)
    assert stored.to_compiled(KEY, b"note") == content


def test_the_second_load_reads_what_the_first_wrote(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_tokenizer(tmp_path / "tokenizer.json")
    first = read_tokenizer_json(source)
    (path,) = files(folder)
    monkeypatch.setattr("lexel.backends.sources.compile_json", lambda *_, **__: pytest.fail("compiled again"))
    second = read_tokenizer_json(source)
    assert results(second.engine) == results(first.engine)
    assert second.engine.to_json() == first.engine.to_json()
    assert files(folder) == [path]


@pytest.mark.parametrize(
    "name",
    [
        "sentencepiece-test/test_model.model",
        "llama-2/tokenizer.model",
        "cl100k_base/cl100k_base.tiktoken",
        "gguf-gpt-2/ggml-vocab-gpt-2.gguf",
    ],
)
def test_files_of_other_formats_come_back_too(
    name: str, shared_data: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = shared_data / "tokenizers" / name
    fresh, settings = read_file(source)
    assert len(files(folder)) == 1
    monkeypatch.setattr("lexel.backends.sources.compile_json", lambda *_, **__: pytest.fail("compiled again"))
    stored, same_settings = read_file(source)
    assert same_settings == settings
    assert stored.engine.to_json() == fresh.engine.to_json()
    assert results(stored.engine) == results(fresh.engine)


def test_folder_and_files_are_private(folder: Path, tmp_path: Path) -> None:
    read_tokenizer_json(write_tokenizer(tmp_path / "tokenizer.json"))
    (path,) = files(folder)
    if os.name == "posix":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="permissions of other systems are not looked at")
def test_files_in_a_folder_that_others_may_write_to_are_not_believed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_tokenizer(tmp_path / "tokenizer.json")
    read_tokenizer_json(source)
    folder.chmod(0o777)
    (folder / f"foreign{compiled_cache._SUFFIX}").write_bytes(b"anything")
    compiled: list[str] = []
    monkeypatch.setattr(
        "lexel.backends.sources.compile_json",
        lambda text, *, path: compiled.append(path) or compile_json(text, path=path),
    )
    read_tokenizer_json(source)
    assert compiled == [str(source)]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(files(folder)) == 1


@pytest.mark.parametrize("value", ["", "0", "off", "OFF", "false"])
def test_the_environment_switches_it_off(
    value: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEXEL_CACHE", value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    read_tokenizer_json(write_tokenizer(tmp_path / "tokenizer.json"))
    assert compiled_cache.find_folder() is None
    assert files(folder) == []
    assert not (tmp_path / "xdg").exists()


def test_the_default_is_the_xdg_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEXEL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert compiled_cache.find_folder() == tmp_path / "lexel" / "compiled"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert compiled_cache.find_folder() == tmp_path / "home" / ".cache" / "lexel" / "compiled"


def test_without_a_home_folder_it_is_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home() -> Path:
        raise RuntimeError("could not determine home directory")

    monkeypatch.delenv("LEXEL_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.setattr(compiled_cache, "SMALLEST_BYTES", 0)
    assert compiled_cache.find_folder() is None
    source = write_tokenizer(tmp_path / "tokenizer.json")
    assert results(read_tokenizer_json(source).engine) == results(compile_json(source.read_bytes()).engine)


def test_a_place_that_cannot_be_written_to_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("LEXEL_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(compiled_cache, "SMALLEST_BYTES", 0)
    source = write_tokenizer(tmp_path / "tokenizer.json")
    assert results(read_tokenizer_json(source).engine) == results(compile_json(source.read_bytes()).engine)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").mkdir(mode=0o500)
    monkeypatch.setenv("LEXEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(compiled_cache, "SMALLEST_BYTES", 0)
    source = write_tokenizer(tmp_path / "tokenizer.json")
    assert results(read_tokenizer_json(source).engine) == results(compile_json(source.read_bytes()).engine)
    assert list((tmp_path / "cache").iterdir()) == []


def test_small_files_are_not_kept(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_cache, "SMALLEST_BYTES", 1 << 20)
    read_tokenizer_json(write_tokenizer(tmp_path / "tokenizer.json"))
    assert files(folder) == []


def test_broken_files_are_ignored_and_replaced(folder: Path, tmp_path: Path) -> None:
    source = write_tokenizer(tmp_path / "tokenizer.json")
    expected = results(read_tokenizer_json(source).engine)
    (path,) = files(folder)
    content = path.read_bytes()
    seed = 20261121
    print("seed", seed)
    draw = random.Random(seed)
    for _ in range(60):
        broken = bytearray(content)
        match draw.randrange(4):
            case 0:
                broken[draw.randrange(len(broken))] ^= 1 << draw.randrange(8)
            case 1:
                del broken[draw.randrange(len(broken)) :]
            case 2:
                start = draw.randrange(len(broken))
                broken[start : start + 100] = draw.randbytes(100)
            case _:
                broken += draw.randbytes(draw.randrange(1, 100))
        if broken == content:
            continue
        path.write_bytes(broken)
        with pytest.raises(FormatError):
            Engine.from_compiled(path, path.name[:64])
        assert results(read_tokenizer_json(source).engine) == expected
        assert path.read_bytes() == content


def test_a_file_of_another_source_is_not_taken(folder: Path, tmp_path: Path) -> None:
    one = write_tokenizer(tmp_path / "one.json", 300)
    other = write_tokenizer(tmp_path / "other.json", 301)
    read_tokenizer_json(one)
    (path,) = files(folder)
    read_tokenizer_json(other)
    (second,) = set(files(folder)) - {path}
    second.write_bytes(path.read_bytes())
    assert read_tokenizer_json(other).engine.vocab_size() == compile_json(other.read_bytes()).engine.vocab_size()


def test_the_files_used_least_recently_go(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [write_tokenizer(tmp_path / f"{index}.json", 300 + index) for index in range(4)]
    kept: list[Path] = []
    for age, source in enumerate(sources[:3]):
        read_tokenizer_json(source)
        (path,) = set(files(folder)) - set(kept)
        kept.append(path)
        os.utime(path, (1000 + age, 1000 + age))
    # The oldest is used again.
    read_tokenizer_json(sources[0])
    monkeypatch.setattr(compiled_cache, "LIMIT_BYTES", int(3.5 * kept[0].stat().st_size))
    read_tokenizer_json(sources[3])
    left = files(folder)
    assert kept[0] in left
    assert kept[1] not in left
    assert kept[2] in left
    assert len(left) == 3


def test_what_dead_writers_left_is_removed(folder: Path, tmp_path: Path) -> None:
    read_tokenizer_json(write_tokenizer(tmp_path / "one.json"))
    old, new = folder / ".old.1.tmp", folder / ".new.2.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1000, 1000))
    read_tokenizer_json(write_tokenizer(tmp_path / "other.json", 301))
    assert (old.exists(), new.exists()) == (False, True)
    assert compiled_cache.clear(folder) > 0
    assert files(folder) == []


def test_a_source_that_changes_meanwhile_is_not_stored(folder: Path, tmp_path: Path) -> None:
    source = write_tokenizer(tmp_path / "tokenizer.json", 300)

    def build() -> tuple[Compiled, dict[str, Any]]:
        built = compile_json(source.read_bytes())
        write_tokenizer(source, 301)
        return built, {}

    compiled_cache.cached(source, "", build)
    assert files(folder) == []


def test_settings_come_back_or_nothing_is_stored(folder: Path, tmp_path: Path) -> None:
    source = write_tokenizer(tmp_path / "tokenizer.json")

    def build(settings: dict[Any, Any]) -> tuple[Compiled, dict[str, Any]]:
        return compiled_cache.cached(source, repr(settings), lambda: (compile_json(source.read_bytes()), settings))

    for settings, stored in [({"a": ["ü", None, 1.5]}, 1), ({1: "number"}, 1), ({"a": (1,)}, 1), ({"b": object()}, 1)]:
        assert build(settings)[1] == settings
        assert len(files(folder)) == stored


def test_missing_sources_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="nothing"):
        read_file(tmp_path / "nothing.json")
    assert files(folder) == []


def test_another_build_has_files_of_its_own(folder: Path, tmp_path: Path) -> None:
    read_tokenizer_json(write_tokenizer(tmp_path / "tokenizer.json"))
    (path,) = files(folder)
    assert path.stem.endswith(f"-{_lexel.__fingerprint__}")


def _load_again_and_again(source: Path, seed: int, queue: Any) -> None:
    compiled_cache.SMALLEST_BYTES = 0
    draw = random.Random(seed)
    seen = set()
    for _ in range(25):
        seen.add(json.dumps(results(read_tokenizer_json(source).engine)))
        folder = compiled_cache.find_folder()
        assert folder is not None
        for path in files(folder):
            match draw.randrange(4):
                case 0:
                    path.unlink(missing_ok=True)
                case 1 if path.suffix != ".tmp":
                    compiled_cache._replace(path, draw.randbytes(5000))
    queue.put(sorted(seen))


def test_processes_that_write_read_break_and_remove_at_once(folder: Path, tmp_path: Path) -> None:
    assert folder.parent.parent == tmp_path
    source = write_tokenizer(tmp_path / "tokenizer.json")
    expected = [json.dumps(results(compile_json(source.read_bytes()).engine))]
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    workers = [context.Process(target=_load_again_and_again, args=(source, seed, queue)) for seed in range(4)]
    for worker in workers:
        worker.start()
    try:
        assert [queue.get(timeout=60) for _ in workers] == [expected] * len(workers)
    finally:
        for worker in workers:
            worker.join(timeout=10)
    assert [worker.exitcode for worker in workers] == [0] * len(workers)


def test_tokenizers_of_the_cache_grow_and_pickle_like_others(folder: Path, tmp_path: Path) -> None:
    source = write_tokenizer(tmp_path / "tokenizer.json")
    loaded: Iterator[Any] = (Tokenizer.from_file(source) for _ in range(2))
    fresh, stored = loaded
    assert len(files(folder)) == 1
    for tok in (fresh, stored):
        tok.add_tokens(["<new>"])
        tok.add_special_tokens({"eos_token": "<end>"})
    assert stored.encode("ab<new>cd<end>") == fresh.encode("ab<new>cd<end>")
    assert stored.fingerprint() == fresh.fingerprint()
