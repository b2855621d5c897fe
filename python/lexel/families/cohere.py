"""Cohere's Command R and Aya.

Source: transformers 5.23, `CohereTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from lexel import spec
from lexel.families.family import Family, Vocab
from lexel.spec import Spec

__all__ = ["CohereTokenizer"]


class CohereTokenizer(Family):
    """The tokenizer of Cohere's models: NFC, every digit alone, byte-level.

    Beside the arguments of every family: the special tokens; `add_prefix_space` (a text begins as if a space stood
    before it); `errors` and `use_default_system_prompt` (kept for compatibility).
    """

    vocab_files_names: ClassVar[dict[str, str]] = {
        "vocab_file": "vocab.json",
        "merges_file": "merges.txt",
        "tokenizer_file": "tokenizer.json",
    }
    padding_side = "left"
    kept_post_processor = "any"
    keeps_flags = False
    read_by_v4 = False
    defaults: ClassVar[dict[str, Any]] = {
        "errors": "replace",
        "unk_token": "<UNK>",
        "bos_token": "<BOS_TOKEN>",
        "eos_token": "<|END_OF_TURN_TOKEN|>",
        "pad_token": "<PAD>",
        "cls_token": "<CLS>",
        "sep_token": "<SEP>",
        "mask_token": "<MASK_TOKEN>",
        "use_default_system_prompt": False,
        "add_prefix_space": False,
    }

    first_tokens = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token", "bos_token")

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        stage = spec.byte_level(add_prefix_space=bool(settings["add_prefix_space"]))
        return Spec(
            model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
            normalizer={"type": "NFC"},
            pre_tokenizer=spec.sequence("pretokenizers", {"type": "Digits", "individual_digits": True}, stage),
            post_processor=spec.texts_alone(),
            decoder=spec.byte_level(add_prefix_space=True),
        )

    def apply_tool_use_template(self, conversation: Any, tools: list[dict[str, Any]], **kwargs: Any) -> Any:
        """Return a conversation rendered with the template `tool_use`, as `apply_chat_template` returns it.

        Args:
            conversation: the messages.
            tools: what the model may use: name, description and parameter definitions each.
            **kwargs: as for `apply_chat_template`.
        """
        return self.apply_chat_template(conversation, chat_template="tool_use", tools=tools, **kwargs)

    def apply_grounded_generation_template(
        self,
        conversation: Any,
        documents: list[dict[str, str]],
        citation_mode: Literal["fast", "accurate"] = "accurate",
        **kwargs: Any,
    ) -> Any:
        """Return a conversation rendered with the template `rag`, as `apply_chat_template` returns it.

        Args:
            conversation: the messages.
            documents: what the answer is to be based on: title and text each.
            citation_mode: "accurate": the answer first, citations then; "fast": the answer with citations at once.
            **kwargs: as for `apply_chat_template`.
        """
        return self.apply_chat_template(
            conversation, chat_template="rag", documents=documents, citation_mode=citation_mode, **kwargs
        )
