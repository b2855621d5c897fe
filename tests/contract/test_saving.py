"""A folder that is written is read back as what was written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from lexel import AddedToken, AutoTokenizer, Tokenizer, TokenizersBackend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def state(tok: Tokenizer, corpus: list[str]) -> dict[str, Any]:
    return {
        "data": tok(corpus, return_offsets_mapping=True).data,
        "vocab": tok.get_vocab(),
        "added": tok.added_tokens_decoder,
        "names": tok.special_tokens_map,
        "extra": tok.extra_special_tokens,
        "sides": (tok.padding_side, tok.truncation_side),
        "limit": tok.model_max_length,
        "template": tok.chat_template,
        "inputs": tok.model_input_names,
    }


@pytest.mark.parametrize("compat", ["v4", "v5"])
def test_round_trip(make: Callable[..., TokenizersBackend], corpus: list[str], tmp_path: Path, compat: Any) -> None:
    tok = make(
        model_max_length=77,
        padding_side="left",
        truncation_side="left",
        image_token="<image>",
        extra_special_tokens=["<e1>"],
        model_input_names=["input_ids"],
        chat_template="{{ messages[0].content }}",
        something_of_mine=[1, {"two": 2}],
    )
    tok.add_tokens([AddedToken("QQ", lstrip=True), "zz"])
    tok.add_special_tokens({"mask_token": AddedToken("<mask>", rstrip=True)})
    files = tok.save_pretrained(tmp_path, compat=compat)
    assert [path.rsplit("/", 1)[1] for path in files] == [
        "tokenizer_config.json",
        "chat_template.jinja",
        "tokenizer.json",
    ]
    for load in (TokenizersBackend, AutoTokenizer, Tokenizer):
        again = load.from_pretrained(tmp_path)
        assert type(again) is TokenizersBackend
        assert state(again, corpus) == state(tok, corpus)
        assert again.image_token_id == tok.image_token_id
        assert again.init_kwargs["something_of_mine"] == [1, {"two": 2}]
        assert again.name_or_path == str(tmp_path)


def test_saving_twice_writes_the_same(make: Callable[..., TokenizersBackend], tmp_path: Path) -> None:
    tok = make(image_token="<image>", extra_special_tokens=["<e1>"])
    tok.save_pretrained(tmp_path / "one")
    TokenizersBackend.from_pretrained(tmp_path / "one").save_pretrained(tmp_path / "two")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "one" / name).read_text() == (tmp_path / "two" / name).read_text()


def test_the_configuration_is_the_widest_readable(make: Callable[..., TokenizersBackend], tmp_path: Path) -> None:
    tok = make(image_token="<image>", extra_special_tokens=["<e1>"], add_bos_token=False)
    tok.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert set(config.pop("lexel_files")) == {"tokenizer.json", "tokenizer_config.json"}
    assert config == {
        "additional_special_tokens": ["<e1>"],
        "backend": "tokenizers",
        "cls_token": "<cls>",
        "extra_special_tokens": {"image_token": "<image>"},
        "image_token": "<image>",
        "model_input_names": ["input_ids", "attention_mask"],
        "model_max_length": int(1e30),
        "pad_token": "<pad>",
        "sep_token": "<sep>",
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>",
    }
    tok.save_pretrained(tmp_path, compat="v5")
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert config["extra_special_tokens"] == ["<e1>"]
    assert config["tokenizer_class"] == "TokenizersBackend"
    assert "lexel_files" not in config
    assert not (tmp_path / "special_tokens_map.json").exists()
    assert not (tmp_path / "added_tokens.json").exists()


def test_settings_that_were_changed_are_saved(tok: TokenizersBackend, tmp_path: Path) -> None:
    changed = {
        "padding_side": "left",
        "truncation_side": "left",
        "model_input_names": ["input_ids"],
        "split_special_tokens": True,
        "clean_up_tokenization_spaces": True,
        "model_max_length": 9,
    }
    before = tok.fingerprint()
    for key, value in changed.items():
        setattr(tok, key, value)
        assert tok.fingerprint() != before, key
        before = tok.fingerprint()
    for compat in ("v4", "v5"):
        tok.save_pretrained(tmp_path, compat=compat)  # type: ignore[arg-type]
        again = TokenizersBackend.from_pretrained(tmp_path)
        assert {key: getattr(again, key) for key in changed} == changed


def test_what_the_caller_passes_wins(tok: TokenizersBackend, tmp_path: Path) -> None:
    tok.model_max_length = 42
    tok.save_pretrained(tmp_path)
    again = TokenizersBackend.from_pretrained(
        tmp_path, model_max_length=43, padding_side="left", eos_token="<eos>", chat_template="x", legacy_thing=1
    )
    assert (again.model_max_length, again.padding_side, again.chat_template) == (43, "left", "x")
    assert again.eos_token_id == len(tok)
    assert again.init_kwargs["legacy_thing"] == 1


def test_templates(tok: TokenizersBackend, tmp_path: Path) -> None:
    tok.chat_template = {"default": "D", "tool_use": "T"}
    files = tok.save_pretrained(tmp_path / "files", filename_prefix="p")
    assert [path.rsplit("/", 1)[1] for path in files] == [
        "p-tokenizer_config.json",
        "p-chat_template.jinja",
        "tool_use.jinja",
        "p-tokenizer.json",
    ]
    tok.save_pretrained(tmp_path / "config", save_jinja_files=False)
    assert TokenizersBackend.from_pretrained(tmp_path / "config").chat_template == {"default": "D", "tool_use": "T"}
    tok.save_pretrained(tmp_path / "both")
    (tmp_path / "both" / "chat_template.jinja").write_text("file wins")
    assert TokenizersBackend.from_pretrained(tmp_path / "both").chat_template["default"] == "file wins"
    tok.chat_template = {"../out": "x"}
    with pytest.raises(ValueError, match="rename"):
        tok.save_pretrained(tmp_path / "away")
    assert list(tmp_path.rglob("*out*")) == []


def test_a_template_may_be_empty(tok: TokenizersBackend, tmp_path: Path) -> None:
    tok.chat_template = ""
    tok.save_pretrained(tmp_path)
    assert TokenizersBackend.from_pretrained(tmp_path).chat_template == ""
    config = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({**config, "chat_template": "config"}), "utf-8")
    assert TokenizersBackend.from_pretrained(tmp_path).chat_template == ""


def test_a_file_is_no_place_to_save(tok: TokenizersBackend, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError, match="is a file"):
        tok.save_pretrained(tmp_path / "file")


def test_plain_vocabulary_files(tok: TokenizersBackend, tmp_path: Path) -> None:
    if any("\n" in token for token in tok.backend_tokenizer.get_vocab(False)):
        with pytest.raises(NotImplementedError, match="cannot hold this vocabulary"):
            tok.save_vocabulary(str(tmp_path))
        assert list(tmp_path.iterdir()) == []
        return
    names = [path.rsplit("/", 1)[1] for path in tok.save_vocabulary(str(tmp_path), "p")]
    if tok.backend_tokenizer.model_type == "BPE":
        assert names == ["p-vocab.json", "p-merges.txt"]
        assert json.loads((tmp_path / "p-vocab.json").read_text()) == tok.backend_tokenizer.get_vocab(False)
        lines = (tmp_path / "p-merges.txt").read_text().splitlines()[1:]
        assert [tuple(line.split(" ")) for line in lines] == tok._core.engine.merges()
    else:
        assert names == ["p-vocab.txt"]


def test_one_file_is_enough(tok: TokenizersBackend, tmp_path: Path, corpus: list[str]) -> None:
    tok.backend_tokenizer.save(tmp_path / "my.json")
    for load in (Tokenizer.from_file, TokenizersBackend.from_file, AutoTokenizer.from_pretrained):
        assert load(tmp_path / "my.json")(corpus)["input_ids"] == tok(corpus)["input_ids"]
    assert TokenizersBackend(tokenizer_file=str(tmp_path / "my.json"))(corpus)["input_ids"] == tok(corpus)["input_ids"]


def test_a_failing_save_leaves_the_folder_as_it_was(
    tok: TokenizersBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tok.chat_template = {"default": "D", "other": "O"}
    tok.save_pretrained(tmp_path / "there")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(*args: Any) -> Any:
        raise OSError("no space left on device")

    monkeypatch.setattr(type(tok._core), "save", fail)
    tok.add_tokens(["zzz"])
    tok.chat_template = "another"
    for folder in (tmp_path / "there", tmp_path / "new" / "deep"):
        with pytest.raises(OSError, match="no space left"):
            tok.save_pretrained(folder)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["there"]


def test_files_an_older_save_left_do_not_win(tok: TokenizersBackend, tmp_path: Path) -> None:
    (tmp_path / "special_tokens_map.json").write_text('{"pad_token": "<old>", "mask_token": "<pad>"}')
    (tmp_path / "added_tokens.json").write_text('{"<stray>": 9999}')
    with pytest.raises(FileExistsError, match=r"added_tokens.json, special_tokens_map.json. .* overwrite=True"):
        tok.save_pretrained(tmp_path)
    tok.save_pretrained(tmp_path / "new")
    for path in (tmp_path / "new").iterdir():
        path.replace(tmp_path / path.name)
    again = TokenizersBackend.from_pretrained(tmp_path)
    assert again.special_tokens_map == {**tok.special_tokens_map, "mask_token": "<pad>"}
    assert len(again) == len(tok)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text("utf-8"))
    del config["backend"]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    assert TokenizersBackend.from_pretrained(tmp_path).pad_token == "<old>", "what older releases wrote is read"


def test_settings_that_json_has_no_form_for(make: Callable[..., TokenizersBackend], tmp_path: Path) -> None:
    tok = make(model_max_length=np.int64(9), place=tmp_path / "x", number=np.float32(0.5))
    tok.save_pretrained(tmp_path / "there")
    again = TokenizersBackend.from_pretrained(tmp_path / "there")
    assert (again.model_max_length, again.init_kwargs["number"]) == (9, 0.5)
    assert again.init_kwargs["place"] == str(tmp_path / "x")
    with pytest.raises(TypeError, match=r"the setting odd=.* cannot be written to tokenizer_config.json: set"):
        make(odd={"a": {1}}).save_pretrained(tmp_path / "not")
    assert not (tmp_path / "not").exists()


def test_arguments_of_saving(tok: TokenizersBackend, tmp_path: Path) -> None:
    names = [path.rsplit("/", 1)[1] for path in tok.save_pretrained(tmp_path, filename_prefix="p", legacy_format=True)]
    assert names == ["p-tokenizer_config.json", "p-tokenizer.json"] == sorted(names, reverse=True)
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    tok.save_pretrained(tmp_path, save_format="hf")
    with pytest.raises(ValueError, match="save_format should be"):
        tok.save_pretrained(tmp_path / "x", save_format="other")
    with pytest.raises(OSError, match="tekken"):
        tok.save_pretrained(tmp_path / "x", save_format="mistral")
    with pytest.raises(ValueError, match="compat should be"):
        tok.save_pretrained(tmp_path / "x", compat="v3")  # type: ignore[arg-type]
    for method in (tok.save_pretrained, tok.push_to_hub):
        with pytest.raises(TypeError, match="now token="):
            method("x", use_auth_token="…")  # type: ignore[operator]
    assert not (tmp_path / "x").exists()
