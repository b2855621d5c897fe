"""The backend that runs the tokenizers of Mistral's models with Mistral's own library."""

from __future__ import annotations

import logging
import re
import shutil
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from lexel.backends.mistral_library import MistralLibrary, choose_file, mode_of
from lexel.backends.mistral_messages import as_message, ends_with_the_assistant, media_columns, sort_conversations
from lexel.backends.mistral_rows import MistralRows, refuse_unknown
from lexel.backends.text_stream import TextStream
from lexel.errors import UnsupportedError
from lexel.tokenizer.ids import one_id
from lexel.tokenizer.uploading import upload

if TYPE_CHECKING:
    import os

    from lexel.batch_encoding import TensorType
    from lexel.hub import ModelFiles
    from lexel.padding import PaddingStrategy

__all__ = ["MistralCommonBackend"]

_LOGGER = logging.getLogger(__name__)
_TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
_OTHERS_SETTINGS = ("_from_auto", "backend", "files_loaded", "name_or_path")
_SETTINGS = (
    *("mode", "model_max_length", "padding_side", "truncation_side", "model_input_names"),
    *("clean_up_tokenization_spaces", *_OTHERS_SETTINGS),
)
_LOADING = ("dtype",)
# What a transcription begins with: text to the library, and no part of what was said.
_LANGUAGE = re.compile(r"^lang:[a-z]{2}")


