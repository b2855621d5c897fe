"""What a library reads in a folder: run by the interpreter of each peer, so it imports nothing of this repository.

usage: python facts.py JOBS.json RESULTS.json

A job is a folder, options of loading, what to do with the tokenizer before it is looked at, and where to save it
afterwards (or not).
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

TEXTS = [
    "Hello world, it's me!",
    "  two  leading, and  double spaces ",
    "naïve café, Straße, ΑΒΓ, Русский, 日本語, 한국어, 😀👨‍👩‍👧",
    "def f(x):\n    return x * 2  # 1234567\n\n",
    "",
    "\t tab\r\nand return",
    "x q1q  u1u  sw xswx <x1> y<x2>  <image>z</s><s>[CLS] [SEP]<|endoftext|><pad>end",
    "don't can't 'm 've 'll",
    "مرحبا שלום नमस्ते ไทย ﬁ Ⅷ é",
]
NAMES = ("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token")


def facts(tok: Any) -> dict[str, Any]:
    """Return what must be the same for all who read a folder."""
    ids = [list(tok(text)["input_ids"]) for text in TEXTS]
    return {
        "ids": ids,
        "without special tokens": [list(tok(text, add_special_tokens=False)["input_ids"]) for text in TEXTS],
        "pairs": [list(tok(*pair)["input_ids"]) for pair in itertools.pairwise(TEXTS)],
        "columns": sorted(tok("a", "b").keys()),
        "named": {name: [getattr(tok, name), getattr(tok, f"{name}_id")] for name in NAMES},
        "image": getattr(tok, "image_token", None),
        "size": len(tok),
        "sides": [tok.padding_side, tok.truncation_side],
        "limit": tok.model_max_length,
        "inputs": list(tok.model_input_names),
        "template": tok.chat_template,
        "padded": [list(row) for row in tok(["a b c", "a"], padding=True)["input_ids"]] if tok.pad_token else None,
        "added": {
            index: [token.content, token.single_word, token.lstrip, token.rstrip, token.special]
            for index, token in sorted(tok.added_tokens_decoder.items())
        },
    }


def change(tok: Any, changes: dict[str, Any]) -> None:
    """Make the changes a job asks for."""
    for name, value in changes.items():
        if name == "add_tokens":
            tok.add_tokens(value)
        elif name == "add_special_tokens":
            tok.add_special_tokens(value)
        else:
            setattr(tok, name, value)


def do(load: Any, job: dict[str, Any]) -> dict[str, Any]:
    """Do one job; return the facts, or the error."""
    try:
        tok = load(job["folder"], **job.get("options", {}))
        change(tok, job.get("changes", {}))
        if "save" in job:
            tok.save_pretrained(job["save"])
        return facts(tok)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main(jobs: str, results: str) -> None:
    """Do all jobs with the library of this interpreter."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="critical")
    warnings.simplefilter("ignore")
    from transformers import AutoTokenizer

    logging.disable(logging.CRITICAL)
    asked = json.loads(Path(jobs).read_text("utf-8"))
    # Through JSON, as every other reader's: keys become strings, tuples lists.
    Path(results).write_text(json.dumps({name: do(AutoTokenizer.from_pretrained, job) for name, job in asked.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
