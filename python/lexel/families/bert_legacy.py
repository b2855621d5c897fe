"""BERT's tokenizer as it was before there was a core: plain Python, easy to read and to change.

Source: transformers 5.23, `BertTokenizerLegacy`, measured. `BertTokenizer` is the one to use; its ids differ from these
where the two do (accents of letters in `never_split`, Unicode versions).
"""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from lexel.backends import PythonBackend
from lexel.backends.characters import _is_control, _is_punctuation, _is_whitespace
from lexel.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["BasicTokenizer", "BertTokenizerLegacy", "WhitespaceTokenizer", "WordpieceTokenizer", "load_vocab"]

# The blocks of CJK ideographs; Hangul and kana are letters of words.
_IDEOGRAPHS = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0x2F800, 0x2FA1F),
)


def load_vocab(vocab_file: str | Path) -> dict[str, int]:
    """Return the tokens of a `vocab.txt`: one a line, its number the id."""
    with Path(vocab_file).open(encoding="utf-8") as lines:
        return {line.rstrip("\n"): index for index, line in enumerate(lines)}


class WhitespaceTokenizer:
    """Cuts a text at whitespace."""

    def tokenize(self, text: str) -> list[str]:
        """Return the words of a text."""
        return text.split()


class BasicTokenizer:
    """Cuts a text into words and punctuation.

    Args:
        do_lower_case: whether words become lower case.
        never_split: words that stay as they are.
        tokenize_chinese_chars: whether every ideograph is a word.
        strip_accents: whether accents go; None: if words become lower case.
        do_split_on_punc: whether punctuation marks are words of their own.
    """

    def __init__(
        self,
        do_lower_case: bool = True,
        never_split: Collection[str] | None = None,
        tokenize_chinese_chars: bool = True,
        strip_accents: bool | None = None,
        do_split_on_punc: bool = True,
    ) -> None:
        self.do_lower_case = do_lower_case
        self.never_split = set(never_split or ())
        self.tokenize_chinese_chars = tokenize_chinese_chars
        self.strip_accents = strip_accents
        self.do_split_on_punc = do_split_on_punc

    def tokenize(self, text: str, never_split: Collection[str] | None = None) -> list[str]:
        """Return the words of a text; those in `never_split` stay as they are."""
        kept = self.never_split | set(never_split or ())
        prepared = "".join(self._prepared(char) for char in text)
        words: list[str] = []
        for word in unicodedata.normalize("NFC", prepared).split():
            if word in kept:
                words.append(word)
                continue
            words += self._parts(self._folded(word))
        return words

    def _prepared(self, char: str) -> str:
        """Return what a character becomes before words are cut."""
        if char in "\0\ufffd" or _is_control(char):
            return ""
        if _is_whitespace(char):
            return " "
        if self.tokenize_chinese_chars and any(first <= ord(char) <= last for first, last in _IDEOGRAPHS):
            return f" {char} "
        return char

    def _folded(self, word: str) -> str:
        if self.do_lower_case:
            word = word.lower()
        strips = self.do_lower_case if self.strip_accents is None else self.strip_accents
        if not strips:
            return word
        return "".join(char for char in unicodedata.normalize("NFD", word) if unicodedata.category(char) != "Mn")

    def _parts(self, word: str) -> list[str]:
        """Cut a word at its punctuation."""
        if not self.do_split_on_punc:
            return word.split()
        spaced = "".join(f" {char} " if _is_punctuation(char) else char for char in word)
        return spaced.split()


class WordpieceTokenizer:
    """Cuts words into the longest pieces a vocabulary has, from the left.

    Args:
        vocab: the pieces; those that continue a word begin with `##`.
        unk_token: what stands for a word that cannot be cut so.
        max_input_chars_per_word: longer words are unknown.

    Example:
        >>> WordpieceTokenizer({"un", "##aff", "##able"}, "[UNK]").tokenize("unaffable")
        ['un', '##aff', '##able']
    """

    def __init__(
        self, vocab: Mapping[str, int] | Collection[str], unk_token: str, max_input_chars_per_word: int = 100
    ) -> None:
        self.vocab = vocab
        self.unk_token = unk_token
        self.max_input_chars_per_word = max_input_chars_per_word

    def tokenize(self, text: str) -> list[str]:
        """Return the pieces of a text, whose words are divided by whitespace."""
        return [piece for word in text.split() for piece in self._pieces(word)]

    def _pieces(self, word: str) -> list[str]:
        if len(word) > self.max_input_chars_per_word:
            return [self.unk_token]
        pieces: list[str] = []
        start = 0
        while start < len(word):
            prefix = "##" if start else ""
            ends = (end for end in range(len(word), start, -1) if prefix + word[start:end] in self.vocab)
            end = next(ends, None)
            if end is None:
                return [self.unk_token]
            pieces.append(prefix + word[start:end])
            start = end
        return pieces