class MistralCommonBackend(MistralRows):
    """A tokenizer of mistral-common: a `tekken.json`, or a `tokenizer.model.v…`.

    Control tokens written in a text are ordinary characters; conversations are encoded by the library, without a
    template. There are no pairs of texts, no offsets and no added tokens.

    Args:
        tokenizer_path: the path of the file.
        mode: how strictly the library checks conversations: "test" (texts get a beginning), "finetuning" (and an end),
            "serving" or "agnostic".
        model_max_length: as for every tokenizer.
        padding_side: "left" or "right".
        truncation_side: "left" or "right".
        model_input_names: the columns a call returns.
        clean_up_tokenization_spaces: whether decoding removes spaces before punctuation.
        **kwargs: `files_loaded` and `backend`, as loaders pass them.

    Raises:
        MissingDependencyError: the library `mistral-common` is not installed.
        LoadError: there is no such file.
        FormatError: the library does not know the file.
        ValueError: an unknown mode, side or argument.
    """

    SPECIAL_TOKENS_ATTRIBUTES = ["bos_token", "eos_token", "unk_token", "pad_token"]  # noqa: RUF012
    padding_side = "left"
    backend_name: ClassVar[str] = "mistral_common"

    def __init__(
        self,
        tokenizer_path: str | os.PathLike[str],
        mode: Any = "test",
        model_max_length: int = int(1e30),
        padding_side: str = "left",
        truncation_side: str = "right",
        model_input_names: list[str] | None = None,
        clean_up_tokenization_spaces: bool = False,
        **kwargs: Any,
    ) -> None:
        refuse_unknown("__init__", kwargs, _OTHERS_SETTINGS)
        kwargs.pop("_from_auto", None)
        self._library = MistralLibrary(Path(tokenizer_path), mode)
        super().__init__(
            **_TOKENS,
            model_max_length=model_max_length,
            padding_side=padding_side,
            truncation_side=truncation_side,
            model_input_names=list(model_input_names or type(self).model_input_names),
            clean_up_tokenization_spaces=clean_up_tokenization_spaces,
            **{"backend": self.backend_name, **kwargs},
        )

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(name_or_path='{self.name_or_path}', vocab_size={self.vocab_size}, "
            f"model_max_length={self.model_max_length}, padding_side='{self.padding_side}', "
            f"truncation_side='{self.truncation_side}', special_tokens={self.special_tokens_map})"
        )

    @property
    def tokenizer(self) -> Any:
        """The library's own object, a `MistralTokenizer`."""
        return self._library.tokenizer

    @property
    def mode(self) -> Any:
        """How strictly the library checks conversations, a `ValidationMode`."""
        return self._library.mode

    # --- vocabulary ---------------------------------------------------------------------------------------------------

    @property
    def vocab_size(self) -> int:
        """How many ids there are, control tokens included."""
        return self._library.size

    def __len__(self) -> int:
        return self._library.size

    def get_vocab(self) -> dict[str, int]:
        """Return piece → id, ascending by id. Pieces that are parts of characters are written alike, and are one entry
        with the id of the unknown token.
        """
        return dict(self._library.vocabulary)

    @property
    def max_token_id(self) -> int:
        """The highest id there is."""
        return self._library.size - 1

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of all control tokens, ascending."""
        return sorted(self._library.special_ids)

    @property
    def all_special_tokens(self) -> list[str]:
        """The control tokens, in the order of their ids."""
        return [str(self._library.piece(index)) for index in self.all_special_ids]

    def _convert_token_to_id_with_added_voc(self, token: str) -> int:
        index = self._library.id_of(token)
        if index is not None:
            return index
        # Vocabularies without a padding of their own pad with the unknown token.
        if token not in self.special_tokens_map.values():
            _LOGGER.warning("%r is no token of this vocabulary; its id is that of the unknown token", token)
        return int(self._library.pieces.unk_id)

    def convert_ids_to_tokens(self, ids: Any, skip_special_tokens: bool = False) -> Any:
        """Return the piece of an id, or the pieces of many; None for ids that do not exist.

        Raises:
            ValueError: a single control token that is to be skipped.
        """
        single = one_id(ids)
        skipped = self._library.special_ids if skip_special_tokens else frozenset()
        if single is None:
            return [self._library.piece(index) for index in map(int, ids) if index not in skipped]
        if single in skipped:
            raise ValueError(f"the id {single} is a control token's, and nothing is left when it is skipped")
        return self._library.piece(single)

    def token_bytes(self, index: int) -> bytes | None:
        """Return the exact bytes an id contributes to a decoded text; None for ids that do not exist.

        Raises:
            UnsupportedError: a SentencePiece model: what a piece is in a text depends on its place.
        """
        if not self._library.is_tekken:
            raise UnsupportedError("a space in the first piece of a text is not part of the text: pieces have no bytes")
        return self._library.bytes_of(index) if 0 <= index < self.vocab_size else None

    def token_bytes_table(self) -> list[bytes]:
        """Return `token_bytes` of every id, by id.

        Raises:
            UnsupportedError: as `token_bytes`.
        """
        return [self.token_bytes(index) or b"" for index in range(self.vocab_size)]

    def tokenize(self, text: str, *unused: Any, **kwargs: Any) -> list[str]:
        """Return the pieces of a text, no control tokens among them.

        Raises:
            ValueError: an argument this class does not have.
            TypeError: something that is no text.
        """
        del unused
        refuse_unknown("tokenize", kwargs)
        if not isinstance(text, str):
            raise TypeError(f"tokenize takes a str, not {type(text).__name__}: {text!r:.80}")
        return [str(self._library.piece(index)) for index in self._library.encode(text)]

    # --- ids → text ---------------------------------------------------------------------------------------------------

    def _decode(
        self,
        token_ids: Any,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
        **kwargs: Any,
    ) -> str:
        refuse_unknown("decode", kwargs)
        text = self._library.decode(token_ids, skip_special_tokens=skip_special_tokens)
        wanted = clean_up_tokenization_spaces
        if self.clean_up_tokenization_spaces if wanted is None else wanted:
            text = self.clean_up_tokenization(text)
        return _LANGUAGE.sub("", text) if skip_special_tokens else text

    def decode_stream(self, *, skip_special_tokens: bool = False) -> Any:
        """Return an object that turns ids into text: `feed(id)` gives the newly final text, `flush()` the rest.

        The texts joined equal `decode`, but for the clean-up of spaces and the language a transcription begins with:
        neither can be taken back once it is told.
        """
        return TextStream(partial(self._library.decode, skip_special_tokens=skip_special_tokens))

    # --- conversations ------------------------------------------------------------------------------------------------

    def apply_chat_template(  # type: ignore[override]  # the library has no templates, and no arguments for them
        self,
        conversation: Any,
        tools: list[Any] | None = None,
        add_generation_prompt: bool = False,
        continue_final_message: bool = False,
        tokenize: bool = True,
        padding: bool | str | PaddingStrategy = False,
        truncation: bool = False,
        max_length: int | None = None,
        return_tensors: str | TensorType | None = None,
        return_dict: bool = True,
        reasoning_effort: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Encode a conversation as the library does.

        Args:
            conversation: messages (`{"role": …, "content": …}`), or a list of conversations. A content may be a list of
                parts: `{"type": "image", …}` and `{"type": "audio", …}` have a `url`, a `path` or `base64`.
            tools: functions or JSON schemas the model may call.
            add_generation_prompt: changes nothing, a prompt always ends where the answer begins.
            continue_final_message: end inside the last message, so that the model goes on with it.
            tokenize: whether to return ids; False for the text, which should not be encoded again.
            padding: as in a call.
            truncation: True cuts what is longer than `max_length`.
            max_length: as in a call.
            return_tensors: as in a call.
            return_dict: whether to return a `BatchEncoding`, with `pixel_values` and `image_sizes` of images and
                `audio` of sounds; False for the ids alone.
            reasoning_effort: "none" or "high", for models that know it.
            **kwargs: fields of the library's request.

        Raises:
            TypeError: no conversation, or a `truncation` that is no bool.
            ValueError: arguments that exclude each other, or an image or sound without content.
            UnsupportedError: a template, documents or a mask of the assistant's tokens.
            MistralCommonException: the library refuses the conversation.
        """
        if not isinstance(truncation, bool):
            raise TypeError(f"truncation of a conversation is True or False, not {truncation!r}")
        if add_generation_prompt and continue_final_message:
            raise ValueError(
                "add_generation_prompt and continue_final_message exclude each other: an answer begins or goes on"
            )
        for name in ("chat_template", "documents", "return_assistant_tokens_mask"):
            if kwargs.pop(name, None):
                raise UnsupportedError(
                    f"{type(self).__name__} encodes conversations without a template, and has no {name}=; a tokenizer "
                    "with a tokenizer.json and a template has it"
                )
        kwargs.pop("sanitize_control_tokens", None)  # Control tokens in a message are text here, always.
        call = {"padding": padding, "max_length": max_length, **(kwargs.pop("tokenizer_kwargs", None) or {})}
        rows, batched = sort_conversations(conversation)
        if add_generation_prompt and any(map(ends_with_the_assistant, rows)):
            raise ValueError(
                "the last message is the assistant's already; to go on with it pass continue_final_message=True"
            )
        if tools is not None and any(map(callable, tools)):
            from lexel.chat_templates.tools import tool_schemas

            tools = tool_schemas(tools)
        request = {"tools": tools, "continue_final_message": continue_final_message, **kwargs}
        made = [
            self._library.converse(list(map(as_message, messages)), reasoning_effort=reasoning_effort, **request)
            for messages in rows
        ]
        ids = [list(one.tokens) for one in made]
        if not tokenize:
            _LOGGER.warning("apply_chat_template(tokenize=False) is to be read: encoded again it is other ids")
            texts = [self._library.decode(row, skip_special_tokens=False) for row in ids]
            return texts if batched else texts[0]
        encoded = self(
            ids if batched else ids[0],
            **{"add_special_tokens": False, "truncation": truncation, "return_tensors": return_tensors, **call},
        )
        if not return_dict:
            return encoded["input_ids"]
        images = [image for one in made for image in one.images]
        sounds = [sound.audio_array for one in made for sound in one.audios]
        for name, column in media_columns(images, sounds, return_tensors).items():
            encoded[name] = column
        return encoded

    # --- files --------------------------------------------------------------------------------------------------------

    @classmethod
    def _from_files(cls, files: ModelFiles, init_inputs: tuple[Any, ...], given: dict[str, Any]) -> Self:
        """Make a tokenizer of the one file of the library's that a folder or a repository has."""
        if init_inputs:
            raise ValueError(f"{cls.__name__}.from_pretrained takes no positional arguments beside the folder")
        refuse_unknown("from_pretrained", given, (*_SETTINGS, *_LOADING))
        settings = {key: value for key, value in given.items() if key not in _LOADING}
        mode = mode_of(settings.pop("mode", "test"))
        path = files.need(choose_file(files.names(), files.name))
        return cls(path, mode=mode, **{"name_or_path": files.name, **settings})

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], **kwargs: Any) -> Self:
        """Load a tokenizer from its file."""
        return cls(path, **{"name_or_path": str(path), **kwargs})

    def save_pretrained(  # type: ignore[override]  # one file is copied: there are no settings of what is written
        self,
        save_directory: str | os.PathLike[str],
        push_to_hub: bool = False,
        token: bool | str | None = None,
        commit_message: str | None = None,
        repo_id: str | None = None,
        private: bool | None = None,
        save_format: str | None = None,
        **kwargs: Any,
    ) -> tuple[str, ...] | None:
        """Copy the file the tokenizer was read from, byte for byte, under its name; return the paths written.

        Args:
            save_directory: the folder, made if it is not there; for a file an error is logged, and nothing is done.
            push_to_hub: whether to upload it.
            token: an access token of the hub, or whether to send the stored one.
            commit_message: of the upload.
            repo_id: `owner/name`; None for the folder's name.
            private: whether a new repository is private.
            save_format: None or "mistral"; "hf" for a folder of a `TokenizersBackend` with the same ids and the chat
                template beside the file, or that the library writes.
            **kwargs: refused.

        Raises:
            FileNotFoundError: the file is gone.
            ValueError: an unknown format or argument.
            UnsupportedError: `save_format="hf"` of a SentencePiece model.
        """
        refuse_unknown("save_pretrained", kwargs)
        if save_format not in (None, "hf", "mistral"):
            raise ValueError(f"save_format should be None, 'hf' or 'mistral', not {save_format!r}")
        folder, source = Path(save_directory), self._library.path
        if folder.is_file():
            _LOGGER.error("Provided path (%s) should be a directory, not a file", folder)
            return None
        if not source.is_file():
            raise FileNotFoundError(f"the file this tokenizer was read from, {str(source)!r}, is no longer there")
        if save_format == "hf":
            from lexel.backends.mistral_conversion import as_pipeline

            return as_pipeline(self._library, _TOKENS).save_pretrained(
                folder,
                push_to_hub=push_to_hub,
                token=token,
                repo_id=repo_id,
                commit_message=commit_message,
                private=private,
            )
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / source.name
        if not (path.exists() and path.samefile(source)):
            shutil.copyfile(source, path)
        if push_to_hub:
            named = repo_id or folder.resolve().name
            upload(folder, [str(path)], repo_id=named, commit_message=commit_message, private=private, token=token)
        return (str(path),)

    def _backend_state(self) -> str:
        return self._library.digest
