from __future__ import annotations

import copy
import json
import logging
import pickle
import shutil
import struct
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from lexel.errors import FormatError, LoadError, UnsupportedError, WeightsError
from lexel.runtime import AutoModel, AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, LlamaModel
from lexel.runtime.weights.save import parse_size

if TYPE_CHECKING:
    from pathlib import Path

IDS = torch.tensor([[1, 5, 9, 2]])


@pytest.fixture
def folder(tiny: LlamaForCausalLM, tmp_path: Path) -> Path:
    tiny.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def rewrite(folder: Path, **changes: torch.Tensor | None) -> None:
    """Change, add or drop (None) tensors of a saved model; names are given with __ for dots."""
    path = folder / "model.safetensors"
    tensors = {name: tensor.clone() for name, tensor in load_file(path).items()}
    for name, tensor in changes.items():
        tensors.pop(name.replace("__", "."), None)
        if tensor is not None:
            tensors[name.replace("__", ".")] = tensor
    save_file(tensors, path)


# --- Round trips ---


@pytest.mark.parametrize("tie", [True, False])
def test_a_saved_model_is_the_same_model(tiny_config: LlamaConfig, tmp_path: Path, tie: bool) -> None:
    tiny_config.tie_word_embeddings = tie
    model = LlamaForCausalLM(tiny_config)
    model.save_pretrained(tmp_path)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert isinstance(loaded, LlamaForCausalLM)
    assert not loaded.training
    assert loaded.num_parameters() == model.num_parameters()
    for name, tensor in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    assert (loaded.lm_head.weight is loaded.model.embed_tokens.weight) == tie
    assert ("lm_head.weight" in load_file(tmp_path / "model.safetensors")) != tie
    assert json.loads((tmp_path / "config.json").read_text())["architectures"] == ["LlamaForCausalLM"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
    ]


