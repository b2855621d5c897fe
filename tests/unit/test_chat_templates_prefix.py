"""Fences, and ids that grow with a text."""

from __future__ import annotations

import random
import re

import pytest

from lexel.chat_templates.prefix import Fences, GrowingIds, Plan, common_length

WORDS = {
    "<a>": 1,
    "<b>": 2,
    "<b>c": 3,
    ">": None,
    "dd": 4,
    " <e> ": 5,
    "[f": 6,
    "f]": 7,
    "[g]": 8,
    "(h)": 9,
    "x(h)y": 10,
}
FENCES = Fences(WORDS)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("<b>c", True),  # longer than `<b>`, which stands in it and does no harm; `>` too
        ("<a>", True),
        ("<b>", False),  # the beginning of another
        ("dd", False),  # "ddd" has it in two places
        (" <e> ", False),  # a neighbour may take its spaces
        ("[f", False),
        ("f]", False),
        ("[g]", True),
        ("(h)", False),  # inside another
        ("x(h)y", True),
        (">", False),  # its neighbours decide whether it is found
        ("none", False),
    ],
)
def test_a_fence_is_what_no_other_word_can_overlap(word: str, expected: bool) -> None:
    assert FENCES.is_fence(word) is expected


def test_a_word_that_reaches_into_another_unmakes_it() -> None:
    assert Fences({"<a>": 1, ">": None}).is_fence("<a>")
    assert not Fences({"<a>": 1, ">>": None}).is_fence("<a>")
    assert not Fences({"<a>": 1, "x<": None}).is_fence("<a>")
    assert not Fences({"<a>": 1, "x<a": None}).is_fence("<a>")
    assert not Fences({"<a>": 1, "<a>b": 2}).is_fence("<a>")


def toy(text: str) -> list[int]:
    """Cut at the words, leftmost and longest first; of the rest, runs of letters are one id, all else one each."""
    longest = sorted(WORDS, key=len, reverse=True)
    ids: list[int] = []
    for part in re.split("(" + "|".join(map(re.escape, longest)) + ")", text):
        if part in WORDS:
            ids.append(WORDS[part] or 99)
        else:
            ids += [1000 + hash(run) % 10**6 for run in re.findall(r"[a-z]+|.", part, flags=re.DOTALL)]
    return ids


def test_ids_grow_as_the_whole_is_encoded() -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    rng = random.Random(seed)
    atoms = [*WORDS, "a", "b", "c", "d", "dd", "<", "f", " ", "é", "(h", "y"]
    saved = 0
    for _ in range(300):
        grown, text = GrowingIds(toy, FENCES), ""
        for _ in range(8):
            text = text[: len(text) - rng.choice((0, 0, 0, 1, 5))]
            text += "".join(rng.choice(atoms) for _ in range(rng.randrange(6)))
            grown.apply(grown.plan(text))
            assert grown.text == text
            assert grown.ids == toy(text)
            assert grown.canonical
        saved += grown.encoded_chars < 8 * len(text) / 2
    assert saved


def test_without_fences_the_whole_text_is_encoded() -> None:
    grown = GrowingIds(toy, None)
    for text in ("a [g] b", "a [g] b c", "a [g] b c d"):
        grown.apply(grown.plan(text))
        assert grown.ids == toy(text)
    assert grown.whole == 2
    assert grown.encoded_chars == 7 + 9 + 11


def test_a_tokenizer_that_does_not_find_its_fence_is_not_believed() -> None:
    def odd(text: str) -> list[int]:
        return [ord(char) for char in text]

    grown = GrowingIds(odd, Fences({"[g]": 8}))
    for text in ("a [g] b", "a [g] b c"):
        grown.apply(grown.plan(text))
        assert grown.ids == odd(text)


def told(ids: list[int]) -> str:
    """Return what ids of the toy say."""
    said = {toy(text)[0]: text for text in ("a", "b", "c", "d", "abc", "abcd", "ask", "more", "x", "\n", " ")}
    return "".join({8: "[g]", **said}[index] for index in ids)


def asked() -> tuple[GrowingIds, Plan]:
    """Return a text that was read, and the one a model goes on with."""
    grown = GrowingIds(toy, FENCES)
    grown.apply(grown.plan("x[g]"))
    return grown, grown.plan("x[g]ask[g]")


def letters(text: str) -> list[int]:
    """Return ids that the toy would not choose: one for each letter."""
    return [toy(char)[0] for char in text]


def test_ids_that_were_given_stay() -> None:
    grown, prompt = asked()
    plan, kept = grown.plan_given(prompt, [letters("abc")], "x[g]ask[g]abc[g]\n", told)
    assert kept == letters("abc")
    before = toy("x[g]ask[g]")
    grown.apply(plan)
    assert grown.ids == [*before, *letters("abc"), 8, *toy("\n")]
    assert not grown.canonical
    grown.apply(grown.plan("x[g]ask[g]abc[g]\nmore"))
    assert grown.ids == [*before, *letters("abc"), 8, *toy("\nmore")]
    assert not grown.fork().canonical
    grown.apply(grown.plan("x[g]ask[g]ab"))
    assert grown.ids == toy("x[g]ask[g]ab")
    assert grown.canonical


@pytest.mark.parametrize("rest", ["more", ""])
def test_given_ids_may_end_in_a_fence(rest: str) -> None:
    grown, prompt = asked()
    given = [*letters("abc"), 8]
    plan, kept = grown.plan_given(prompt, [given], f"x[g]ask[g]abc[g]{rest}", told)
    assert kept == given
    grown.apply(plan)
    assert grown.ids == [*toy("x[g]ask[g]"), *given, *toy(rest)]
    grown.apply(grown.plan(f"x[g]ask[g]abc[g]{rest}[g]a"))
    assert grown.ids == [*toy("x[g]ask[g]"), *given, *toy(f"{rest}[g]a")]


@pytest.mark.parametrize("text", ["abcd", "abd[g]", "d"])
def test_given_ids_that_say_something_else_are_not_taken(text: str) -> None:
    grown, prompt = asked()
    plan, kept = grown.plan_given(prompt, [letters("abc")], f"x[g]ask[g]{text}", lambda ids: str(ids))
    grown.apply(plan)
    assert kept is None
    assert grown.ids == toy(f"x[g]ask[g]{text}")
    assert grown.canonical


def test_the_first_row_that_fits_is_taken() -> None:
    grown, prompt = asked()
    rows = [[*toy("abc"), 3], toy("abc"), []]
    plan, kept = grown.plan_given(prompt, rows, "x[g]ask[g]abc d", lambda ids: str(ids))
    grown.apply(plan)
    assert kept == toy("abc")
    assert grown.canonical


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("", "", 0), ("a", "", 0), ("ab", "abc", 2), ("abd", "abc", 2), ("xb", "yb", 0)]
)
def test_common_length(one: str, other: str, expected: int) -> None:
    assert common_length(one, other) == common_length(other, one) == expected
    assert common_length(list(one), list(other)) == expected
