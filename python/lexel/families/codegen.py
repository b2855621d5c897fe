"""CodeGen and Phi-2.

Source: transformers 5.23, `CodeGenTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Spec

__all__ = ["CodeGenTokenizer"]


class CodeGenTokenizer(Family):
    """The tokenizer of CodeGen: that of GPT-2, and a way to cut generated code where the answer ends.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (a text begins as if a space stood
    before it); `return_token_type_ids` (calls return type ids too).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "vocab.json", "merges_file": "merges.txt"}
    kept_post_processor = "any"
    defaults: ClassVar[dict[str, Any]] = {
        "unk_token": "<|endoftext|>",
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "pad_token": None,
        "add_prefix_space": False,
        "return_token_type_ids": False,
    }

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            pre_tokenizer=spec.byte_level(add_prefix_space=bool(settings["add_prefix_space"])),
            post_processor=spec.byte_level(add_prefix_space=True, trim_offsets=False),
            decoder=spec.byte_level(add_prefix_space=True),
        )

    def _complete_pipeline(self) -> None:
        super()._complete_pipeline()
        if self.init_kwargs.get("return_token_type_ids") and "token_type_ids" not in self.model_input_names:
            # On the instance: the class's list is every tokenizer's.
            self.model_input_names = [*self.model_input_names, "token_type_ids"]

    def decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        truncate_before_pattern: list[str] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Return the text of ids, as `Tokenizer.decode` does.

        Args:
            token_ids: ids.
            skip_special_tokens: whether special tokens are left out.
            clean_up_tokenization_spaces: whether spaces before punctuation go.
            truncate_before_pattern: regular expressions; the text ends before the first match of any, see `truncate`.
            **kwargs: as for `Tokenizer.decode`.
        """
        text = super().decode(token_ids, skip_special_tokens, clean_up_tokenization_spaces, **kwargs)
        if not truncate_before_pattern:
            return text
        if isinstance(text, list):
            return [self.truncate(row, truncate_before_pattern) for row in text]
        return self.truncate(text, truncate_before_pattern)

    def truncate(self, completion: str, truncate_before_pattern: list[str]) -> str:
        """Return generated code up to where the answer ends.

        It ends before the second line that begins with `print`, before the second that begins with `def`, and before
        the first match of any pattern in what is left.

        Args:
            completion: the code.
            truncate_before_pattern: regular expressions, `^` and `$` being the ends of lines.
        """
        for start in ("^print", "^def"):
            found = list(re.finditer(start, completion, re.MULTILINE))
            if len(found) > 1:
                completion = completion[: found[1].start()]
        matches = (re.search(pattern, completion, re.MULTILINE) for pattern in truncate_before_pattern)
        return completion[: min((match.start() for match in matches if match), default=len(completion))]