@pytest.mark.parametrize("name", ["stories260K", "tiny-random/llama-tied", "tiny-random/llama-llama3rope-bias"])
def test_load_then_save_gives_the_same_bytes(shared_data: Path, tmp_path: Path, name: str) -> None:
    source = shared_data / "models" / name
    AutoModelForCausalLM.from_pretrained(source).save_pretrained(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == (source / "model.safetensors").read_bytes()
    assert (
        json.loads((source / "config.json").read_text()).items()
        <= json.loads((tmp_path / "config.json").read_text()).items()
    )


def test_saving_over_the_files_it_was_loaded_from(folder: Path) -> None:
    model = AutoModelForCausalLM.from_pretrained(folder)
    before = model(IDS).logits
    model.save_pretrained(folder)
    assert torch.equal(model(IDS).logits, before)
    assert torch.equal(AutoModelForCausalLM.from_pretrained(folder)(IDS).logits, before)


def test_shards(tiny: LlamaForCausalLM, tmp_path: Path) -> None:
    files = tiny.save_pretrained(tmp_path, max_shard_size="20KB")
    shards = sorted(path.name for path in tmp_path.glob("*.safetensors"))
    assert len(shards) > 2
    assert shards[0] == f"model-00001-of-{len(shards):05d}.safetensors"
    assert {path.name for path in files} == {*shards, "model.safetensors.index.json"}
    index = json.loads((tmp_path / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == sum(p.nbytes for p in tiny.parameters())
    assert set(index["weight_map"].values()) == set(shards)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert torch.equal(loaded(IDS).logits, tiny(IDS).logits)
    loaded.save_pretrained(tmp_path)  # one file again: the shards must not linger
    assert sorted(path.name for path in tmp_path.glob("model*")) == ["model.safetensors"]
    assert torch.equal(AutoModelForCausalLM.from_pretrained(tmp_path)(IDS).logits, tiny(IDS).logits)


def test_sizes_are_read() -> None:
    assert [parse_size(size) for size in (5, "7", "2KB", "1.5 MB", "1GiB")] == [5, 7, 2000, 1_500_000, 1 << 30]
    with pytest.raises(ValueError, match="'big' is no size"):
        parse_size("big")


def test_a_model_copies_and_pickles(tiny: LlamaForCausalLM) -> None:
    wanted = tiny(IDS).logits
    assert torch.equal(copy.deepcopy(tiny)(IDS).logits, wanted)
    assert torch.equal(pickle.loads(pickle.dumps(tiny))(IDS).logits, wanted)


# --- Parts of checkpoints ---


def test_the_base_model_takes_its_part(folder: Path, tiny: LlamaForCausalLM) -> None:
    base = AutoModel.from_pretrained(folder)
    assert isinstance(base, LlamaModel)
    assert torch.equal(base(IDS).last_hidden_state, tiny.model(IDS).last_hidden_state)
    base.save_pretrained(folder / "base")
    again = AutoModel.from_pretrained(folder / "base")
    assert torch.equal(again(IDS).last_hidden_state, base(IDS).last_hidden_state)
    with pytest.raises(WeightsError, match=r"missing \(1\): lm_head\.weight \[61, 32\]"):
        AutoModelForCausalLM.from_pretrained(folder / "base")


def test_dtypes(folder: Path) -> None:
    assert AutoModelForCausalLM.from_pretrained(folder).dtype == torch.float32
    half = AutoModelForCausalLM.from_pretrained(folder, dtype="bfloat16")
    assert half.dtype == torch.bfloat16
    assert half.config.dtype == "bfloat16"
    half.save_pretrained(folder / "half")
    assert AutoModelForCausalLM.from_pretrained(folder / "half").dtype == torch.bfloat16
    assert AutoModelForCausalLM.from_pretrained(folder / "half", dtype=torch.float64).dtype == torch.float64
    changed = AutoModelForCausalLM.from_pretrained(folder).to(torch.float16)
    changed.save_pretrained(folder / "changed")
    assert AutoModelForCausalLM.from_pretrained(folder / "changed").dtype == torch.float16
    for wrong in ("float33", "int8", torch.int64, "load"):
        with pytest.raises(ValueError, match="dtype must be"):
            AutoModelForCausalLM.from_pretrained(folder, dtype=wrong)


def test_without_a_stated_dtype_the_file_decides(folder: Path) -> None:
    settings = json.loads((folder / "config.json").read_text())
    del settings["dtype"]
    (folder / "config.json").write_text(json.dumps(settings))
    path = folder / "model.safetensors"
    save_file({name: tensor.half() for name, tensor in load_file(path).items()}, path)
    assert AutoModelForCausalLM.from_pretrained(folder).dtype == torch.float16


def test_devices(folder: Path) -> None:
    assert AutoModelForCausalLM.from_pretrained(folder, device="cpu").device.type == "cpu"
    assert AutoModelForCausalLM.from_pretrained(folder, device_map="cpu").device.type == "cpu"
    assert AutoModelForCausalLM.from_pretrained(folder, device_map="auto").device.type in ("cpu", "cuda")
    with pytest.raises(TypeError, match="either device or device_map"):
        AutoModelForCausalLM.from_pretrained(folder, device="cpu", device_map="cpu")
    with pytest.raises(TypeError, match="lives on one device"):
        AutoModelForCausalLM.from_pretrained(folder, device_map={"model": 0})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_generates_the_same(folder: Path) -> None:
    there = AutoModelForCausalLM.from_pretrained(folder, device="cuda")
    here = AutoModelForCausalLM.from_pretrained(folder)
    assert torch.equal(there.generate(IDS, max_new_tokens=20).cpu(), here.generate(IDS, max_new_tokens=20))


@pytest.mark.parametrize("mmap", [True, False])
def test_mapped_weights_can_be_trained(folder: Path, mmap: bool) -> None:
    stored = (folder / "model.safetensors").read_bytes()
    model = AutoModelForCausalLM.from_pretrained(folder, mmap=mmap)
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = model(IDS, labels=IDS).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert (folder / "model.safetensors").read_bytes() == stored


def test_a_config_of_the_caller(folder: Path) -> None:
    config = LlamaConfig.from_pretrained(folder)
    config.max_position_embeddings = 99
    model = AutoModelForCausalLM.from_pretrained(folder, config=config, attn_implementation="eager")
    assert model.config.max_position_embeddings == 99
    assert model.config is not config
    assert config._attn_implementation == "sdpa"
    assert model.config._attn_implementation == "eager"


def test_from_config_and_initialisation(tiny_config: LlamaConfig) -> None:
    model = AutoModelForCausalLM.from_config(tiny_config, attn_implementation="eager")
    assert model.config._attn_implementation == "eager"
    weights = torch.cat([p.flatten() for name, p in model.named_parameters() if "norm" not in name])
    assert abs(weights.std().item() - 0.3) < 0.01
    assert torch.equal(model.model.norm.weight, torch.ones(32))
    tiny_config.pad_token_id = 4
    padded = AutoModelForCausalLM.from_config(tiny_config)
    assert padded.model.embed_tokens.weight.abs().amax(-1).nonzero().flatten().tolist() == [*range(4), *range(5, 61)]
    assert model.get_input_embeddings() is model.model.embed_tokens
    assert model.get_output_embeddings() is model.lm_head
    assert model.memory_footprint() == 4 * model.num_parameters()


# --- Checkpoints and configs that disagree ---


def test_missing_unexpected_and_mismatched_are_listed(folder: Path) -> None:
    rewrite(
        folder,
        model__norm__weight=None,
        model__extra__weight=torch.ones(3),
        model__layers__1__mlp__up_proj__weight=torch.ones(48, 31),
    )
    with pytest.raises(WeightsError) as caught:
        AutoModelForCausalLM.from_pretrained(folder)
    message = str(caught.value)
    assert str(folder) in message
    assert "missing (1): model.norm.weight [32]" in message
    assert "unexpected (1): model.extra.weight [3]" in message
    assert "model.layers.1.mlp.up_proj.weight is [48, 31] in the file and [48, 32] in the model" in message
    assert "strict=False" in message


def test_not_strict_draws_what_is_missing_and_says_so(
    folder: Path, tiny: LlamaForCausalLM, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(folder, model__norm__weight=None, lm_head__weight=None, model__extra=torch.ones(3))
    with caplog.at_level(logging.WARNING):
        model, report = AutoModelForCausalLM.from_pretrained(folder, strict=False, return_report=True)
    assert report.missing == ["model.norm.weight [32]", "lm_head.weight [61, 32]"]
    assert report.unexpected == ["model.extra [3]"]
    assert "lm_head.weight" in caplog.text
    assert torch.equal(model.model.norm.weight, torch.ones(32))
    assert abs(model.lm_head.weight.std().item() - 0.3) < 0.05
    assert torch.equal(model.model.embed_tokens.weight, tiny.model.embed_tokens.weight)
    assert not any(parameter.is_meta for parameter in model.parameters())


def test_drawing_a_bias_leaves_the_loaded_weight(tiny_config: LlamaConfig, tmp_path: Path) -> None:
    tiny_config.attention_bias = True
    model = LlamaForCausalLM(tiny_config)
    model.save_pretrained(tmp_path)
    rewrite(tmp_path, model__layers__0__self_attn__q_proj__bias=None)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path, strict=False)
    ours, theirs = loaded.model.layers[0].self_attn.q_proj, model.model.layers[0].self_attn.q_proj
    assert torch.equal(ours.weight, theirs.weight)
    assert torch.equal(ours.bias, torch.zeros(32))


def test_a_stored_head_must_equal_the_embeddings_it_is_tied_to(tiny_config: LlamaConfig, tmp_path: Path) -> None:
    tiny_config.tie_word_embeddings = True
    model = LlamaForCausalLM(tiny_config)
    model.save_pretrained(tmp_path)
    rewrite(tmp_path, lm_head__weight=model.model.embed_tokens.weight.detach().clone())
    AutoModelForCausalLM.from_pretrained(tmp_path)
    rewrite(tmp_path, lm_head__weight=torch.ones(61, 32))
    with pytest.raises(WeightsError, match=r"ties lm_head\.weight to model\.embed_tokens\.weight"):
        AutoModelForCausalLM.from_pretrained(tmp_path)


def test_what_old_checkpoints_store_besides_is_ignored(folder: Path) -> None:
    rewrite(folder, model__layers__0__self_attn__rotary_emb__inv_freq=torch.ones(4))
    AutoModelForCausalLM.from_pretrained(folder)


def test_integers_where_floats_belong(folder: Path) -> None:
    rewrite(folder, model__norm__weight=torch.ones(32, dtype=torch.int8))
    with pytest.raises(WeightsError, match=r"model\.norm\.weight is torch\.int8 in the file"):
        AutoModelForCausalLM.from_pretrained(folder)


def test_quantised_checkpoints_are_named(folder: Path) -> None:
    settings = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**settings, "quantization_config": {"quant_method": "awq"}}))
    with pytest.raises(UnsupportedError, match="quantised by 'awq'"):
        AutoModelForCausalLM.from_pretrained(folder)


