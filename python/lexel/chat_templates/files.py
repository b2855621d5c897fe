"""Reads and writes the template files beside a tokenizer.

``chat_template.jinja`` holds the one template, or the default; the others are ``additional_chat_templates/NAME.jinja``.
Old folders keep all of them in ``tokenizer_config.json``; the files win.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "TEMPLATE_FILE",
    "TEMPLATE_FOLDER",
    "config_value",
    "read_templates",
    "write_templates",
]

TEMPLATE_FILE = "chat_template.jinja"
TEMPLATE_FOLDER = "additional_chat_templates"
_DEFAULT = "default"
# In bytes: file systems take 255, some of them less.
_LONGEST_NAME = 200


def read_templates(folder: Path) -> str | dict[str, str] | None:
    """Return the templates of a folder: the default alone as str, several by name, None if there is no file.

    Raises:
        FormatError: a file is not UTF-8; says which.
    """
    named = {}
    default = folder / TEMPLATE_FILE
    if default.is_file():
        named[_DEFAULT] = _read(default)
    for path in sorted((folder / TEMPLATE_FOLDER).glob("*.jinja")):
        if path.is_file():
            named[path.stem] = _read(path)
    if not named:
        return None
    return named[_DEFAULT] if list(named) == [_DEFAULT] else named


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise FormatError(
            f"{path}: a chat template must be UTF-8 text; byte {exc.start} is not ({exc.reason})"
        ) from None


def write_templates(
    folder: Path, templates: str | Mapping[str, str] | None, *, filename_prefix: str | None = None
) -> list[Path]:
    """Write the templates; return the files written, in the order of the templates.

    Args:
        folder: exists.
        templates: one, or by name; "default" becomes the main file.
        filename_prefix: "p" gives ``p-chat_template.jinja`` and ``p-additional_chat_templates/``.

    Raises:
        ValueError: a name that is no file name, such as ``../x``; nothing is written then.
    """
    if templates is None:
        return []
    prefix = f"{filename_prefix}-" if filename_prefix else ""
    main, others = folder / (prefix + TEMPLATE_FILE), folder / (prefix + TEMPLATE_FOLDER)
    named = {_DEFAULT: templates} if isinstance(templates, str) else templates
    places = {name: main if name == _DEFAULT else others / _file_name(name) for name in named}
    for name, path in places.items():
        path.parent.mkdir(exist_ok=True)
        # The bytes of the template, on every system.
        path.write_text(named[name], encoding="utf-8", newline="")
    return list(places.values())


def _file_name(name: str) -> str:
    # Names come from a config: a name must not lead out of the folder, on this system or another.
    hidden = not name or name in {".", ".."} or not name.isprintable() or len(name.encode()) > _LONGEST_NAME
    if hidden or any(char in name for char in '/\\:"<>|?*'):
        raise ValueError(f"{name!r:.80} cannot be the name of a chat template file: rename this template before saving")
    return f"{name}.jinja"


def config_value(templates: str | Mapping[str, str] | None) -> Any:
    """Return the templates as old ``tokenizer_config.json`` files keep them: a str, or a list of names and sources."""
    if templates is None or isinstance(templates, str):
        return templates
    return [{"name": name, "template": source} for name, source in templates.items()]
