"""The twins against the original library: what they claim to be."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from tests.conftest import oracle
from tests.reference.sentencepiece_bpe import SentencePieceBpe
from tests.reference.twins import KINDS, pieces, random_model, tokenizer_json, twin_of

if TYPE_CHECKING:
    from types import ModuleType

pytestmark = pytest.mark.differential

MODELS = 60
PIECES = 60


@pytest.fixture(scope="module")
def tokenizers() -> ModuleType:
    return oracle("tokenizers")


@pytest.mark.parametrize("number", range(MODELS))
@pytest.mark.parametrize("kind", KINDS)
def test_the_twin_is_the_original(tokenizers: ModuleType, kind: str, number: int) -> None:
    rng = random.Random(f"original/{kind}/{number}")
    model = random_model(rng, kind)
    reference, twin = tokenizers.Tokenizer.from_str(tokenizer_json(model)), twin_of(model)
    for piece in pieces(rng, PIECES):
        answer = twin(piece)
        if answer is None:
            with pytest.raises(Exception, match=r"(?i)unk"):
                reference.encode(piece)
        else:
            encoding = reference.encode(piece)
            assert (encoding.ids, encoding.offsets) == answer, ascii(piece)


@pytest.mark.parametrize("number", range(10))
def test_sentencepiece_bpe(tokenizers: ModuleType, number: int) -> None:
    rng = random.Random(f"original/sentencepiece/{number}")
    parts = sorted({"".join(rng.choices("▁abcé日", k=rng.randint(1, 4))) for _ in range(120)})
    rng.shuffle(parts)
    twin = SentencePieceBpe([(part, -float(at)) for at, part in enumerate(parts)])
    reference = tokenizers.Tokenizer.from_str(json.dumps(twin.tokenizer_json()))
    for text in pieces(rng, PIECES):
        ids = twin.encode(text)
        assert reference.encode(text).ids == ids, ascii(text)
        assert reference.decode(ids) == twin.decode(ids), ascii(text)
