"""CTRL.

Source: transformers 5.23, `CTRLTokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.families.merge_files import merge_ranks
from lexel.families.model_files import read_vocabulary
from lexel.families.word_merges import MergedWords

if TYPE_CHECKING:
    import os

__all__ = ["CTRLTokenizer"]


class CTRLTokenizer(MergedWords):
    """The tokenizer of CTRL: words in pieces; nothing is written around a text, which begins with a control code.

    Args:
        vocab_file: the vocabulary, token → id.
        merges_file: the merges.
        unk_token: for pieces the vocabulary lacks.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: a file is not there.
        FormatError: a file is not what it must be.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.json", "merges_file": "merges.txt"}
    # What a text may begin with → the id of that word: what the model is to write.
    control_codes: ClassVar[dict[str, int]] = {
        "Pregnancy": 168629,
        "Christianity": 7675,
        "Explain": 106423,
        "Fitness": 63440,
        "Saving": 63163,
        "Ask": 27171,
        "Ass": 95985,
        "Joke": 163509,
        "Questions": 45622,
        "Thoughts": 49605,
        "Retail": 52342,
        "Feminism": 164338,
        "Writing": 11992,
        "Atheism": 192263,
        "Netflix": 48616,
        "Computing": 39639,
        "Opinion": 43213,
        "Alone": 44967,
        "Funny": 58917,
        "Gaming": 40358,
        "Human": 4088,
        "India": 1331,
        "Joker": 77138,
        "Diet": 36206,
        "Legal": 11859,
        "Norman": 4939,
        "Tip": 72689,
        "Weight": 52343,
        "Movies": 46273,
        "Running": 23425,
        "Science": 2090,
        "Horror": 37793,
        "Confession": 60572,
        "Finance": 12250,
        "Politics": 16360,
        "Scary": 191985,
        "Support": 12654,
        "Technologies": 32516,
        "Teenage": 66160,
        "Event": 32769,
        "Learned": 67460,
        "Notion": 182770,
        "Wikipedia": 37583,
        "Books": 6665,
        "Extract": 76050,
        "Confessions": 102701,
        "Conspiracy": 75932,
        "Links": 63674,
        "Narcissus": 150425,
        "Relationship": 54766,
        "Relationships": 134796,
        "Reviews": 41671,
        "News": 4256,
        "Translation": 26820,
        "multilingual": 128406,
    }

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        merges_file: str | os.PathLike[str],
        unk_token: Any = "<unk>",
        **kwargs: Any,
    ) -> None:
        self.encoder = read_vocabulary(vocab_file, "vocab_file")
        self.bpe_ranks = merge_ranks(merges_file, heading=True)
        self.add_bpe_version_header = True
        kwargs.setdefault("special_tokens_pattern", "none")
        kwargs.setdefault("token_type_ids_pattern", "all_zeros")
        super().__init__(unk_token=unk_token, **kwargs)
