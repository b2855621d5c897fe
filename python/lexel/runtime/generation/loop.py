"""The loop: prompt through the model once, then one id a row and step.

Shapes: B rows (each prompt times `num_return_sequences`), V vocabulary, n ids so far.
Read `prompt.py` for what is checked before, `logits.py` for what happens to scores, `stopping.py` for the ends, and
`mixin.py` for `generate` itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lexel.runtime.generation.prompt import Run
    from lexel.runtime.generation.stopping import Emit
    from lexel.runtime.outputs import CausalLMOutputWithPast


class Step(NamedTuple):
    """What one step brought; the dictionaries are by row of the batch."""

    ids: Tensor  # of the rows that were computed, in their order
    rows: list[int]  # which rows those are
    length: int  # ids of a row now
    logits: Tensor  # raw, float32 [rows, V]
    scores: Tensor  # processed
    out: CausalLMOutputWithPast
    emits: dict[int, Emit]  # text of watched rows
    ends: dict[int, str]  # rows that ended now, and why


def steps(model: Any, run: Run) -> Iterator[Step]:
    """Run the model until every row has ended; `run.ids` fills up column by column."""
    config, ids, cache, length = run.config, run.ids, run.cache, run.prompt
    rows, living = list(range(len(ids))), set(range(len(ids)))
    place: slice | Tensor = slice(None)  # of the computed rows in `ids`
    over: Tensor | None = None  # which computed rows have ended
    is_watched = bool(run.eos or run.criteria or run.watchers)
    flags = {name: True for name in ("output_attentions", "output_hidden_states") if getattr(config, name)}
    # Rows that ended leave the batch where nobody would notice: no draws, no outputs per step, no cache to return.
    may_shrink = cache is not None and run.owns_cache and not run.processors and not run.criteria
    may_shrink = may_shrink and not (config.do_sample or config.return_dict_in_generate) and len(ids) >= 4
    out = _prefill(model, run, flags)
    while True:
        logits = out.logits[:, -1].float()
        scores = run.processors(ids[place, :length], logits) if run.processors else logits
        if config.do_sample:
            token = torch.multinomial(scores.softmax(-1), 1, generator=run.generator).squeeze(1)
        else:
            token = scores.argmax(-1)
        if over is not None:
            token = token.masked_fill(over, run.pad)
        ids[place, length] = token
        length += 1
        ends, emits = _watch(run, rows, living, token, length, scores) if is_watched else ({}, {})
        living -= ends.keys()
        if length == run.max_length:
            ends |= dict.fromkeys(living, "length")
            living.clear()
        yield Step(token, rows, length, logits, scores, out, emits, ends)
        if not living:
            return
        if ends and may_shrink and cache is not None and len(living) * 4 <= len(rows) * 3:
            kept = [slot for slot, row in enumerate(rows) if row in living]
            cache.batch_select_indices(torch.tensor(kept, device=ids.device))
            rows, over = [rows[slot] for slot in kept], None
            place = torch.tensor(rows, device=ids.device)
        elif ends:
            over = torch.tensor([row not in living for row in rows], device=ids.device)
        out = _forward(model, run, place, length - 1 if cache is not None else 0, length, flags)


def _watch(
    run: Run, rows: list[int], living: set[int], token: Tensor, length: int, scores: Tensor
) -> tuple[dict[int, str], dict[int, Emit]]:
    """Return the rows that the new ids end, and the text they bring."""
    ends: dict[int, str] = {}
    emits: dict[int, Emit] = {}
    # Criteria see the whole batch: rows leave it only where there are none.
    verdicts = run.criteria(run.ids[:, :length], scores).tolist() if run.criteria else [False] * len(rows)
    for row, one, verdict in zip(rows, token.tolist(), verdicts, strict=True):
        if row not in living:
            continue
        if run.watchers is not None:
            emits[row] = run.watchers[row].feed(one)
        if one in run.eos or verdict or (row in emits and emits[row].matched is not None):
            ends[row] = "stop"
    return ends, emits


def _prefill(model: Any, run: Run, flags: dict[str, bool]) -> CausalLMOutputWithPast:
    """Process each distinct prompt once, in chunks if asked, from where the cache ends."""
    # Outputs of all positions and rows are wanted whole.
    copies = 1 if flags else run.copies
    begin = run.cache.get_seq_length() if run.cache is not None else 0
    chunk = run.chunk if run.cache is not None and not flags else run.prompt
    for start in range(begin, run.prompt, chunk):
        end = min(start + chunk, run.prompt)
        out = _forward(model, run, slice(None, None, copies), start, end, flags)
    if copies > 1:
        if run.cache is not None:
            run.cache.batch_repeat_interleave(copies)
        out.logits = out.logits.repeat_interleave(copies, 0)
    return out


def _forward(
    model: Any, run: Run, place: slice | Tensor, start: int, end: int, flags: dict[str, bool]
) -> CausalLMOutputWithPast:
    """Process positions `start` to `end` of the rows at `place`; the head sees the last one only."""
    mask = run.mask[place, :end] if run.mask is not None else None
    positions = run.positions[place, start:end] if run.positions is not None else None
    out: CausalLMOutputWithPast = model(
        run.ids[place, start:end],
        attention_mask=mask,
        position_ids=positions,
        past_key_values=run.cache,
        use_cache=run.cache is not None,
        logits_to_keep=1,
        **flags,
    )
    return out
