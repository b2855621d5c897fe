"""A tokenizer in plain Python as people publish it beside their models: it is written for transformers.

Its vocabulary is in a file of its own, a second file holds what the first imports.
"""

CODE = """
import json
import os

from transformers.tokenization_utils import AddedToken, PreTrainedTokenizer
from transformers.utils import logging

from .words_and_marks import MARKS, cut

logger = logging.get_logger(__name__)
VOCAB_FILES_NAMES = {"vocab_file": "words.json", "marks_file": "marks.txt"}


class WordsTokenizer(PreTrainedTokenizer):
    vocab_files_names = VOCAB_FILES_NAMES
    model_input_names = ["input_ids", "attention_mask"]

    def __init__(self, vocab_file, marks_file=None, unk_token="[unk]", bos_token="[bos]", pad_token="[pad]",
                 lower=True, **kwargs):
        with open(vocab_file, encoding="utf-8") as file:
            self.words = json.load(file)
        self.by_id = {index: word for word, index in self.words.items()}
        self.marks = MARKS
        if marks_file is not None:
            with open(marks_file, encoding="utf-8") as file:
                self.marks = file.read().strip()
        self.lower = lower
        super().__init__(unk_token=unk_token, bos_token=bos_token, pad_token=pad_token, lower=lower, **kwargs)

    @property
    def vocab_size(self):
        return len(self.words)

    def get_vocab(self):
        return dict(self.words, **self.added_tokens_encoder)

    def _tokenize(self, text, **kwargs):
        return cut(text.lower() if self.lower else text, self.marks)

    def _convert_token_to_id(self, token):
        return self.words.get(token, self.words.get(self.unk_token))

    def _convert_id_to_token(self, index):
        return self.by_id.get(index, self.unk_token)

    def convert_tokens_to_string(self, tokens):
        return " ".join(tokens)

    def build_inputs_with_special_tokens(self, token_ids_0, token_ids_1=None):
        first = [self.bos_token_id] + token_ids_0
        return first if token_ids_1 is None else first + [self.bos_token_id] + token_ids_1

    def save_vocabulary(self, save_directory, filename_prefix=None):
        prefix = filename_prefix + "-" if filename_prefix else ""
        words = os.path.join(save_directory, prefix + VOCAB_FILES_NAMES["vocab_file"])
        with open(words, "w", encoding="utf-8") as file:
            json.dump(self.words, file, ensure_ascii=False)
        marks = os.path.join(save_directory, prefix + VOCAB_FILES_NAMES["marks_file"])
        with open(marks, "w", encoding="utf-8") as file:
            file.write(self.marks)
        return (words, marks)
"""
BESIDE = """
MARKS = ",.!?"


def cut(text, marks):
    for mark in marks:
        text = text.replace(mark, " " + mark + " ")
    return text.split()
"""
WORDS = ["[pad]", "[unk]", "[bos]", "hello", "world", "it's", "me", "!", ",", "two", "and", "double", "end", "def"]
