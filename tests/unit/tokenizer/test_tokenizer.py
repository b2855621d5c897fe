"""The class itself: what it takes, what it lacks, how it looks, and a tokenizer written on it from scratch."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import lexel
from lexel import AddedToken, BatchEncoding, GPT2Tokenizer, PreTrainedTokenizerBase, Tokenizer


class WordTokenizer(Tokenizer):
    """Words separated by spaces, numbered as they come: all a tokenizer from scratch must bring."""

    def __init__(self, **kwargs: Any) -> None:
        self._words = {"<unk>": 0, "<pad>": 1}
        super().__init__(unk_token="<unk>", pad_token="<pad>", **kwargs)

    @property
    def vocab_size(self) -> int:
        return len(self._words)

    def get_vocab(self) -> dict[str, int]:
        return dict(self._words)

    def __len__(self) -> int:
        return len(self._words)

    @property
    def added_tokens_decoder(self) -> dict[int, AddedToken]:
        return {0: AddedToken("<unk>", special=True), 1: AddedToken("<pad>", special=True)}

    def _convert_token_to_id_with_added_voc(self, token: str) -> int:
        return self._words.setdefault(token, len(self._words))

    def convert_ids_to_tokens(self, ids: Any, skip_special_tokens: bool = False) -> Any:
        words = list(self._words)
        return words[ids] if isinstance(ids, int) else [words[index] for index in ids]

    def _encode_plus(self, text: Any, text_pair: Any = None, **options: Any) -> BatchEncoding:
        rows = [self.convert_tokens_to_ids(row.split()) for row in ([text] if isinstance(text, str) else text)]
        padded = self.pad({"input_ids": rows}, padding=str(options["padding_strategy"]))
        return BatchEncoding({key: value[0] if isinstance(text, str) else value for key, value in padded.items()})

    def _decode(self, token_ids: Any, skip_special_tokens: bool = False, **_: Any) -> str:
        tokens = self.convert_ids_to_tokens([int(index) for index in token_ids])
        return " ".join(token for token in tokens if not (skip_special_tokens and token in self.all_special_tokens))


def test_the_class_has_two_names() -> None:
    assert PreTrainedTokenizerBase is Tokenizer
    assert issubclass(lexel.TokenizersBackend, Tokenizer)


def test_a_tokenizer_from_scratch_has_everything_else() -> None:
    tok = WordTokenizer(model_max_length=5)
    assert tok.encode("b a b") == [2, 3, 2]
    assert tok(["b", "a b"], padding=True) == {"input_ids": [[2, 1], [3, 2]], "attention_mask": [[1, 0], [1, 1]]}
    assert tok.decode([[2], [3, 1]], skip_special_tokens=True) == ["b", "a"]
    assert tok.batch_decode([2, 3]) == ["b a"]
    assert tok.count("b a a") == 3
    assert (tok.pad_token_id, tok.is_fast, tok.special_tokens_map["unk_token"]) == (1, False, "<unk>")
    tok.chat_template = "{{ messages[0].content }} {{ pad_token }}"
    assert tok.apply_chat_template([{"role": "u", "content": "b"}])["input_ids"] == [2, 1]
    assert "WordTokenizer(name_or_path='', vocab_size=4, model_max_length=5, padding_side='right'" in repr(tok)


def test_what_a_backend_must_bring_says_so() -> None:
    tok = Tokenizer()
    for call in (lambda: tok("a"), lambda: tok.get_vocab(), lambda: len(tok), lambda: tok.decode([1])):
        with pytest.raises(NotImplementedError, match="Tokenizer does not implement"):
            call()
    assert bool(tok) is True


def test_the_representation_is_the_field_s() -> None:
    tok = GPT2Tokenizer(name_or_path="x")
    assert repr(tok) == (
        "GPT2Tokenizer(name_or_path='x', vocab_size=0, model_max_length=1000000000000000019884624838656, "
        "padding_side='right', truncation_side='right', special_tokens={'bos_token': '<|endoftext|>', "
        "'eos_token': '<|endoftext|>', 'unk_token': '<|endoftext|>'}, added_tokens_decoder={\n"
        '\t0: AddedToken("<|endoftext|>", rstrip=False, lstrip=False, single_word=False, normalized=False, '
        "special=True),\n})"
    )


@pytest.mark.parametrize("key", ["padding_side", "truncation_side"])
def test_sides_are_left_or_right(key: str) -> None:
    with pytest.raises(ValueError, match="'right' and 'left', current value: 'up'"):
        Tokenizer(**{key: "up"})
    tok = Tokenizer(**{key: "left"})
    assert getattr(tok, key) == "left"


def test_settings() -> None:
    tok = Tokenizer(
        max_len=7, model_input_names=("input_ids",), response_schema={"x": 1}, response_template={"y": 2}, mine=[1]
    )
    assert tok.model_max_length == 7
    assert tok.model_input_names == ["input_ids"]
    assert tok.response_template == {"y": 2}
    assert tok.init_kwargs["mine"] == [1]
    assert Tokenizer().model_max_length == Tokenizer(model_max_length=None).model_max_length == int(1e30)
    assert Tokenizer.model_input_names == ["input_ids", "attention_mask"]
    assert Tokenizer(chat_template=[{"name": "a", "template": "A"}]).chat_template == {"a": "A"}


def test_init_kwargs_are_a_copy() -> None:
    given = [1]
    tok = Tokenizer(mine=given)
    given.append(2)
    assert tok.init_kwargs["mine"] == [1]


CALL = """
text text_pair text_target text_pair_target add_special_tokens padding truncation max_length stride is_split_into_words
pad_to_multiple_of padding_side return_tensors return_token_type_ids return_attention_mask return_overflowing_tokens
return_special_tokens_mask return_offsets_mapping return_length verbose tokenizer_kwargs kwargs
"""
CHAT = """
conversation tools documents chat_template add_generation_prompt continue_final_message tokenize sanitize_control_tokens
padding truncation max_length return_tensors return_dict return_assistant_tokens_mask tokenizer_kwargs kwargs
"""


@pytest.mark.parametrize(("method", "names"), [("__call__", CALL), ("apply_chat_template", CHAT)])
def test_arguments_are_the_field_s_in_its_order(method: str, names: str) -> None:
    assert list(inspect.signature(getattr(Tokenizer, method)).parameters)[1:] == names.split()
