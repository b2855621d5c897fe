"""MyT5: the bytes of a text, rewritten along its morphemes.

Source: transformers 5.23, `MyT5Tokenizer`, measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from lexel.errors import FormatError
from lexel.families.byt5 import ByT5Tokenizer
from lexel.families.byte_tokens import utf8
from lexel.families.model_files import read_object, write_files

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

__all__ = ["ByteRewriter", "MyT5Tokenizer"]


class ByteRewriter:
    """Replaces rows of bytes by others, the longest known one from the left first.

    Args:
        rewriting_rules: row → row; bytes as two hexadecimal digits with spaces between.
    """

    def __init__(self, rewriting_rules: Mapping[str, str]) -> None:
        self._rules = _tree(rewriting_rules)
        self._back = _tree({out: row for row, out in rewriting_rules.items()})

    def rewrite_bytes(self, in_bytes: Sequence[str], reverse: bool = False) -> list[str]:
        """Return a row with every known part of it replaced.

        Args:
            in_bytes: bytes, and tokens that are none, which stay.
            reverse: replace the other way round.
        """
        tree = self._back if reverse else self._rules
        out: list[str] = []
        start = 0
        while start < len(in_bytes):
            node, end, found = tree, start + 1, [in_bytes[start]]
            for place in range(start, len(in_bytes)):
                node = node.get(in_bytes[place])  # type: ignore[assignment]
                if node is None:
                    break
                if _OUT in node:
                    end, found = place + 1, node[_OUT]
            out += found
            start = end
        return out


# What stands at the end of a known row in a tree of rows: no byte has this name.
_OUT = ""


def _tree(rules: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for row, out in rules.items():
        node = tree
        for byte in row.split(" "):
            node = node.setdefault(byte, {})
        node[_OUT] = out.split(" ")
    return tree


class MyT5Tokenizer(ByT5Tokenizer):
    """The tokenizer of MyT5: bytes rewritten by rules, `A </s>` and `A </s> B </s>`.

    Args:
        vocab_file: the rules: `decompose_map`, then `merge_map`.
        eos_token: the end of a text; one that is there already is not written twice.
        unk_token: for what is no byte.
        pad_token: for padding.
        extra_ids: the number of sentinels `<extra_id_0>` … , which stand for spans.
        additional_special_tokens: the extra special tokens, sentinels included.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        LoadError: there is no such file.
        FormatError: it holds no such rules.
        ValueError: `additional_special_tokens` has another number of sentinels than `extra_ids`.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"vocab_file": "byte_maps.json"}

    def __init__(
        self,
        vocab_file: str | os.PathLike[str],
        eos_token: Any = "</s>",
        unk_token: Any = "<unk>",
        pad_token: Any = "<pad>",
        extra_ids: int = 125,
        additional_special_tokens: list[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.byte_maps = read_object(vocab_file, "vocab_file")
        for name in ("decompose_map", "merge_map"):
            rules = self.byte_maps.get(name)
            if not isinstance(rules, dict) or not all(isinstance(row, str) for row in rules.values()):
                raise FormatError(f"{vocab_file} should have {name!r}, an object of rows of bytes")
        self.decompose_rewriter = ByteRewriter(self.byte_maps["decompose_map"])
        self.merge_rewriter = ByteRewriter(self.byte_maps["merge_map"])
        super().__init__(
            eos_token=eos_token,
            unk_token=unk_token,
            pad_token=pad_token,
            extra_ids=extra_ids,
            additional_special_tokens=additional_special_tokens,
            **kwargs,
        )

    def morphological_encode(self, indices: Sequence[str]) -> list[str]:
        """Return bytes rewritten by the rules."""
        return self.merge_rewriter.rewrite_bytes(self.decompose_rewriter.rewrite_bytes(indices))

    def morphological_decode(self, indices: Sequence[str]) -> list[str]:
        """Return the bytes that rewritten ones stand for."""
        return self.decompose_rewriter.rewrite_bytes(self.merge_rewriter.rewrite_bytes(indices, reverse=True), True)

    def _tokenize(self, text: str, **_unused: Any) -> list[str]:
        return self.morphological_encode([f"{byte:02x}" for byte in utf8(text)])

    def _convert_token_to_id(self, token: str) -> int | None:
        return int(token, 16) + self.offset if _is_byte(token) else None

    def _convert_id_to_token(self, index: int) -> str | None:
        return f"{index - self.offset:02x}" if index >= self.offset else None

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Return the text that rewritten bytes and added tokens stand for; bytes that are no text go."""
        added = self._added_tokens_encoder
        parts = (
            token.encode() if token in added else bytes.fromhex(token) if _is_byte(token) else b""
            for token in self.morphological_decode(tokens)
        )
        return b"".join(parts).decode("utf-8", "ignore")

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the rules; return their path."""
        return write_files(save_directory, filename_prefix, {"byte_maps.json": self.byte_maps})


def _is_byte(token: str) -> bool:
    return len(token) == 2 and all(char in "0123456789abcdefABCDEF" for char in token)
