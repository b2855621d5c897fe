"""What the reference makes of a SentencePiece model that is all a class has: run by the interpreter of a peer.

usage: python conversions.py JOBS.json RESULTS.json

A job is a folder, the name of a class, and texts; or the name of a class, a model file and settings to convert by.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

IDS = {"<s>": 0, "</s>": 2, "<unk>": 1, "[CLS]": 5, "[SEP]": 6}
SETTINGS = {
    "keep_accents": False,
    "do_lower_case": True,
    "split_by_punct": True,
    "_extra_ids": 3,
    "mask_token_sent": "<mask_1>",
    "mask_token": "<mask_2>",
    "mask_token_id": 2,
    "offset": 6,
    "pad_token": "<pad>",
    "eos_token": "</s>",
    "bos_token": "<s>",
    "eos_token_id": 2,
    "unk_token_id": 1,
}


def standin(name: str, path: str, settings: dict[str, Any]) -> Any:
    """Return an object of a class of this name with what converters read."""
    made = type(name, (), {})()
    made.convert_tokens_to_ids = lambda token: IDS.get(token, 7)
    made.convert_ids_to_tokens = ["<unk>", "<s>", "</s>"].__getitem__
    for key, value in {**SETTINGS, "vocab_file": path, **settings}.items():
        setattr(made, key, value)
    return made


def loaded(tok: Any, texts: list[str]) -> dict[str, Any]:
    """Return what must be the same of a tokenizer."""
    ids = [list(tok(text)["input_ids"]) for text in texts]
    return {
        "ids": ids,
        "plain": [list(tok(text, add_special_tokens=False)["input_ids"]) for text in texts[:40]],
        "decoded": [tok.decode(row) for row in ids],
        "skipped": [tok.decode(row, skip_special_tokens=True) for row in ids],
        "special": sorted(map(str, tok.all_special_tokens)),
        "added": {str(index): [str(token), token.special] for index, token in tok.added_tokens_decoder.items()},
    }


def do(library: Any, converters: Any, job: dict[str, Any]) -> Any:
    """Do one job."""
    if "texts" in job:
        return loaded(getattr(library, job["class"]).from_pretrained(job["folder"]), job["texts"])
    made = standin(job["class"], job["path"], job["settings"])
    return json.loads(converters.convert_slow_tokenizer(made).to_str())


def main() -> None:
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="critical")
    warnings.simplefilter("ignore")
    import transformers

    converters = import_module("transformers.convert_slow_tokenizer")
    jobs = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    try:
        from google import protobuf  # noqa: F401
        from sentencepiece import sentencepiece_model_pb2  # noqa: F401
    except ImportError as error:
        found: dict[str, Any] = {"missing": str(error)}
    else:
        found = {key: do(transformers, converters, job) for key, job in jobs.items()}
    Path(sys.argv[2]).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main()
