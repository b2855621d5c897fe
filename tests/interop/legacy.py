"""Folders as tools of 2019 to 2024 wrote them, one for each shape their files have had."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lexel import BertTokenizer, GPT2Tokenizer, RobertaTokenizer, T5Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CORPUS = [
    "The quick brown fox jumps over the lazy dog, again and again.",
    "Don't panic! It's only 1234567 small steps, isn't it?",
    "naïve café, Straße, Русский, 日本語のテキスト 한국어 😀",
]
HUGE = 1000000000000000019884624838656
NO_LIMIT = int(1e30)


def marked(content: str, **flags: bool) -> dict[str, Any]:
    """Return a token as configurations from 2020 on state it."""
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": True}
    return {"__type": "AddedToken", "content": content, **plain, **flags}


def unmarked(content: str, **flags: bool) -> dict[str, Any]:
    """Return a token as `special_tokens_map.json` states it."""
    return {key: value for key, value in marked(content, **flags).items() if key != "__type"}


def write(folder: Path, **files: Any) -> None:
    """Write JSON files, `a_b` as `a_b.json`."""
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")


def folders(home: Path) -> Iterator[tuple[str, Path]]:
    """Write every folder; yield its name and place."""
    gpt2 = GPT2Tokenizer().train_new_from_iterator(CORPUS * 3, 420)
    bert = BertTokenizer().train_new_from_iterator(CORPUS * 3, 220)
    cased = BertTokenizer(do_lower_case=False).train_new_from_iterator(CORPUS * 3, 220)
    roberta = RobertaTokenizer().train_new_from_iterator(CORPUS * 3, 420)
    t5 = T5Tokenizer().train_new_from_iterator(CORPUS * 3, 250)
    for name, make in _SHAPES.items():
        folder = home / name.replace(" ", "-")
        folder.mkdir(parents=True)
        make(folder, {"gpt2": gpt2, "bert": bert, "cased": cased, "roberta": roberta, "t5": t5})
        yield name, folder


def _gpt2_of_2019(folder: Path, toks: dict[str, Any]) -> None:
    toks["gpt2"].save_vocabulary(str(folder))
    write(folder, config={"model_type": "gpt2"})


def _gpt2_with_added_tokens(folder: Path, toks: dict[str, Any]) -> None:
    size = len(toks["gpt2"])
    _gpt2_of_2019(folder, toks)
    write(
        folder,
        added_tokens={"<speaker>": size, "<end>": size + 1, "word": size + 2},
        special_tokens_map={
            "bos_token": "<|endoftext|>",
            "eos_token": "<end>",
            "unk_token": "<|endoftext|>",
            "pad_token": "<|endoftext|>",
            "additional_special_tokens": ["<speaker>"],
        },
        tokenizer_config={"model_max_length": 1024},
    )


def _bert_of_2019(folder: Path, toks: dict[str, Any]) -> None:
    toks["bert"].save_vocabulary(str(folder))
    write(folder, config={"model_type": "bert"})


def _cased_bert_with_its_map(folder: Path, toks: dict[str, Any]) -> None:
    toks["cased"].save_vocabulary(str(folder))
    size = len(toks["cased"])
    names = ("unk_token", "sep_token", "pad_token", "cls_token", "mask_token")
    write(
        folder,
        config={"model_type": "bert"},
        tokenizer_config={"do_lower_case": False, "model_max_length": 512},
        special_tokens_map={name: getattr(toks["cased"], name) for name in names},
        added_tokens={"[E1]": size, "[E2]": size + 1},
    )


def _pipeline_of_2020(folder: Path, toks: dict[str, Any]) -> None:
    toks["roberta"].backend_tokenizer.save(folder / "tokenizer.json")
    toks["roberta"].save_vocabulary(str(folder))
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "sep_token": "</s>", "pad_token": "<pad>"}
    write(
        folder,
        config={"model_type": "roberta"},
        tokenizer_config={
            **{name: marked(text) for name, text in names.items()},
            "cls_token": marked("<s>"),
            "mask_token": marked("<mask>", lstrip=True),
            "add_prefix_space": False,
            "errors": "replace",
            "trim_offsets": True,
            "model_max_length": 512,
            "special_tokens_map_file": "/nowhere/special_tokens_map.json",
            "full_tokenizer_file": None,
            "name_or_path": "roberta-base",
            "tokenizer_class": "RobertaTokenizer",
        },
        special_tokens_map={
            **{name: unmarked(text) for name, text in names.items()},
            "cls_token": unmarked("<s>"),
            "mask_token": unmarked("<mask>", lstrip=True),
        },
    )


def _no_class_of_2021(folder: Path, toks: dict[str, Any]) -> None:
    toks["gpt2"].backend_tokenizer.save(folder / "tokenizer.json")
    write(
        folder,
        config={"model_type": "gpt2"},
        tokenizer_config={"unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"},
        special_tokens_map={"bos_token": "<|endoftext|>", "additional_special_tokens": ["<x1>", "<x2>"]},
    )


def _python_s_name(folder: Path, toks: dict[str, Any]) -> None:
    toks["gpt2"].backend_tokenizer.save(folder / "tokenizer.json")
    write(
        folder,
        config={"model_type": "opt"},
        tokenizer_config={"tokenizer_class": "PreTrainedTokenizer", "pad_token": "<pad>", "model_max_length": HUGE},
        special_tokens_map={"pad_token": unmarked("<pad>"), "additional_special_tokens": ["<x1>"]},
    )


def _decoder_of_2023(folder: Path, toks: dict[str, Any]) -> None:
    toks["gpt2"].backend_tokenizer.save(folder / "tokenizer.json")
    flags = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    write(
        folder,
        config={"model_type": "gpt2"},
        tokenizer_config={
            "added_tokens_decoder": {
                "0": {"content": "<|endoftext|>", **flags},
                str(len(toks["gpt2"])): {"content": "<|im_start|>", **flags},
                str(len(toks["gpt2"]) + 1): {"content": "<tool>", **flags, "special": False, "rstrip": True},
            },
            "additional_special_tokens": ["<|im_start|>"],
            "bos_token": None,
            "clean_up_tokenization_spaces": False,
            "eos_token": "<|im_start|>",
            "errors": "replace",
            "model_max_length": HUGE,
            "pad_token": "<|endoftext|>",
            "split_special_tokens": False,
            "tokenizer_class": "PreTrainedTokenizerFast",
            "chat_template": "{{ messages }}",
        },
    )


def _names_of_2024(folder: Path, toks: dict[str, Any]) -> None:
    toks["gpt2"].backend_tokenizer.save(folder / "tokenizer.json")
    write(
        folder,
        config={"model_type": "llama"},
        tokenizer_config={
            "extra_special_tokens": {"image_token": "<image>", "boi_token": "<boi>"},
            "additional_special_tokens": ["<x1>"],
            "eos_token": "<|endoftext|>",
            "tokenizer_class": "PreTrainedTokenizerFast",
            "chat_template": [{"name": "default", "template": "D"}, {"name": "rag", "template": "R"}],
        },
    )


def _several_pipelines(folder: Path, toks: dict[str, Any]) -> None:
    toks["gpt2"].backend_tokenizer.save(folder / "tokenizer.json")
    content = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    content["added_tokens"].append({**content["added_tokens"][0], "id": len(toks["gpt2"]), "content": "<v4>"})
    (folder / "tokenizer.4.0.0.json").write_text(json.dumps(content), "utf-8")
    (folder / "tokenizer.99.0.0.json").write_text("{}")
    write(
        folder,
        config={"model_type": "gpt2"},
        tokenizer_config={
            "fast_tokenizer_files": ["tokenizer.4.0.0.json", "tokenizer.99.0.0.json", "tokenizer.json"],
            "tokenizer_class": "GPT2Tokenizer",
        },
    )


def _own_flags(folder: Path, toks: dict[str, Any]) -> None:
    toks["gpt2"].backend_tokenizer.save(folder / "tokenizer.json")
    write(
        folder,
        config={"model_type": "gpt2"},
        tokenizer_config={
            "tokenizer_class": "GPT2TokenizerFast",
            "add_bos_token": False,
            "eos_token": marked("<|endoftext|>", normalized=False),
            "pad_token": marked("<pad>", rstrip=True, normalized=False),
            "padding_side": "left",
            "truncation_side": "left",
            "model_input_names": ["input_ids", "attention_mask"],
            "something": [1, {"two": 2}],
        },
        added_tokens={"<pad>": len(toks["gpt2"])},
    )


def _t5_with_its_extra_ids(folder: Path, toks: dict[str, Any]) -> None:
    toks["t5"].backend_tokenizer.save(folder / "tokenizer.json")
    write(
        folder,
        config={"model_type": "t5"},
        tokenizer_config={
            "eos_token": "</s>",
            "unk_token": "<unk>",
            "pad_token": "<pad>",
            "extra_ids": 100,
            "additional_special_tokens": [f"<extra_id_{number}>" for number in range(100)],
            "model_max_length": 512,
        },
    )


def _tokens_beside_a_pipeline(folder: Path, toks: dict[str, Any]) -> None:
    toks["gpt2"].backend_tokenizer.save(folder / "tokenizer.json")
    size = len(toks["gpt2"])
    write(
        folder,
        config={"model_type": "gpt2"},
        tokenizer_config={"tokenizer_class": "GPT2Tokenizer"},
        special_tokens_map={"pad_token": "<pad>", "eos_token": "<|endoftext|>"},
        added_tokens={"word": size + 1, "<pad>": size, "<|endoftext|>": 0},
    )


_SHAPES: dict[str, Callable[[Path, dict[str, Any]], None]] = {
    "gpt2 of 2019": _gpt2_of_2019,
    "gpt2 with added tokens": _gpt2_with_added_tokens,
    "bert of 2019": _bert_of_2019,
    "cased bert with its map": _cased_bert_with_its_map,
    "pipeline of 2020": _pipeline_of_2020,
    "no class of 2021": _no_class_of_2021,
    "python's name": _python_s_name,
    "decoder of 2023": _decoder_of_2023,
    "names of 2024": _names_of_2024,
    "several pipelines": _several_pipelines,
    "own flags": _own_flags,
    "tokens beside a pipeline": _tokens_beside_a_pipeline,
    "t5 with its extra ids": _t5_with_its_extra_ids,
}
