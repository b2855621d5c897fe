"""Llama 1 and 2, and the models that took over their vocabulary format (Mistral v1 to v3, Phi-3, TinyLlama).

Spaces become `▁`, unknown characters become bytes, and text is not split before the model. Llama 3 is byte-level and
loads from its `tokenizer.json`.

Source: transformers 5.23, `LlamaTokenizer`, its serialised pipeline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel import spec
from lexel.families.family import Family
from lexel.spec import Spec

if TYPE_CHECKING:
    from lexel.families.rebuilding import Kept

__all__ = ["LlamaTokenizer"]


class LlamaTokenizer(Family):
    """The tokenizer of Llama 1 and 2.

    Beside the arguments of every family: `unk_token`, `bos_token`, `eos_token`; `add_prefix_space` (a text begins as
    if a space stood before it); `legacy` (so does every piece after a special token); `use_default_system_prompt`.

    Example:
        >>> tok = LlamaTokenizer(vocab={"<unk>": 0, "<s>": 1, "</s>": 2, "▁": 3, "h": 4, "i": 5, "hi": 6, "▁hi": 7})
        >>> tok.tokenize("hi hi")
        ['▁hi', '▁hi']
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "tokenizer.model", "tokenizer_file": "tokenizer.json"}
    padding_side = "left"
    kept_post_processor: ClassVar[Kept] = "bos"
    defaults: ClassVar[dict[str, Any]] = {
        "clean_up_tokenization_spaces": False,
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "use_default_system_prompt": False,
        "legacy": False,
        # None is True. It is saved so: older readers take any other value for a request to convert the vocabulary.
        "add_prefix_space": None,
    }

    first_tokens = ("unk_token", "bos_token", "eos_token")

    @classmethod
    def spec(cls, vocab: dict[str, int], merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        prefix = settings["add_prefix_space"] in (None, True)
        scheme = ("always" if settings["legacy"] else "first") if prefix else "never"
        steps: list[spec.Json] = [
            {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
            {"type": "ByteFallback"},
            {"type": "Fuse"},
        ]
        if prefix:
            steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
        return Spec(
            model=spec.bpe(vocab, merges, fuse_unk=True, byte_fallback=True),
            pre_tokenizer=spec.metaspace(scheme, split=False),
            post_processor=spec.texts_alone(),
            decoder=spec.sequence("decoders", *steps),
        )
