"""tekken files against Mistral's library: ids, pieces and decode policies; the portable form against tiktoken."""

from __future__ import annotations

import base64
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import oracle

from lexel import Tokenizer
from lexel.compat.convert_slow_tokenizer import (
    MistralConverter,
    TikTokenConverter,
    convert_tekken_tokenizer,
    convert_tiktoken_to_fast,
)

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.differential

SPLIT = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PIECES = ["a", "b", "ab", " ", "é", "日", "<s>", "[INST]", "\n", "1", "'s"]
LISTED = ["<unk>", "<s>", "</s>", "[INST]", "<pad>"]


def random_file(rng: random.Random, version: str, folder: Path) -> Path:
    words = {"".join(rng.choices("ab é日", k=rng.randint(2, 6))).encode() for _ in range(80)}
    tokens = [bytes([byte]) for byte in range(256)] + sorted(words, key=lambda _: rng.random())
    content: dict[str, Any] = {
        "config": {
            "pattern": SPLIT,
            "num_vocab_tokens": len(tokens),
            "default_vocab_size": 30 + len(tokens) - rng.randint(0, 9),
            "default_num_special_tokens": 30,
            "version": version,
        },
        "vocab": [
            {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
            for rank, token in enumerate(tokens)
        ],
        "version": 1,
        "type": "Tekken",
    }
    if version not in ("v3", "v7"):
        content["special_tokens"] = [
            {"rank": rank, "token_str": token, "is_control": True} for rank, token in enumerate(LISTED)
        ]
    path = folder / "tekken.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("version", ["v3", "v7", "v11", "v13", "v15"])
def test_every_version_is_the_originals(version: str, tmp_path: Path, seed: str) -> None:
    original_module = oracle("mistral_common.tokens.tokenizers.tekken")
    rng = random.Random(f"tekken {version} {seed}")
    path = random_file(rng, version, tmp_path)
    original, ours = original_module.Tekkenizer.from_file(path), Tokenizer.from_file(path)
    keep, ignore = original_module.SpecialTokenPolicy.KEEP, original_module.SpecialTokenPolicy.IGNORE
    assert (len(ours), ours.bos_token_id, ours.pad_token_id) == (original.n_words, original.bos_id, original.pad_id)
    assert [ours.decode([index]) for index in range(original.n_words)] == original.vocab()
    for _ in range(300):
        text = "".join(
            rng.choices(["a", "b", "ab", " ", "é", "日", "<s>", "[INST]", "\n", "1", "'s"], k=rng.randint(0, 15))
        )
        ids = ours(text)["input_ids"]
        assert ids == original.encode(text, bos=False, eos=False), text
        ids = rng.choices([*range(original.n_words)], k=rng.randint(0, 12))
        assert ours.decode(ids) == original.decode(ids, special_token_policy=keep), ids
        assert ours.decode(ids, skip_special_tokens=True) == original.decode(ids, special_token_policy=ignore), ids


def test_the_portable_forms_agree_where_they_can(tmp_path: Path, seed: str) -> None:
    rng = random.Random(f"portable {seed}")
    path = random_file(rng, "v3", tmp_path)
    exact, portable = Tokenizer.from_file(path), MistralConverter(str(path)).converted()
    loaded = convert_tekken_tokenizer(str(path), chat_template="x")
    assert (loaded.chat_template, loaded.bos_token, loaded("<s>a")["input_ids"]) == ("x", "<s>", [1, 127])
    for _ in range(200):
        text = "".join(rng.choices("ab é日1\n", k=rng.randint(0, 20)))
        assert portable.encode(text).ids == exact(text)["input_ids"], text
    prefixed = MistralConverter(str(path), add_prefix_space=True).converted()
    assert prefixed.encode("1").tokens[0].startswith("Ġ")


def test_an_encoding_keeps_its_ids(tmp_path: Path) -> None:
    tiktoken = oracle("tiktoken")
    ranks = {bytes([byte]): byte for byte in range(256)} | {b"ab": 256, b"abc": 258}
    special = {"<|endoftext|>": 300, "<|x|>": 259}
    encoding = tiktoken.Encoding("own", pat_str=SPLIT, mergeable_ranks=ranks, special_tokens=special)
    convert_tiktoken_to_fast(encoding, tmp_path)
    text = "abc ab<|endoftext|>c<|x|>"
    expected = encoding.encode(text, allowed_special="all")
    assert Tokenizer.from_file(tmp_path / "tokenizer.json")(text)["input_ids"] == expected
    library = oracle("tokenizers").Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert library.encode(text).ids == expected
    converter = TikTokenConverter(tmp_path / "tiktoken" / "tokenizer.model", SPLIT, extra_special_tokens=special)
    assert converter.converted().encode(text).ids == expected
    listed = TikTokenConverter(tmp_path / "tiktoken" / "tokenizer.model", SPLIT, extra_special_tokens=["<|x|>"])
    assert listed.converted().encode("ab<|x|>").ids == [256, 259]
