"""What a file is that is no vocabulary: archives, weights, web pages, settings. Said by name, with what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["all_settings", "name_of_binary", "name_of_json", "name_of_text"]

_UNPACK = "; unpack it first"
_WEIGHTS = ", which holds weights and no tokenizer"

# The first bytes of formats that come in the same folders.
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "a pointer of git-lfs, not the file itself; fetch it with `git lfs pull`"),
    (b"\x1f\x8b", f"compressed with gzip{_UNPACK}"),
    (
        b"PK\x03\x04",
        "a zip archive, as PyTorch's weights and numpy's .npz are; if the tokenizer is inside, unpack it",
    ),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\xfd7zXZ\x00", f"compressed with xz{_UNPACK}"),
    (b"BZh", f"compressed with bzip2{_UNPACK}"),
    (b"\x28\xb5\x2f\xfd", f"compressed with zstd{_UNPACK}"),
    (b"7z\xbc\xaf\x27\x1c", f"a 7z archive{_UNPACK}"),
    (b"\x04\x22\x4d\x18", f"compressed with lz4{_UNPACK}"),
    (b"\x89HDF\r\n\x1a\n", f"an HDF5 file{_WEIGHTS}"),
    (b"\x93NUMPY", "an array of numpy"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x7fELF", "a program"),
    (b"ggml", f"a GGML file of the time before GGUF{_WEIGHTS} that is read here; convert the model to GGUF again"),
    (b"lmgg", f"a GGML file of the time before GGUF{_WEIGHTS} that is read here; convert the model to GGUF again"),
    (b"fmgg", f"a GGML file of the time before GGUF{_WEIGHTS} that is read here; convert the model to GGUF again"),
    (b"tjgg", f"a GGML file of the time before GGUF{_WEIGHTS} that is read here; convert the model to GGUF again"),
    (b"\xff\xfe\x00\x00", "text in UTF-32; save it in UTF-8"),
    (b"\x00\x00\xfe\xff", "text in UTF-32; save it in UTF-8"),
    (b"\xff\xfe", "text in UTF-16; save it in UTF-8"),
    (b"\xfe\xff", "text in UTF-16; save it in UTF-8"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05](?:\x95.{8})?[\x00-\x7f\x80-\x94]", re.DOTALL)
_WEB_PAGE = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_XML = re.compile(rb"\s*<\?xml\s")
_UTF16 = re.compile(rb"(?:[\t\n\r -~]\x00){4}|(?:\x00[\t\n\r -~]){4}")


def name_of_binary(head: bytes, size: int) -> str | None:
    """Return what a file is by its first bytes, with what to do; None: nothing that is known here.

    Args:
        head: the first bytes, some hundred at least if there are as many.
        size: of the whole file, in bytes.
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    # Safetensors: the length of a JSON object, then the object.
    if head[8:10] in (b'{"', b"{}", b"{ ") and 2 <= int.from_bytes(head[:8], "little") <= size - 8:
        return f"a safetensors file{_WEIGHTS}"
    if _PICKLE.match(head):
        return "a Python pickle (PyTorch's older weights are such), which would run code when it is opened: it is not"
    plain = head.removeprefix(b"\xef\xbb\xbf")
    if _WEB_PAGE.match(plain):
        return "a web page, probably an error message saved under this name; download the file itself again"
    if _XML.match(plain):
        return "an XML document, perhaps an error message saved under this name; download the file itself again"
    if _UTF16.match(head):
        return "text in UTF-16; save it in UTF-8"
    return None


_SPECIAL_NAMES = {
    *(f"{name}_token" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask")),
    "additional_special_tokens",
    "extra_special_tokens",
}
_FOLDER = "load its folder with Tokenizer.from_pretrained(folder)"
# Keys of which one tells the file, most telling first.
_JSON_FILES: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"weight_map"}), "the index of a model's weights, which has no tokenizer"),
    (
        frozenset({"pat_str", "explicit_n_vocab"}),
        "the description of a tiktoken encoding; open the rank file with "
        "Tokenizer.from_file(ranks, pattern=…, special_tokens=…)",
    ),
    (
        frozenset(
            {
                *("model_max_length", "added_tokens_decoder", "clean_up_tokenization_spaces", "do_lower_case"),
                *("padding_side", "tokenizer_file", "sp_model_kwargs", "add_prefix_space", "tokenize_chinese_chars"),
            }
        ),
        f"a tokenizer_config.json: settings, and no vocabulary; {_FOLDER}",
    ),
    (
        frozenset({"architectures", "model_type", "hidden_size", "vocab_size", "num_hidden_layers"}),
        f"the config.json of a model, which has no vocabulary; {_FOLDER}",
    ),
    (frozenset({"tokenizer_class"}), f"a tokenizer_config.json: settings, and no vocabulary; {_FOLDER}"),
    (
        frozenset({"image_processor_type", "feature_extractor_type", "image_mean", "sampling_rate"}),
        "the settings of a preprocessor, which have no vocabulary",
    ),
    (
        frozenset({"max_new_tokens", "do_sample", "_from_model_config", "eos_token_id", "bos_token_id"}),
        "a generation_config.json, which has no vocabulary",
    ),
    (frozenset({"chat_template"}), f"a chat_template.json: a template, and no vocabulary; {_FOLDER}"),
    (frozenset({"processor_class"}), "the settings of a processor, which have no vocabulary"),
)
_SETTINGS = frozenset().union(*(telling for telling, _ in _JSON_FILES))
_TEMPLATE = re.compile(r"\{[%#{]-?\s")


def all_settings(keys: Collection[str]) -> bool:
    """Return whether every key is one of settings, so that numbers behind them are no ids."""
    return _SETTINGS.issuperset(keys)


def name_of_json(keys: Collection[str], *, texts: bool) -> str | None:
    """Return what a JSON file is by its top-level keys, with what to do; None: nothing that is known here.

    Args:
        keys: those at the top.
        texts: whether every value is a string.
    """
    if keys and _SPECIAL_NAMES.issuperset(keys):
        return f"a special_tokens_map.json: names of tokens, and no vocabulary; {_FOLDER}"
    for telling, name in _JSON_FILES:
        if not telling.isdisjoint(keys):
            return name
    if keys and texts:
        return "a table from text to text (such as the spellings in Whisper's normalizer.json), and no vocabulary"
    return None


def name_of_text(lines: list[str]) -> str | None:
    """Return what a text is by its first lines, with what to do; None: perhaps a vocabulary."""
    if all(_is_piece_and_score(line) for line in lines):
        return (
            "the readable list beside a sentencepiece model (piece, tab, score), which lacks the rules of the model; "
            "open the .model file"
        )
    if any(" " in line and _TEMPLATE.search(line) for line in lines):
        return "a chat template, and no vocabulary; pass its text as chat_template="
    fields = [line.split(" ") for line in lines]
    if all(len(row) == 3 and row[2].isdigit() for row in fields):
        return (
            "a list of fastBPE codes (two parts and a count), whose vocabulary is another file; load the folder with "
            "the class of the model"
        )
    if all(len(row) == 2 and row[1].isdigit() for row in fields):
        return "a dictionary of fairseq (token, count), which says nothing about how texts are cut"
    return None


def _is_piece_and_score(line: str) -> bool:
    piece, tab, score = line.rpartition("\t")
    return bool(tab) and bool(piece) and re.fullmatch(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", score) is not None
