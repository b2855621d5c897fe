"""Folders, and a cache laid out as the hub's client does it; nothing here reaches the network."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lexel import hub
from lexel.errors import LoadError
from lexel.hub import failures, model_files, repository

if TYPE_CHECKING:
    from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    """A cache that holds one repository at one commit."""
    repository = tmp_path / "cache" / "models--owner--name"
    snapshot = repository / "snapshots" / COMMIT
    (snapshot / "sub").mkdir(parents=True)
    (snapshot / "a.json").write_text("{}")
    (snapshot / "sub" / "b.json").write_text("{}")
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    return tmp_path / "cache"


def test_a_folder_is_read_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "b.jinja").write_text("")
    files = hub.open_files(tmp_path)
    assert files.get("a.json") == tmp_path / "a.json"
    assert files.get("missing") is None
    assert files.names() == ["a.json"]
    assert files.names("more") == ["more/b.jinja"]
    assert files.names("nowhere") == []
    assert hub.open_files(tmp_path, subfolder="more").names() == ["b.jinja"]


def test_a_file_that_must_be_there_is_named_with_what_is(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(LoadError, match=r"named b.json; it has 'a.json'"):
        hub.open_files(tmp_path).need("b.json")


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere", "a/b/c", "nowhere/", ""])
def test_what_can_only_be_a_path_is_never_asked_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "open_repository", None)
    with pytest.raises(LoadError, match="is not a folder on this machine"):
        hub.open_files(name)


def test_a_missing_subfolder_and_a_file_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(LoadError, match="no sub-folder 'x'"):
        hub.open_files(tmp_path, subfolder="x")
    with pytest.raises(LoadError, match="is a file"):
        hub.open_files(tmp_path / "a.json")


def test_offline_reads_the_cached_state(cached: Path) -> None:
    files = hub.open_files("owner/name", cache_dir=cached, local_files_only=True)
    assert files.commit == COMMIT
    assert files.names() == ["a.json"]
    assert files.get("missing.json") is None
    inner = hub.open_files("owner/name", cache_dir=cached, local_files_only=True, subfolder="sub")
    assert inner.names() == ["b.json"]
    by_commit = hub.open_files("owner/name", cache_dir=cached, local_files_only=True, revision=COMMIT)
    assert by_commit.names() == ["a.json"]


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_the_environment_switches_requests_off(variable: str, cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    monkeypatch.setattr(repository, "_ask_hub", None)
    assert hub.open_files("owner/name", cache_dir=cached).names() == ["a.json"]
    with pytest.raises(LoadError, match=r"couldn't find them in the cached files .* requests are switched off"):
        hub.open_files("owner/other", cache_dir=cached)


def test_an_unreachable_hub_falls_back_to_the_cache(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise failures.Unreachable("no route")

    monkeypatch.setattr(repository, "_ask_hub", fail)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    assert hub.open_files("owner/name", cache_dir=cached).commit == COMMIT
    with pytest.raises(LoadError, match="cannot be reached"):
        hub.open_files("owner/name", cache_dir=cached, revision="other")


def test_files_come_from_the_commit_that_was_asked_for_once(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked: list[Any] = []

    def model_info(_self: Any, repo: str, revision: str, token: Any) -> Any:
        asked.append((repo, revision, token))
        return SimpleNamespace(sha=COMMIT, siblings=[SimpleNamespace(rfilename=n) for n in ("a.json", "late.json")])

    def download(repo: str, filename: str, revision: str, **options: Any) -> str:
        asked.append((repo, filename, revision, options["force_download"]))
        path = cached / "models--owner--name" / "snapshots" / revision / filename
        path.write_text("new")
        return str(path)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", model_info)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    files = hub.open_files("owner/name", cache_dir=cached, token="t")
    assert files.names() == ["a.json", "late.json"]
    assert files.get("a.json") is not None, "cached: not fetched"
    assert files.get("absent.json") is None
    late = files.get("late.json")
    assert late is not None
    assert late.read_text() == "new"
    assert asked == [("owner/name", "main", "t"), ("owner/name", "late.json", COMMIT, False)]
    hub.open_files("owner/name", cache_dir=cached, force_download=True).get("a.json")
    assert asked[-1] == ("owner/name", "a.json", COMMIT, True)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ("RepositoryNotFoundError", "not a valid model identifier"),
        ("GatedRepoError", "gated repo"),
        ("RevisionNotFoundError", "not a valid git identifier"),
    ],
)
def test_errors_of_the_client_become_ours(error: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub import errors

    def fail(*_: Any, **__: Any) -> Any:
        response: Any = SimpleNamespace(status_code=404, headers={}, request=None)
        raise getattr(errors, error)("no", response=response)

    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", fail)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(LoadError, match=message):
        hub.open_files("owner/name")


def test_a_name_the_hub_does_not_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(LoadError, match="is neither a local folder nor a name the hub allows"):
        hub.open_files("owner/na me!")
