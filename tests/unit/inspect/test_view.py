from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from lexel import GPT2Tokenizer
from lexel.cli import app
from lexel.inspect import TokenView

if TYPE_CHECKING:
    from pathlib import Path

FOX = "🦊".encode()


def view() -> TokenView:
    text = "a \n🦊"
    return TokenView(
        text,
        ["<s>", "a", "Ġ", "Ċ", "ðŁ", "¦Ĭ"],
        [0, 5, 6, 7, 8, 9],
        [(0, 0), (0, 1), (1, 2), (2, 3), (3, 4), (3, 4)],
        [True, False, False, False, False, False],
        [None, b"a", b" ", b"\n", FOX[:2], FOX[2:]],
    )


class Boxes(HTMLParser):
    """Collects titles and texts of the boxes, and fails on tags that do not close."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.open.append(tag)
        self.titles += [value for key, value in attrs if key == "title" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_what_has_no_shape_is_made_visible() -> None:
    assert [shown.shape for shown in view().shown()] == ["<s>", "a", "·", "⏎", "⟨F0⟩⟨9F⟩", "⟨A6⟩⟨8A⟩"]


def test_the_page_is_whole_and_says_all_on_hovering() -> None:
    boxes = Boxes()
    boxes.feed(view().html())
    assert boxes.open == []
    assert len(boxes.titles) == 6
    assert boxes.titles[1] == "'a'\nid 5, token 1\ncharacters 0-1\nbytes 61"
    assert "prefers-color-scheme:dark" in view().html()


def test_markup_in_a_text_stays_text() -> None:
    hostile = '<script>alert("x")</script>'
    shown = TokenView(hostile, [hostile], [1], [(0, len(hostile))], [False], [hostile.encode()]).html()
    assert "<script" not in shown


def test_as_plain_text_bars_divide() -> None:
    assert str(view()) == "a│ │⏎\n│🦊"
    assert repr(view()).endswith("6 tokens")


def test_a_tokenizer_shows_itself_and_texts(tmp_path: Path) -> None:
    tok = GPT2Tokenizer().train_new_from_iterator(["hello world hello"], 270)
    shown = tok.show("hello  world<|endoftext|>")
    assert "".join(part.shape for part in shown.shown()) == "hello··world<|endoftext|>"
    assert [part.special for part in shown.shown()][-1]
    assert re.search(r"<caption>GPT2Tokenizer</caption>.*eos_token", tok._repr_html_())
    tok.save_pretrained(tmp_path)
    page = tmp_path / "page.html"
    result = CliRunner().invoke(app, ["inspect", "hello world", "-t", str(tmp_path), "--html", str(page)])
    assert result.exit_code == 0
    assert 'class="lexel-tokens"' in page.read_text("utf-8")
    result = CliRunner().invoke(app, ["inspect", "hello world", "-t", str(tmp_path)])
    assert result.exit_code == 0
    assert "hello│ world" in result.output
    assert "Ġworld" in result.output
