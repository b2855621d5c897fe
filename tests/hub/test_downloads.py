"""Tokenizers of a hub, fetched by the real client: which files, of which commit, and what is said when it fails."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from tests.hub.stub import TOKEN

from lexel import AutoTokenizer, GPT2Tokenizer, LoadError, Tokenizer
from lexel.auto import get_tokenizer_config

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hub.stub import Hub

NEEDED = {
    *("tokenizer_config.json", "tokenizer.json", "config.json", "chat_template.jinja"),
    "additional_chat_templates/tool_use.jinja",
}


def test_only_what_is_needed_is_fetched(hub: Hub, files: dict[str, bytes], tokenizer: GPT2Tokenizer) -> None:
    hub.add("owner/name", files)
    tok = AutoTokenizer.from_pretrained("owner/name")
    assert type(tok) is GPT2Tokenizer
    assert tok.encode("the fox") == tokenizer.encode("the fox")
    assert tok.chat_template == {"default": "D", "tool_use": "T"}
    assert tok.name_or_path == "owner/name"
    assert set(hub.asked_for("GET")) == NEEDED
    assert sum("/api/" in line for line in hub.requests) == 1, "one question for the commit and its files"
    hub.requests.clear()
    AutoTokenizer.from_pretrained("owner/name")
    assert hub.asked_for("GET") == hub.asked_for("HEAD") == [], "what is cached is not asked for again"
    hub.requests.clear()
    for load in (Tokenizer.from_pretrained, GPT2Tokenizer.from_pretrained):
        assert load("owner/name").encode("fox") == tokenizer.encode("fox")
    AutoTokenizer.from_pretrained("owner/name", force_download=True)
    assert set(hub.asked_for("GET")) == NEEDED


def test_all_files_are_of_one_commit(hub: Hub, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    made = hub.add("owner/name", files)
    first = made.refs["main"]
    from lexel.hub import repository

    ask = repository._ask_hub

    def and_then_a_push(*args: Any) -> Any:
        answer = ask(*args)
        made.commit({"tokenizer.json": b"{}", "tokenizer_config.json": b'{"tokenizer_class": "T5Tokenizer"}'})
        return answer

    monkeypatch.setattr(repository, "_ask_hub", and_then_a_push)
    assert type(AutoTokenizer.from_pretrained("owner/name")) is GPT2Tokenizer
    assert all(first in line for line in hub.requests if "/resolve/" in line)


def test_revisions(hub: Hub, files: dict[str, bytes]) -> None:
    made = hub.add("owner/name", {name: text for name, text in files.items() if "/" not in name})
    first = made.refs["main"]
    made.refs["v1"] = first
    made.commit({"tokenizer_config.json": b'{"model_max_length": 5}'})
    made.commit({"tokenizer_config.json": b'{"model_max_length": 6}'}, ref="dev")
    limits = {
        revision: AutoTokenizer.from_pretrained("owner/name", revision=revision).model_max_length
        for revision in (None, "main", "v1", first)
    }
    assert limits == {None: 5, "main": 5, "v1": int(1e30), first: int(1e30)}
    with pytest.raises(LoadError, match="nope is not a valid git identifier"):
        AutoTokenizer.from_pretrained("owner/name", revision="nope")
    hub.requests.clear()
    assert AutoTokenizer.from_pretrained("owner/name", revision=first).model_max_length == int(1e30)
    assert hub.requests == [], "a commit that is cached needs no request"


def test_missing_files_are_remembered(hub: Hub, files: dict[str, bytes], tmp_path: Path) -> None:
    made = hub.add("owner/name", {"tokenizer.json": files["tokenizer.json"]})
    commit = made.refs["main"]
    AutoTokenizer.from_pretrained("owner/name", revision=commit)
    markers = tmp_path / "cache" / "models--owner--name" / ".no_exist" / commit
    assert (markers / "tokenizer_config.json").is_file()
    hub.requests.clear()
    # A folder of the cache's with the file, and markers for the others: nothing is asked.
    assert get_tokenizer_config("owner/name", revision=commit) == {}
    assert hub.requests == []


def test_subfolders(hub: Hub, files: dict[str, bytes]) -> None:
    hub.add("owner/name", {f"sub/deep/{name}": text for name, text in files.items()})
    assert type(AutoTokenizer.from_pretrained("owner/name", subfolder="sub/deep")) is GPT2Tokenizer
    assert set(hub.asked_for("GET")) == {f"sub/deep/{name}" for name in NEEDED}
    with pytest.raises(LoadError, match="has no folder 'other'"):
        AutoTokenizer.from_pretrained("owner/name", subfolder="other")


def test_without_a_connection_the_cache_is_used(hub: Hub, files: dict[str, bytes], monkeypatch: Any) -> None:
    hub.add("owner/name", files)
    ids = AutoTokenizer.from_pretrained("owner/name").encode("the fox")
    hub.requests.clear()
    assert AutoTokenizer.from_pretrained("owner/name", local_files_only=True).encode("the fox") == ids
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "1")
        assert AutoTokenizer.from_pretrained("owner/name").encode("the fox") == ids
        with pytest.raises(LoadError, match=r"We couldn't connect .* couldn't find them in the cached files"):
            AutoTokenizer.from_pretrained("owner/other")
        monkeypatch.delenv(name)
    assert hub.requests == []
    hub.repositories["owner/name"].status = 503
    assert AutoTokenizer.from_pretrained("owner/name").encode("the fox") == ids
    assert AutoTokenizer.from_pretrained("owner/name", cache_dir=None).encode("the fox") == ids


def test_an_unreachable_hub(hub: Hub, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    hub.add("owner/name", files)
    ids = AutoTokenizer.from_pretrained("owner/name").encode("the fox")
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert AutoTokenizer.from_pretrained("owner/name").encode("the fox") == ids
    with pytest.raises(LoadError, match=r"We couldn't connect to the hub .*'owner/other'"):
        AutoTokenizer.from_pretrained("owner/other")


def test_private_repositories(
    hub: Hub, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub.add("owner/name", files, private=True)
    for token in (None, "hf_theWrongOne", False):
        with pytest.raises(LoadError, match=r"is not a local folder and is not a valid model identifier.*token="):
            AutoTokenizer.from_pretrained("owner/name", token=token)
    assert AutoTokenizer.from_pretrained("owner/name", token=TOKEN)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert AutoTokenizer.from_pretrained("owner/name", token=True, cache_dir=tmp_path / "other")


def test_gated_repositories(hub: Hub, files: dict[str, bytes]) -> None:
    hub.add("owner/name", files, gated=True)
    for token in (None, "hf_theWrongOne"):
        with pytest.raises(LoadError, match=r"You are trying to access a gated repo.*token="):
            AutoTokenizer.from_pretrained("owner/name", token=token)
    assert AutoTokenizer.from_pretrained("owner/name", token=TOKEN)


def test_what_is_not_there(hub: Hub) -> None:
    with pytest.raises(LoadError, match="owner/nobody is not a local folder and is not a valid model identifier"):
        AutoTokenizer.from_pretrained("owner/nobody")
    with pytest.raises(LoadError, match="Incorrect path_or_model_id"):
        AutoTokenizer.from_pretrained("owner/na me")
    hub.add("owner/empty", {"model.safetensors": b""})
    with pytest.raises(OSError, match=r"has no tokenizer.*model\.safetensors"):
        AutoTokenizer.from_pretrained("owner/empty")
    with pytest.raises(LoadError, match=r"does not appear to have a file named x.gguf; it has 'model.safetensors'"):
        AutoTokenizer.from_pretrained("owner/empty", gguf_file="x.gguf")
    assert hub.asked_for("GET") == [], "weights are not fetched to find that out"


@pytest.mark.parametrize("status", [400, 403, 418])
def test_refusals(hub: Hub, files: dict[str, bytes], status: int) -> None:
    hub.add("owner/name", files, status=status)
    with pytest.raises(LoadError, match=r"the hub refused 'owner/name' at 'main': .*"):
        AutoTokenizer.from_pretrained("owner/name")


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil", "a/../../evil", "additional_chat_templates/..\\evil.jinja"]
)
def test_names_that_lead_out_are_refused(hub: Hub, files: dict[str, bytes], name: str) -> None:
    hub.add("owner/name", files, extra_names=[name])
    with pytest.raises(LoadError, match="leads out of its folder: refused"):
        AutoTokenizer.from_pretrained("owner/name")
    assert hub.asked_for("GET") == []


def test_an_interrupted_download_goes_on(hub: Hub, files: dict[str, bytes], tokenizer: GPT2Tokenizer) -> None:
    hub.add("owner/name", files, breaks=2)
    assert AutoTokenizer.from_pretrained("owner/name").encode("the fox") == tokenizer.encode("the fox")


def test_no_part_of_a_file_is_ever_loaded(
    hub: Hub, files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hub.add("owner/name", files, breaks=1000, break_after=0)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(LoadError, match="We couldn't connect to the hub to load"):
        AutoTokenizer.from_pretrained("owner/name")
    there = [path for path in (tmp_path / "cache").glob("models--*/snapshots/*/*") if path.is_file()]
    assert there == []
    made.breaks = 0
    assert type(AutoTokenizer.from_pretrained("owner/name")) is GPT2Tokenizer


def test_requests_are_logged(hub: Hub, files: dict[str, bytes], caplog: pytest.LogCaptureFixture) -> None:
    hub.add("owner/name", files)
    with caplog.at_level(logging.DEBUG, "lexel.hub"):
        AutoTokenizer.from_pretrained("owner/name")
    said = [record.getMessage() for record in caplog.records if record.name.startswith("lexel.hub")]
    assert said[0] == "asking the hub for owner/name at main"
    assert len(said) == 1 + len(NEEDED)


def test_code_of_a_repository(hub: Hub, files: dict[str, bytes]) -> None:
    code = "from lexel import GPT2Tokenizer\nfrom .more import NAME\nclass Own(GPT2Tokenizer):\n    name = NAME\n"
    config = '{"auto_map": {"AutoTokenizer": [null, "own.Own"]}}'
    made = hub.add("owner/name", {**files, "own.py": code, "more.py": "NAME = 1\n", "tokenizer_config.json": config})
    later = made.commit({"more.py": "NAME = 2\n"}, ref="code")
    assert type(AutoTokenizer.from_pretrained("owner/name")) is GPT2Tokenizer
    assert "own.py" not in hub.asked_for("GET"), "code is not even fetched unasked"
    tok: Any = AutoTokenizer.from_pretrained("owner/name", trust_remote_code=True)
    assert (type(tok).__name__, tok.name) == ("Own", 1)
    made.refs["code"] = later
    tok = AutoTokenizer.from_pretrained("owner/name", trust_remote_code=True, code_revision=later)
    assert tok.name == 2
    elsewhere = config.replace("own.Own", "owner/name--own.Own")
    hub.add("other/name", {"tokenizer.json": files["tokenizer.json"], "tokenizer_config.json": elsewhere})
    tok = AutoTokenizer.from_pretrained("other/name", trust_remote_code=True)
    assert tok.name == 1


def test_explaining(hub: Hub, files: dict[str, bytes]) -> None:
    made = hub.add("owner/name", files)
    explained = AutoTokenizer.explain("owner/name")
    assert explained.commit == made.refs["main"]
    assert set(explained.files_read) == NEEDED
    assert "model.safetensors" in explained.files_seen
    assert made.refs["main"] in str(explained)
