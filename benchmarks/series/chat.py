"""Chats: rendering, encoding and masks of whole conversations, and conversations that grow, beside `transformers`.

Each tokenizer is loaded from its folder by both libraries, with the chat template that is there, or one of lexel's own.
Masks need a template with a generation block, which few folders have: there lexel's own is used by both.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import corpora
import lexel
from measure import Duel
from peers import LEXEL, Call
from table import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from settings import Settings
    from table import Table
    from vocabularies import Vocabulary

TRANSFORMERS = "transformers"
TITLE = "apply_chat_template on 1,000 conversations of 10 messages, one thread, CPU time"
VOCABULARIES = ("llama-3", "qwen2.5", "gemma-4", "phi-3", "smollm2")
COUNT, SLICES, MESSAGES = 1_000, 4, 10
# Characters of a question and of an answer: most are short, some are not.
QUESTIONS, ANSWERS = (20, 60, 150, 400), (80, 300, 700, 1500)
SHIPPED = "chatml"
PER_CONVERSATION = Unit("µs/chat", rate=False, scale=1e6)
PER_TURN = Unit("µs/turn", rate=False, scale=1e6)

Messages = list[dict[str, str]]


def run(table: Table, settings: Settings) -> None:
    """Time what people do with conversations."""
    table.begin("chat", TITLE, TRANSFORMERS)
    if importlib.util.find_spec(TRANSFORMERS):
        table.facts[TRANSFORMERS] = version(TRANSFORMERS)
        print(f"  {TRANSFORMERS} {version(TRANSFORMERS)}")
    chats = conversations(COUNT)
    slices = [chats[i::SLICES] for i in range(SLICES)]
    for vocabulary in settings.few(*VOCABULARIES):
        toks = _loaded(vocabulary)
        label = (vocabulary.name, f"mixed × {COUNT:,}")
        for task, call in TASKS.items():
            _time(table, (*label, task), {name: call(tok) for name, tok in toks.items()}, slices)
        # The reference has one way to the ids after each turn: encode everything. lexel has that, and a builder.
        again = {name: _each_turn(tok) for name, tok in toks.items()}
        _time(table, (*label, "each turn, anew"), again, slices, MESSAGES)
        _time(table, (*label, "each turn, tok.chat()"), {**again, LEXEL: _grown(toks[LEXEL])}, slices, MESSAGES)


def conversations(count: int) -> list[Messages]:
    """Return conversations of questions and answers cut from the corpora, each of one of them."""
    chance = random.Random(f"{corpora.SEED} chats")
    texts = {name: corpora.corpus(name) for name in corpora.CORPORA}
    return [_conversation(chance, texts[chance.choice(corpora.CORPORA)]) for _ in range(count)]


def _conversation(chance: random.Random, text: str) -> Messages:
    messages: Messages = []
    for turn in range(MESSAGES):
        longest = chance.choice(ANSWERS if turn % 2 else QUESTIONS)
        at, size = chance.randrange(len(text) - longest), chance.randint(longest // 3, longest)
        messages.append({"role": "assistant" if turn % 2 else "user", "content": text[at : at + size].strip() or "?"})
    return messages


def _loaded(vocabulary: Vocabulary) -> dict[str, Any]:
    with vocabulary.file() as path:
        toks: dict[str, Any] = {LEXEL: lexel.AutoTokenizer.from_pretrained(str(path.parent))}
        if importlib.util.find_spec(TRANSFORMERS):
            # The class that takes the file as it is; others of theirs change the pipeline.
            peer = importlib.import_module(TRANSFORMERS).PreTrainedTokenizerFast
            toks[TRANSFORMERS] = peer.from_pretrained(str(path.parent))
    for tok in toks.values():
        tok.pad_token = tok.pad_token or tok.convert_ids_to_tokens(0)
        tok.chat_template = tok.chat_template or lexel.shipped_template(SHIPPED)
    return toks


def _time(
    table: Table, label: tuple[str, str, str], calls: dict[str, Call], slices: list[list[Messages]], steps: int = 1
) -> None:
    # Nobody pays for compiling the template: it is compiled once in a process.
    for call in calls.values():
        call.run(slices[0][:1])
    duel = Duel(calls, reference=TRANSFORMERS)
    for batch in slices:
        duel.round(batch)
    unit = PER_TURN if steps > 1 else PER_CONVERSATION
    table.duel(label, duel, [len(batch) * steps for batch in slices], unit)


def _render_each(tok: Any) -> Call:
    return Call(lambda batch: [tok.apply_chat_template(chat, tokenize=False) for chat in batch])


def _render(tok: Any) -> Call:
    return Call(lambda batch: tok.apply_chat_template(batch, tokenize=False))


def _ids_each(tok: Any) -> Call:
    return Call(lambda batch: [_ids(tok, chat) for chat in batch])


def _ids_batch(tok: Any) -> Call:
    return Call(lambda batch: _ids(tok, batch))


def _ids(tok: Any, given: Any) -> Any:
    return tok.apply_chat_template(given, return_dict=False)


def _padded(tok: Any) -> Call:
    return Call(lambda batch: tok.apply_chat_template(batch, padding=True, return_tensors="np"), _columns)


def _masks(tok: Any) -> Call:
    options = {"chat_template": lexel.shipped_template(SHIPPED), "return_assistant_tokens_mask": True}
    return Call(lambda batch: tok.apply_chat_template(batch, **options), _columns)


def _each_turn(tok: Any) -> Call:
    return Call(lambda batch: [[_ids(tok, chat[: end + 1]) for end in range(len(chat))] for chat in batch])


def _grown(tok: Any) -> Call:
    def grow(messages: Messages) -> list[list[int]]:
        chat = tok.chat(on_change="reencode")
        return [chat.add(message).ids for message in messages]

    return Call(lambda batch: [grow(messages) for messages in batch])


def _columns(batch: Any) -> list[Any]:
    """Return the columns by name, arrays as lists."""
    return sorted((name, column.tolist() if hasattr(column, "tolist") else column) for name, column in batch.items())


TASKS: dict[str, Callable[[Any], Call]] = {
    "render, one by one": _render_each,
    "render, batch": _render,
    "lists, one by one": _ids_each,
    "lists, batch": _ids_batch,
    "padded, numpy": _padded,
    "masks": _masks,
}
