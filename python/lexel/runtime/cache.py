"""Keys and values of the positions already processed: one object per decoder layer.

Shapes: B batch, K key/value heads, T new positions, n positions so far, D head size.
New positions are written in place into a buffer with room to grow, and views of it are returned; a `hint` of the
final length makes the first buffer the last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel.runtime.config import ModelConfig


class CacheLayer(Protocol):
    """What a decoder asks of the cache of one layer."""

    @property
    def nbytes(self) -> int:
        """Bytes of the buffers."""

    def update(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append [B, K, T, D]; return all that the new queries may attend to."""

    def get_seq_length(self) -> int:
        """Return how many positions were processed."""

    def get_mask_sizes(self, length: int) -> tuple[int, int]:
        """Return how many keys `length` new queries meet, and the position of the first of them."""

    def crop_to(self, length: int) -> None:
        """Forget the positions from `length` on."""

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep the rows `indices`, in that order."""

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row, copies side by side."""

    def reset(self) -> None:
        """Forget everything."""


class DynamicLayer:
    """Keeps every position."""

    def __init__(self, hint: int | None = None) -> None:
        self.hint = hint
        self._keys: Tensor | None = None
        self._values: Tensor | None = None
        self._length = 0

    def update(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append [B, K, T, D]; return all keys and values so far, [B, K, n, D] each."""
        start, count = self._length, key.shape[2]
        self._length = end = start + count
        if self._keys is None or self._values is None or end > self._keys.shape[2] or key.requires_grad:
            self._keys, self._values = self._longer(self._keys, key, start), self._longer(self._values, value, start)
            if key.requires_grad:
                return self._keys, self._values
        self._keys.narrow(2, start, count).copy_(key)
        self._values.narrow(2, start, count).copy_(value)
        return self._keys.narrow(2, 0, end), self._values.narrow(2, 0, end)

    def _longer(self, old: Tensor | None, new: Tensor, start: int) -> Tensor:
        """Return a buffer with room for `new` that holds the first `start` positions of `old`."""
        if new.requires_grad:
            # Autograd keeps what it saw, so nothing is ever written over.
            return new if old is None else torch.cat((old.narrow(2, 0, start), new), 2)
        batch, heads, count, size = new.shape
        room = max(start + count, self.hint or 0, start * 3 // 2)
        buffer = new.new_empty(batch, heads, room, size)
        if old is not None:
            buffer.narrow(2, 0, start).copy_(old.narrow(2, 0, start))
        return buffer

    def get_seq_length(self) -> int:
        """Return how many positions were processed."""
        return self._length

    def get_mask_sizes(self, length: int) -> tuple[int, int]:
        """Return how many keys `length` new queries meet, and the position of the first of them."""
        return self._length + length, 0

    def crop_to(self, length: int) -> None:
        """Forget the positions from `length` on."""
        if not 0 <= length <= self._length:
            raise ValueError(f"cannot crop a cache of {self._length} positions to {length}")
        self._length = length

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep the rows `indices`, in that order."""
        self._rows(lambda buffer: buffer.index_select(0, indices.to(buffer.device)))

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row, copies side by side."""
        self._rows(lambda buffer: buffer.repeat_interleave(repeats, 0))

    def _rows(self, change: Callable[[Tensor], Tensor]) -> None:
        if self._keys is not None and self._values is not None:
            self._keys, self._values = change(self._keys), change(self._values)

    def reset(self) -> None:
        """Forget everything."""
        self._keys = self._values = None
        self._length = 0

    @property
    def nbytes(self) -> int:
        """Bytes of the buffers, room to grow included."""
        return sum(buffer.nbytes for buffer in (self._keys, self._values) if buffer is not None)


class Cache:
    """The caches of all layers of a model."""

    def __init__(self, layers: list[CacheLayer]) -> None:
        self.layers = layers

    def update(self, key: Tensor, value: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
        """Append new keys and values [B, K, T, D] of a layer; return all it needs to attend to."""
        return self.layers[layer_idx].update(key, value)

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Return how many positions were processed."""
        return self.layers[layer_idx].get_seq_length() if self.layers else 0

    def get_mask_sizes(self, length: int, layer_idx: int = 0) -> tuple[int, int]:
        """Return how many keys `length` new queries meet in a layer, and the position of the first of them."""
        return self.layers[layer_idx].get_mask_sizes(length) if self.layers else (length, 0)

    def crop(self, count: int) -> None:
        """Forget the last `-count` positions; 0 changes nothing."""
        if count > 0:
            raise ValueError(f"crop takes a count of positions to remove, as crop(-{count}); see crop_to(length)")
        self.crop_to(self.get_seq_length() + count)

    def crop_to(self, length: int) -> None:
        """Keep the first `length` positions."""
        for layer in self.layers:
            layer.crop_to(length)

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep the rows `indices` of the batch, in that order."""
        for layer in self.layers:
            layer.batch_select_indices(indices)

    reorder_cache = batch_select_indices

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat each row of the batch, copies side by side."""
        for layer in self.layers:
            layer.batch_repeat_interleave(repeats)

    def reset(self) -> None:
        """Forget everything."""
        for layer in self.layers:
            layer.reset()

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def nbytes(self) -> int:
        """Bytes of all buffers, room to grow included."""
        return sum(layer.nbytes for layer in self.layers)


class DynamicCache(Cache):
    """A cache that grows with the text.

    Args:
        config: gives the number of layers; without it, layers appear as they are used.
        hint: the final length, where it is known: one allocation, no copy.
    """

    def __init__(self, config: ModelConfig | None = None, *, hint: int | None = None) -> None:
        self.hint = hint
        super().__init__([DynamicLayer(hint) for _ in range(config.num_hidden_layers if config else 0)])

    def update(self, key: Tensor, value: Tensor, layer_idx: int) -> tuple[Tensor, Tensor]:
        """Append new keys and values [B, K, T, D] of a layer; return all so far."""
        while len(self.layers) <= layer_idx:
            self.layers.append(DynamicLayer(self.hint))
        return self.layers[layer_idx].update(key, value)
