"""tiktoken's rank files become tokenizers; what is wrong with one is said by its line."""

from __future__ import annotations

import base64
import pickle
from typing import TYPE_CHECKING

import pytest

from lexel import Tokenizer
from lexel.converters.tiktoken import convert, read_ranks
from lexel.converters.tiktoken_encodings import ENCODINGS, by_hash
from lexel.errors import FormatError, LoadError, UnsupportedError, VocabularyError

if TYPE_CHECKING:
    from pathlib import Path

BYTES = [bytes([byte]) for byte in range(256)]
WORDS = r"\w+|[^\w\s]+"


def rank_file(tokens: list[bytes], ranks: list[int] | None = None) -> bytes:
    lines = zip(tokens, ranks or range(len(tokens)), strict=True)
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for token, rank in lines)


def write(folder: Path, tokens: list[bytes], ranks: list[int] | None = None) -> Path:
    path = folder / "own.tiktoken"
    path.write_bytes(rank_file(tokens, ranks))
    return path


def test_lowest_ranks_merge_first_and_what_the_pattern_leaves_is_dropped(tmp_path: Path) -> None:
    path = write(tmp_path, [*BYTES, b"bc", b"ab", b"abc", b"aa"])
    tokenizer = Tokenizer.from_file(path, pattern=WORDS)
    assert tokenizer.engine == "native"
    assert tokenizer("abcd bc aaa")["input_ids"] == [258, 100, 256, 259, 97]
    assert tokenizer("abc")["input_ids"] == [258]
    assert tokenizer.decode([258, 100]) == "abcd"


def test_a_line_of_nothing_but_padding_holds_the_place_of_a_token(tmp_path: Path) -> None:
    path = tmp_path / "own.tiktoken"
    path.write_bytes(rank_file([*BYTES, b"ab"]) + b"= 257\n")
    tokenizer = Tokenizer.from_file(path, pattern=WORDS, special_tokens=["<a>"])
    assert tokenizer("ab<a>", split_special_tokens=False)["input_ids"] == [256, 258]
    assert tokenizer.decode([256, 257, 258]) == "ab<a>"


def test_special_tokens_may_have_gaps_and_are_text_unless_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, BYTES)
    tokenizer = Tokenizer.from_file(path, pattern=r"(?s).+", special_tokens={"<a>": 300, "<b>": 257})
    assert tokenizer("x<a>")["input_ids"] == [120, 60, 97, 62]
    assert tokenizer("x<a><b>", split_special_tokens=False)["input_ids"] == [120, 300, 257]
    assert tokenizer.decode([257, 120, 300]) == "<b>x<a>"
    assert tokenizer.decode([257, 120, 300], skip_special_tokens=True) == "x"
    listed = Tokenizer.from_file(path, pattern=r"(?s).+", special_tokens=["<a>", "<b>"])
    assert listed.convert_tokens_to_ids(["<a>", "<b>"]) == [256, 257]


def test_saving_and_pickling_keep_the_exact_stages(tmp_path: Path) -> None:
    path = write(tmp_path, [*BYTES, b"aa", b"aaa"])
    tokenizer = Tokenizer.from_file(path, pattern=r"(?i:A)+|ſ", special_tokens={"<a>": 300})
    texts = ["aaaa bA ſ", "<a>aa"]
    expected = [tokenizer(text)["input_ids"] for text in texts]
    assert expected[0] == [256, 256, 65, 197, 191]
    tokenizer.save_pretrained(tmp_path / "saved")
    for other in (Tokenizer.from_pretrained(tmp_path / "saved"), pickle.loads(pickle.dumps(tokenizer))):
        assert [other(text)["input_ids"] for text in texts] == expected
        assert other.split_special_tokens


