"""BPE as sentencepiece files have it: scored pieces, a visible space, bytes for what is in no piece, no splitting.

A converter writes such a model as merges: for every piece all ways to build it of two pieces, best pieces first. The
text around the model is part of it: the prefix and the visible space, and the way back from bytes to text.
"""

from __future__ import annotations

from typing import Any

from tests.reference.bpe import Bpe
from tests.reference.pieces import byte_name

SPACE = "▁"


def merges_of(pieces: list[tuple[str, float]]) -> list[list[str]]:
    """Return the merges: by falling score of what they build, then by the ids of both parts."""
    ids = {piece: id for id, (piece, _) in enumerate(pieces)}
    found = []
    for piece, score in pieces:
        for cut in range(1, len(piece)):
            left, right = piece[:cut], piece[cut:]
            if left in ids and right in ids:
                found.append((-score, ids[piece], ids[left], ids[right], [left, right]))
    return [merge for *_, merge in sorted(found)]


class SentencePieceBpe:
    """Scored pieces whose first ones are the unknown token and the 256 bytes."""

    def __init__(self, pieces: list[tuple[str, float]]) -> None:
        first = [("<unk>", 0.0), *((byte_name(byte), 0.0) for byte in range(256))]
        self.pieces = [piece for piece, _ in first + pieces]
        vocab = {piece: id for id, piece in enumerate(self.pieces)}
        merges = [merge for merge in merges_of(first + pieces) if "".join(merge) not in self.pieces[:257]]
        self.bpe = Bpe(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)

    def tokenizer_json(self) -> dict[str, Any]:
        """Return the `tokenizer.json` that a converter writes of this."""
        replace = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
        back = {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}
        strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
        model = {"type": "BPE", "vocab": self.bpe.vocab, "merges": self.bpe.merges, "unk_token": "<unk>"}
        return {
            "version": "1.0",
            "added_tokens": [],
            "normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": SPACE}, replace]},
            "decoder": {"type": "Sequence", "decoders": [back, {"type": "ByteFallback"}, {"type": "Fuse"}, strip]},
            "model": model | {"fuse_unk": True, "byte_fallback": True},
        }

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""
        if not text:
            return []
        return [token.id for token in self.bpe.tokenize(SPACE + text.replace(" ", SPACE))]

    def decode(self, ids: list[int]) -> str:
        """Return the text of ids: runs of bytes that are no UTF-8 become one replacement character each byte."""
        text, run = "", b""
        for id in [*ids, None]:
            if id is not None and 1 <= id <= 256:
                run += bytes([id - 1])
                continue
            try:
                text += run.decode()
            except UnicodeDecodeError:
                text += "\ufffd" * len(run)
            run = b""
            if id is not None:
                text += self.pieces[id].replace(SPACE, " ")
        return text.removeprefix(" ")
