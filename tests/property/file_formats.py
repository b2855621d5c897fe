"""Small files of every format, and ways to break them."""

from __future__ import annotations

import base64
import json
import random
import struct
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from tests.property.hostile import byte_level
from tests.unit import gguf_files as gguf

from lexel.converters.tekken import OLD_SPECIAL_TOKENS

if TYPE_CHECKING:
    from collections.abc import Callable

CHANGES = ("cut", "flip", "insert", "repeat", "zero", "huge", "swap")


def sentencepiece() -> bytes:
    """Return a model of pieces with scores, and the specifications behind them."""

    def field(number: int, content: bytes) -> bytes:
        return bytes([number << 3 | 2]) + _varint(len(content)) + content

    def piece(text: str, score: float, kind: int) -> bytes:
        raw = field(1, text.encode()) + b"\x15" + struct.pack("<f", score)
        return field(1, raw + (bytes([0x18, kind]) if kind != 1 else b""))

    pieces = [("<unk>", 0.0, 2), ("<s>", 0.0, 3), ("</s>", 0.0, 3), ("▁", -1.0, 1), ("a", -2.0, 1), ("b", -2.5, 1)]
    pieces += [("▁a", -1.5, 1), ("ab", -3.0, 1), ("<sep>", 0.0, 4), ("x", -9.0, 5)]
    trainer = b"\x18\x02" + b"\xc0\x02\x00\xc8\x02\x01\xd0\x02\x02"  # BPE; unknown, beginning and end by id
    normalizer = field(1, b"identity") + b"\x18\x01\x20\x01\x28\x01"
    return b"".join(piece(*one) for one in pieces) + field(2, trainer) + field(3, normalizer)


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def ranks() -> bytes:
    """Return a rank file of all bytes and two words."""
    tokens = [bytes([byte]) for byte in range(256)] + [b"ab", b" a", b" ab"]
    return b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens))


def tekken() -> bytes:
    """Return a tekken vocabulary of all bytes and a word."""
    tokens = [bytes([byte]) for byte in range(256)] + [b"ab"]
    entries = [
        {"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": token.decode("utf-8", "replace")}
        for rank, token in enumerate(tokens)
    ]
    config = {"pattern": r"\p{L}+|\s+|.", "num_vocab_tokens": 257, "default_vocab_size": 277}
    config |= {"default_num_special_tokens": 20, "version": "v3"}
    special = [{"rank": rank, "token_str": token, "is_control": True} for rank, token in enumerate(OLD_SPECIAL_TOKENS)]
    return json.dumps({"config": config, "vocab": entries, "special_tokens": special}).encode()


def gguf_file() -> bytes:
    """Return a GGUF file with a byte-level tokenizer."""
    content = byte_level()
    vocab = content["model"]["vocab"]
    merges = [" ".join(pair) for pair in content["model"]["merges"]]
    return gguf.container(
        {
            "general.architecture": (gguf.STRING, "gpt2"),
            "tokenizer.ggml.model": (gguf.STRING, "gpt2"),
            "tokenizer.ggml.pre": (gguf.STRING, "gpt-2"),
            "tokenizer.ggml.tokens": (gguf.ARRAY, (gguf.STRING, list(vocab))),
            "tokenizer.ggml.token_type": (gguf.ARRAY, (gguf.I32, [1] * (len(vocab) - 1) + [3])),
            "tokenizer.ggml.merges": (gguf.ARRAY, (gguf.STRING, merges)),
            "tokenizer.ggml.bos_token_id": (gguf.U32, len(vocab) - 1),
            "tokenizer.chat_template": (gguf.STRING, "{{ messages[0].content }}"),
        }
    )


def vocab_json() -> bytes:
    """Return a byte-level vocabulary; its merges are `merges_txt`."""
    return json.dumps(byte_level()["model"]["vocab"]).encode()


def merges_txt() -> bytes:
    """Return the merges of `vocab_json`."""
    return ("#version: 0.2\n" + "".join(f"{' '.join(pair)}\n" for pair in byte_level()["model"]["merges"])).encode()


def vocab_txt() -> bytes:
    """Return a WordPiece vocabulary."""
    return "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abc", "##a", "##b", "the", ""]).encode()


def tokenizer_json() -> bytes:
    """Return a pipeline."""
    return json.dumps(byte_level()).encode()


# Name of the file → its content.
FORMATS: dict[str, Callable[[], bytes]] = {
    "tokenizer.model": sentencepiece,
    "ranks.tiktoken": ranks,
    "tekken.json": tekken,
    "model.gguf": gguf_file,
    "vocab.json": vocab_json,
    "merges.txt": merges_txt,
    "vocab.txt": vocab_txt,
    "tokenizer.json": tokenizer_json,
}
# What belongs beside it, and is sound.
BESIDE = {"vocab.json": {"merges.txt": merges_txt}, "merges.txt": {"vocab.json": vocab_json}}


def broken(content: bytes, seed: int) -> bytes:
    """Break a file in one to four places."""
    drawn = random.Random(seed)
    data = bytearray(content)
    for _ in range(drawn.randint(1, 4)):
        # Half of the places are near the beginning, where counts and lengths are.
        at = drawn.randrange(min(len(data), 200) if drawn.random() < 0.5 else len(data)) if data else 0
        match drawn.choice(CHANGES):
            case "cut":
                del data[at if drawn.random() < 0.3 else len(data) - drawn.randint(0, 20) :]
            case "flip" if data:
                data[at] ^= 1 << drawn.randrange(8)
            case "insert":
                data[at:at] = drawn.choice(
                    [b"\x00", b"\xff", b'"', b"{", b"[" * 50, b"-1", b"1e999", b" ", b"\n", b"\\ud800"]
                )
            case "repeat":
                size = drawn.randint(1, 60)
                data[at:at] = data[at : at + size] * drawn.randint(1, 3)
            case "zero":
                data[at : at + 4] = bytes(4)
            case "huge":
                data[at : at + 8] = drawn.choice([b"\xff" * 8, struct.pack("<Q", 1 << 60), struct.pack("<q", -1)])
            case _:
                other = drawn.randrange(len(data)) if data else 0
                data[at : at + 3], data[other : other + 3] = data[other : other + 3], data[at : at + 3]
    return bytes(data)


# JSON of the right shape with values of the wrong kinds.
values: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(
        [
            None,
            True,
            0,
            1,
            -1,
            2**31,
            2**32,
            2**63,
            1.5,
            float("nan"),
            float("inf"),
            "",
            "a",
            "<s>",
            "../x",
            "\ud800",
            "==",
        ]
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=4,
)


@st.composite
def broken_json(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw a JSON file in which one to three values are of another kind, twice there, or gone."""
    document = json.loads(content)
    for _ in range(draw(st.integers(1, 3))):
        part: Any = document
        while True:
            keys = list(part) if isinstance(part, dict) else list(range(len(part)))
            if not keys:
                break
            key = draw(st.sampled_from(keys[:8]))
            inner = part[key]
            if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
                part = inner
                continue
            match draw(st.integers(0, 3)):
                case 0:
                    del part[key]
                case 1 if isinstance(part, list):
                    part.insert(0, part[key])
                case 2:
                    part[key] = part[keys[-1]]
                case _:
                    part[key] = draw(values)
            break
    return json.dumps(document).encode()
