"""Settings beside a tokenizer, and metadata of GGUF files, with values of any kind: refused by name, or they work."""

from __future__ import annotations

import contextlib
import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.property.file_formats import merges_txt, tokenizer_json, vocab_json
from tests.property.hostile import PROPERTY

from lexel import AutoTokenizer, TokenizersBackend
from lexel.backends.engine import compile_json
from lexel.converters.gguf import spec_of
from lexel.converters.gguf_splits import SPLITS
from lexel.errors import LexelError

SCALARS: list[Any] = [
    *(None, True, False, 0, 1, -1, 2**31, 2**63, 10**30, float("inf"), float("nan"), 0.5, [], {}),
    *("", "<s>", "a", "../x", "/etc/passwd", "\x00", "\ud800", "x" * 5000, "{{", "{% for %}", "left", "AddedToken"),
]
INNER = ("__type", "content", "special", "id", "name", "template", "lstrip", "0", "-1", "a", "5", "9" * 20)
SETTINGS = (
    *("tokenizer_class", "auto_map", "model_max_length", "padding_side", "truncation_side", "model_input_names"),
    *("clean_up_tokenization_spaces", "split_special_tokens", "bos_token", "eos_token", "unk_token", "pad_token"),
    *("mask_token", "extra_special_tokens", "additional_special_tokens", "added_tokens_decoder", "add_bos_token"),
    *("add_eos_token", "add_prefix_space", "legacy", "chat_template", "fast_tokenizer_files", "init_inputs"),
    *("sp_model_kwargs", "image_token", "backend", "response_template", "chat_control_tokens", "name_or_path"),
    *("tokenizer_file", "vocab_file", "max_length", "stride", "model_specific_special_tokens", "do_lower_case"),
    *("processor_class", "tokenizer_type", "__type", "pad_to_multiple_of", "errors", "special_tokens_map_file"),
)
CLASSES = ("GPT2Tokenizer", "LlamaTokenizer", "T5Tokenizer", "BertTokenizer", "WhisperTokenizer", "NopeTokenizer")


def value(drawn: random.Random, depth: int = 0) -> Any:
    match drawn.randint(0, 9):
        case 0 | 1 if depth < 3:
            return [value(drawn, depth + 1) for _ in range(drawn.randint(0, 3))]
        case 2 | 3 if depth < 3:
            return {drawn.choice(INNER): value(drawn, depth + 1) for _ in range(drawn.randint(0, 4))}
        case _:
            return drawn.choice(SCALARS)


def some(drawn: random.Random, keys: tuple[str, ...]) -> Any:
    """Return an object of some keys; now and then something else."""
    if drawn.random() < 0.1:
        return value(drawn)
    return {drawn.choice(keys): value(drawn) for _ in range(drawn.randint(0, 4))}


def write(drawn: random.Random, path: Path, content: Any) -> None:
    """Write a JSON file, now and then a broken one."""
    text = json.dumps(content)
    match drawn.randint(0, 60):
        case 0:
            text = text[: drawn.randint(0, len(text))]
        case 1:
            text = "[" * 50_000
        case 2:
            text = '{"model_max_length": ' + "9" * 10_000 + "}"
    path.write_text(text)


@PROPERTY
@given(seed=st.integers(0, 2**32))
def test_any_settings_are_refused_or_work(seed: int) -> None:
    drawn = random.Random(seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        if drawn.random() < 0.8:
            (folder / "tokenizer.json").write_bytes(tokenizer_json())
        else:
            (folder / "vocab.json").write_bytes(vocab_json())
            (folder / "merges.txt").write_bytes(merges_txt())
        config = some(drawn, SETTINGS)
        if drawn.random() < 0.3 and isinstance(config, dict):
            config["tokenizer_class"] = drawn.choice(CLASSES)
        write(drawn, folder / "tokenizer_config.json", config)
        for file, keys, share in (
            ("special_tokens_map.json", SETTINGS, 0.3),
            ("added_tokens.json", ("a", "<x>", "<s>", "", "\ud800"), 0.3),
            ("config.json", ("model_type", "tokenizer_class", "auto_map"), 0.2),
        ):
            if drawn.random() < share:
                write(drawn, folder / file, some(drawn, keys))
        if drawn.random() < 0.1:
            (folder / "chat_template.jinja").write_bytes(drawn.choice([b"\xff", b"{{", b"", b"{% x"]))
        with contextlib.suppress(LexelError):
            tok = AutoTokenizer.from_pretrained(folder)
            tok.encode("the <s> é")
            assert repr(tok)
            assert len(tok.all_special_ids) == len(tok.all_special_tokens)


TOKENS = [*("a", "b", "ab", "▁", "▁a", "##b", "[UNK]", "[CLS]", "[SEP]", "<s>", "</s>", "<unk>"), *("<0x00>", "Ġ", "é")]
TOKENS += ["", "[PAD7]", " ", "  ", "\n"]
KEYS = ("add_bos_token", "add_eos_token", "add_sep_token", "add_space_prefix", "remove_extra_whitespaces")
KEYS += ("precompiled_charsmap", "normalizer.lowercase", "tokens", "token_type", "scores", "merges", "pre", "model")
IDS = ("bos", "eos", "unknown", "seperator", "padding", "cls", "mask", "eot", "fim_pre")


def metadata(drawn: random.Random) -> dict[str, Any]:
    """Return metadata of one tokenizer or another, with up to three values of another kind."""
    size = drawn.randint(0, 12)
    tokens = drawn.sample(TOKENS, size) if drawn.random() < 0.8 else drawn.choices(TOKENS, k=size)
    found: dict[str, Any] = {
        "model": drawn.choice(["gpt2", "llama", "t5", "bert", "gemma4"]),
        "tokens": tokens,
        "token_type": [drawn.randint(1, 6) for _ in tokens],
        "scores": [drawn.uniform(-9, 0) for _ in tokens],
        "merges": drawn.choice([["a b"], ["▁ a", "a b", "x y", "a  b"]]),
        "pre": drawn.choice([*SPLITS, "gemma4"]),
    }
    found |= {f"{name}_token_id": drawn.randint(0, max(size, 1)) for name in IDS if drawn.random() < 0.3}
    found |= {drawn.choice(KEYS): value(drawn) for _ in range(drawn.randint(0, 3))}
    architecture = drawn.choice(["llama", "gemma2", "t5", "bert", 3])
    return {"general.architecture": architecture, **{f"tokenizer.ggml.{key}": item for key, item in found.items()}}


@PROPERTY
@given(seed=st.integers(0, 2**32))
def test_any_metadata_is_refused_or_works(seed: int) -> None:
    with contextlib.suppress(LexelError):
        made = spec_of(metadata(random.Random(seed)), "some.gguf")
        tok = TokenizersBackend._from_seed(compile_json(made.to_json(), path="some.gguf"), (), made.config)
        for text in ("a b ab é", " ab", "<s>[UNK]\n"):
            tok.decode(tok.encode(text, text))