# --- Files that are wrong or absent ---


def broken(good: bytes) -> dict[str, bytes]:
    size = struct.unpack_from("<Q", good)[0]
    header = json.loads(good[8 : 8 + size])
    name = next(name for name in header if name != "__metadata__")

    def with_header(**changes: Any) -> bytes:
        text = json.dumps({**header, name: {**header[name], **changes}}).encode()
        return struct.pack("<Q", len(text)) + text + good[8 + size :]

    return {
        "empty": b"",
        "garbage": b"\x00garbage" * 20,
        "cut in the header": good[: size // 2],
        "cut in the data": good[:-100],
        "header too long": struct.pack("<Q", 1 << 60) + good[8:],
        "header no json": struct.pack("<Q", size) + b"x" * size + good[8 + size :],
        "offsets beyond": with_header(data_offsets=[0, 1 << 40]),
        "offsets backwards": with_header(data_offsets=[10, 0]),
        "shape against bytes": with_header(shape=[1 << 30, 1 << 30]),
        "unknown type": with_header(dtype="F7"),
        "negative shape": with_header(shape=[-1]),
        "longer than it says": good + b"xxxx",
    }


CASES = [
    *("empty", "garbage", "cut in the header", "cut in the data", "header too long", "header no json"),
    *("offsets beyond", "offsets backwards", "shape against bytes", "unknown type", "negative shape"),
    "longer than it says",
]


@pytest.mark.parametrize("case", CASES)
def test_a_broken_safetensors_file_is_named(folder: Path, case: str) -> None:
    path = folder / "model.safetensors"
    cases = broken(path.read_bytes())
    assert list(cases) == CASES
    path.unlink()
    path.write_bytes(cases[case])
    with pytest.raises(FormatError, match=r"model\.safetensors: not a whole safetensors file"):
        AutoModelForCausalLM.from_pretrained(folder)


def test_an_index_that_is_wrong(tiny: LlamaForCausalLM, tmp_path: Path) -> None:
    tiny.save_pretrained(tmp_path, max_shard_size="20KB")
    path = tmp_path / "model.safetensors.index.json"
    good = json.loads(path.read_text())
    first = next(iter(good["weight_map"]))

    def refuses(content: Any, message: str, kind: type[Exception] = FormatError) -> None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        with pytest.raises(kind, match=message):
            AutoModelForCausalLM.from_pretrained(tmp_path)

    refuses("{", "not JSON")
    refuses("[]", "expected a JSON object, found list")
    refuses({}, "expected 'weight_map' to be an object")
    refuses({"weight_map": {first: 7}}, "expected the name of a file beside the index")
    refuses({"weight_map": {first: "../escape.safetensors"}}, "expected the name of a file beside the index")
    refuses({"weight_map": {**good["weight_map"], "ghost": good["weight_map"][first]}}, "has no tensor 'ghost'")
    refuses({"weight_map": {**good["weight_map"], first: "absent.safetensors"}}, r"absent\.safetensors", LoadError)


def test_what_is_not_there(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="absent"):
        AutoModelForCausalLM.from_pretrained(tmp_path / "absent" / "model")
    (folder / "model.safetensors").unlink()
    with pytest.raises(LoadError, match=r"neither model\.safetensors nor model\.safetensors\.index\.json is there"):
        AutoModelForCausalLM.from_pretrained(folder)
    (folder / "a.gguf").write_bytes(b"")
    with pytest.raises(LoadError, match=r"a\.gguf; choose one with gguf_file="):
        AutoModelForCausalLM.from_pretrained(folder)
    (folder / "a.gguf").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(UnsupportedError, match="pickled weights can run code"):
        AutoModelForCausalLM.from_pretrained(folder)
    shutil.rmtree(folder)
    folder.mkdir()
    with pytest.raises(LoadError, match=r"config\.json"):
        AutoModelForCausalLM.from_pretrained(folder)


def test_no_damage_crashes(folder: Path) -> None:
    """Cut anywhere, a checkpoint loads whole or is refused; no half model, no other error."""
    path = folder / "model.safetensors"
    good = path.read_bytes()
    for cut in range(0, len(good), len(good) // 60):
        path.unlink()
        path.write_bytes(good[:cut])
        with pytest.raises(FormatError):
            AutoModelForCausalLM.from_pretrained(folder)


# --- Arguments ---


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("load_in_4bit", "quantised checkpoints are read by format"),
        ("load_in_8bit", "quantised checkpoints are read by format"),
        ("use_auth_token", "use token="),
        ("torchscript", "torch.compile"),
        ("trust_remote_code", "never run"),
        ("attn_implementaton", "did you mean 'attn_implementation'"),
    ],
)
def test_arguments_of_another_era(folder: Path, argument: str, message: str) -> None:
    for loader in (AutoModelForCausalLM, LlamaForCausalLM):
        with pytest.raises(TypeError, match=message):
            loader.from_pretrained(folder, **{argument: True})
    with pytest.raises(TypeError, match="safetensors is the only format"):
        LlamaForCausalLM.from_pretrained(folder).save_pretrained(folder, safe_serialization=True)


