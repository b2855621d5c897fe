"""Conversations in the form mistral-common reads, and what of a request becomes columns beside its ids."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["as_message", "ends_with_the_assistant", "media_columns", "sort_conversations"]


def sort_conversations(conversation: Any) -> tuple[list[list[Any]], bool]:
    """Return conversations as lists of messages, and whether the caller gave many.

    Raises:
        TypeError: something that is no conversation.
    """
    if hasattr(conversation, "messages"):
        return [list(conversation.messages)], False
    if isinstance(conversation, (str, bytes, dict)) or not hasattr(conversation, "__iter__"):
        raise TypeError(
            f"a conversation is a list of messages, or a list of such lists; found {type(conversation).__name__}"
        )
    rows = list(conversation)
    if rows and (isinstance(rows[0], (list, tuple)) or hasattr(rows[0], "messages")):
        return [list(getattr(row, "messages", row)) for row in rows], True
    return [rows], False


def ends_with_the_assistant(messages: Sequence[Any]) -> bool:
    """Return whether the last message is an answer."""
    last = messages[-1] if messages else {}
    role = last.get("role") if isinstance(last, dict) else getattr(last, "role", None)
    return str(getattr(role, "value", role)) == "assistant"


def as_message(message: Any) -> Any:
    """Return a message with its images and sounds as the library takes them; what is wrong is for the library to say.

    Raises:
        ValueError: an image or a sound that says neither where it is nor what.
    """
    content = message.get("content") if isinstance(message, dict) else None
    if not content or isinstance(content, str):
        return message
    # A part of no type is no content.
    return {**message, "content": [_part(part) for part in content if not isinstance(part, dict) or part.get("type")]}


def _part(part: Any) -> Any:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": _place(part, "Image", "data:image/unk;base64,")}}
    if kind == "audio":
        return _sound(part)
    return part


def _sound(part: dict[str, Any]) -> dict[str, Any]:
    """Return a sound as the library takes it: what is in a file or at a URL with its channels made one."""
    if not (part.get("url") or part.get("path")):
        return {"type": "audio_url", "audio_url": {"url": _place(part, "Audio", "")}}
    from mistral_common.tokens.tokenizers.audio import Audio

    if str(part.get("url") or "").startswith(("http://", "https://")):
        audio = Audio.from_url(str(part["url"]), strict=False, timeout=None)
    else:
        audio = Audio.from_file(str(part.get("url") or part["path"]), strict=False)
    return {"type": "input_audio", "input_audio": {"data": audio.to_base64(audio.format), "format": audio.format}}


def _place(part: dict[str, Any], what: str, prefix: str) -> str:
    """Return the URL of a part, of its file, or of the data it holds (with a prefix, where there is none)."""
    if part.get("url"):
        return str(part["url"])
    if part.get("path"):
        path = str(part["path"])
        return path if path.startswith("file://") else Path(path).resolve().as_uri()
    if part.get("base64"):
        data = str(part["base64"])
        return data if data.startswith("data:") else prefix + data
    raise ValueError(f"{what} content must be specified: by 'url', 'path' or 'base64', and this part has {list(part)}")


def media_columns(images: Sequence[Any], sounds: Sequence[Any], tensors: str | None) -> dict[str, Any]:
    """Return the columns of a request's images and sounds: `pixel_values`, `image_sizes`, `audio`.

    Raises:
        UnsupportedError: tensors of sounds: they have lengths of their own.
        ValueError: images of several sizes, or another framework than "np" and "pt".
    """
    columns: dict[str, Any] = {}
    if images:
        sizes = [list(map(int, image.shape[-2:])) for image in images]
        columns = {"pixel_values": _stacked(images, tensors), "image_sizes": _stacked(sizes, tensors)}
    if sounds:
        if tensors is not None:
            raise UnsupportedError("sounds have lengths of their own and make no tensor; call with return_tensors=None")
        columns["audio"] = list(sounds)
    return columns


def _stacked(values: Sequence[Any], tensors: str | None) -> Any:
    if tensors is None:
        return list(values)
    import numpy as np

    if tensors not in ("np", "pt"):
        raise ValueError(f"images are returned as 'np' or 'pt', not {tensors!r}")
    made = np.stack([np.asarray(value) for value in values])
    if tensors == "np":
        return made
    import torch

    return torch.from_numpy(made)
