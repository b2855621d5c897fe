"""tiktoken's and Mistral's files as objects of the `tokenizers` library, and as tokenizers of ours.

The objects are the portable form: as close as that library comes. `Tokenizer.from_file` gives the exact one.
"""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenizers import Tokenizer, processors

from lexel import spec
from lexel._lexel import Engine
from lexel.backends.engine import compile_json
from lexel.backends.tokenizers import TokenizersBackend
from lexel.converters import tekken, tiktoken
from lexel.errors import FormatError, MissingDependencyError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping

    from lexel.spec import Spec

__all__ = [
    "MistralConverter",
    "TikTokenConverter",
    "convert_tekken_tokenizer",
    "convert_tiktoken_to_fast",
    "library_of",
]

_LOGGER = logging.getLogger(__name__)
_ENDS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


def library_of(made: Spec) -> Tokenizer:
    """Return a specification as an object of the library; merges that follow from the vocabulary are written out."""
    return Tokenizer.from_str(Engine.from_json(made.to_json()).to_json())


def _finished(made: Spec, add_prefix_space: bool) -> Tokenizer:
    if add_prefix_space and made.pre_tokenizer is not None:
        made.pre_tokenizer["pretokenizers"][-1] = spec.byte_level(add_prefix_space=True, use_regex=False)
    library = library_of(made)
    library.post_processor = processors.ByteLevel(trim_offsets=False)
    return library


class TikTokenConverter:
    """Converts a rank file of tiktoken.

    Args:
        vocab_file: the file.
        pattern: the regular expression texts are split by; that of Llama 3 unless stated.
        add_prefix_space: whether texts begin with a space.
        extra_special_tokens: special tokens: with their ids, which may have gaps, or behind the ranks in order.
        **kwargs: ignored.
    """

    def __init__(
        self,
        vocab_file: str | os.PathLike[str] | None = None,
        pattern: str = spec.LLAMA3_SPLIT,
        add_prefix_space: bool = False,
        extra_special_tokens: Mapping[str, int] | Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        del kwargs
        self.vocab_file = vocab_file
        self.pattern = pattern
        self.add_prefix_space = add_prefix_space
        self.extra_special_tokens = extra_special_tokens

    def spec(self) -> Spec:
        """Return the specification, exact to tiktoken.

        Raises:
            ValueError: there is no file.
        """
        if self.vocab_file is None:
            raise ValueError("TikTokenConverter needs vocab_file, the path of a rank file")
        special = self.extra_special_tokens
        return tiktoken.convert(self.vocab_file, self.pattern, special if special is not None else ())

    def converted(self) -> Tokenizer:
        """Return the tokenizer as an object of the library."""
        return _finished(self.spec(), self.add_prefix_space)


class MistralConverter:
    """Converts a `tekken.json` of Mistral's.

    Args:
        vocab_file: the file.
        add_prefix_space: whether texts begin with a space.
        **kwargs: ignored.
    """

    def __init__(self, vocab_file: str | os.PathLike[str], add_prefix_space: bool = False, **kwargs: Any) -> None:
        del kwargs
        self.vocab_file = vocab_file
        self.add_prefix_space = add_prefix_space

    def spec(self) -> Spec:
        """Return the specification, exact to Mistral's library."""
        return tekken.convert(self.vocab_file)

    def converted(self) -> Tokenizer:
        """Return the tokenizer as an object of the library."""
        return _finished(self.spec(), self.add_prefix_space)


def convert_tiktoken_to_fast(encoding: Any, output_dir: str | os.PathLike[str]) -> None:
    """Write an encoding of tiktoken as a folder: `tiktoken/tokenizer.model`, and a `tokenizer.json` with equal ids.

    Args:
        encoding: a `tiktoken.Encoding`, or the name of one, which the library tiktoken then fetches.
        output_dir: the folder; it is made where it is not there.

    Raises:
        ValueError: the library tiktoken is not there.
    """
    if isinstance(encoding, str):
        try:
            from tiktoken import get_encoding  # type: ignore[import-not-found, unused-ignore]
        except ImportError as error:
            raise ValueError(
                "`tiktoken` is required to get an encoding by its name. Install it with `pip install tiktoken`."
            ) from error
        encoding = get_encoding(encoding)
    folder = Path(output_dir)
    ranks = folder / "tiktoken" / "tokenizer.model"
    ranks.parent.mkdir(parents=True, exist_ok=True)
    ordered = sorted(encoding._mergeable_ranks.items(), key=lambda entry: entry[1])
    ranks.write_bytes(b"".join(b"%s %d\n" % (b64encode(token), rank) for token, rank in ordered))
    made = tiktoken.convert(ranks, encoding._pat_str, encoding._special_tokens)
    text = Engine.from_json(made.to_json()).to_json(pretty=True)
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")


def convert_tekken_tokenizer(
    tokenizer_file: str | os.PathLike[str], chat_template: str | None = None
) -> TokenizersBackend:
    """Return the tokenizer of a `tekken.json`, which recognises special tokens in texts.

    Args:
        tokenizer_file: the file.
        chat_template: the chat template; None: that of the `chat_template.jinja` or `chat_template.json` beside the
            file, else what Mistral's library makes of the file, where it is installed.

    Raises:
        FormatError: a file is broken.
    """
    made = tekken.convert(tokenizer_file)
    settings = {
        **_ENDS,
        "vocab_file": str(tokenizer_file),
        "chat_template": _template_of(Path(tokenizer_file)) if chat_template is None else chat_template,
    }
    return TokenizersBackend._from_seed(compile_json(made.to_json(), path=str(tokenizer_file)), (), settings)


def _template_of(path: Path) -> str | None:
    beside = path.with_name("chat_template.jinja")
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    legacy = path.with_name("chat_template.json")
    if legacy.is_file():
        content = json.loads(legacy.read_text(encoding="utf-8"))
        if not isinstance(content, dict) or not isinstance(content.get("chat_template"), str):
            raise FormatError(f"{legacy} has no 'chat_template', a text")
        return str(content["chat_template"])
    try:
        return _generated(path)
    except MissingDependencyError:
        return None


def _generated(path: Path) -> str | None:
    """Return the template that Mistral's library makes of a file; None, with a warning, where it refuses."""
    try:
        from mistral_common.integrations.chat_templates.chat_templates import convert_tokenizer_to_chat_template
    except ImportError as error:
        raise MissingDependencyError("chat templates of tekken files: pip install 'lexel[mistral]'") from error
    try:
        return str(convert_tokenizer_to_chat_template(path))
    except Exception as error:
        _LOGGER.warning("no chat template could be made of %s: %s", path, error)
        return None
