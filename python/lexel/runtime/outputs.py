"""What a forward pass and `generate` return."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from lexel.runtime.cache import Cache

    States = tuple[Tensor, ...]


class ModelOutput:
    """Fields by name, as attributes, by `output["name"]`, or by index over those that are not `None`."""

    def keys(self) -> list[str]:
        """Return the names of the fields that hold something."""
        return [entry.name for entry in fields(self) if getattr(self, entry.name) is not None]  # type: ignore[arg-type]

    def to_tuple(self) -> tuple[Any, ...]:
        """Return the fields that hold something, in order."""
        return tuple(getattr(self, name) for name in self.keys())

    def __getitem__(self, key: str | int | slice) -> Any:
        if not isinstance(key, str):
            return self.to_tuple()[key]
        if key not in self.keys():
            raise KeyError(key)
        return getattr(self, key)

    def __contains__(self, name: object) -> bool:
        return name in self.keys()

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self.keys())


@dataclass
class BaseModelOutputWithPast(ModelOutput):
    """A decoder without head: `last_hidden_state` [B, T, hidden]; `hidden_states` has L + 1 entries."""

    last_hidden_state: Tensor
    past_key_values: Cache | None = None
    hidden_states: States | None = None
    attentions: States | None = None


@dataclass
class CausalLMOutputWithPast(ModelOutput):
    """A decoder with head: `logits` [B, kept, V], and `loss` where labels were given."""

    loss: Tensor | None = None
    logits: Tensor = None  # always given; it follows the loss in the public order
    past_key_values: Cache | None = None
    hidden_states: States | None = None
    attentions: States | None = None


@dataclass
class GenerateDecoderOnlyOutput(ModelOutput):
    """What `generate` returns with `return_dict_in_generate`.

    `sequences` [B · n, prompt + new]; per step: `scores` processed and `logits` raw, [B · n, V] float32 each;
    `attentions` and `hidden_states`: per step, a tuple over layers.
    """

    sequences: Tensor
    scores: States | None = None
    logits: States | None = None
    attentions: tuple[States, ...] | None = None
    hidden_states: tuple[States, ...] | None = None
    past_key_values: Cache | None = None
