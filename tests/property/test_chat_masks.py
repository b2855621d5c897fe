"""Assistant masks over all templates with generation blocks: the mask is the tokens of the assistant's text.

What the assistant wrote is told by characters a second environment puts around it (`marked_templates`), which token
holds which characters by the spans of a call without any template.
"""

from __future__ import annotations

import itertools
import random
from functools import cache, partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.contract.small import KINDS, SPECIAL, forced, pipeline
from tests.property.marked_templates import characters_of, conversation, templates
from tests.unit.backends.python_tokenizers import PlacedWordTokenizer

from lexel import AutoTokenizer, TokenizersBackend
from lexel.backends.engine import compile_json
from lexel.chat_templates import TemplateError, render

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Byte fallback and visible spaces; accents stripped; a charsmap that changes lengths; bytes.
FOLDERS = ("llama-2", "bert-base-uncased", "xlm-roberta", "t5", "gpt2", "clip-vit")
TORCH = "pt" if find_spec("torch") else None
SMALL = [(kind, engine) for kind in KINDS for engine in ("core", "library")]


def small(kind: str, engine: str) -> Any:
    text = pipeline(kind)
    return TokenizersBackend._from_seed(compile_json(text) if engine == "core" else forced(text), (), dict(SPECIAL))


@cache
def loaded(folder: Path) -> Any:
    tok = AutoTokenizer.from_pretrained(folder)
    if tok.pad_token is None:
        tok.pad_token = tok.eos_token or next(iter(tok.get_vocab()))
    return tok


def tokenizers(shared_data: Path) -> dict[str, Callable[[], Any]]:
    made: dict[str, Callable[[], Any]] = {"-".join(one): partial(small, *one) for one in SMALL}
    made["python"] = PlacedWordTokenizer
    folders = [shared_data / "tokenizers" / name for name in FOLDERS]
    return made | {folder.name: partial(loaded, folder) for folder in folders if folder.is_dir()}


def expected_mask(tok: Any, text: str, inside: list[bool]) -> tuple[list[int], list[int | None]]:
    """Return the ids of a text, and of every token whether its characters were written by the assistant.

    None stands for a token without characters: it may be either.
    """
    call = tok(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return call["input_ids"], [
        int(any(inside[start:end])) if start < end else None for start, end in call["offset_mapping"]
    ]


def agree(mask: list[int], expected: list[int | None]) -> bool:
    return len(mask) == len(expected) and all(
        want is None or bit == want for bit, want in zip(mask, expected, strict=True)
    )


def said(template: str, messages: list[dict[str, Any]], names: dict[str, str]) -> tuple[str, list[bool], bool] | None:
    """Return the text, what the assistant wrote of it, and whether that is known of whitespace too.

    None where the template refuses the conversation.
    """
    try:
        ours = render(template, messages, variables=names)
    except TemplateError:
        return None
    text, inside = characters_of(template, {"messages": messages, "tools": None, "documents": None, **names})
    if text == ours.text:
        return text, inside, True
    # A template that trims what it printed trims it otherwise around the marks. The solid characters agree.
    solid = [flag for char, flag in zip(text, inside, strict=True) if not char.isspace()]
    assert "".join(text.split()) == "".join(ours.text.split())
    flags = iter(solid)
    return ours.text, [not char.isspace() and next(flags) for char in ours.text], False


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)])
def test_the_mask_is_the_assistant_s_text(shared_data: Path, seed: int) -> None:
    made = {name: make() for name, make in tokenizers(shared_data).items()}
    cycle, seen, refused = itertools.cycle(made.items()), 0, 0
    for name, template, variables in templates(shared_data):
        for number in range(3 if seed > 1 else 1):
            rng = random.Random(f"{seed}-{name}-{number}")
            kind, tok = next(cycle)
            messages = conversation(rng)
            truth = said(template, messages, variables)
            if truth is None:
                refused += 1
                continue
            ids, expected = expected_mask(tok, *truth[:2])
            expected = expected if truth[2] else spaces_free(tok, truth[0], expected)
            call = partial(
                tok.apply_chat_template, chat_template=template, return_assistant_tokens_mask=True, **variables
            )
            row = call(messages)
            case = f"{name}, {kind}, seed {seed}-{name}-{number}"
            assert row["input_ids"] == ids, case
            assert agree(row["assistant_masks"], expected), case
            check_forms(tok, call, messages, row, rng, case)
            seen += 1
    assert seen > 2 * refused


def spaces_free(tok: Any, text: str, expected: list[int | None]) -> list[int | None]:
    """Free the tokens of mere whitespace: around them a template may trim."""
    spans = tok(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]
    return [
        want if text[start:end].strip() else (want or None) for want, (start, end) in zip(expected, spans, strict=True)
    ]


def check_forms(tok: Any, call: Any, messages: Any, row: Any, rng: random.Random, case: str) -> None:
    """Batches, arrays, sides of padding and truncation have the mask of the one row, cut and filled."""
    mask, length = row["assistant_masks"], len(row["input_ids"])
    other = [{"role": "user", "content": "a b " * rng.randint(1, 40)}, {"role": "assistant", "content": "c"}]
    marked = mask.index(1) if 1 in mask else 0
    limit = rng.choice([rng.randint(1, length + 3), marked + 1])  # the latter is inside the first span
    before = tok.padding_side, tok.truncation_side
    try:
        for pad_side, cut_side in itertools.product(("left", "right"), ("left", "right")):
            tok.padding_side, tok.truncation_side = pad_side, cut_side
            kept = mask[:limit] if cut_side == "right" else mask[max(length - limit, 0) :]
            cut = {"truncation": True, "max_length": limit}
            assert call(messages, **cut)["assistant_masks"] == kept, case
            assert call([messages], **cut)["assistant_masks"] == [kept], case
            tensors = rng.choice([None, "np", "np", TORCH])
            options = {"tokenizer_kwargs": {"pad_to_multiple_of": 8}} if rng.random() < 0.3 else {}
            batch = call([messages, other], padding=True, return_tensors=tensors, **options)
            masks, ids = (np.asarray(batch[key]) for key in ("assistant_masks", "input_ids"))
            assert masks.shape == ids.shape, case
            gap = [0] * (ids.shape[1] - length)
            assert masks[0].tolist() == (gap + mask if pad_side == "left" else mask + gap), case
            assert not (masks * (1 - np.asarray(batch["attention_mask"]))).any(), case
            assert np.asarray(call(messages, return_tensors="np")["assistant_masks"]).tolist() == [mask], case
    finally:
        tok.padding_side, tok.truncation_side = before
