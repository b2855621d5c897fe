"""What a class makes of texts: run here, and by the interpreter of a peer, so it imports nothing of this repository.

usage: python class_facts.py JOBS.json RESULTS.json

A job is a class, the arguments of its constructor, and what to do with the tokenizer before it is looked at.
"""

from __future__ import annotations

import json
import logging
import os
import random
import sys
import warnings
from pathlib import Path
from typing import Any

_WORDS = (
    "Hello world quick brown fox over the lazy dog don't it's naïve café Straße 日本語 한국어 😀 1234567 a b MASK ﬁ Ａ "
    ". , ! ( ) '' `` @@ | -- … é ▁ >>fr<< __en__"
)
WORDS = [*_WORDS.split(), "\t", "\n", "\x07", "\u200b"]
GAPS = (" ", " ", " ", "", "  ", "\n")
NAMES = ("vocab_size", "model_input_names", "padding_side", "truncation_side", "special_tokens_map", "model_max_length")


def texts(special: list[str], count: int) -> list[str]:
    """Return texts of words and special tokens, the same ones each time."""
    choose = random.Random(count).choice
    # The mark of a gap is left out: the reference's tokenizer is another one after the first text with it.
    words = [*WORDS, *sorted(token for token in special if token != "<FILL_ME>")[:8] * 3]
    made = ["", " ", "a", "Hello world"]
    for size in range(count):
        made.append("".join(choose(words) + choose(GAPS) for _ in range(1 + size % 9)))
    return made


def attempt(do: Any, *args: Any, **kwargs: Any) -> Any:
    """Return what a call gives, or that it failed."""
    try:
        return do(*args, **kwargs)
    except Exception:
        return "failed"


def facts(tok: Any, count: int) -> dict[str, Any]:
    """Return what must be the same in every library."""
    special = [str(token) for token in tok.all_special_tokens]
    rows = texts(special, count)
    made: dict[str, Any] = {name: getattr(tok, name) for name in NAMES}
    made["files"] = tok.vocab_files_names
    made["extra"] = [str(token) for token in tok.extra_special_tokens]
    made["size"] = len(tok)
    made["added by a call"] = [attempt(tok.num_special_tokens_to_add, pair=pair) for pair in (False, True)]
    if hasattr(tok, "backend_tokenizer"):
        made["pipeline"] = json.loads(tok.backend_tokenizer.to_str())
    for row in rows:
        ids = attempt(lambda text: list(tok(text)["input_ids"]), row)
        made[f"ids {row!r}"] = ids
        if ids == "failed":
            continue
        made[f"without {row!r}"] = list(tok(row, add_special_tokens=False)["input_ids"])
        made[f"decoded {row!r}"] = [tok.decode(ids), tok.decode(ids, skip_special_tokens=True)]
        # The text an added token was found in may be what it took with it.
        made[f"tokens {row!r}"] = [t.strip() if t.strip() in special else t for t in tok.tokenize(row)]
    for row, other in zip(rows, rows[::-1], strict=True):
        pair = attempt(tok, row, other or "z", return_special_tokens_mask=True, return_token_type_ids=True)
        if pair == "failed":
            made[f"pair {row!r}"] = pair
            continue
        size = len(pair["input_ids"])
        # Where a text brings its own end, the reference's other columns are longer than its ids.
        made[f"pair {row!r}"] = {key: list(pair[key])[:size] for key in pair}
    return made


def change(tok: Any, changes: dict[str, Any]) -> Any:
    """Set attributes; return the tokenizer."""
    for name, value in changes.items():
        setattr(tok, name, value)
    return tok


def do(library: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Make a tokenizer of a job and look at it; arguments that hold pairs are made tuples first."""
    options = dict(job.get("options", {}))
    for name in ("vocab", "merges"):
        if isinstance(options.get(name), list):
            options[name] = [tuple(entry) for entry in options[name]]
    try:
        tok = getattr(library, job["class"])(*job.get("arguments", ()), **options)
    except ImportError as error:
        return {"missing": str(error)}
    return facts(change(tok, job.get("changes", {})), job["count"])


def main(asked: str, found: str) -> None:
    """Do all jobs with the library of this interpreter."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="critical")
    warnings.simplefilter("ignore")
    import transformers

    logging.disable(logging.CRITICAL)
    jobs = json.loads(Path(asked).read_text("utf-8"))
    Path(found).write_text(json.dumps({name: do(transformers, job) for name, job in jobs.items()}), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
