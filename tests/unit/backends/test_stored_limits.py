from __future__ import annotations

import json
from typing import Any

import pytest
import tokenizers
from tokenizers import models

from lexel.backends import stored_limits


@pytest.mark.parametrize("length", [None, 7])
@pytest.mark.parametrize("direction", ["left", "right"])
def test_the_three_forms_say_the_same(length: Any, direction: str) -> None:
    library = tokenizers.Tokenizer(models.BPE())
    library.enable_truncation(5, stride=2, strategy="only_first", direction=direction)
    library.enable_padding(
        direction=direction, pad_id=3, pad_type_id=1, pad_token="p", length=length, pad_to_multiple_of=4
    )
    stated = json.loads(library.to_str())
    truncation, padding = json.dumps(stated["truncation"]), json.dumps(stated["padding"])
    assert stored_limits.truncation_of(truncation) == library.truncation
    assert stored_limits.padding_of(padding) == library.padding
    assert stored_limits.truncation_tuple(truncation) == (5, "only_first", 2, direction)
    assert stored_limits.padding_tuple(padding) == (length, 3, 1, "p", direction, 4)
    assert json.loads(stored_limits.truncation_json(5, 2, "only_first", direction)) == stated["truncation"]
    assert json.loads(stored_limits.padding_json(direction, 3, 1, "p", length, 4)) == stated["padding"]


def test_nothing_is_nothing_and_unknown_words_are_refused() -> None:
    for read in ("truncation_of", "padding_of", "truncation_tuple", "padding_tuple"):
        assert getattr(stored_limits, read)(None) is None
    with pytest.raises(ValueError, match="none of"):
        stored_limits.truncation_json(1, 0, "both", "left")
    with pytest.raises(ValueError, match="neither"):
        stored_limits.truncation_json(1, 0, "only_first", "up")