class BertTokenizerLegacy(PythonBackend):
    """BERT's tokenizer in plain Python: `[CLS] A [SEP]`, `[CLS] A [SEP] B [SEP]`.

    Args:
        vocab_file: a `vocab.txt`.
        do_lower_case: whether texts become lower case.
        do_basic_tokenize: whether texts are cut into words and punctuation first.
        never_split: words that stay as they are.
        unk_token: for words that cannot be cut into pieces.
        sep_token: behind every sequence.
        pad_token: for padding.
        cls_token: before the first sequence.
        mask_token: for masked words.
        tokenize_chinese_chars: whether every ideograph is a word.
        strip_accents: whether accents go; None: if texts become lower case.
        clean_up_tokenization_spaces: whether decoding removes spaces before punctuation.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.txt"}

    def __init__(
        self,
        vocab_file: str | Path,
        do_lower_case: bool = True,
        do_basic_tokenize: bool = True,
        never_split: Collection[str] | None = None,
        unk_token: Any = "[UNK]",
        sep_token: Any = "[SEP]",
        pad_token: Any = "[PAD]",
        cls_token: Any = "[CLS]",
        mask_token: Any = "[MASK]",
        tokenize_chinese_chars: bool = True,
        strip_accents: bool | None = None,
        clean_up_tokenization_spaces: bool = True,
        **kwargs: Any,
    ) -> None:
        if not Path(vocab_file).is_file():
            name, reads = type(self).__name__, self.vocab_files_names["vocab_file"]
            raise LoadError(f"vocab_file {str(vocab_file)!r} is not a file; {name} reads a {reads}")
        self.vocab = load_vocab(vocab_file)
        self.ids_to_tokens = {index: token for token, index in self.vocab.items()}
        self.do_lower_case = do_lower_case
        self.do_basic_tokenize = do_basic_tokenize
        self.basic_tokenizer = BasicTokenizer(do_lower_case, never_split, tokenize_chinese_chars, strip_accents)
        self.wordpiece_tokenizer = WordpieceTokenizer(self.vocab, str(unk_token))
        kwargs.setdefault("special_tokens_pattern", "cls_sep")
        super().__init__(
            do_lower_case=do_lower_case,
            do_basic_tokenize=do_basic_tokenize,
            never_split=never_split,
            unk_token=unk_token,
            sep_token=sep_token,
            pad_token=pad_token,
            cls_token=cls_token,
            mask_token=mask_token,
            tokenize_chinese_chars=tokenize_chinese_chars,
            strip_accents=strip_accents,
            clean_up_tokenization_spaces=clean_up_tokenization_spaces,
            **kwargs,
        )

    @property
    def vocab_size(self) -> int:
        """The number of tokens in the vocabulary file."""
        return len(self.vocab)

    def get_vocab(self) -> dict[str, int]:
        """Return token → id, added tokens included."""
        return {**self.vocab, **self.get_added_vocab()}

    def _tokenize(self, text: str, split_special_tokens: bool = False, **_unused: Any) -> list[str]:
        if not self.do_basic_tokenize:
            return self.wordpiece_tokenizer.tokenize(text)
        never = None if split_special_tokens else self.all_special_tokens
        kept = self.basic_tokenizer.never_split
        words = self.basic_tokenizer.tokenize(text, never_split=never)
        return [p for word in words for p in ([word] if word in kept else self.wordpiece_tokenizer.tokenize(word))]

    def _convert_token_to_id(self, token: str) -> int | None:
        return self.vocab.get(token, self.vocab.get(str(self.unk_token)))

    def _convert_id_to_token(self, index: int) -> str:
        return self.ids_to_tokens.get(index, str(self.unk_token))

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that tokens stand for."""
        return " ".join(tokens).replace(" ##", "").strip()

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary, a token a line; return its path."""
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        path = Path(save_directory) / f"{prefix}{self.vocab_files_names['vocab_file']}"
        ordered = sorted(self.vocab.items(), key=lambda entry: entry[1])
        path.write_text("".join(f"{token}\n" for token, _ in ordered), encoding="utf-8")
        return (str(path),)
