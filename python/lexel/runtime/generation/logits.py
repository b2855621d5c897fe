"""From raw scores to the scores that are chosen from: processors, in the reference's order.

Shapes: B batch, n ids so far, V vocabulary. Scores are float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lexel.runtime.generation.config import GenerationConfig

# (ids [B, n], scores [B, V]) → scores [B, V]
LogitsProcessor = Callable[[Tensor, Tensor], Tensor]
_NEVER = float("-inf")


class LogitsProcessorList(list[LogitsProcessor]):
    """Processors applied one after the other."""

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """Return the scores [B, V] that come out at the end."""
        for processor in self:
            scores = processor(ids, scores)
        return scores


def repetition_penalty(penalty: float) -> LogitsProcessor:
    """Divide positive scores of ids seen in prompt or output by `penalty`, multiply negative ones."""

    def process(ids: Tensor, scores: Tensor) -> Tensor:
        seen = scores.gather(1, ids)
        return scores.scatter(1, ids, torch.where(seen < 0, seen * penalty, seen / penalty))

    return process


def no_repeat_ngram(size: int) -> LogitsProcessor:
    """Forbid ids that would complete an n-gram that is already there."""

    def process(ids: Tensor, scores: Tensor) -> Tensor:
        if ids.shape[1] < size:
            return scores
        grams = ids.unfold(1, size, 1)  # [B, whole n-grams so far, size]
        tail = ids[:, ids.shape[1] - size + 1 :]  # [B, size - 1]
        same = (grams[:, :, :-1] == tail[:, None, :]).all(-1)
        banned = torch.zeros_like(scores, dtype=torch.int32).scatter_add_(1, grams[:, :, -1], same.int())
        return scores.masked_fill(banned > 0, _NEVER)

    return process


def min_length(length: int, eos_ids: list[int]) -> LogitsProcessor:
    """Forbid the ending ids until a row has `length` ids."""
    return lambda ids, scores: scores if ids.shape[1] >= length else _without(scores, eos_ids)


def suppress_tokens(tokens: list[int]) -> LogitsProcessor:
    """Forbid some ids always."""
    return lambda _ids, scores: _without(scores, tokens)


def prefix_allowed(allowed: Callable[[int, Tensor], list[int]], copies: int) -> LogitsProcessor:
    """Keep only the ids that `allowed(prompt index, ids [n])` returns for a row."""

    def process(ids: Tensor, scores: Tensor) -> Tensor:
        kept = torch.full_like(scores, _NEVER)
        for row, so_far in enumerate(ids):
            choice = allowed(row // copies, so_far)
            if not len(choice):
                raise ValueError(f"prefix_allowed_tokens_fn allows no id for row {row}")
            kept[row, choice] = scores[row, choice]
        return kept

    return process


def temperature(value: float) -> LogitsProcessor:
    """Divide scores: below 1 sharpens, above 1 flattens."""
    return lambda _ids, scores: scores / value


def top_k(count: int) -> LogitsProcessor:
    """Keep scores that reach the k-th best; ties are kept."""

    def process(_ids: Tensor, scores: Tensor) -> Tensor:
        least = scores.topk(min(count, scores.shape[-1]), dim=-1).values[:, -1:]
        return scores.masked_fill(scores < least, _NEVER)

    return process


def top_p(mass: float) -> LogitsProcessor:
    """Keep the smallest set of best ids that reaches a probability mass; at least one."""

    def process(_ids: Tensor, scores: Tensor) -> Tensor:
        values, order = scores.sort(dim=-1)
        drop = _below(values, mass)
        return scores.masked_fill(drop.scatter(1, order, drop), _NEVER)

    return process


def top_k_top_p(count: int, mass: float) -> LogitsProcessor:
    """`top_k` then `top_p`, sorting only the k survivors: 0.2 ms instead of 2 ms a row of 49,152 scores."""

    def process(ids: Tensor, scores: Tensor) -> Tensor:
        if count >= scores.shape[-1]:
            return top_p(mass)(ids, scores)
        values, order = scores.topk(count, dim=-1)
        if bool(((scores >= values[:, -1:]).sum(-1) > count).any()):  # more than k survive a tie
            return top_p(mass)(ids, top_k(count)(ids, scores))
        values, order = values.flip(-1), order.flip(-1)
        kept = values.masked_fill(_below(values, mass), _NEVER)
        return torch.full_like(scores, _NEVER).scatter_(1, order, kept)

    return process


def min_p(share: float) -> LogitsProcessor:
    """Keep ids at least `share` times as probable as the best one."""

    def process(_ids: Tensor, scores: Tensor) -> Tensor:
        chances = scores.softmax(-1)
        best = chances.amax(-1, keepdim=True)
        return scores.masked_fill((chances < share * best) & (chances < best), _NEVER)

    return process


def _below(ascending: Tensor, mass: float) -> Tensor:
    """Say which of ascending scores [B, m] are not needed to reach a mass."""
    drop = ascending.softmax(-1).cumsum(-1) <= 1 - mass
    drop[:, -1] = False
    return drop


def _without(scores: Tensor, ids: list[int]) -> Tensor:
    inside = [token for token in ids if 0 <= token < scores.shape[-1]]
    return scores.index_fill(1, torch.tensor(inside, dtype=torch.long, device=scores.device), _NEVER)


def processors_for(config: GenerationConfig, *, prompt: int, extra: list[LogitsProcessor]) -> LogitsProcessorList:
    """Return the processors a resolved config asks for, those of the user (`extra`) before the sampling ones."""
    chain = LogitsProcessorList()
    if config.repetition_penalty not in (None, 1.0):
        chain.append(repetition_penalty(config.repetition_penalty))
    if config.no_repeat_ngram_size:
        chain.append(no_repeat_ngram(config.no_repeat_ngram_size))
    least = max(config.min_length or 0, prompt + config.min_new_tokens if config.min_new_tokens else 0)
    if least > prompt and config.eos_ids:
        chain.append(min_length(least, config.eos_ids))
    if config.suppress_tokens:
        chain.append(suppress_tokens(config.suppress_tokens))
    chain.extend(extra)
    if not config.do_sample:
        return chain
    if config.temperature not in (None, 1.0):
        chain.append(temperature(config.temperature))
    mass = 1.0 if config.top_p is None else config.top_p
    if config.top_k and mass < 1.0:
        chain.append(top_k_top_p(config.top_k, mass))
    elif config.top_k:
        chain.append(top_k(config.top_k))
    elif mass < 1.0:
        chain.append(top_p(mass))
    if config.min_p:
        chain.append(min_p(config.min_p))
    return chain
