from __future__ import annotations

import pytest

from lexel import GPT2Tokenizer


def test_unknown_names_are_plain_attribute_errors() -> None:
    tok = GPT2Tokenizer()
    with pytest.raises(AttributeError, match=r"^GPT2Tokenizer has no attribute nonsense$"):
        _ = tok.nonsense
    assert not hasattr(tok, "prepare_for_model")


def test_former_calls_keep_their_arguments() -> None:
    tok = GPT2Tokenizer().train_new_from_iterator(["the fox"], 270)
    with pytest.warns(DeprecationWarning, match="encode_plus"):
        assert tok.encode_plus("the", text_pair="fox", return_offsets_mapping=True) == tok(
            "the", "fox", return_offsets_mapping=True
        )
    with pytest.warns(DeprecationWarning, match="batch_encode_plus"):
        assert tok.batch_encode_plus(["the"], False) == tok(["the"], add_special_tokens=False)
    with pytest.warns(DeprecationWarning, match="extra_special_tokens_ids"):
        assert tok.additional_special_tokens_ids == []
