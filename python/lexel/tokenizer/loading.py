"""From the files beside a tokenizer to the arguments of its constructor.

A folder may hold the state of the art or files of 2019; both become one dictionary. File names that stand inside a
configuration are never opened: only the caller and the class say which files are read.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from lexel.added_token import AddedToken, as_added_token, is_special_value, read_config, token_text
from lexel.errors import FormatError
from lexel.tokenizer.checking import check_added_tokens, check_config, check_object, check_special_tokens
from lexel.tokenizer.config import CLASS_KEY
from lexel.tokenizer.file_record import RECORD_KEY, changed_files
from lexel.tokenizer.special_tokens import NAMED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lexel.hub import ModelFiles

__all__ = ["CONFIG_FILE", "PIPELINE_FILE", "read_json", "read_options", "read_tokenizer_config"]

_LOGGER = logging.getLogger(__name__)
CONFIG_FILE = "tokenizer_config.json"
PIPELINE_FILE = "tokenizer.json"

# Keys that describe the files or the moment of saving, not the tokenizer.
_NOT_OPTIONS = (
    CLASS_KEY,
    "auto_map",
    "device_map",
    "files_loaded",
    "is_local",
    RECORD_KEY,
    "local_files_only",
    "name_or_path",
    "slow_tokenizer_class",
    "special_tokens_map_file",
    "tokenizer_class",
    "tokenizer_file",
)

_BACKENDS = {"custom", "mistral_common", "sentencepiece", "tokenizers"}

# Keys whose null says as much as their absence; of others it is a value.
_NULL_IS_ABSENT = {
    *("clean_up_tokenization_spaces", "init_inputs", "model_input_names", "padding_side", "split_special_tokens"),
    "truncation_side",
}


def read_json(path: Path, content: bytes | None = None) -> Any:
    """Return the content of a JSON file.

    Args:
        path: the file.
        content: its bytes, where they are known.

    Raises:
        FormatError: it is not JSON; says where.
    """
    try:
        return json.loads((path.read_bytes() if content is None else content).decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise FormatError(f"{path} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{path} is not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}"
        ) from error
    except RecursionError as error:
        raise FormatError(f"{path} is not read: its lists and objects are nested too deep") from error
    except ValueError as error:  # a number of thousands of digits
        raise FormatError(f"{path} is not read: {error}") from error


def read_tokenizer_config(files: ModelFiles) -> dict[str, Any]:
    """Return the content of `tokenizer_config.json`, empty where there is none.

    Raises:
        FormatError: it holds no JSON object, or a value of another kind than it must be.
    """
    path = files.get(CONFIG_FILE)
    if path is None:
        return {}
    content = check_object(read_json(path, files.read(CONFIG_FILE)), path)
    check_config(content, path)
    return {key: value for key, value in content.items() if value is not None or key not in _NULL_IS_ABSENT}


def read_options(
    files: ModelFiles, given: Mapping[str, Any], *, has_pipeline: bool, chat_template: Any = None
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    """Return the constructor arguments that the files and the caller give together, and the positional ones saved.

    Args:
        files: the folder or repository.
        given: what the caller passed; wins over the files.
        has_pipeline: a `tokenizer.json` states the pipeline (so the old bos/eos flags say nothing).
        chat_template: the templates found in files of their own; win over the configuration.
    """
    options = read_tokenizer_config(files)
    _tell_changed_files(files, options)
    init_inputs = tuple(options.pop("init_inputs", ()))
    for key in _NOT_OPTIONS:
        options.pop(key, None)
    if has_pipeline:
        options.pop("add_bos_token", None)
        options.pop("add_eos_token", None)
    if chat_template is not None:
        options["chat_template"] = chat_template
    options.update(given)
    if "additional_special_tokens" in options and not options.get("extra_special_tokens"):
        options["extra_special_tokens"] = options.pop("additional_special_tokens")
    _gather_own_tokens(options)
    added = _added_tokens(files, options, given, has_pipeline)
    options = {**read_config(options), "added_tokens_decoder": added}
    _use_known_tokens(options)
    if "backend" not in given and options.get("backend") in _BACKENDS:
        # What runs it is said by the class that is made now.
        del options["backend"]
    options["name_or_path"] = files.name
    return options, init_inputs


def _tell_changed_files(files: ModelFiles, config: Mapping[str, Any]) -> None:
    """Say which files are not what they were when the configuration was written; they are read as they are."""
    if RECORD_KEY in config:
        changed = changed_files(files, config, wholly=False)
        if changed:
            _LOGGER.warning(
                "%s: %s changed since the tokenizer was saved, so that its files may be of two tokenizers; they are "
                "loaded as they are, and saving the tokenizer again states them anew",
                files.name,
                ", ".join(changed),
            )


def _gather_own_tokens(options: dict[str, Any]) -> None:
    """Collect the model's own named tokens: every other `*_token`, and a dictionary of extra tokens."""
    found = {
        key: options.pop(key)
        for key in list(options)
        if key.endswith("_token") and key not in NAMED and (is_special_value(options[key]) or _is_marked(options[key]))
    }
    if isinstance(options.get("extra_special_tokens"), dict):
        found.update(options.pop("extra_special_tokens"))
    if found:
        options["model_specific_special_tokens"] = {**found, **(options.get("model_specific_special_tokens") or {})}


