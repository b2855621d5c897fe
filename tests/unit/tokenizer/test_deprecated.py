from __future__ import annotations

import subprocess
import sys
import warnings

import pytest
from tests.unit.backends.python_tokenizers import WordTokenizer

from lexel import BatchEncoding, GPT2Tokenizer, PythonBackend, Tokenizer


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


def test_a_name_is_warned_of_once_in_a_process() -> None:
    program = """
import warnings
from lexel import GPT2Tokenizer, LlamaTokenizer
warnings.simplefilter("always")
with warnings.catch_warnings(record=True) as told:
    for tok in (GPT2Tokenizer(), LlamaTokenizer(), GPT2Tokenizer()):
        for _ in range(3):
            tok.encode_plus("a"), tok.batch_encode_plus(["a"]), tok("a").words()
            tok.additional_special_tokens, tok.additional_special_tokens_ids
            tok.additional_special_tokens = []
print([str(warning.message).split()[0].rstrip("()") for warning in told], {warning.filename for warning in told})
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    names = ["encode_plus", "batch_encode_plus", "BatchEncoding.words"]
    names += ["additional_special_tokens", "additional_special_tokens_ids"]
    assert run.stdout.strip() == f"{names} {{'<string>'}}", run.stderr


def test_former_names_are_written_under_those_of_today() -> None:
    tok = GPT2Tokenizer().train_new_from_iterator(["the fox"], 270)
    with pytest.warns(DeprecationWarning, match="is now extra_special_tokens"):
        tok.additional_special_tokens = ["t", "h"]
    assert tok.extra_special_tokens == ["t", "h"]
    assert "additional_special_tokens" not in vars(tok)
    with pytest.warns(DeprecationWarning, match="is now extra_special_tokens_ids"):
        tok.additional_special_tokens_ids = [tok.convert_tokens_to_ids("f")]
    assert tok.extra_special_tokens == ["f"]
    assert tok.additional_special_tokens == ["f"]


GONE = {
    "_eventually_correct_t5_max_length": "model_max_length",
    "_switch_to_input_mode": "src_lang",
    "_switch_to_target_mode": "tgt_lang",
    "all_special_tokens_extended": "added_tokens_decoder",
    "as_target_tokenizer": "text_target=",
    "prepare_seq2seq_batch": "text_target=",
    "sanitize_special_tokens": "nothing to do",
    "special_tokens_map_extended": "added_tokens_decoder",
}
ONLY_PYTHON = (
    "build_inputs_with_special_tokens",
    "create_token_type_ids_from_sequences",
    "prepare_for_model",
    "truncate_sequences",
)


@pytest.mark.parametrize("tok", [GPT2Tokenizer(), WordTokenizer()], ids=["pipeline", "python"])
def test_what_is_gone_says_what_to_use(tok: Tokenizer) -> None:
    for name, replacement in GONE.items():
        with pytest.raises(AttributeError, match=f"has no attribute {name}: .*{replacement}"):
            getattr(tok, name)
    for name in ONLY_PYTHON:
        assert hasattr(tok, name) is isinstance(tok, PythonBackend)
        if not isinstance(tok, PythonBackend):
            with pytest.raises(AttributeError, match=f"{name}: only PythonBackend tokenizers have it"):
                getattr(tok, name)


def test_what_stayed_is_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tok = GPT2Tokenizer(additional_special_tokens=["<x>"])
        tok.add_special_tokens({"additional_special_tokens": ["<y>"]})
        assert tok.batch_decode([[]]) == [""]
        assert isinstance(tok("a"), BatchEncoding)
