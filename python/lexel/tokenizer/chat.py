"""Conversations to text to ids: the steps of `apply_chat_template` around the renderer."""

from __future__ import annotations

from typing import Any


def load_templates(files: Any) -> Any:
    p = files.get("chat_template.jinja")
    return p.read_text() if p else None


def save_templates(templates, folder, prefix, *, as_files):
    return [], templates