def test_the_old_name_of_dtype_works_with_a_note(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert AutoModelForCausalLM.from_pretrained(folder, torch_dtype="float16").dtype == torch.float16
    assert "torch_dtype= is the old name of dtype=" in caplog.text
    with pytest.raises(TypeError, match="disagree; give dtype alone"):
        AutoModelForCausalLM.from_pretrained(folder, torch_dtype="float16", dtype="float32")


def test_wrong_kinds_of_construction(tiny_config: LlamaConfig, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TypeError, match="AutoModelForCausalLM is not built"):
        AutoModelForCausalLM()
    with pytest.raises(TypeError, match="built from a LlamaConfig, not str"):
        LlamaForCausalLM(str(folder))
    monkeypatch.setattr(LlamaConfig, "model_type", "other")
    with pytest.raises(UnsupportedError, match="AutoModel has no 'other'"):
        AutoModel.from_config(tiny_config)


@pytest.mark.parametrize("absent", ["torch", "safetensors"])
def test_without_the_extra_the_install_command_is_named(absent: str) -> None:
    code = (
        "import sys\n"
        f"sys.modules['{absent}'] = None\n"
        "import lexel.runtime\n"
        "from lexel.errors import MissingDependencyError\n"
        "try:\n"
        "    lexel.runtime.AutoModelForCausalLM\n"
        "except MissingDependencyError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"needs {absent}" in done.stdout
    assert "pip install lexel[torch]" in done.stdout
