"""What the libraries are given: rank files and tokenizer.json files of one vocabulary, texts cut and crossed."""

from __future__ import annotations

import json
import random

import pytest

SPLIT = r"\s+|\S+"


def test_a_rank_file_becomes_the_same_vocabulary() -> None:
    tokenizers = pytest.importorskip("tokenizers")
    pytest.importorskip("lexel._lexel")
    from field import rank_files

    ranks = {bytes([byte]): byte for byte in range(256)}
    for token in (b"ab", b"abc", b"bc", b"\xe4\xb8", b"\xe4\xb8\xad"):
        ranks[token] = len(ranks)
    text = rank_files.to_json(ranks, SPLIT, {"<end>": 261, "<far>": 300})
    tokenizer = tokenizers.Tokenizer.from_str(text)
    assert tokenizer.encode("abc bc 中").ids == [257, 32, 258, 32, 260]
    # a special token behind a gap is left out, one that continues the ids is not
    assert [token["content"] for token in json.loads(text)["added_tokens"]] == ["<end>"]
    # c is there before bc, and abc is made of ab and c
    assert json.loads(text)["model"]["merges"][1] == ["ab", "c"]
    assert rank_files.from_json(text).splitlines()[257] == "YWJj 257"


def test_crossed_sentences_are_new_and_the_same_again() -> None:
    pytest.importorskip("lexel._lexel")
    from field.texts import crossed

    text = "The cat sat down. The dog ran away. A bird sang well.\n犬が走った。猫が寝ている。"
    one, again = (crossed(text, random.Random(3)) for _ in range(2))
    assert one == again
    assert one != crossed(text, random.Random(4))
    assert len(one.splitlines()) == 5
    assert not set(one.splitlines()) & set(text.splitlines())


def test_slices_hold_every_document() -> None:
    pytest.importorskip("lexel._lexel")
    from field.texts import SLICE_BYTES, sliced

    documents = [chr(97 + number) * (SLICE_BYTES // 3 + 1) for number in range(7)]
    slices = sliced(documents)
    assert [len(one) for one in slices] == [3, 3, 1]
    assert [document for one in slices for document in one] == documents


def test_every_peer_is_pinned_and_has_a_file() -> None:
    from pathlib import Path

    from field.environments import PEERS, declared

    libraries = PEERS.parent / "libraries"
    for name, peer in declared().items():
        assert all("==" in requirement for requirement in peer.install), name
        assert Path(libraries, f"{name.replace('-', '_')}.py").is_file(), name
