"""`generate` and `generate_stream`: the loop as a method of a model, and what comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lexel.runtime.files import read_json
from lexel.runtime.generation.config import CALL_OPTIONS, FILE, GenerationConfig
from lexel.runtime.generation.loop import steps
from lexel.runtime.generation.prompt import Run, prepare
from lexel.runtime.generation.stream import Delta, TextIteratorStreamer, TextStreamer
from lexel.runtime.outputs import GenerateDecoderOnlyOutput
from lexel.runtime.plain import plain

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from lexel.runtime.generation.stream import BaseStreamer


class GenerationMixin:
    """Adds generation to a decoder whose forward gives `logits` and fills a cache."""

    config: Any
    _generation_config: GenerationConfig | None = None

    @property
    def generation_config(self) -> GenerationConfig:
        """Settings of this model's `generate`; those of the call win."""
        if self._generation_config is None:
            self._generation_config = GenerationConfig.from_model_config(self.config)
        return self._generation_config

    @generation_config.setter
    def generation_config(self, config: GenerationConfig) -> None:
        self._generation_config = config

    def generate(
        self,
        inputs: Tensor | Mapping[str, Any] | list[list[int]] | None = None,
        generation_config: GenerationConfig | None = None,
        *,
        streamer: BaseStreamer | None = None,
        **options: Any,
    ) -> Tensor | GenerateDecoderOnlyOutput:
        """Continue prompts, and return them with their continuations, int64 [B, n]; ended rows are padded.

        Args:
            inputs: ids [prompts, length], padded on the left; or a mapping with `input_ids` and `attention_mask`.
            generation_config: settings; keywords win over it, it wins over the model's own.
            streamer: gets the prompt, then the ids of each step.
            **options: `input_ids`, `attention_mask` [prompts, length], `past_key_values` (a cache that holds the
                beginning of the prompt), `logits_processor`, `stopping_criteria` (lists of callables),
                `prefix_allowed_tokens_fn`, `tokenizer` (for stop strings), `generator` (of random numbers),
                `prefill_chunk_size`; and every field of `GenerationConfig`, where `None` switches a setting off.

        Raises:
            TypeError: an option is unknown; the message names the nearest, or the replacement.
            ValueError: the prompt or a setting is impossible.
            UnsupportedError: a decoding mode that is not part of this runtime.
        """
        try:
            run = prepare(self, inputs, generation_config, **_split(options))
            if streamer is not None:
                streamer.put(run.ids[:, : run.prompt].cpu())
            model, mode = _ready(self, run, streamer)
            with mode():
                length, kept = _collect(model, run, streamer)
        except BaseException as error:
            if isinstance(streamer, TextIteratorStreamer):
                streamer.fail(error)  # who reads the text shall know
            raise
        finally:
            if streamer is not None:
                streamer.end()
        sequences = run.ids if length == run.max_length else run.ids[:, :length].clone()
        if not run.config.return_dict_in_generate:
            return sequences
        return GenerateDecoderOnlyOutput(sequences, past_key_values=run.cache, **kept)

    def generate_stream(
        self,
        inputs: Tensor | Mapping[str, Any] | list[list[int]] | None = None,
        generation_config: GenerationConfig | None = None,
        *,
        skip_special_tokens: bool = True,
        logprobs: bool = False,
        **options: Any,
    ) -> Iterator[Delta]:
        """Continue prompts and yield a `Delta` a row and step; closing the iterator stops the model.

        Args:
            inputs: as for `generate`.
            generation_config: as for `generate`.
            skip_special_tokens: leave special tokens out of the text.
            logprobs: give the log-probability of each new id under the raw scores.
            **options: as for `generate`; with `tokenizer` the deltas have text, cut before a stop string.
        """
        text = {"skip_special_tokens": skip_special_tokens} if options.get("tokenizer") is not None else None
        run = prepare(self, inputs, generation_config, text=text, **_split(options))
        model, mode = _ready(self, run, None)
        deltas: Iterator[Delta] = mode()(_deltas)(model, run, logprobs)
        return deltas

    def compute_transition_scores(
        self, sequences: Tensor, scores: tuple[Tensor, ...], *, normalize_logits: bool = False
    ) -> Tensor:
        """Return the score of each generated id, [B, new]; log-probabilities with `normalize_logits`."""
        stacked = torch.stack(scores, 1)  # [B, new, V]
        stacked = stacked.log_softmax(-1) if normalize_logits else stacked
        return stacked.gather(2, sequences[:, -len(scores) :, None]).squeeze(2)

    def _load_companions(self, checkpoint: Any) -> None:
        path: Path | None = checkpoint.files.get(FILE) if checkpoint.files is not None else None
        if path is not None:
            self.generation_config = GenerationConfig.from_dict(read_json(path), origin=str(path))

    def save_pretrained(self, folder: str | os.PathLike[str], **options: Any) -> list[Path]:
        """Write config, generation config and weights into a folder; return the weight files."""
        self.generation_config.validate()
        files: list[Path] = super().save_pretrained(folder, **options)  # type: ignore[misc]
        self.generation_config.save_pretrained(folder)
        return files


