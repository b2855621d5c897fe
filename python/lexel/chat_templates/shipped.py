"""The templates that come with lexel, for tokenizers that have none: read by name from `templates/`.

They are written for this project after the public descriptions of the formats. Each writes tools, calls, results and
reasoning, marks what the assistant says, trims nothing, and only ever appends: the render of a longer conversation
begins with the render of a shorter one.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["Shipped", "shipped", "shipped_template", "shipped_templates"]


class Shipped(NamedTuple):
    """What is known of a template beside its source."""

    description: str
    control_tokens: tuple[str, ...]
    """The tokens it writes literally, each of which must be one id."""
    end_of_turn: str | None
    """The token an answer ends with; None for the tokenizer's eos token."""
    writes_bos: bool
    """Whether it writes the bos token itself."""


_SHIPPED = {
    "chatml": Shipped(
        "ChatML, <|im_start|>ROLE … <|im_end|>, with tools between tags",
        ("<|im_start|>", "<|im_end|>"),
        "<|im_end|>",
        writes_bos=False,
    ),
    "llama": Shipped(
        "like Llama 3, <|start_header_id|>ROLE<|end_header_id|> … <|eot_id|>, with calls as lines of JSON",
        ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"),
        "<|eot_id|>",
        writes_bos=True,
    ),
    "plain": Shipped(
        "headings of plain text, ### User: … ### Assistant: …, for models without control tokens for chat",
        (),
        None,
        writes_bos=False,
    ),
}


def shipped_templates() -> dict[str, str]:
    """Return the templates that come with lexel: name → what it is.

    Example:
        >>> sorted(shipped_templates())
        ['chatml', 'llama', 'plain']
    """
    return {name: known.description for name, known in _SHIPPED.items()}


def shipped(name: str) -> Shipped:
    """Return what is known of a template.

    Raises:
        ValueError: there is none of this name; lists those there are.
    """
    if name not in _SHIPPED:
        raise ValueError(f"lexel ships no chat template {name!r}; it ships {sorted(_SHIPPED)}")
    return _SHIPPED[name]


@cache
def shipped_template(name: str) -> str:
    """Return the source of a template that comes with lexel.

    Raises:
        ValueError: there is none of this name; lists those there are.

    Example:
        >>> "{%- generation -%}" in shipped_template("chatml")
        True
    """
    shipped(name)
    return (files("lexel.chat_templates") / "templates" / f"{name}.jinja").read_text(encoding="utf-8")
