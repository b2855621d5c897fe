"""Libraries take turns, and one whose result differs gets no time: it gets the input it is wrong on."""

from __future__ import annotations

import hashlib
import json
from array import array
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SLICES = [["one", "two"], ["three"], ["four"]]


class Fake:
    """A worker in this process: ids are code points, except as the library's name says."""

    turns: list[tuple[str, int]]

    def __init__(self, library: str, threads: int) -> None:
        from field.process import Gone

        if library == "missing":
            raise Gone("cannot be installed: no such version")
        self.library = library
        self.closed = False

    def ids(self, text: str) -> list[int]:
        found = [ord(letter) for letter in text]
        return [*found[:-1], 0] if self.library == "wrong" and text == "three" else found

    def ask(self, do: str, longest_s: float = 0, **order: Any) -> dict[str, Any]:
        from field.process import Gone

        if do == "load":
            if self.library == "picky":
                return {"unreadable": "no such kind"}
            return {"cpu": 0.1, "resident": 1, "forms": ["each", "ids"]}
        if do == "read":
            return {"slices": len(SLICES)}
        texts = SLICES[order["at"]]
        if do == "show":
            return {"row": self.ids(texts[order["row"]]), "text": texts[order["row"]]}
        if self.library == "crashing" and order["at"] == 1:
            raise Gone("ended with status -11")
        Fake.turns.append((self.library, order["at"]))
        rows = [hashlib.blake2b(array("I", self.ids(text)).tobytes(), digest_size=8).hexdigest() for text in texts]
        return {"cpu": [0.5] * order.get("repeats", 1), "wall": [1.0], "rows": "".join(rows), "tokens": None}

    def close(self, *, kill: bool = False) -> None:
        self.closed = True


@pytest.fixture
def field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("tokenizers")
    import field.rounds
    from field.libraries import Vocabulary

    monkeypatch.setattr(field.rounds, "CACHE", tmp_path)
    Fake.turns = []
    (tmp_path / "v.json").write_text("{}")
    (tmp_path / "text.json").write_text(json.dumps(SLICES))

    def begin(*libraries: str) -> field.rounds.Field:
        made = field.rounds.Field(
            libraries, Vocabulary("v", str(tmp_path / "v.json")), "tokenizers", start=lambda n, t: Fake(n, t)
        )
        made.read("text", tmp_path / "text.json")
        return made

    return begin


def test_a_wrong_library_is_shown_its_input_and_gets_no_time(field: Any) -> None:
    timings = field("lexel", "wrong").run("ids", "text", [0, 1, 2])
    assert set(timings.right()) == {"lexel", "tokenizers"}
    assert timings.wrong == {"wrong": "slice 1, document 0: [4] is 0, not 101; input: 'three'"}
    assert timings.right()["lexel"] == {0: [0.5], 1: [0.5], 2: [0.5]}


def test_they_take_turns_and_turn_about(field: Any) -> None:
    made = field("lexel", "other")
    made.run("each", "text", [0])
    Fake.turns.clear()
    made.run("each", "text", [0, 1])
    first = [name for name, at in Fake.turns if at == 0]
    assert sorted(first) == ["lexel", "other", "tokenizers"]
    # what the reference says of a new slice is asked for before anyone's turn
    second = [name for name, at in Fake.turns if at == 1][1:]
    assert second == first[::-1]


def test_what_the_reference_says_is_kept(field: Any) -> None:
    field("lexel").run("ids", "text", [0, 1, 2], sampled=True)
    assert [at for name, at in Fake.turns if name == "tokenizers"] == [0, 0, 1, 2]
    Fake.turns.clear()
    timings = field("lexel", "wrong").run("ids", "text", [0, 1, 2], sampled=True)
    assert [at for name, at in Fake.turns if name == "tokenizers"] == [0]
    assert list(timings.wrong) == ["wrong"]


def test_who_is_not_there_is_said_and_stops_nobody(field: Any) -> None:
    made = field("lexel", "missing", "picky", "crashing")
    assert made.absent == {"missing": "cannot be installed: no such version", "picky": "cannot read: no such kind"}
    timings = made.run("ids", "text", [0, 1, 2])
    assert timings.wrong == {"crashing": "fails: ended with status -11"}
    assert made.absent["crashing"] == "ended with status -11"
    assert set(timings.right()) == {"lexel", "tokenizers"}


def test_wrong_rows_have_no_figures_in_the_record(field: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from field.board import Board
    from table import Table

    table = Table()
    board = Board(table, "field", "a title")
    timings = field("lexel", "wrong").run("ids", "text", [0, 1, 2])
    reached = board.add(("v", "text", "ids"), timings, {0: 1 << 20, 1: 1 << 20, 2: 1 << 20}, reference="tokenizers")
    assert reached == {"lexel": 2.0, "tokenizers": 2.0}
    by_peer = {str(row["peer"]): row for row in table.rows}
    assert (by_peer["wrong"]["value"], by_peer["wrong"]["verdict"]) == ("", "WRONG")
    assert by_peer["lexel"]["times_reference"] == "1"
    assert "wrong WRONG" in capsys.readouterr().out
    assert table.unequal == []


def test_lexel_wrong_fails_the_run(field: Any) -> None:
    from field.board import Board
    from field.rounds import Timings
    from table import Table

    table = Table()
    Board(table, "field", "a title").add(("v", "text", "ids"), Timings({}, {"lexel": "slice 0, document 0"}), {})
    assert table.close() == 1


def test_a_run_has_one_record_that_grows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tokenizers")
    from field.board import Board
    from field.rounds import Timings
    from table import Table

    table = Table()
    board = Board(table, "field", "a title")
    first = table.record(tmp_path)
    board.add(("v", "text", "ids"), Timings({"lexel": {0: [0.5]}}), {0: 1 << 20})
    assert table.record(tmp_path) == first
    assert [path.name for path in tmp_path.iterdir()] == [first.name]
    assert first.read_text("utf-8").splitlines()[-1].startswith("field,v,text,ids,lexel,1,cpu,")
    assert Table().record(tmp_path) != first