def _is_marked(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type") == "AddedToken"


def _added_tokens(
    files: ModelFiles, options: dict[str, Any], given: Mapping[str, Any], has_pipeline: bool
) -> dict[int, AddedToken]:
    """Return the added tokens by id: those of the configuration, else those of the files of older times."""
    stated = options.get("added_tokens_decoder")
    if stated is not None:
        return {int(index): _token_of(token) for index, token in stated.items()}
    _read_special_tokens_map(files, options, given)
    path = files.get("added_tokens.json")
    if path is None or (has_pipeline and "backend" in options):
        # Those who write "backend" write no such file: beside their pipeline, which has all tokens, it is a stray.
        return {}
    named = [options[name] for name in NAMED if options.get(name)]
    special = {token_text(token) for token in (*named, *(options.get("extra_special_tokens") or ()))}
    # Beside a pipeline the file only adds what that lacks: it does not take flags from tokens that have some.
    flagged = {
        token_text(token): as_added_token(token) for token in named if has_pipeline and not isinstance(token, str)
    }
    return {
        index: flagged.get(text) or AddedToken(text, special=text in special)
        for text, index in sorted(check_added_tokens(read_json(path), path).items(), key=lambda entry: entry[1])
    }


def _token_of(token: Any) -> AddedToken:
    if isinstance(token, str):
        raise TypeError(f"added_tokens_decoder maps ids to AddedTokens or their dictionaries, not to a str: {token!r}")
    return as_added_token(token)


def _read_special_tokens_map(files: ModelFiles, options: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Read `special_tokens_map.json` (written until 2025); what the caller passed wins.

    Those who write "backend" in the configuration write no such file: an older save left it, and it names only tokens
    that the configuration does not.
    """
    path = files.get("special_tokens_map.json")
    if path is None:
        return
    content = check_object(read_json(path), path)
    check_special_tokens(content, path)
    for key, value in content.items():
        if given.get(key) or ("backend" in options and key in NAMED and options.get(key) is not None):
            continue
        if key == "additional_special_tokens":
            key = "extra_special_tokens"
        if key == "extra_special_tokens" and isinstance(value, list):
            known = list(options.get(key) or []) if not isinstance(options.get(key), dict) else []
            texts = {token_text(token) for token in known}
            fresh = [token for token in value if token_text(token) not in texts]
            options[key] = known + [as_added_token(t, special=True) if isinstance(t, dict) else t for t in fresh]
        elif key == "extra_special_tokens" and isinstance(value, dict):
            options["model_specific_special_tokens"] = {
                **(options.get("model_specific_special_tokens") or {}),
                **value,
            }
        elif isinstance(value, dict):
            options[key] = as_added_token(value, special=True)
        else:
            options[key] = value
    _gather_own_tokens(options)


def _use_known_tokens(options: dict[str, Any]) -> None:
    """Give the named tokens the flags of the added tokens with the same text."""
    known = {token.content: token for token in options["added_tokens_decoder"].values()}
    for name in NAMED:
        value = options.get(name)
        if value is not None and str(value) in known:
            options[name] = known[str(value)]
