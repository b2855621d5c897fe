"""Words with the boxes they stand in on a page: what the tokenizers of LayoutLM 2 and 3, LayoutXLM and UDOP add.

A page is a list of words and a list of as many boxes; a question about it comes first. Every token gets the box of its
word, special tokens and the question's get one of their own, and words may have labels.

Source: transformers 5.23, `LayoutLMv2Tokenizer`, `LayoutLMv3Tokenizer`, `LayoutXLMTokenizer`, `UdopTokenizer`,
measured.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lexel.batch_encoding import BatchEncoding
from lexel.families.family import Family
from lexel.padding import PaddingStrategy

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["WithBoxes", "first_of_words"]

_WORDS = "Words must be of type `list[str]` (single pretokenized example), or `list[list[str]]` (batch of them)."


class WithBoxes(Family):
    """A family whose calls take words and boxes.

    A class has `cls_token_box` (if it has such a token), `sep_token_box`, `pad_token_box`, `pad_token_label` and
    `only_label_first_subword` among its settings.
    """

    def __call__(  # type: ignore[override]
        self, text: Any = None, text_pair: Any = None, boxes: Any = None, word_labels: Any = None, **options: Any
    ) -> Any:
        """Encode words with their boxes, as columns `bbox` and, with labels, `labels`.

        Args:
            text: the words of a page, or of several pages; with `text_pair`: the question, or the questions.
            text_pair: the words, of a call with questions.
            boxes: the box of every word: four numbers.
            word_labels: the label of every word; further pieces of a word have `pad_token_label` if
                `only_label_first_subword` is set.
            **options: as for `Tokenizer`.

        Raises:
            ValueError: texts where words are expected, no boxes, or another number of boxes than of words.
        """
        if text_pair is None and not isinstance(text, (list, tuple)):
            raise ValueError(_WORDS)
        if text_pair is not None and not (
            isinstance(text, (str, list, tuple)) and isinstance(text_pair, (list, tuple))
        ):
            raise ValueError(f"the question is a `str`, of a batch a `list[str]`. {_WORDS}")
        words = text if text_pair is None else text_pair
        many = isinstance(text, (list, tuple)) and (
            text_pair is not None or (bool(text) and isinstance(text[0], (list, tuple)))
        )
        pages, places = (list(words), boxes) if many else ([words], [boxes])
        self._check(pages, places, many)
        questions: list[Any] | None = None
        if text_pair is not None:
            questions = list(text) if many else [text]
            if len(questions) != len(pages):
                raise ValueError(f"there are {len(questions)} questions for {len(pages)} pages")
            if not many and not words:
                raise ValueError(f"the page has no words. {_WORDS}")
        labels = word_labels if many or word_labels is None else [word_labels]
        return self._placed(pages, questions, places, labels, many, options)

    def _check(self, pages: list[Any], places: Any, many: bool) -> None:
        if places is None or (not many and places[0] is None):
            raise ValueError("You must provide corresponding bounding boxes")
        if len(pages) != len(places):
            raise ValueError("You must provide words and boxes for an equal amount of examples")
        if any(len(page) != len(boxes) for page, boxes in zip(pages, places, strict=True)):
            raise ValueError("You must provide as many words as there are bounding boxes")

    def _placed(
        self,
        pages: list[Any],
        questions: list[Any] | None,
        places: Any,
        labels: Any,
        many: bool,
        options: dict[str, Any],
    ) -> BatchEncoding:
        tensors, offsets = options.pop("return_tensors", None), options.pop("return_offsets_mapping", False)
        options |= {"is_split_into_words": True, "return_offsets_mapping": True}
        rows = [list(page) for page in pages]
        if questions is None:
            made = super().__call__(rows, **options)
        else:
            first = [question.split() if isinstance(question, str) else list(question) for question in questions]
            made = super().__call__(first, rows, **options)
        columns = dict(made)
        sources = columns.get("overflow_to_sample_mapping") or range(len(columns["input_ids"]))
        asked = questions is not None
        columns["bbox"] = [self._boxes(made, row, places[page], asked) for row, page in enumerate(sources)]
        if labels is not None:
            columns["labels"] = [self._labels(made, row, labels[page]) for row, page in enumerate(sources)]
        if not offsets:
            del columns["offset_mapping"]
        if not many and tensors is None and "overflow_to_sample_mapping" not in columns:
            columns = {name: column[0] if isinstance(column, list) else column for name, column in columns.items()}
        return BatchEncoding(columns, made.encodings, tensor_type=tensors)

    def _boxes(self, made: BatchEncoding, row: int, places: Sequence[Any], asked: bool) -> list[Any]:
        """Return the boxes of the tokens of a row."""
        special = {self.pad_token_id: self.pad_token_box, self.sep_token_id: self.sep_token_box}
        if "cls_token_box" in self.defaults:
            special[self.cls_token_id] = self.cls_token_box
        found = []
        for index, word, sequence in zip(
            made["input_ids"][row], made.word_ids(row), made.sequence_ids(row), strict=True
        ):
            if word is None:
                found.append(special.get(index, self.sep_token_box))
            else:
                found.append(self.pad_token_box if asked and sequence == 0 else places[word])
        return found

    def _labels(self, made: BatchEncoding, row: int, labels: Sequence[int]) -> list[int]:
        """Return the labels of the tokens of a row."""
        words = made.word_ids(row)
        first = self._first_pieces(made, row) if self.only_label_first_subword else [True] * len(words)
        none = self.pad_token_label
        # The words of a question take the labels of the page's too, as far as there are any: such is the reference.
        return [
            labels[word] if word is not None and is_first and word < len(labels) else none
            for word, is_first in zip(words, first, strict=True)
        ]

    def _first_pieces(self, made: BatchEncoding, row: int) -> list[bool]:
        """Return which tokens of a row begin a word: those that begin where it does."""
        return [begin == 0 for begin, _ in made["offset_mapping"][row]]

    # --- other ways of calling ----------------------------------------------------------------------------------------

    def encode(self, text: Any, text_pair: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Return the ids of the call with these arguments."""
        return self(text, text_pair, **options)["input_ids"]

    def encode_plus(self, text: Any, text_pair: Any = None, **options: Any) -> Any:
        """Encode one page; arguments as those of a call."""
        return self(text, text_pair, **options)

    def batch_encode_plus(self, batch_text_or_text_pairs: Any, is_pair: bool | None = None, **options: Any) -> Any:
        """Encode several pages, or pairs of a question and a page; other arguments as those of a call."""
        if not is_pair:
            return self(batch_text_or_text_pairs, **options)
        questions, pages = zip(*batch_text_or_text_pairs, strict=True)
        return self(list(questions), list(pages), **options)

    def tokenize(
        self, text: str, pair: str | None = None, add_special_tokens: bool = False, **kwargs: Any
    ) -> list[str]:
        """Return the token strings of a text, which need not be cut into words."""
        made = super().__call__(text, pair, add_special_tokens=add_special_tokens, verbose=False, **kwargs)
        return made.tokens()

    def _pad(
        self,
        encoded_inputs: Any,
        max_length: int | None = None,
        padding_strategy: PaddingStrategy = PaddingStrategy.DO_NOT_PAD,
        pad_to_multiple_of: int | None = None,
        padding_side: str | None = None,
        return_attention_mask: bool | None = None,
    ) -> Any:
        made = super()._pad(
            encoded_inputs, max_length, padding_strategy, pad_to_multiple_of, padding_side, return_attention_mask
        )
        size = len(made[self.model_input_names[0]])
        left = (padding_side or self.padding_side) == "left"
        for name, value in (("bbox", self.pad_token_box), ("labels", self.pad_token_label)):
            if name in made and len(made[name]) < size:
                fill = [value] * (size - len(made[name]))
                made[name] = fill + list(made[name]) if left else list(made[name]) + fill
        return made


def first_of_words(words: Sequence[int | None]) -> list[bool]:
    """Return which tokens have another word than the one before them."""
    return [now is not None and now != before for before, now in pairwise([None, *words])]
