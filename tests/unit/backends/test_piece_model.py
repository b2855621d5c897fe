"""A SentencePiece model inside a tokenizer: pieces and texts as the library has them, without the library."""

from __future__ import annotations

import pickle
import random
from typing import TYPE_CHECKING

import pytest

from lexel import FormatError
from lexel.backends.piece_model import PieceModel

if TYPE_CHECKING:
    from pathlib import Path

MODELS = (
    "marian-en-mg/source.spm",
    "t5/spiece.model",
    "llama-2/tokenizer.model",
    "pegasus/spiece.model",
    "sentencepiece-test/test_ja_model.model",
)
PARTS = [
    "Hello",
    "world",
    " ",
    "  ",
    "日本語",
    "😀",
    "ﬁ",
    "\n",
    "▁",
    "é",
    "</s>",
    "<unk>",
    "⁇",
    "x",
    "1234",
    "Ａ",
    "<0x41>",
]
STRANGE = ["zzq", "▁", "日", "▁foo", "<0x41>", "<0xE6>", "<0x97>", "<0xA5>", "<unk>", "</s>", "<s>", "", "x y"]


@pytest.mark.parametrize("name", MODELS)
def test_pieces_and_texts_are_the_library_s(shared_data: Path, name: str) -> None:
    library = pytest.importorskip("sentencepiece")
    path, seed = shared_data / "tokenizers" / name, 12
    theirs = library.SentencePieceProcessor(model_file=str(path))
    ours, generator = PieceModel(path), random.Random(seed)
    for case in range(200):
        text = "".join(generator.choices(PARTS, k=generator.randrange(9)))
        found = theirs.encode(text, out_type=str)
        assert ours.encode(text) == found, (seed, case, text)
        pieces = [generator.choice(found or STRANGE) for _ in range(5)] + generator.choices(STRANGE, k=3)
        generator.shuffle(pieces)
        assert ours.decode(pieces) == theirs.decode_pieces(pieces), (seed, case, pieces)
    assert len(ours) == theirs.get_piece_size()
    assert [ours.piece_of(index) for index in (0, 5, len(ours))] == [*map(theirs.id_to_piece, (0, 5)), None]
    assert [ours.id_of(piece) for piece in ("</s>", "zzq")] == [*map(theirs.piece_to_id, ("</s>", "zzq"))]


def test_sampling_and_copies(shared_data: Path) -> None:
    pytest.importorskip("sentencepiece")
    path = shared_data / "tokenizers" / "t5" / "spiece.model"
    model = PieceModel(path, {"enable_sampling": True, "alpha": 0.1, "nbest_size": -1})
    assert len({tuple(model.encode("unbelievable things")) for _ in range(30)}) > 1
    again = pickle.loads(pickle.dumps(PieceModel(path)))
    assert again.encode("Hello") == PieceModel(path).encode("Hello")


def test_another_file(tmp_path: Path) -> None:
    path = tmp_path / "x.model"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(FormatError, match="is no SentencePiece model"):
        PieceModel(path)
