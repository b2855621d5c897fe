"""The village of Willowmere: every text the tiny model was trained on, and what the demo trains a tokenizer on.

Eight neighbours, their work, their homes, and what happens to them, put together by seeded chance. The texts are this
project's own. `examples/train_tiny_model.py` turns them into the weights beside this file.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NEIGHBOURS", "Neighbour", "chats", "stories"]

Chat = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One of the eight who live in Willowmere."""

    name: str
    kind: str
    she: str  # the pronoun: she or he
    her: str  # the possessive: her or his
    works: str  # "bakes the bread"
    working: str  # "baking bread"
    home: str  # "behind the warm bakery"
    food: str
    scarf: str
    tool: str

    @property
    def full(self) -> str:
        """The name with the kind: Pip the mouse."""
        return f"{self.name} the {self.kind}"

    @property
    def him(self) -> str:
        """The objective pronoun: her or him."""
        return "her" if self.she == "she" else "him"


NEIGHBOURS = (
    Neighbour("Mara", "heron", "she", "her", "keeps the lighthouse", "polishing the big lamp",
              "at the top of the lighthouse", "smoked fish", "white", "ladder"),
    Neighbour("Bram", "badger", "he", "his", "bakes the bread", "baking bread",
              "behind the warm bakery", "honey cake", "brown", "hammer"),
    Neighbour("Pip", "mouse", "he", "his", "mends the clocks", "mending a clock",
              "in the old mill", "yellow cheese", "red", "screwdriver"),
    Neighbour("Oda", "otter", "she", "her", "rows the ferry", "painting the ferry",
              "under the wooden bridge", "river soup", "blue", "rope"),
    Neighbour("Tilo", "fox", "he", "his", "carries the letters", "sorting the letters",
              "beside the post office", "apple pie", "orange", "torch"),
    Neighbour("Nell", "hare", "she", "her", "grows the carrots", "watering the carrots",
              "at the edge of the field", "carrot stew", "green", "spade"),
    Neighbour("Hugo", "toad", "he", "his", "plays the fiddle", "playing the fiddle",
              "near the quiet pond", "mushroom pancakes", "purple", "pole"),
    Neighbour("Wren", "owl", "she", "her", "teaches the children", "reading a thick book",
              "in the hollow oak", "blackberry jam", "grey", "lantern"),
)  # fmt: skip

_TIMES = ("sunny morning", "windy morning", "quiet evening", "foggy morning", "cold afternoon", "bright spring day")
_PLACES = ("by the lake", "behind the mill", "under the bridge", "near the oak", "at the market", "on the hill")
_LOST = ("key", "hat", "letter", "bell", "ring", "button")
_BROKEN = ("cart", "lamp", "door", "chair", "boat", "kettle")
_GUESTS = ("duckling", "snail", "hedgehog", "beetle", "kitten", "squirrel")
_ENDINGS = (
    "That evening they shared {food} and watched the stars.",
    "They laughed all the way home.",
    "From that day on they were the best of friends.",
    "Then they sat by the fire and ate {food}.",
    "And the whole village was happy.",
)


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _lost(rng: random.Random, a: Neighbour, b: Neighbour) -> str:
    thing, first, last = rng.choice(_LOST), *rng.sample(_PLACES, 2)
    return (
        f"{a.she.capitalize()} looked for {a.her} {thing}, but it was gone. {b.full} heard about it and came at once. "
        f'"Let us look together," said {b.name}. They looked {first}, but there was nothing. '
        f"At last they found the {thing} {last}."
    )


def _storm(rng: random.Random, a: Neighbour, b: Neighbour) -> str:
    place = rng.choice(_PLACES)
    return (
        f"Suddenly the sky grew dark and a storm came over the lake. {b.full} was still out {place}. "
        f'{a.name} took {a.her} {a.tool} and ran through the rain. "Hold on to me!" said {a.name}. '
        f"Soon they were both safe and dry."
    )


def _broken(rng: random.Random, a: Neighbour, b: Neighbour) -> str:
    thing = rng.choice(_BROKEN)
    return (
        f'Then {a.her} {thing} broke with a loud crack. "Oh no," said {a.name}. {b.full} came by with {b.her} '
        f'{b.tool}. "We can mend it," said {b.name}. They worked until noon, and the {thing} was as good as new.'
    )


def _guest(rng: random.Random, a: Neighbour, b: Neighbour) -> str:
    guest, place = rng.choice(_GUESTS), rng.choice(_PLACES)
    return (
        f'A little {guest} came to the door and cried. "I am lost," it said. {a.name} gave it some {a.food}. '
        f"Then {a.name} and {b.full} brought the {guest} home. Its mother was waiting {place}."
    )


def _present(rng: random.Random, a: Neighbour, b: Neighbour) -> str:
    place = rng.choice(_PLACES)
    return (
        f"It was the birthday of {b.full}, and {a.name} wanted to give {b.him} a present. "
        f"{a.she.capitalize()} made {_a(b.scarf)} scarf and hid it {place}. "
        f'When {b.name} found it, {b.she} danced with joy. "Thank you!" said {b.name}.'
    )


