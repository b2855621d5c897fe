"""A `tokenizer.json` stated as GGUF metadata gives the ids of the `tokenizer.json`, for models of every kind."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from tests.unit.converters import gguf_metadata as gguf
from tokenizers import Tokenizer as Library

from lexel import FormatError, TokenizersBackend, UnsupportedError, spec
from lexel._lexel import Engine
from lexel.backends.engine import compile_json
from lexel.converters.gguf import spec_of
from lexel.converters.gguf_splits import SPLITS

if TYPE_CHECKING:
    from pathlib import Path


def texts(shared_data: Path) -> list[str]:
    lines = (shared_data / "inputs.jsonl").read_text("utf-8").splitlines()
    return [case["text"] for case in map(json.loads, lines) if "text_pair" not in case]


def made_of(metadata: dict[str, Any]) -> TokenizersBackend:
    made = spec_of(metadata, "metadata")
    return TokenizersBackend._from_seed(compile_json(made.to_json()), (), made.config)


def agree(shared_data: Path, folder: str, metadata: dict[str, Any]) -> TokenizersBackend:
    ours, real = made_of(metadata), TokenizersBackend.from_file(shared_data / "tokenizers" / folder / "tokenizer.json")
    assert ours.engine == "native"
    differ = [text for text in texts(shared_data) if ours.encode(text) != real.encode(text)]
    assert [text[:60] for text in differ] == []
    pair = ("a text", "and another")
    assert ours.encode(*pair) == real.encode(*pair)
    found = ours.encode("Hello world, é日本!")
    assert ours.decode(found) == real.decode(found)
    return ours


def content(shared_data: Path, folder: str) -> dict[str, Any]:
    return gguf.read(shared_data / "tokenizers" / folder)


@pytest.mark.parametrize("folder", ["bert-base-uncased", "bert-base-cased", "bert-base-chinese"])
def test_bert(shared_data: Path, folder: str) -> None:
    metadata = gguf.wordpiece(content(shared_data, folder))
    tok = agree(shared_data, folder, {**metadata, **gguf.ids(metadata, cls="[CLS]", seperator="[SEP]")})
    assert (tok.cls_token, tok.sep_token, tok.pad_token, tok.mask_token) == ("[CLS]", "[SEP]", "[PAD]", "[MASK]")
    real = TokenizersBackend.from_file(shared_data / "tokenizers" / folder / "tokenizer.json")
    assert tok.get_vocab() == real.get_vocab()


def test_a_file_may_say_whether_bert_lower_cases(shared_data: Path) -> None:
    metadata = gguf.wordpiece(content(shared_data, "bert-base-uncased"))
    assert made_of(metadata).encode("HELLO") == made_of(metadata).encode("hello")
    metadata["tokenizer.ggml.normalizer.lowercase"] = False
    assert made_of(metadata).encode("HELLO") != made_of(metadata).encode("hello")


def test_t5_and_its_blanks(shared_data: Path) -> None:
    t5 = content(shared_data, "t5")
    # A vocabulary file knows nothing of the blanks; the rows of the model are more than its tokens.
    t5["added_tokens"] = [token for token in t5["added_tokens"] if not token["content"].startswith("<extra_id")]
    t5["model"]["vocab"] = t5["model"]["vocab"][:32000]
    metadata = gguf.unigram(t5, add_eos_token=True)
    metadata["tokenizer.ggml.tokens"] += [f"[PAD{index}]" for index in range(32000, 32128)]
    metadata["tokenizer.ggml.scores"] += [-10000.0] * 128
    metadata["tokenizer.ggml.token_type"] += [gguf.UNUSED] * 128
    metadata["general.architecture"] = "t5"
    tok = agree(shared_data, "t5", {**metadata, **gguf.ids(metadata, eos="</s>", padding="<pad>", unknown="<unk>")})
    assert tok.convert_tokens_to_ids("<extra_id_0>") == 32099


@pytest.mark.slow
def test_xlm_roberta(shared_data: Path) -> None:
    metadata = gguf.unigram(
        content(shared_data, "xlm-roberta"), add_bos_token=True, add_eos_token=True, remove_extra_whitespaces=True
    )
    agree(shared_data, "xlm-roberta", {**metadata, **gguf.ids(metadata, bos="<s>", eos="</s>", unknown="<unk>")})


def test_roberta(shared_data: Path) -> None:
    metadata = gguf.byte_pairs(content(shared_data, "roberta-base"), "gpt2", pre="roberta-bpe")
    agree(shared_data, "roberta-base", {**metadata, **gguf.ids(metadata, bos="<s>", eos="</s>", unknown="<unk>")})


@pytest.mark.slow
def test_gemma(shared_data: Path) -> None:
    metadata = gguf.byte_pairs(content(shared_data, "gemma-4"), "gemma4", pre="gemma4", add_bos_token=True)
    metadata |= gguf.ids(metadata, bos="<bos>", eos="<eos>", unknown="<unk>", padding="<pad>")
    agree(shared_data, "gemma-4", metadata)


@pytest.mark.parametrize("folder", ["llama-2", "phi-3"])
def test_llama_with_its_merges(shared_data: Path, folder: str) -> None:
    bos = folder == "llama-2"
    metadata = gguf.byte_pairs(content(shared_data, folder), "llama", add_bos_token=bos)
    metadata["general.architecture"] = "phi3" if folder == "phi-3" else "llama"
    agree(shared_data, folder, {**metadata, **gguf.ids(metadata, bos="<s>", unknown="<unk>")})


@pytest.mark.slow
def test_deepseek(shared_data: Path) -> None:
    metadata = gguf.byte_pairs(content(shared_data, "deepseek-v3"), "gpt2", pre="deepseek-v3")
    agree(shared_data, "deepseek-v3", metadata)


def test_a_file_that_names_no_split_is_gpt2_s_or_refused(shared_data: Path) -> None:
    metadata = gguf.byte_pairs(content(shared_data, "gpt2"), "gpt2")
    agree(shared_data, "gpt2", metadata)
    metadata = gguf.byte_pairs(content(shared_data, "deepseek-v3"), "gpt2")
    with pytest.raises(UnsupportedError, match="does not name its split"):
        spec_of(metadata, "metadata")


@pytest.mark.parametrize("name", sorted({repr(split): name for name, split in SPLITS.items()}.values()))
def test_every_split_runs_on_the_core_as_in_the_library(shared_data: Path, name: str) -> None:
    split = SPLITS[name]
    stages = split.stages()
    text = spec.Spec(
        model=spec.bpe({letter: byte for byte, letter in enumerate(spec.byte_alphabet())}),
        normalizer={"type": "NFC"} if split.nfc else None,
        pre_tokenizer=stages[0] if len(stages) == 1 else spec.sequence("pretokenizers", *stages),
    ).to_json()
    engine, library = Engine.from_json(text), Library.from_str(text)
    drawn = random.Random(5)
    letters = "aA'sS1234567 ２²½ \n\r\t\u3000。，、!?.,$+<=`|~日本ひカ한글เ́éÉßΩ\u212a\u1fbe<sentinel:12>IMGIMGABZ/（）"
    samples = ["".join(drawn.choices(letters, k=drawn.randint(1, 25))) for _ in range(300)]
    for sample in (*texts(shared_data)[:100], *samples):
        row = engine.encode_batch([sample]).row(0)
        assert list(row.word_ids) == library.encode(sample).word_ids, sample


def test_names_templates_and_own_tokens() -> None:
    metadata = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": ["a", "b", "<eot>", "<fim>", ""],
        "tokenizer.ggml.token_type": [1, 1, 3, 3, 1],
        "tokenizer.ggml.merges": [],
        "tokenizer.ggml.eot_token_id": 2,
        "tokenizer.ggml.prefix_token_id": 3,
        "tokenizer.ggml.padding_token_id": 2**32 - 1,
        "tokenizer.chat_template": "main",
        "tokenizer.chat_templates": ["tool_use"],
        "tokenizer.chat_template.tool_use": "tools",
    }
    made = spec_of(metadata, "metadata")
    assert made.config == {
        "model_specific_special_tokens": {"eot_token": "<eot>", "fim_prefix_token": "<fim>"},
        "chat_template": {"default": "main", "tool_use": "tools"},
    }
    tok = made_of(metadata)
    assert (tok.eot_token, tok.eot_token_id, tok.fim_prefix_token) == ("<eot>", 2, "<fim>")
    assert tok.convert_ids_to_tokens(4) == "[EMPTY_4]"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tokens", "abc"),
        ("tokens", [1, 2]),
        ("tokens", ["a", "a"]),
        ("token_type", [1.5, 1]),
        ("merges", [["a", "b"]]),
        ("merges", "a b"),
        ("pre", 5),
        ("bos_token_id", "a"),
        ("add_bos_token", "yes"),
        ("add_bos_token", True),
        ("scores", [float("nan"), 0.0]),
    ],
)
def test_values_of_another_kind_are_named(key: str, value: Any) -> None:
    metadata = {
        "tokenizer.ggml.model": "llama" if key == "scores" else "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": ["a", "b"],
        "tokenizer.ggml.token_type": [1, 1],
        **({} if key == "scores" else {"tokenizer.ggml.merges": []}),
        f"tokenizer.ggml.{key}": value,
    }
    with pytest.raises(FormatError, match=r"^metadata: .*(tokenizer\.ggml|there twice)"):
        spec_of(metadata, "metadata")


def test_a_token_written_as_text_gives_way_to_one_of_the_same_bytes() -> None:
    alphabet = spec.byte_alphabet()
    # A converter wrote these as text: the first has a token for its bytes besides, the second has none.
    tokens = [*alphabet, "\u200d", "ä b", "âĢ", "âĢį"]
    metadata = {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [gguf.NORMAL] * len(tokens),
        "tokenizer.ggml.merges": ["â Ģ", "âĢ į"],
    }
    tok = made_of(metadata)
    assert tok.encode("\u200d") == [259]
    assert tok.convert_ids_to_tokens([256, 257, 259]) == ["\u200d", "Ã¤Ġb", "âĢį"]
    assert tok.decode([257]) == "ä b"
