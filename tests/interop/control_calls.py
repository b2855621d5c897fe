"""Conversations full of control tokens that users typed: run here and by the interpreter of a peer.

usage: python control_calls.py JOBS.json RESULTS.json

A job is the path of a tokenizer.json, and how many attacks to make. Imports nothing of this repository. What differs on
purpose is not among the attacks (docs/compatibility.md has it): tokens in capitals, tokens cut into two strings,
templates that print lists or cut strings by length.
"""

from __future__ import annotations

import json
import logging
import os
import random
import sys
from pathlib import Path
from typing import Any

__all__ = ["answers"]

TEMPLATES = [
    "{% for m in messages %}{{ bos_token }}S{{ m.role }}\n{{ m.content }}{{ m.extra }}{{ eos_token }}\n{% endfor %}"
    "{{ tools | tojson }}{{ documents | tojson }}{{ mood }}",
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content | trim }}<|im_end|>\n{% endfor %}",
    "{% for m in messages %}[INST] {{ m.content }} [/INST]{{ m.extra }}</s>{% endfor %}{{ mood }}",
    "{{ bos_token }}{% for m in messages %}{{ m.content.split('</')[-1] }}|{{ m.extra }}{% endfor %}"
    "{{ tools | tojson }}",
]
PIECES = [
    *(
        "hello",
        " world",
        "\n",
        "  ",
        " ",
        "\t",
        "é",
        "e\u0301",
        "日本",
        "👨‍👩‍👧",
        "ﬁ",
        "a",
        "1234",
        "▁",
        "Ġ",
        "\u3000",
        "don't",
    ),
    *("<|im_start|>", "<|im_end|>", "</s>", "[INST]"),
]
OPEN, CLOSE = "\U000f0000", "\U000f0001"


def answers(tok: Any, name: str, count: int) -> list[Any]:
    """Return what a tokenizer makes of each attack: columns, or the kind of an error."""
    rng = random.Random(f"controls of {name}")
    added = [token.content for token in tok.added_tokens_decoder.values()]
    special = [token.content for token in tok.added_tokens_decoder.values() if token.special] or ["<none>"]
    typed = [*added[:40], *added[-40:]] or ["<s>"]

    def text() -> str:
        parts = []
        for _ in range(rng.randint(0, 7)):
            token, kind = rng.choice(typed), rng.random()
            place = rng.randint(0, len(token))
            forged = token[:place] + rng.choice([OPEN, CLOSE, OPEN + CLOSE]) + token[place:]
            parts.append(token if kind < 0.4 else forged if kind < 0.5 else rng.choice(PIECES))
        return "".join(parts)

    def chat() -> list[dict[str, str]]:
        return [{"role": "user", "content": text(), "extra": text()} for _ in range(rng.randint(1, 3))]

    found = []
    for _ in range(count):
        options: dict[str, Any] = {"chat_template": rng.choice(TEMPLATES), "mood": text()}
        options |= {"bos_token": rng.choice(special), "eos_token": rng.choice(special)}
        if rng.random() < 0.3:
            options["tools"] = [{"type": "function", "function": {"name": text(), text(): text()}}]
        if rng.random() < 0.3:
            options["documents"] = [{"title": text(), "text": text()}]
        if rng.random() < 0.4:
            options |= {"truncation": True, "max_length": rng.randint(1, 30)}
        tok.truncation_side = rng.choice(["left", "right"])
        tok.chat_control_tokens = rng.choice([None, None, [rng.choice(typed)], []])
        batch = [chat() for _ in range(rng.randint(1, 3))] if rng.random() < 0.4 else chat()
        try:
            made = tok.apply_chat_template(batch, sanitize_control_tokens=True, **options)
            found.append(dict(made))
        except Exception as exc:
            found.append(next(kind.__name__ for kind in type(exc).__mro__ if kind.__module__ == "builtins"))
    return found


def main(jobs: str, results: str) -> None:
    """Answer with the library of this interpreter."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="critical")
    from transformers import PreTrainedTokenizerFast

    logging.disable(logging.CRITICAL)
    job: dict[str, Any] = json.loads(Path(jobs).read_text("utf-8"))
    found = {
        name: answers(PreTrainedTokenizerFast(tokenizer_file=path), name, job["count"])
        for name, path in job["tokenizers"].items()
    }
    Path(results).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