def _split(options: dict[str, Any]) -> dict[str, Any]:
    """Separate what `prepare` takes by name from the settings of the generation config."""
    named = {name: options.pop(name) for name in CALL_OPTIONS if name in options}
    return {"overrides": options, **named}


def _ready(model: Any, run: Run, streamer: BaseStreamer | None) -> tuple[Any, Any]:
    """Return the model without module machinery, and the autograd mode to run it in.

    Inference mode is a sixth faster on small models; what it makes must not reach an autograd graph. So it is chosen
    where nothing but ids leaves the run: no outputs per step, no cache of the caller, no callable that sees scores.
    """
    strangers: list[Any] = []
    swift = plain(model, strangers)
    is_closed = run.owns_cache and not run.config.return_dict_in_generate and not run.has_callables and not strangers
    is_closed = is_closed and (streamer is None or isinstance(streamer, TextStreamer))
    return swift, torch.inference_mode if is_closed else torch.no_grad


def _collect(model: Any, run: Run, streamer: BaseStreamer | None) -> tuple[int, dict[str, tuple[Any, ...]]]:
    """Run to the end; return the length of the longest row and what the config asks to keep of each step."""
    config, length = run.config, run.prompt
    names = ("scores", "logits", "attentions", "hidden_states") if config.return_dict_in_generate else ()
    kept: dict[str, list[Any]] = {name: [] for name in names if getattr(config, f"output_{name}")}
    for step in steps(model, run):
        length = step.length
        for name, values in kept.items():
            values.append(getattr(step if name in ("scores", "logits") else step.out, name))
        if streamer is not None:
            streamer.put(step.ids.cpu())
            if isinstance(streamer, TextIteratorStreamer) and streamer.cancelled:
                break
    return length, {name: tuple(values) for name, values in kept.items()}


def _deltas(model: Any, run: Run, wants_logprobs: bool) -> Iterator[Delta]:
    ended: set[int] = set()
    for step in steps(model, run):
        chances = None
        if wants_logprobs:
            chances = step.logits.log_softmax(-1).gather(1, step.ids[:, None]).squeeze(1).tolist()
        for slot, (row, token) in enumerate(zip(step.rows, step.ids.tolist(), strict=True)):
            if row in ended:
                continue
            emit, reason = step.emits.get(row), step.ends.get(row)
            text, matched = emit if emit is not None else ("", None)
            if reason is not None:
                ended.add(row)
                if run.watchers is not None and matched is None:
                    rest = run.watchers[row].flush()
                    text, matched = text + rest.text, rest.matched
                    reason = "stop" if matched is not None else reason
            yield Delta(row, (token,), text, (chances[slot],) if chances else None, reason, matched)
