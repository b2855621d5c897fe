"""DPR: retrieval of passages, and reading of answers in them; the pipeline of BERT.

Source: transformers 5.23, `DPRContextEncoderTokenizer`, `DPRQuestionEncoderTokenizer`, `DPRReaderTokenizer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from lexel.families.bert import BertTokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lexel.families.family import Vocab
    from lexel.spec import Spec

__all__ = [
    "DPRContextEncoderTokenizer",
    "DPRQuestionEncoderTokenizer",
    "DPRReaderOutput",
    "DPRReaderTokenizer",
    "DPRSpanPrediction",
]


class DPRReaderOutput(NamedTuple):
    """What a reading model says of each passage."""

    start_logits: Any
    end_logits: Any
    relevance_logits: Any


class DPRSpanPrediction(NamedTuple):
    """A possible answer: its scores, the passage, the first and last place in its ids, the text."""

    span_score: Any
    relevance_score: Any
    doc_id: int
    start_index: int
    end_index: int
    text: str


class DPRContextEncoderTokenizer(BertTokenizer):
    """The tokenizer of DPR's passages; arguments as those of `BertTokenizer`.

    Texts of a new tokenizer become lower case whatever `do_lower_case` says, as in the reference.
    """

    read_by_v4 = False
    defaults: ClassVar[dict[str, Any]] = {**BertTokenizer.defaults, "do_lower_case": False}

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return super().spec(vocab, merges, {**settings, "do_lower_case": True})


class DPRQuestionEncoderTokenizer(DPRContextEncoderTokenizer):
    """The tokenizer of DPR's questions; arguments as those of `DPRContextEncoderTokenizer`."""


class DPRReaderTokenizer(DPRContextEncoderTokenizer):
    """The tokenizer of DPR's reader; arguments as those of `DPRContextEncoderTokenizer`.

    Called with questions, titles and texts it gives one row a passage: `[CLS] question [SEP] title [SEP] text`.
    """

    model_input_names: list[str] = ["input_ids", "attention_mask"]  # noqa: RUF012

    def __call__(  # type: ignore[override]
        self,
        questions: Any,
        titles: Any = None,
        texts: Any = None,
        padding: Any = False,
        truncation: Any = False,
        max_length: int | None = None,
        return_tensors: Any = None,
        return_attention_mask: bool | None = None,
        **kwargs: Any,
    ) -> Any:
        """Encode passages with the questions they are read for.

        Args:
            questions: one question for all passages, or one for each.
            titles: the titles of the passages.
            texts: their texts; without titles or without texts the call is that of every tokenizer.
            padding: as of a call.
            truncation: whether rows are cut to `max_length`.
            max_length: how many ids a row may have.
            return_tensors: as of a call.
            return_attention_mask: as of a call.
            **kwargs: further arguments of a call without titles or texts.

        Raises:
            ValueError: titles and texts of unequal number.
        """
        if titles is None or texts is None:
            pair = titles if texts is None else texts
            return super().__call__(
                questions,
                pair,
                padding=padding,
                truncation=truncation,
                max_length=max_length,
                return_tensors=return_tensors,
                return_attention_mask=return_attention_mask,
                **kwargs,
            )
        titles = [titles] if isinstance(titles, str) else titles
        texts = [texts] if isinstance(texts, str) else texts
        if len(titles) != len(texts):
            raise ValueError(
                f"every passage has a title and a text: there are {len(titles)} titles, {len(texts)} texts"
            )
        questions = [questions] * len(titles) if isinstance(questions, str) else questions
        heads = super().__call__(questions, titles)["input_ids"]
        bodies = super().__call__(texts, add_special_tokens=False)["input_ids"]
        rows = [head + body for head, body in zip(heads, bodies, strict=True)]
        if max_length is not None and truncation:
            rows = [row[:max_length] for row in rows]
        made: dict[str, Any] = {"input_ids": rows}
        if return_attention_mask is not False:
            made["attention_mask"] = [[int(index != self.pad_token_id) for index in row] for row in rows]
        return self.pad(made, padding=padding, max_length=max_length, return_tensors=return_tensors)

    def decode_best_spans(
        self,
        reader_input: Any,
        reader_output: Any,
        num_spans: int = 16,
        max_answer_length: int = 64,
        num_spans_per_passage: int = 4,
    ) -> list[DPRSpanPrediction]:
        """Return the best answers, those of the most relevant passage first.

        Args:
            reader_input: what the call gave.
            reader_output: the logits of starts, of ends (a row a passage) and of relevance.
            num_spans: how many answers.
            max_answer_length: how many ids an answer may have.
            num_spans_per_passage: how many answers of one passage; no two of them overlap as one within the other.
        """
        starts, ends, relevance = reader_output[:3]
        found: list[DPRSpanPrediction] = []
        for passage in sorted(range(len(relevance)), reverse=True, key=relevance.__getitem__):
            ids = [int(index) for index in reader_input["input_ids"][passage]]
            # The text begins behind the separator of the title, which is not that of the question.
            begin = ids.index(self.sep_token_id, 2) + 1
            size = ids.index(self.pad_token_id) if ids[-1] == self.pad_token_id else len(ids)
            best = _best_spans(
                starts[passage][begin:size], ends[passage][begin:size], max_answer_length, num_spans_per_passage
            )
            for first, last in ((first + begin, last + begin) for first, last in best):
                score = starts[passage][first] + ends[passage][last]
                text = self.decode(ids[first : last + 1])
                found.append(DPRSpanPrediction(score, relevance[passage], passage, first, last, text))
            if len(found) >= num_spans:
                break
        return found[:num_spans]


def _best_spans(starts: Sequence[Any], ends: Sequence[Any], longest: int, count: int) -> list[tuple[int, int]]:
    """Return the best spans (first, last) of a passage of which none contains another."""
    scored = [
        ((first, first + length), start + end)
        for first, start in enumerate(starts)
        for length, end in enumerate(ends[first : first + longest])
    ]
    chosen: list[tuple[int, int]] = []
    for (first, last), _ in sorted(scored, key=lambda entry: entry[1], reverse=True):
        if not any(first <= a <= b <= last or a <= first <= last <= b for a, b in chosen):
            chosen.append((first, last))
        if len(chosen) == count:
            break
    return chosen
