"""One text with all that is hard, and texts of many scripts: tokens, ids, spans and the way back, of each tokenizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lexel import TokenizersBackend

if TYPE_CHECKING:
    from tests.contract.subjects import Subject

HARD = (
    "This line ends with a face 😊\n"
    "The year was 92000, which is falsé; x=3.14e-5, No. 1,234\n"
    "生活的真谛是 日本語のテキストです。한국어 문장\n"
    "two  spaces, three   spaces\ttab\t\ttabs\r\nCRLF\r\n"
    "\n \n  \n after blank lines\n"
    "<s>\nhi<s>there</s> [CLS] <|endoftext|><unk> <pad>\n"
    "The following text should come back: Hello.\n"
    "ปี ird  ปี   ird   ด และ\n"
    "שלום עולם مرحبا بالعالم \u200f\u202bעברית\u202c\n"
    "e\u0301 é a\u030a å ﬁ ① ｆｕｌｌ Ǆ ẞ İ ı\n"
    "👨‍👩‍👧‍👦 🇩🇪 👍🏽 ☃️ 🏴\u200d☠️\n"
    "soft\u00adhyphen zero\u200bwidth no\u00a0break\u3000wide \ufeffmark \u2028line\n"
    "Pneumonoultramicroscopicsilicovolcanoconiosis" + "a" * 300 + "!?" * 40 + "\n"
    "Hey how are you doing"
)
SCRIPTS = [
    "سلام دنیا، این یک متن فارسی است",
    "Привет, мир! Как дела?",
    "Γειά σου Κόσμε, τι κάνεις;",
    "नमस्ते दुनिया, आप कैसे हैं?",
    "Xin chào thế giới, hôm nay trời đẹp",
    "def main():\n    return {'a': [1, 2], \"b\": None}  # comment\n",
    "😀 👩🏽‍🚀 ✨",
    "a <s> in a text",
    "trailing space ",
]


def test_a_hard_text(subject: Subject) -> None:
    tok = subject.tok
    ids = tok.encode(HARD, add_special_tokens=False)
    assert ids == tok(HARD, add_special_tokens=False)["input_ids"]
    found = tok.convert_tokens_to_ids(tok.tokenize(HARD))
    # A settings-less file names no unknown token: what it does not know is its own text, of which there is no id.
    assert [index if other is None else other for index, other in zip(ids, found, strict=True)] == ids
    assert None not in found or tok.unk_token is None
    assert min(ids) >= 0
    assert max(ids) <= tok.max_token_id
    assert tok([HARD, "fox", HARD])["input_ids"] == [tok.encode(HARD), tok.encode("fox"), tok.encode(HARD)]
    assert isinstance(tok.decode(ids), str)
    if not tok.is_fast:
        return
    made = tok(HARD, add_special_tokens=False, return_offsets_mapping=True)
    assert all(0 <= start <= end <= len(HARD) for start, end in made["offset_mapping"])
    words = [word for word in made.word_ids() if word is not None]
    assert words == sorted(words)


def test_the_library_says_the_same(subject: Subject) -> None:
    tok = subject.tok
    if not isinstance(tok, TokenizersBackend):
        pytest.skip("the library runs no tokenizer written in Python")
    if subject.heavy:
        pytest.skip("its golden files compare it")
    library = tok.to_tokenizers()
    library.no_truncation()
    library.no_padding()
    for text in (HARD, *SCRIPTS):
        expected = library.encode(text)
        made = tok(text, return_offsets_mapping=True)
        assert made["input_ids"] == expected.ids
        assert made["offset_mapping"] == expected.offsets
        assert made.word_ids() == expected.word_ids
        assert tok._core.engine.decode(expected.ids) == library.decode(expected.ids, skip_special_tokens=False)


def test_bytes_come_back(subject: Subject) -> None:
    tok = subject.tok
    if not writes_all_bytes(tok):
        pytest.skip("not every text comes back from it")
    for text in (HARD, *SCRIPTS):
        ids = tok.encode(text, add_special_tokens=False)
        assert tok.decode(ids, clean_up_tokenization_spaces=False) == text
        assert b"".join(map(tok.token_bytes, ids)).decode() == text


def writes_all_bytes(tok: Any) -> bool:
    """Return whether a pipeline changes nothing: bytes as letters, and a vocabulary that has all of them."""
    if not isinstance(tok, TokenizersBackend) or tok.engine != "native" or tok.backend_tokenizer.normalizer is not None:
        return False
    stage = repr(tok.backend_tokenizer.pre_tokenizer)
    if "ByteLevel" not in stage or "add_prefix_space=True" in stage:
        return False
    from lexel.spec import byte_alphabet

    own = any(token.lstrip or token.rstrip for token in tok.added_tokens_decoder.values())
    return not own and set(byte_alphabet()) <= tok.get_vocab().keys()


def test_words_of_which_nothing_is_left_have_no_tokens(subject: Subject) -> None:
    tok = subject.tok
    words = ["fox", "\u00ad", "dog"]
    if not tok.is_fast or tok.encode("\u00ad", add_special_tokens=False):
        pytest.skip("a soft hyphen has tokens")
    made = tok(words, is_split_into_words=True)
    assert made.word_to_tokens(1) is None
    assert made.word_to_tokens(0) is not None
    assert made.word_to_tokens(2) is not None


def test_added_tokens_are_found_in_lower_case_where_all_is(light: Subject) -> None:
    tok = light.fresh()
    if not isinstance(tok, TokenizersBackend) or tok.encode("FOX DOG") != tok.encode("fox dog"):
        pytest.skip("a tokenizer that keeps capitals")
    plain = tok.tokenize("AAAAA BBBBBB low cccccccccdddddddd l")
    assert tok.add_tokens(["AAAAA BBBBBB", "CCCCCCCCCDDDDDDDD"]) == 2
    made = tok.tokenize("aaaaa bbbbbb low CCCCCCCCCDDDDDDDD l")
    assert len(made) < len(plain)
    assert tok.encode("aaaaa bbbbbb low CCCCCCCCCDDDDDDDD l") == tok.encode("AAAAA BBBBBB LOW cccccccccdddddddd L")
    tok.add_special_tokens({"extra_special_tokens": ["[SPECIAL]"]}, replace_extra_special_tokens=False)
    assert "[SPECIAL]" in tok.tokenize("fox [SPECIAL]")
    assert "[SPECIAL]" not in tok.tokenize("fox [special]"), "special tokens are never lower-cased"
