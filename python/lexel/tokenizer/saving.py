"""Writing a tokenizer to a folder, and a folder to the hub; its fingerprint."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from lexel.tokenizer.config import CLASS_KEY, build_config, generic_name, write_json
from lexel.tokenizer.template_files import save_templates

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lexel.tokenizer.config import Compat
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["fingerprint", "save", "upload"]

# Settings that may be changed after construction, and what they are by default.
_CHANGEABLE = {
    "clean_up_tokenization_spaces": False,
    "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output": False,
    "model_input_names": ["input_ids", "attention_mask"],
    "padding_side": "right",
    "split_special_tokens": False,
    "truncation_side": "right",
}


def save(
    tokenizer: Tokenizer,
    folder: Path,
    *,
    prefix: str,
    legacy_format: bool | None,
    template_files: bool,
    compat: Compat,
) -> tuple[str, ...]:
    """Write the configuration, the templates and the backend's files; return their paths in that order.

    Raises:
        NotADirectoryError: the folder is a file.
        ValueError: a template has a name that leads out of the folder; no template is written then.
    """
    if folder.is_file():
        raise NotADirectoryError(f"a tokenizer is saved as a folder, and {str(folder)!r} is a file")
    folder.mkdir(parents=True, exist_ok=True)
    config = _config(tokenizer, compat)
    names = _class_names(tokenizer, config, compat)
    if compat == "v4" or CLASS_KEY in names:
        # A class of other readers need not have the settings of ours by itself; older ones take the columns of a model
        # from theirs.
        settings = _settings(tokenizer)
        config |= {key: value for key, value in settings.items() if value != _CHANGEABLE[key]}
        config["model_input_names"] = settings["model_input_names"]
    config |= names
    templates, in_config = save_templates(tokenizer.chat_template, folder, prefix, as_files=template_files)
    if in_config is not None:
        config["chat_template"] = in_config
    path = folder / f"{prefix}tokenizer_config.json"
    write_json(path, config)
    backend_files = tokenizer._save_backend(folder, prefix, legacy_format)
    return (str(path), *(str(template) for template in templates), *backend_files)


def _config(tokenizer: Tokenizer, compat: Compat) -> dict[str, Any]:
    state = vars(tokenizer)
    current = {key: state[key] for key in tokenizer.init_kwargs if key in state}
    current |= {
        key: value for key, value in _settings(tokenizer).items() if value != getattr(type(tokenizer), key, False)
    }
    current |= {"model_max_length": tokenizer.model_max_length, "backend": tokenizer.backend}
    for key in ("response_template", "chat_control_tokens"):
        if state[key] is not None:
            current[key] = state[key]
    config = build_config(
        tokenizer.init_kwargs, current, tokenizer._special, file_keys=tokenizer.vocab_files_names, compat=compat
    )
    config.update(tokenizer._saved_state())
    if tokenizer.init_inputs:
        config["init_inputs"] = list(tokenizer.init_inputs)
    for key in ("processor_class", "auto_map"):
        if state.get(f"_{key}") is not None:
            config[key] = state[f"_{key}"]
    return config


def _settings(tokenizer: Tokenizer) -> dict[str, Any]:
    """Return the settings that may be changed after construction."""
    return {key: getattr(tokenizer, key) for key in _CHANGEABLE}


def _class_names(tokenizer: Tokenizer, config: dict[str, Any], compat: Compat) -> dict[str, str]:
    """Return the name of the class: that of all readers, and ours where readers must take the generic one."""
    name = tokenizer._saved_class_name(compat, config)
    own = type(tokenizer).__name__.removesuffix("Fast")
    names = {"tokenizer_class": name}
    if name == generic_name(compat) and own != "TokenizersBackend":
        names[CLASS_KEY] = own
    return names


def fingerprint(tokenizer: Tokenizer) -> str:
    """Return a hash of all a tokenizer is: its class, its settings, its backend's state."""
    config = _config(tokenizer, "v5") | _settings(tokenizer)
    config |= {"chat_template": tokenizer.chat_template, "pad_token_type_id": tokenizer.pad_token_type_id}
    stated = json.dumps(config, sort_keys=True, ensure_ascii=True, default=_stable)
    digest = hashlib.sha256()
    kind = type(tokenizer)
    for part in (f"{kind.__module__}.{kind.__qualname__}", stated, tokenizer._backend_state()):
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def _stable(value: Any) -> Any:
    """Return what stands for a setting that JSON has no form for: the same in every process."""
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, value))
    if isinstance(value, bytes):
        return value.hex()
    kind = type(value)
    # An address in a text says nothing of the object.
    shown = repr(value)
    return f"{kind.__module__}.{kind.__qualname__}" if " at 0x" in shown else shown


def upload(folder: Path, files: Iterable[str], *, repo_id: str, **options: Any) -> Any:
    """Upload saved files to a repository of the hub, made if it is not there; return the commit.

    Args:
        folder: where the files are.
        files: their paths.
        repo_id: `owner/name`.
        **options: `token`, `private`, `revision`, `create_pr`, `commit_message`, `commit_description`.
    """
    from huggingface_hub import HfApi

    api = HfApi(token=options.pop("token", None))
    repo_id = api.create_repo(repo_id, private=options.pop("private", None), exist_ok=True).repo_id
    patterns = [path.removeprefix(f"{folder}/") for path in files]
    message = options.pop("commit_message", None) or "Upload tokenizer"
    return api.upload_folder(
        repo_id=repo_id, folder_path=folder, allow_patterns=patterns, commit_message=message, **options
    )