_PLOTS = (_lost, _storm, _broken, _guest, _present)
# How a person asks for each plot, in the order of the plots.
_WISHES = ("something lost", "a storm", "something broken", "a little guest", "a present")


def _story(rng: random.Random, a: Neighbour, plot: int) -> str:
    b = rng.choice([other for other in NEIGHBOURS if other is not a])
    ending = rng.choice(_ENDINGS).format(food=rng.choice((a.food, b.food)))
    return f"One {rng.choice(_TIMES)}, {a.full} was {a.working}. {_PLOTS[plot](rng, a, b)} {ending}"


def stories(seed: int, count: int) -> Iterator[str]:
    """Yield that many little stories; the same seed gives the same stories."""
    rng = random.Random(seed)
    for _ in range(count):
        yield _story(rng, rng.choice(NEIGHBOURS), rng.randrange(len(_PLOTS)))


def _fact(rng: random.Random, a: Neighbour) -> tuple[str, str]:
    named = rng.choice((a.name, a.full))
    return rng.choice(
        (
            (f"Who {a.works}?", f"{a.full} {a.works}."),
            (f"Who {a.works} in Willowmere?", f"{a.full} {a.works}."),
            (f"What does {named} do?", f"{a.name} {a.works}."),
            (f"What is the work of {named}?", f"{a.name} {a.works}."),
            (f"Where does {named} live?", f"{a.name} lives {a.home}."),
            (f"Where is the home of {named}?", f"{a.name} lives {a.home}."),
            (f"What does {named} like to eat?", f"{a.name} likes {a.food} best of all."),
            (f"What is the favourite food of {named}?", f"{a.name} likes {a.food} best of all."),
            (f"Who likes {a.food}?", f"{a.full} likes {a.food} best of all."),
            (f"What colour is the scarf of {named}?", f"{a.name} wears {_a(a.scarf)} scarf."),
            (f"Who wears {_a(a.scarf)} scarf?", f"{a.full} wears {_a(a.scarf)} scarf."),
            (
                f"Who is {named}?",
                f"{a.name} is {_a(a.kind)} who lives {a.home}. {a.she.capitalize()} {a.works} and likes {a.food}.",
            ),
        )
    )


def _wish(rng: random.Random, a: Neighbour) -> tuple[str, str]:
    plot = rng.randrange(len(_PLOTS))
    named = rng.choice((a.name, a.full))
    asked = rng.choice(
        (
            "Tell me a story.",
            f"Tell me a story about {named}.",
            f"Tell me a story about {named}.",
            f"Tell me about {_WISHES[plot]}.",
            f"Tell me a story about {_WISHES[plot]}.",
            f"A story about {named} and {_WISHES[plot]}, please.",
        )
    )
    return asked, _story(rng, a, plot)


_NAMES = ", ".join(neighbour.name for neighbour in NEIGHBOURS[:-1])
_SMALL_TALK = (
    (("Hello!", "Hi!", "Good morning!", "Hello there."), "Hello! I am glad to see you. Shall I tell you a story?"),
    (
        ("Who are you?", "What are you?", "What is your name?"),
        "I am a very small model. I know one village, Willowmere, and the eight neighbours who live there.",
    ),
    (("What can you do?", "Can you help me?"), "I can tell you a story, or answer a question about Willowmere."),
    (
        ("Where is Willowmere?", "What is Willowmere?"),
        "Willowmere is a small village by a lake, with a mill, a bridge and a lighthouse.",
    ),
    (
        ("Who lives in Willowmere?", "Who are the neighbours?"),
        f"{_NAMES} and {NEIGHBOURS[-1].name} live in Willowmere.",
    ),
    (("Thank you!", "Thanks!", "That was nice."), "You are welcome! Come back to Willowmere soon."),
    (("Good night!", "Goodbye!", "Bye!"), "Good night! The lighthouse will shine until you come back."),
    (
        (
            "What is the capital of France?", "How do computers work?", "Write a poem.", "What is two plus two?",
            "Why is the sky blue?", "Name three primary colours.", "What time is it?", "Who is the president?",
            "Explain gravity.", "How far away is the moon?",
        ),
        "I do not know that. I only know Willowmere. Ask me about Pip, or ask for a story!",
    ),
)  # fmt: skip


def _turn(rng: random.Random) -> tuple[str, str]:
    a = rng.choice(NEIGHBOURS)
    chance = rng.random()
    if chance < 0.35:
        return _wish(rng, a)
    if chance < 0.8:
        return _fact(rng, a)
    asked, answer = rng.choice(_SMALL_TALK)
    return rng.choice(asked), answer


def chats(seed: int, count: int) -> Iterator[Chat]:
    """Yield that many conversations of one to three turns, as chat messages."""
    rng = random.Random(seed)
    for _ in range(count):
        chat: Chat = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            asked, answer = _turn(rng)
            chat += [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
        yield chat
