from __future__ import annotations

import re

from lexel.serving.tiny_world import NEIGHBOURS, chats, stories


def test_the_same_seed_tells_the_same() -> None:
    assert list(stories(5, 20)) == list(stories(5, 20))
    assert list(chats(5, 20)) == list(chats(5, 20))
    assert list(stories(5, 20)) != list(stories(6, 20))


def test_stories_differ() -> None:
    told = list(stories(1, 1000))
    assert len(set(told)) > 900


def test_chats_take_turns() -> None:
    for chat in chats(1, 200):
        roles = [message["role"] for message in chat]
        assert roles == ["user", "assistant"] * (len(chat) // 2)
        assert all(message["content"] for message in chat)


def test_articles_fit_their_words() -> None:
    texts = " ".join(message["content"] for chat in chats(1, 3000) for message in chat)
    assert re.findall(r"\ba [aeio]\w+|\ban [^aeio ]\w+", texts) == []


def test_every_neighbour_answers_for_one_thing_only() -> None:
    for attribute in ("name", "kind", "works", "home", "food", "scarf"):
        assert len({getattr(neighbour, attribute) for neighbour in NEIGHBOURS}) == len(NEIGHBOURS)