def test_special_tokens_decode_to_themselves_whatever_their_letters(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(write(tmp_path, BYTES), pattern=WORDS, special_tokens={"<é Ġ>": 300})
    assert tokenizer.decode([0xC3, 300, 0xA9]) == "\ufffd<é Ġ>\ufffd"
    assert tokenizer.decode([0xC3, 300, 0xA9], skip_special_tokens=True) == "é"


def test_a_special_token_may_have_two_names(tmp_path: Path) -> None:
    special = {"<a>": 300, "<b>": 300, "<c>": 301}
    tokenizer = Tokenizer.from_file(write(tmp_path, BYTES), pattern=WORDS, special_tokens=special)
    tokenizer.save_pretrained(tmp_path / "saved")
    for one in (tokenizer, Tokenizer.from_pretrained(tmp_path / "saved"), pickle.loads(pickle.dumps(tokenizer))):
        assert one("<b><a><c>", split_special_tokens=False)["input_ids"] == [300, 300, 301]
        assert one.decode([300]) == "<a>"
        assert one.as_tiktoken().special_tokens_set == set(special)
    tokenizer.add_tokens(["xy"])
    assert tokenizer("<b>xy", split_special_tokens=False)["input_ids"] == [300, 302]


def test_a_pattern_may_be_named(tmp_path: Path) -> None:
    path = write(tmp_path, BYTES)
    text = "Let's  go 1234\n\n"
    named, spelled = (Tokenizer.from_file(path, pattern=pattern) for pattern in ("llama3", ENCODINGS["llama3"].pattern))
    assert named.backend_tokenizer.to_str() == spelled.backend_tokenizer.to_str()
    assert named(text)["input_ids"] == list(text.encode())


def test_an_unknown_file_needs_its_pattern(tmp_path: Path) -> None:
    path = write(tmp_path, BYTES)
    with pytest.raises(UnsupportedError, match=r"own.tiktoken is a tiktoken rank file.*pass pattern=.*cl100k_base"):
        Tokenizer.from_file(path)
    with pytest.raises(ValueError, match="there is no encoding 'none'; known are gpt2"):
        convert(path, pattern=WORDS, special_tokens="none")
    with pytest.raises(FormatError, match=r"model\.lexel\.pre_tokenizer.*a '\(' without its '\)'"):
        Tokenizer.from_file(path, pattern="(a")
    with pytest.raises(UnsupportedError, match="a back-reference"):
        Tokenizer.from_file(path, pattern=r"(a)\1")
    with pytest.raises(LoadError, match="cannot be read"):
        convert(tmp_path / "none.tiktoken", pattern=WORDS)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (b"YQ== 0\nYg==\n", "line 2: expected a token in base64 and its rank, found b'Yg=='"),
        (b"YQ== 0\n\nYg== 1 2\n", "line 3: expected a token"),
        (b"YQ== 0\nY g== 1\n", "line 2: expected a token"),
        (b"YQ== 0\nYg 1\n", "line 2: b'Yg' is not base64"),
        (b"YQ== 0\nY*== 1\n", "line 2: b'Y\\*==' is not base64"),
        (b"YQ== 0\nYg== x\n", "line 2: the rank is no number from 0 on: b'x'"),
        (b"YQ== 0\nYg== -1\n", "line 2: the rank is no number"),
        (b"YQ== 0\nYg== 1_0\n", "line 2: the rank is no number"),
        (b"YQ== 0\nYQ== 1\n", "line 2: the token b'a' stands on line 1 already"),
        (b"YQ== 0\nYg== 0\n", "line 2: the rank 0 is that of line 1 already"),
        (b"\n\n", "has no tokens"),
    ],
)
def test_the_line_that_is_wrong_is_named(lines: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_ranks(lines, "ranks")


def test_line_ends_of_every_system_and_holes_are_read() -> None:
    assert read_ranks(b"YQ== 5\r\nYg==  7\r\n\r\nKw== 1", "ranks") == {b"a": 5, b"b": 7, b"+": 1}


def test_special_tokens_that_collide_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, [*BYTES, b"end"])
    with pytest.raises(FormatError, match="the special token '<a>' and the token 'end' share the id 256"):
        convert(path, WORDS, {"<a>": 256})
    with pytest.raises(UnsupportedError, match="'end' is spelled like the token of id 256"):
        convert(path, WORDS, {"end": 300})
    with pytest.raises(TypeError, match="the id '7', which is no number"):
        convert(path, WORDS, {"<a>": "7"})  # type: ignore[dict-item]


def test_bytes_that_are_no_token_fail_where_a_text_has_them(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_file(write(tmp_path, [b"a", b"b", b"ab"]), pattern=".+")
    assert tokenizer("abba")["input_ids"] == [2, 1, 0]
    with pytest.raises(VocabularyError, match="not in the vocabulary"):
        tokenizer("abc")
    with pytest.raises(UnsupportedError, match="the token b'ac' holds the byte b'c', which is no token itself"):
        convert(write(tmp_path, [b"a", b"b", b"ac"]), ".+")


def test_every_known_file_is_found_by_its_content() -> None:
    for encoding in ENCODINGS.values():
        found = by_hash(encoding.sha256) if encoding.sha256 else encoding
        assert found is not None
        assert found.pattern == encoding.pattern
    assert by_hash("0" * 64) is None
    harmony = ENCODINGS["o200k_harmony"]
    assert (len(harmony.special_tokens), harmony.special_tokens["<|call|>"]) == (1091, 200012)
