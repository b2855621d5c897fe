from __future__ import annotations

import json

import tokenizers

from lexel import AddedToken, spec
from lexel.spec import Spec


def test_a_specification_is_a_file_the_library_reads() -> None:
    vocab = {"<s>": 0, "a": 1, "b": 2, "ab": 3}
    made = Spec(
        model=spec.bpe(vocab, [("a", "b")]),
        normalizer={"type": "NFC"},
        pre_tokenizer=spec.sequence("pretokenizers", spec.regex_split(spec.GPT2_SPLIT), spec.metaspace("never")),
        post_processor=spec.template([("<s>", 0), ("$A", 0)], [("<s>", 0), ("$A", 0), ("$B", 1)], {"<s>": 0}),
        added_tokens=[(0, AddedToken("<s>", special=True))],
    )
    library = tokenizers.Tokenizer.from_str(made.to_json())
    assert library.encode("ab").ids == [0, 3]
    assert library.encode("ab", "a").type_ids == [0, 0, 1]


def test_keys_stand_in_the_order_of_the_file_format() -> None:
    library = tokenizers.Tokenizer(tokenizers.models.BPE())
    assert list(json.loads(Spec(spec.bpe({})).to_json())) == list(json.loads(library.to_str()))


def test_byte_alphabet_is_the_field_s_and_in_byte_order() -> None:
    alphabet = spec.byte_alphabet()
    assert len(set(alphabet)) == 256
    assert set(alphabet) == set(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    assert (alphabet[ord("a")], alphabet[ord(" ")], alphabet[0], alphabet[255]) == ("a", "Ġ", "Ā", "ÿ")


def test_special_entries_are_one_for_a_text_and_ascending() -> None:
    entries = spec.special_entries([(2, "b"), (0, "a"), (5, "b")])
    assert entries == [(0, AddedToken("a", special=True)), (2, AddedToken("b", special=True))]
