from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

import lexel
from lexel import cli
from lexel.serving.demo import TINY_MODEL

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str, text: str | None = None) -> str:
    result = CliRunner().invoke(cli.app, list(arguments), input=text)
    assert result.exit_code == 0, result.output
    return result.output


def test_version() -> None:
    assert run("version").startswith(f"lexel {lexel.__version__} (")


def test_tokenize_shows_tokens_ids_and_spans() -> None:
    output = run("tokenize", "Pip the mouse", "--tokenizer", str(TINY_MODEL))
    assert "Pip│ the│ mouse" in output
    assert "▁mouse" in output
    assert "7–13" in output


def test_ids_alone_are_the_ids() -> None:
    tok = lexel.AutoTokenizer.from_pretrained(TINY_MODEL)
    output = run("tokenize", "Pip the mouse", "--ids", "-t", str(TINY_MODEL))
    assert [int(id) for id in output.split()] == tok.encode("Pip the mouse", add_special_tokens=False)


def test_count_reads_a_file_and_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("Pip the mouse", "utf-8")
    assert run("count", str(file), "-t", str(TINY_MODEL)) == "3\n"
    assert run("count", "-", "-t", str(TINY_MODEL), text="Pip the mouse") == "3\n"


def test_explain_says_how_it_is_loaded() -> None:
    output = run("explain", str(TINY_MODEL))
    assert "files read: tokenizer_config.json" in output
    assert "engine native" in output


def test_the_cache_is_shown_and_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEXEL_CACHE", str(tmp_path))
    folder = tmp_path / "compiled"
    assert run("cache", "path").split() == [str(folder)]
    assert run("cache", "size").startswith("0 files, 0 bytes")
    folder.mkdir(mode=0o700)
    (folder / "one.compiled").write_bytes(b"1234")
    assert run("cache", "size").startswith("1 files, 4 bytes")
    assert run("cache", "clear") == "4 bytes freed\n"
    assert list(folder.iterdir()) == []
    monkeypatch.setenv("LEXEL_CACHE", "off")
    result = CliRunner().invoke(cli.app, ["cache", "path"])
    assert result.exit_code == 1
    assert "LEXEL_CACHE" in result.output


def test_an_error_of_ours_is_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["lexel", "count", "text", "-t", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("lexel: ")


@pytest.mark.parametrize("name", ["tokenizer.json", "x.json", "folder"])
def test_convert_writes_what_the_name_says(tmp_path: Path, name: str) -> None:
    tok = lexel.AutoTokenizer.from_pretrained(TINY_MODEL)
    output = run("convert", str(TINY_MODEL), str(tmp_path / name))
    assert f"{len(tok)} tokens" in output
    assert f"wrote {tmp_path / name}" in output
    made = lexel.AutoTokenizer.from_pretrained(tmp_path / name)
    assert made.encode("Pip the mouse", add_special_tokens=False) == tok.encode(
        "Pip the mouse", add_special_tokens=False
    )


def test_convert_names_what_it_cannot_write(tmp_path: Path) -> None:
    for arguments in ((str(tmp_path / "x.bin"),), (str(tmp_path / "x.json"), "--to", "docx")):
        result = CliRunner().invoke(cli.app, ["convert", str(TINY_MODEL), *arguments])
        assert result.exit_code == 2
        assert "sentencepiece" in result.output
    assert not list(tmp_path.iterdir())


GOOD = "{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}"


def check(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.app, ["template", "check", *arguments])
    return result.exit_code, result.output


def test_templates_are_checked(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jinja", tmp_path / "bad.jinja"
    good.write_text(GOOD, "utf-8")
    bad.write_text("{{ bos_token }}{{ bos_token }}" + GOOD, "utf-8")
    code, output = check(str(good))
    assert (code, output.splitlines()[0].split(": ")[0]) == (0, str(good))
    assert "warning[generation-missing] there is no {% generation %} block" in output
    code, output = check(str(good), str(bad), "--level", "error")
    assert code == 1
    assert "generation-missing" not in output
    assert "error[bos-twice] line 1: the text begins with <s> twice" in output
    assert check(str(tmp_path))[0] == 1
    code, output = check(str(tmp_path), "--json")
    assert [report["ok"] for report in json.loads(output)] == [False, True]
    assert code == 1


def test_templates_in_a_configuration_are_checked(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"chat_template": [{"name": "default", "template": GOOD}]}), "utf-8")
    code, output = check(str(config))
    assert code == 0
    assert output.startswith(f"{config}: default: ")
    config.write_text("{}", "utf-8")
    assert check(str(config))[0] == 2
    assert check(str(config), "--level", "all")[0] == 2
    config.write_text("{", "utf-8")
    assert check(str(config))[0] == 2
    (tmp_path / "binary.jinja").write_bytes(b"\xff\xfe")
    assert check(str(tmp_path / "binary.jinja"))[0] == 2


def test_the_template_of_a_tokenizer_is_checked_with_it(tmp_path: Path) -> None:
    code, output = check(str(TINY_MODEL))
    assert code == 0
    assert output.startswith(f"{TINY_MODEL}: ")
    tok = lexel.AutoTokenizer.from_pretrained(TINY_MODEL)
    tok.chat_template = {"default": "{{ messages[0].content }}<|nowhere|>", "rag": GOOD}
    tok.save_pretrained(tmp_path)
    code, output = check(str(tmp_path))
    assert code == 1
    assert "<|nowhere|> is no token of this tokenizer" in output
    assert f"{tmp_path}: rag: " in output


def test_templates_that_come_with_lexel_are_shown() -> None:
    assert run("template", "show", "chatml") == lexel.shipped_template("chatml")
    assert run("template", "show").splitlines()[0].startswith("chatml: ChatML")
    assert CliRunner().invoke(cli.app, ["template", "show", "zephyr"]).exit_code == 2
