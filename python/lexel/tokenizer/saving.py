"""Writing a tokenizer to a folder."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lexel.tokenizer.config import CLASS_KEY, as_read, build_config, generic_name, write_json
from lexel.tokenizer.custom_code import auto_map, save_code
from lexel.tokenizer.file_record import RECORD_KEY, make_record
from lexel.tokenizer.loading import CONFIG_FILE
from lexel.tokenizer.replacing import files_to_remove, move_into
from lexel.tokenizer.template_files import save_templates

if TYPE_CHECKING:
    from lexel.tokenizer.config import Compat
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["changeable_settings", "save", "saved_config", "stated_config"]

# Settings that may be changed after construction, and what they are by default.
_CHANGEABLE = {
    "clean_up_tokenization_spaces": False,
    "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output": False,
    "model_input_names": ["input_ids", "attention_mask"],
    "padding_side": "right",
    "split_special_tokens": False,
    "truncation_side": "right",
}


class Saved(NamedTuple):
    """What was written: the paths callers are told (configuration, templates, those of the backend), and all files."""

    paths: tuple[str, ...]
    files: tuple[str, ...]


def save(
    tokenizer: Tokenizer,
    folder: Path,
    *,
    prefix: str,
    legacy_format: bool | None,
    template_files: bool,
    compat: Compat,
    overwrite: bool,
) -> Saved:
    """Write the configuration, the templates, the backend's files, and the code of a marked class.

    All files are written elsewhere first, and take their places when each is complete, the configuration last: it has
    a record of the others, so that a folder in which two saves got mixed is recognised. After an error the folder is
    what it was.

    Raises:
        FileExistsError: the folder has files of another tokenizer that would be read as parts of this one.
        NotADirectoryError: the folder is a file.
        ValueError: an unknown `compat`, or a template with a name that leads out of the folder.
    """
    if compat not in ("v4", "v5"):
        raise ValueError(f"compat should be 'v4' or 'v5', not {compat!r}")
    if folder.is_file():
        raise NotADirectoryError(f"a tokenizer is saved as a folder, and {str(folder)!r} is a file")
    config = saved_config(tokenizer, compat)
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    try:
        # Beside the places they take: a file is moved within one disk, at once.
        with tempfile.TemporaryDirectory(prefix=".saving-", dir=folder) as name:
            draft = Path(name) / "new"
            draft.mkdir()
            templates, in_config = save_templates(tokenizer.chat_template, draft, prefix, as_files=template_files)
            if in_config is not None:
                config["chat_template"] = in_config
            save_code(type(tokenizer), draft)
            files = tokenizer._save_backend(draft, prefix, legacy_format)
            path = draft / f"{prefix}{CONFIG_FILE}"
            names = sorted(str(file.relative_to(draft).as_posix()) for file in draft.rglob("*") if file.is_file())
            if compat == "v4" and not prefix:
                config[RECORD_KEY] = make_record(as_read(path, config), draft, names)
            write_json(path, config)
            gone = [] if prefix else files_to_remove(tokenizer, folder, [*names, path.name], overwrite=overwrite)
            move_into(folder, draft, [*names, path.name], gone, aside=Path(name) / "old")
            told = (str(path), *map(str, templates), *files)
            return Saved(
                paths=tuple(_moved(file, draft, folder) for file in told),
                files=tuple(str(folder / name) for name in (path.name, *names)),
            )
    except BaseException:
        for path in missing:
            # Made for nothing; `rmdir` leaves what others have written into.
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def _moved(path: str, draft: Path, folder: Path) -> str:
    """Return where a file is now; classes of users may write elsewhere."""
    place = Path(path)
    return str(folder / place.relative_to(draft)) if place.is_relative_to(draft) else path


def saved_config(tokenizer: Tokenizer, compat: Compat) -> dict[str, Any]:
    """Return the content of a `tokenizer_config.json`."""
    config = stated_config(tokenizer, compat)
    names = _class_names(tokenizer, config, compat)
    if compat == "v4" or CLASS_KEY in names:
        # A class of other readers need not have the settings of ours by itself; older ones take the columns of a model
        # from theirs.
        settings = changeable_settings(tokenizer)
        config |= {key: value for key, value in settings.items() if value != _CHANGEABLE[key]}
        config["model_input_names"] = settings["model_input_names"]
    code = auto_map(type(tokenizer), compat, is_fast=tokenizer.is_fast)
    return config | names | ({"auto_map": code} if code else {})


def stated_config(tokenizer: Tokenizer, compat: Compat) -> dict[str, Any]:
    """Return what a configuration says of a tokenizer, but for its class."""
    state = vars(tokenizer)
    current = {key: state[key] for key in tokenizer.init_kwargs if key in state}
    settings, kind = changeable_settings(tokenizer), type(tokenizer)
    current |= {key: value for key, value in settings.items() if value != getattr(kind, key, _CHANGEABLE[key])}
    current |= {"model_max_length": tokenizer.model_max_length, "backend": tokenizer.backend}
    for key in ("response_template", "chat_control_tokens"):
        if state[key] is not None:
            current[key] = state[key]
    config = build_config(
        tokenizer.init_kwargs, current, tokenizer._special, file_keys=tokenizer.vocab_files_names, compat=compat
    )
    config.pop("double_bos", None)
    if tokenizer.double_bos != "warn":
        config["double_bos"] = tokenizer.double_bos
    config.update(tokenizer._saved_state())
    if tokenizer.init_inputs:
        config["init_inputs"] = list(tokenizer.init_inputs)
    if state.get("_processor_class") is not None:
        config["processor_class"] = state["_processor_class"]
    return config


def changeable_settings(tokenizer: Tokenizer) -> dict[str, Any]:
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
