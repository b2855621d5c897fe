from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
import torch

from lexel.errors import UnsupportedError
from lexel.runtime import ROPE_TYPES
from lexel.runtime.layers import apply_rope
from lexel.runtime.rope import RopeTable, build_rope

if TYPE_CHECKING:
    from pathlib import Path

KINDS = ["default", "linear", "dynamic", "yarn", "yarn_notrunc", "llama3", "longrope"]
DYNAMIC = {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 4.0}


@pytest.mark.parametrize("kind", KINDS)
def test_frequencies_are_the_references(shared_data: Path, kind: str) -> None:
    case = json.loads((shared_data / "models" / "rope_reference.json").read_text())[kind]
    sizes = {
        "head_dim": case["config"]["head_dim"],
        "max_position": case["config"]["max_position_embeddings"],
    }
    rope = build_rope(case["rope_parameters"], **sizes)
    assert torch.allclose(rope.inv_freq, torch.tensor(case["inv_freq"]), rtol=1e-7, atol=0)
    assert math.isclose(rope.scaling, case["attention_scaling"], rel_tol=1e-12)
    if "inv_freq_after_position_399" in case:
        long = build_rope(case["rope_parameters"], **sizes, seq_len=400)
        assert torch.allclose(long.inv_freq, torch.tensor(case["inv_freq_after_position_399"]), rtol=1e-7, atol=0)


def test_every_type_of_the_reference_is_there() -> None:
    assert set(ROPE_TYPES) == {"default", "linear", "dynamic", "yarn", "longrope", "llama3"}


def test_mscale_gives_a_ratio() -> None:
    params = {"rope_type": "yarn", "rope_theta": 1e4, "factor": 40.0, "original_max_position_embeddings": 32}
    rope = build_rope({**params, "mscale": 0.7, "mscale_all_dim": 1.0}, head_dim=16, max_position=128)
    assert math.isclose(rope.scaling, (0.07 * math.log(40) + 1) / (0.1 * math.log(40) + 1))
    assert build_rope({**params, "attention_factor": 1.5}, head_dim=16, max_position=128).scaling == 1.5


def test_unknown_and_incomplete_types() -> None:
    with pytest.raises(UnsupportedError, match="'spiral' is not among default, linear"):
        build_rope({"rope_type": "spiral"}, head_dim=16, max_position=32)
    with pytest.raises(ValueError, match="'linear' lack 'factor'"):
        build_rope({"rope_type": "linear", "rope_theta": 1e4}, head_dim=16, max_position=32)


@pytest.mark.parametrize("length", [1, 255, 256, 257, 1000])
def test_the_table_grows_and_says_the_same(length: int) -> None:
    table = RopeTable({"rope_type": "default", "rope_theta": 1e4}, head_dim=8, max_position=64)
    table.span(0, 3, torch.device("cpu"), torch.float32)
    cos, sin = table.span(0, length, torch.device("cpu"), torch.float32)
    angles = torch.arange(length).float()[:, None] * table.rope.inv_freq
    assert torch.equal(cos, torch.cat((angles.cos(), angles.cos()), -1))
    assert torch.equal(sin, torch.cat((-angles.sin(), angles.sin()), -1))


def test_positions_of_any_kind_are_rows_of_the_table() -> None:
    table = RopeTable({"rope_type": "default", "rope_theta": 1e4}, head_dim=8, max_position=64)
    positions = torch.tensor([[0, 5, 700], [3, 3, 0]])
    cos, sin = table.cos_sin(positions)
    whole, signed = table.span(0, 701, torch.device("cpu"), torch.float32)
    assert torch.equal(cos, whole[positions])
    assert torch.equal(sin, signed[positions])
    assert table.cos_sin(positions, torch.bfloat16)[0].dtype == torch.bfloat16


def test_a_row_is_rotated_by_its_own_length() -> None:
    table = RopeTable(DYNAMIC, head_dim=8, max_position=16)
    short, long = torch.arange(10), torch.arange(40)
    both = torch.stack((torch.cat((torch.zeros(30, dtype=torch.long), short)), long))
    cos, _ = table.cos_sin(both)
    assert torch.equal(cos[0, 30:], table.cos_sin(short[None])[0][0])
    assert torch.equal(cos[1], table.cos_sin(long[None])[0][0])
    assert torch.equal(cos[1], table.span(0, 40, torch.device("cpu"), torch.float32)[0])
    assert not torch.equal(cos[1, :10], cos[0, 30:])


@pytest.mark.parametrize("size", [8, 4])
def test_rotation_is_the_complex_product(size: int) -> None:
    """Pairs (i, i + d / 2) are the real and imaginary parts of numbers that turn; what is beyond d passes."""
    table = RopeTable({"rope_type": "default", "rope_theta": 1e4}, head_dim=size, max_position=64)
    x = torch.randn(2, 3, 5, 8)
    cos, sin = table.span(7, 5, torch.device("cpu"), torch.float32)
    out = apply_rope(x, cos, sin)
    numbers = torch.complex(x[..., : size // 2], x[..., size // 2 : size])
    angles = torch.arange(7, 12).float()[:, None] * table.rope.inv_freq
    turned = numbers * torch.polar(torch.ones_like(angles), angles)
    assert torch.allclose(out[..., :size], torch.cat((turned.real, turned.imag), -1), atol=1e-6)
    assert torch.equal(out[..., size:], x[..., size:])


def test_a_table_made_in_inference_mode_serves_training() -> None:
    table = RopeTable(DYNAMIC, head_dim=8, max_position=16)
    with torch.inference_mode():
        for length in (4, 40):
            table.span(0, length, torch.device("cpu"), torch.float32)
    x = torch.randn(1, 1, 4, 8, requires_grad=True)
    apply_rope(x, *table.span(0, 4, torch.device("cpu"), torch.float32)).sum().backward()
    assert x.grad is not None
