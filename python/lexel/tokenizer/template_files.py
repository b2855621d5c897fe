"""Where chat templates are kept: files beside the tokenizer, or its configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.chat_templates.files import TEMPLATE_FILE, TEMPLATE_FOLDER, config_value, read_templates, write_templates

if TYPE_CHECKING:
    from pathlib import Path

    from lexel.hub import ModelFiles

__all__ = ["load_templates", "save_templates"]


def load_templates(files: ModelFiles) -> str | dict[str, str] | None:
    """Return the templates in files of their own; None if there are none."""
    for name in (TEMPLATE_FILE, *files.names(TEMPLATE_FOLDER)):
        files.get(name)  # of a repository: fetched, into the folder that is read next
    return read_templates(files.folder)


def save_templates(templates: Any, folder: Path, prefix: str, *, as_files: bool) -> tuple[list[Path], Any]:
    """Write templates as files, or return what the configuration says of them.

    Args:
        templates: one, or by name; None for none.
        folder: exists.
        prefix: of file names, with its dash.
        as_files: whether files are written.

    Returns:
        The files written, and the value for the configuration (None if files were written).
    """
    if not as_files:
        return [], config_value(templates)
    return write_templates(folder, templates, filename_prefix=prefix[:-1] or None), None
