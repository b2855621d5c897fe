"""Labels over all shared templates: what is trained on is what the assistant says, and the token that ends it.

Where it stands is told by looking for the texts, which occur nowhere else.
"""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

from tests.contract.small import SPECIAL, pipeline
from tests.property.marked_templates import characters_of, templates

from lexel import AddedToken, TokenizersBackend
from lexel.backends.engine import compile_json
from lexel.chat_templates import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

# What looks like a control token in a template.
_CONTROL = re.compile(r"<[|｜][^<>{}'\" +]+[|｜]>|</?s>|<(?:start|end)_of_\w+>|<\w+:eos>|\[e~\[|</?think>|\[/?INST\]")
_TEXTS = ["Alpha, beta.", "Gamma\ndelta!", "日本 😀 é", "1 < 2 && x", "  spaced  ", "end."]


def tokenizer(source: str, names: dict[str, str]) -> Any:
    tok: Any = TokenizersBackend._from_seed(compile_json(pipeline("byte-level")), (), dict(SPECIAL))
    written = sorted({*_CONTROL.findall(source), *names.values()})
    tok.add_tokens([AddedToken(token, special=True, normalized=False) for token in written])
    tok.add_special_tokens({key: names[key] for key in ("bos_token", "eos_token") if key in names})
    return tok


def conversation(rng: random.Random) -> list[dict[str, Any]]:
    turns = rng.randint(1, 3)
    said = rng.sample(_TEXTS, turns)
    asked = [f"Question {number}?" for number in range(turns)]
    pairs = zip(asked, said, strict=True)
    return [
        message
        for question, answer in pairs
        for message in ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
    ]


def trained(tok: Any, made: Any) -> list[str]:
    """Return the texts that are trained on, one for each run of labels."""
    runs: list[list[int]] = [[]]
    for label in made["labels"][0]:
        if label != -100:
            runs[-1].append(label)
        elif runs[-1]:
            runs.append([])
    return [tok.decode(run) for run in runs if run]


def test_turns_are_the_assistant_s_texts_with_their_end(shared_data: Path) -> None:
    found = refused = 0
    for path in sorted((shared_data / "chat_templates").glob("*.golden.json")):
        golden = json.loads(path.read_text(encoding="utf-8"))
        source = (path.parent / golden["template"]).read_text(encoding="utf-8")
        names = {key: golden[key] for key in ("bos_token", "eos_token") if golden[key]}
        tok, rng = tokenizer(source, names), random.Random(golden["template"])
        for _ in range(3):
            messages = conversation(rng)
            made, reason = None, ""
            try:
                made = tok.encode_chats_for_training([messages], chat_template=source, assistant="turns")
            except (ValueError, TemplateError) as error:
                reason = str(error)
            if made is None:
                # Refused with the reason, never labelled wrongly.
                assert re.search("cannot be found by rendering|template line", reason), golden["template"]
                refused += 1
                continue
            said = [message["content"].strip() for message in messages if message["role"] == "assistant"]
            runs = trained(tok, made)
            assert len(runs) == len(said), golden["template"]
            for text, run in zip(said, runs, strict=True):
                before, between, behind = run.partition(text)
                assert between, golden["template"]
                # Around it: what the template writes in the assistant's turn, and nobody else's words.
                assert "Question" not in run, golden["template"]
                assert "user" not in before + behind, golden["template"]
                ends = _CONTROL.findall(behind)
                assert not ends or behind.rstrip().endswith(ends[-1]), golden["template"]
            found += 1
    assert found > 2 * refused


def test_labels_are_what_blocks_write(shared_data: Path) -> None:
    seen = 0
    for name, source, names in templates(shared_data):
        tok, rng = tokenizer(source, names), random.Random(name)
        chats = [conversation(rng) for _ in range(4)]
        try:
            made = tok.encode_chats_for_training(chats, chat_template=source, **names)
        except TemplateError:
            continue
        for row, messages in zip(made["labels"], chats, strict=True):
            text, inside = characters_of(source, {"messages": messages, "tools": None, "documents": None, **names})
            said = "".join(char for char, flag in zip(text, inside, strict=True) if flag and not char.isspace())
            got = "".join(tok.decode([label for label in row if label != -100]).split())
            # A token at the edge of a block may hold characters of both sides.
            assert is_within(said, got), name
            assert len(got) <= len(said) + 30, name
        seen += 1
    assert seen > 40


def is_within(short: str, long: str) -> bool:
    """Say whether the characters of one text come in another, in order."""
    rest = iter(long)
    return all(char in rest for char in short)
