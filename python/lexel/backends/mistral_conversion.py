"""A tokenizer of mistral-common as one of ours: its file as a pipeline, its conversations as a chat template."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lexel.backends.engine import compile_json
from lexel.backends.tokenizers import TokenizersBackend
from lexel.chat_templates.files import TEMPLATE_FILE, read_templates
from lexel.converters.read import read_spec
from lexel.errors import FormatError, UnsupportedError
from lexel.tokenizer.loading import read_json

if TYPE_CHECKING:
    from pathlib import Path

    from lexel.backends.mistral_library import MistralLibrary

__all__ = ["as_pipeline"]

_LOGGER = logging.getLogger(__name__)
_LEGACY_TEMPLATE_FILE = "chat_template.json"


def as_pipeline(library: MistralLibrary, special_tokens: dict[str, str]) -> TokenizersBackend:
    """Return a tokenizer with the ids of the library's, whose chat template writes what the library encodes.

    Control tokens in a text are tokens to it: a chat template writes them as text.

    Args:
        library: the tokenizer; its vocabulary is a tekken.
        special_tokens: the named tokens.

    Raises:
        UnsupportedError: a SentencePiece model: what it makes of the spaces around control tokens no template says.
        FormatError: a template beside the file is broken.
    """
    if not library.is_tekken:
        raise UnsupportedError(
            f"save_format='hf' makes a tokenizer.json, and {library.path.name} is a SentencePiece model, whose spaces "
            "around control tokens no chat template can write; save it as it is (save_format='mistral')"
        )
    made = read_spec(library.path)
    config = {key: value for key, value in made.config.items() if key != "split_special_tokens"}
    options = {**config, **special_tokens, "chat_template": _template(library.path)}
    return TokenizersBackend._from_seed(compile_json(made.to_json(), path=str(library.path)), (), options)


def _template(path: Path) -> Any:
    """Return the chat template beside a file, else the one that the library writes for it; None: it writes none."""
    beside = read_templates(path.parent) if (path.parent / TEMPLATE_FILE).is_file() else None
    if beside is not None:
        return beside
    legacy = path.with_name(_LEGACY_TEMPLATE_FILE)
    if legacy.is_file():
        content = read_json(legacy)
        template = content.get("chat_template") if isinstance(content, dict) else None
        if not isinstance(template, str):
            raise FormatError(f"{legacy} holds no text under 'chat_template'")
        return template
    try:
        from mistral_common.exceptions import MistralCommonException
        from mistral_common.integrations.chat_templates.chat_templates import convert_tokenizer_to_chat_template
    except ImportError:  # an older release of the library, which writes none
        return None
    try:
        return convert_tokenizer_to_chat_template(path)
    except (MistralCommonException, ValueError, NotImplementedError) as error:
        _LOGGER.warning("mistral-common writes no chat template for %s: %s; there is none", path, error)
        return None
