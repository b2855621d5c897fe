"""UDOP: the vocabulary format of T5, and boxes.

Source: transformers 5.23, `UdopTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families import sentencepiece
from lexel.families.boxes import WithBoxes
from lexel.families.family import Family
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.batch_encoding import BatchEncoding
    from lexel.families.family import Vocab
    from lexel.spec import Json

__all__ = ["UdopTokenizer"]


class UdopTokenizer(WithBoxes):
    """The tokenizer of UDOP: `A </s>` and `A </s> B </s>`; calls take words and their boxes, targets are texts.

    Beside the arguments of every family: the special tokens; `sep_token_box`, `pad_token_box`; `pad_token_label`, the
    label of what has none; `only_label_first_subword`.
    """

    model = "Unigram"
    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "spiece.model", "tokenizer_file": "tokenizer.json"}
    defaults: ClassVar[dict[str, Any]] = {
        "eos_token": "</s>",
        "sep_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
        "sep_token_box": [1000, 1000, 1000, 1000],
        "pad_token_box": [0, 0, 0, 0],
        "pad_token_label": -100,
        "only_label_first_subword": True,
        "extra_special_tokens": None,
    }

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the special tokens, and a space."""
        special = [(str(settings[name]), 0.0) for name in ("pad_token", "eos_token", "unk_token")]
        return [*special, ("▁", -2.0)]

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.unigram(vocab, unk_id=spec.index_of(vocab, settings["unk_token"], 2)),
            pre_tokenizer=sentencepiece.words("always"),
            decoder=spec.metaspace("always"),
        )

    def template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor."""
        eos = str(settings["eos_token"])
        single = [("$A", 0), (eos, 0)]
        return spec.template(single, [*single, ("$B", 0), (eos, 0)], self._ids(eos))

    def __call__(  # type: ignore[override]
        self,
        text: Any = None,
        text_pair: Any = None,
        boxes: Any = None,
        word_labels: Any = None,
        text_target: Any = None,
        text_pair_target: Any = None,
        **options: Any,
    ) -> Any:
        """Encode words with their boxes; what the model is to answer is a text, whose ids are the `labels`.

        Args:
            text: see `WithBoxes`.
            text_pair: see `WithBoxes`.
            boxes: see `WithBoxes`.
            word_labels: see `WithBoxes`.
            text_target: the answer, or the answers; alone, without words, the call is that of every tokenizer.
            text_pair_target: a second text of the answer.
            **options: as for `Tokenizer`.
        """
        if text is None and text_target is None:
            raise ValueError("You need to specify either `text` or `text_target`.")
        answer = None
        if text_target is not None:
            answer = Family.__call__(self, text_target, text_pair_target, **options)
            if text is None:
                return answer
        made = self.call_boxes(text, text_pair, boxes, word_labels, **options)
        if answer is not None:
            made["labels"] = answer["input_ids"]
        return made

    def encode(self, text: Any, text_pair: Any = None, **options: Any) -> Any:  # type: ignore[override]
        """Return the ids of a text, which has no boxes; see `encode_boxes`."""
        return self(text_target=text, text_pair_target=text_pair, **options)["input_ids"]

    def call_boxes(
        self, text: Any, text_pair: Any = None, boxes: Any = None, word_labels: Any = None, **options: Any
    ) -> Any:
        """Encode words with their boxes, see `WithBoxes`."""
        return super().__call__(text, text_pair, boxes, word_labels, **options)

    def encode_boxes(self, text: Any, text_pair: Any = None, boxes: Any = None, **options: Any) -> Any:
        """Return the ids of words with their boxes."""
        return self.call_boxes(text, text_pair, boxes, **options)["input_ids"]

    def encode_plus_boxes(self, text: Any, text_pair: Any = None, boxes: Any = None, **options: Any) -> Any:
        """Encode one page, see `WithBoxes`."""
        return self.call_boxes(text, text_pair, boxes, **options)

    def batch_encode_plus_boxes(
        self, batch_text_or_text_pairs: Any, is_pair: bool | None = None, **options: Any
    ) -> Any:
        """Encode several pages, or pairs of a question and a page."""
        return self.batch_encode_plus(batch_text_or_text_pairs, is_pair, **options)

    def _first_pieces(self, made: BatchEncoding, row: int) -> list[bool]:
        # A piece behind one that is a space alone begins where the word does too.
        first, blank = [], False
        for index, word, (begin, _) in zip(
            made["input_ids"][row], made.word_ids(row), made["offset_mapping"][row], strict=True
        ):
            first.append(begin == 0 and not blank)
            if word is not None:
                blank = self.decode([index]) == ""
        return first
