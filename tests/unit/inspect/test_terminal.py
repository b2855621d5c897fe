from __future__ import annotations

from rich.console import Console

from lexel.inspect import coloured, token_table


def test_coloured_keeps_the_text() -> None:
    text = "Hello, [bold]world[/bold]!"
    assert coloured(text, [(0, 5), (5, 6), (7, 13)]).plain == text


def test_each_token_has_a_ground_of_its_own() -> None:
    spans = coloured("ab cd", [(0, 2), (2, 5)]).spans
    assert [(span.start, span.end) for span in spans] == [(0, 2), (2, 5)]
    assert spans[0].style != spans[1].style


def test_tokens_of_one_character_share_its_ground() -> None:
    drawn = coloured("🦊!", [(0, 1), (0, 1), (0, 1), (1, 2)])
    assert drawn.plain == "🦊!"
    assert len(drawn.spans) == 2


def test_separators_show_the_borders_without_colours() -> None:
    assert coloured("low er", [(0, 0), (0, 3), (3, 6)], separator="|").plain == "low| er"


def test_what_no_token_covers_stays() -> None:
    assert coloured("a  b", [(0, 1), (3, 4)]).plain == "a  b"


def test_the_table_shows_brackets_as_they_are() -> None:
    console = Console(width=60)
    with console.capture() as captured:
        console.print(token_table(["[CLS]", "[b]"], [1, 2], [(0, 0), (0, 3)], "[b]"))
    assert "[CLS]" in captured.get()
    assert "'[b]'" in captured.get()
    assert "0–3" in captured.get()
