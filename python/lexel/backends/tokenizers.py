"""The backend of nearly every tokenizer: a `tokenizer.json` pipeline on our core.

The pipeline is that of the file, the object or the class, and is never rebuilt. Options of a call are arguments of the
engine, so any number of threads may share a tokenizer. Where the core cannot compile a pipeline exactly, the
`tokenizers` library runs it, and `engine_reason` says why.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from lexel import training
from lexel._lexel import Engine
from lexel.added_token import AddedToken, SpecialToken, as_added_token
from lexel.backends import sources
from lexel.backends.engine import Compiled, compile_json
from lexel.backends.piece_models import PieceModels
from lexel.backends.pipeline_view import PipelineView, view_of
from lexel.backends.post_processor import with_ends, writes_any_ends, writes_ends
from lexel.backends.seed import Seed, split_options, stored_defaults
from lexel.converters.detect import FileFormat, detect
from lexel.errors import FormatError, UnsupportedError
from lexel.padding import PaddingStrategy, TruncationStrategy
from lexel.tokenizer.config import generic_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from lexel.backends.engine import AnyEngine
    from lexel.backends.tiktoken_encoding import TiktokenEncoding
    from lexel.converters.tiktoken import SpecialTokens
    from lexel.hub import ModelFiles
    from lexel.tokenizer.config import Compat

__all__ = ["TokenizersBackend"]


def _is_whole(vocab: Any) -> bool:
    """Return whether a vocabulary is a file that says more than tokens and ids."""
    if not isinstance(vocab, (str, os.PathLike)):
        return False
    return detect(Path(vocab)) not in (FileFormat.VOCAB_JSON, FileFormat.VOCAB_TXT, FileFormat.MERGES)


_NO_PAD = PaddingStrategy.DO_NOT_PAD
_NO_CUT = TruncationStrategy.DO_NOT_TRUNCATE


class TokenizersBackend(PieceModels):
    """A tokenizer that runs a `tokenizer.json` pipeline.

    Args:
        tokenizer_object: a `tokenizers.Tokenizer`, or a tokenizer of ours; it stays independent.
        tokenizer_file: the path of a `tokenizer.json`.
        gguf_file: the path of a GGUF file.
        vocab: without any of those: token → id (a BPE model), or (piece, score) pairs (a Unigram model); or the path of
            a file that holds one.
        merges: the merges of a BPE vocabulary, or their file.
        **kwargs: the settings of every tokenizer, see `Tokenizer`.

    Raises:
        ValueError: there is nothing to make a tokenizer of.
        FormatError: a file is not what it claims to be.
    """

    vocab_files_names: ClassVar[dict[str, str]] = {"tokenizer_file": "tokenizer.json"}

    def __init__(self, **kwargs: Any) -> None:
        seed: Seed | None = self.__dict__.pop("_seed", None)
        if seed is not None:
            kwargs = {**seed.options, **kwargs}
        from_vocab = self._take_source(seed, kwargs)
        stored_defaults(self._core.engine, kwargs)
        if from_vocab:
            kwargs.setdefault("bos_token", "<s>")
            kwargs.setdefault("eos_token", "</s>")
        kwargs.setdefault("backend", "tokenizers")
        processor = kwargs.pop("post_processor", None)
        if processor is not None:
            self._core.post_processor = processor
        stated = kwargs.get("added_tokens_decoder") or {}
        vocab_file = kwargs.get("vocab_file")
        ends = (kwargs.get("add_bos_token"), kwargs.get("add_eos_token"))
        super().__init__(**kwargs)
        if vocab_file is not None:
            self.vocab_file = vocab_file
        if "add_prefix_space" not in self.__dict__:
            self.add_prefix_space = kwargs.get("add_prefix_space", False)
        self._add_missing_tokens({int(index): as_added_token(token) for index, token in stated.items()})
        self._complete_pipeline()
        if ends != (None, None):
            self._write_given_ends(*ends)

    def _take_source(self, seed: Seed | None, kwargs: dict[str, Any]) -> bool:
        """Find the pipeline among the arguments; return whether it was made of a bare vocabulary."""
        library = kwargs.pop("tokenizer_object", None)
        path = kwargs.pop("tokenizer_file", None)
        gguf = kwargs.pop("gguf_file", None)
        vocab, merges = kwargs.pop("vocab", None), kwargs.pop("merges", None)
        if seed is not None:
            self._core = PipelineView(seed.compiled)
        elif library is not None:
            self._core = view_of(library)
        elif path is not None:
            self._core = PipelineView(sources.read_tokenizer_json(Path(path)))
        elif gguf is not None:
            compiled, config = sources.read_gguf(Path(gguf))
            self._core = PipelineView(compiled)
            for key, value in config.items():
                kwargs.setdefault(key, value)
        elif "_core" not in self.__dict__ and _is_whole(vocab if vocab is not None else kwargs.get("vocab_file")):
            path = Path(vocab if vocab is not None else kwargs["vocab_file"])
            compiled, config = sources.read_file(path)
            config.pop("tokenizer_class", None)
            self._core = PipelineView(compiled)
            for key, value in config.items():
                kwargs.setdefault(key, value)
        elif "_core" not in self.__dict__ and vocab is not None:
            self._core = PipelineView(sources.from_vocab(vocab, merges, unk_id=kwargs.pop("unk_id", 0)))
            return True
        elif "_core" not in self.__dict__:
            raise ValueError(
                f"{type(self).__name__} needs a pipeline: tokenizer_object= (a tokenizers.Tokenizer), tokenizer_file= "
                "(a tokenizer.json), gguf_file=, or vocab= with merges=; to load a folder or a hub repository use "
                f"{type(self).__name__}.from_pretrained(...)"
            )
        return False

    def _complete_pipeline(self) -> None:
        """Finish a pipeline of the class's own, now that every special token has its id."""

    def _add_missing_tokens(self, stated: dict[int, AddedToken]) -> None:
        """Add the tokens that settings name and the pipeline lacks: those with ids, the named, the extra."""
        present = {flags[0]: AddedToken.from_flags(flags) for _, flags in self._core.engine.added_tokens()}
        named = {str(token) for token in self._special.named.values() if token is not None}
        # What has a name among the special tokens is special, whatever the file says.
        fresh = {text: token for text, token in present.items() if text in named and not token.special}
        fresh |= {token.content: token for _, token in sorted(stated.items()) if token.content not in present}
        fresh = {text: token.replace(special=True) if text in named else token for text, token in fresh.items()}
        kept = self._kept_symbols() - named
        for token in self._special.tokens():
            if token.content and token.content not in present:
                fresh.setdefault(token.content, token.replace(special=False) if token.content in kept else token)
        if fresh:
            self._core.add(list(fresh.values()))

    # --- the engine -------------------------------------------------------------------------------------------------

    @property
    def _engine(self) -> AnyEngine:
        return self._core.engine

    @property
    def engine(self) -> str:
        """What runs underneath: "native" (our core) or "tokenizers" (the library)."""
        return "native" if self._core.reason is None else "tokenizers"

    @property
    def engine_reason(self) -> str | None:
        """Why the core does not run this tokenizer; None: it does."""
        return self._core.reason

    @property
    def backend_tokenizer(self) -> PipelineView:
        """The stages, readable and changeable in the words of the `tokenizers` library."""
        return self._core

    @property
    def _tokenizer(self) -> PipelineView:
        return self.__dict__.get("_core")  # type: ignore[return-value]

    @_tokenizer.setter
    def _tokenizer(self, source: Any) -> None:
        self._core = view_of(source)

    def to_tokenizers(self) -> Any:
        """Return an independent `tokenizers.Tokenizer` equal to this one."""
        return self._core.to_tokenizers()

    def as_tiktoken(self, name: str | None = None) -> TiktokenEncoding:
        """Return a view with the methods of `tiktoken.Encoding`; the library is not needed.

        Args:
            name: what it is called; None: as the file the tokenizer comes from, without its ending.

        Raises:
            UnsupportedError: the tokenizer is no byte-level BPE.
        """
        from lexel.backends.tiktoken_encoding import TiktokenEncoding

        stem = Path(self.name_or_path).stem if self.name_or_path else type(self).__name__
        return TiktokenEncoding(self._core.engine, name if name is not None else stem)

    def to_tiktoken(self, name: str | None = None) -> Any:
        """Return an independent `tiktoken.Encoding` with equal ids for plain text.

        Args:
            name: what it is called; None: as the file the tokenizer comes from, without its ending.

        Raises:
            UnsupportedError: tiktoken cannot give the same ids for every text; says why.
            MissingDependencyError: the library tiktoken is not installed.
        """
        from lexel.backends.to_tiktoken import to_tiktoken

        return to_tiktoken(self._core.engine, self.as_tiktoken(name).name)

    @property
    def decoder(self) -> Any:
        """The decoder stage, a live object of the `tokenizers` library."""
        return self._core.decoder

    @property
    def is_fast(self) -> bool:
        """Whether encodings know their spans."""
        return True

    def set_truncation_and_padding(
        self,
        padding_strategy: PaddingStrategy,
        truncation_strategy: TruncationStrategy,
        max_length: int,
        stride: int,
        pad_to_multiple_of: int | None,
        padding_side: str | None,
    ) -> None:
        """State truncation and padding in the pipeline, for users of `backend_tokenizer`; calls do not need it."""
        if truncation_strategy == _NO_CUT:
            self._core.no_truncation()
        else:
            self._core.enable_truncation(max_length, stride, str(truncation_strategy), self.truncation_side)
        if padding_strategy == _NO_PAD:
            self._core.no_padding()
        else:
            self._core.enable_padding(
                padding_side or self.padding_side,
                self._pad_id() or 0,
                self.pad_token_type_id,
                self.pad_token or "",
                max_length if padding_strategy == PaddingStrategy.MAX_LENGTH else None,
                pad_to_multiple_of,
            )

    # --- beginning and end tokens -------------------------------------------------------------------------------------

    @property
    def add_bos_token(self) -> bool:
        """Whether the post-processor begins a text with the bos token; setting it edits the post-processor."""
        return self._ends()[0]

    @add_bos_token.setter
    def add_bos_token(self, value: bool) -> None:
        self._write_ends(value, None)

    @property
    def add_eos_token(self) -> bool:
        """Whether the post-processor ends a text with the eos token; setting it edits the post-processor."""
        return self._ends()[1]

    @add_eos_token.setter
    def add_eos_token(self, value: bool) -> None:
        self._write_ends(None, value)

    def _ends(self) -> tuple[bool, bool]:
        return writes_ends(self._core.engine.component("post_processor"), self.bos_token, self.eos_token)

    def _write_given_ends(self, bos: bool | None, eos: bool | None) -> None:
        """Do as the constructor's arguments say; a class whose own template writes the ends does nothing."""
        self._write_ends(bos, eos)

    def _write_ends(self, bos: bool | None, eos: bool | None) -> None:
        """Write bos and eos or not; None leaves what is, and so does a token that is not set."""
        first, last = self._end("bos_token", bos), self._end("eos_token", eos)
        if first is not None or last is not None:
            stage = self._core.engine.component("post_processor")
            self._core.set_component("post_processor", with_ends(stage, first, last, self.all_special_tokens))

    def _end(self, name: str, wanted: bool | None) -> tuple[tuple[str, int], bool] | None:
        text, index = getattr(self, name), getattr(self, f"{name}_id")
        return None if wanted is None or text is None or index is None else ((text, index), bool(wanted))

    def update_post_processor(self) -> None:
        """Write the beginning and end tokens of today, after `bos_token` or `eos_token` was changed."""
        ends = writes_any_ends(self._core.engine.component("post_processor"))
        self._write_ends(*(True if there else None for there in ends))

    # --- training -----------------------------------------------------------------------------------------------------

    def train_new_from_iterator(
        self,
        text_iterator: Iterable[Any],
        vocab_size: int,
        length: int | None = None,
        new_special_tokens: Sequence[Any] | None = None,
        special_tokens_map: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> Self:
        """Return a tokenizer of the same class, stages and special tokens, its vocabulary trained on new texts.

        Args:
            text_iterator: strings, or sequences of strings (batches).
            vocab_size: how many tokens, special ones included.
            length: how many items there are, for a progress bar.
            new_special_tokens: special tokens this tokenizer does not have.
            special_tokens_map: special token → its new text.
            **kwargs: settings of the trainer: `min_frequency`, `limit_alphabet`, `max_token_length` …

        Raises:
            TrainingError: the corpus or the settings cannot yield a vocabulary.
        """
        new = list(new_special_tokens or ())
        trained = training.train_anew(
            self._core.engine,
            text_iterator,
            compile_json=lambda text: compile_json(text).engine,
            vocab_size=vocab_size,
            length=length,
            new_special_tokens=new,
            renamed=special_tokens_map,
            settings=kwargs,
        )
        # What kept the core away may have gone with the vocabulary.
        compiled = Compiled(trained) if isinstance(trained, Engine) else compile_json(trained.to_json())
        renamed = special_tokens_map or {}
        options = {**self.init_kwargs, **self._renamed_tokens(renamed)}
        own = options.get("model_specific_special_tokens")
        if own:
            options["model_specific_special_tokens"] = {name: options.get(name, token) for name, token in own.items()}
        if "added_tokens_decoder" in options:
            # Tokens a loaded file adds that are not special are found in texts still.
            added = self.added_tokens_decoder
            options["added_tokens_decoder"] = {index: token for index, token in added.items() if not token.special}
        extra = [*(_renamed(token, renamed) for token in self._special.extra), *new]
        if extra:
            options["extra_special_tokens"] = extra
        return self._from_seed(compiled, (), options)

    def _renamed_tokens(self, renamed: dict[str, str]) -> dict[str, Any]:
        """Return the named special tokens under their new texts, flags kept."""
        made: dict[str, Any] = {}
        for name, value in self._special.named.items():
            if value is not None:
                made[name] = _renamed(value, renamed)
        return made

    # --- files --------------------------------------------------------------------------------------------------------

    @classmethod
    def _from_files(cls, files: ModelFiles, init_inputs: tuple[Any, ...], given: dict[str, Any]) -> Self:
        generic = cls is TokenizersBackend
        loaded = sources.load(files, given, cls.vocab_files_names, cls._edited_settings(), generic=generic)
        inputs = init_inputs or loaded.init_inputs
        try:
            if loaded.sentencepiece is not None:
                return cls._from_sentencepiece(loaded.sentencepiece, inputs, loaded.options)
            if loaded.compiled is None:
                return cls(*inputs, **loaded.options)
            made = cls._from_seed(loaded.compiled, inputs, loaded.options)
        except TypeError as error:
            if init_inputs or not loaded.init_inputs:
                raise
            raise FormatError(
                f"{files.name}: the init_inputs of tokenizer_config.json are none of {cls.__name__}: {error}"
            ) from error
        made.init_kwargs.pop("vocab", None)
        return made

    @classmethod
    def _edited_settings(cls) -> Collection[str] | None:
        """Return the arguments of loading that may change stages of a pipeline; None: all that can."""
        return None

    @classmethod
    def from_file(
        cls,
        path: str | os.PathLike[str],
        *,
        pattern: str | None = None,
        special_tokens: SpecialTokens | None = None,
        backend: str | None = None,
        **kwargs: Any,
    ) -> Self:
        """Load a tokenizer from one file of any format; the format is found from its bytes.

        Args:
            path: the file; `vocab.json` needs its `merges.txt` beside it, and the other way round.
            pattern: of a tiktoken rank file: its split; None: that of the known file with this content.
            special_tokens: of a tiktoken rank file: text → id; None: those of the known file with this content.
            backend: None or "tokenizers", which this class is.
            **kwargs: settings that win over the file's.

        Raises:
            FormatError: no format that is known here, or a broken file; says what it looks like.
            UnsupportedError: the file asks for what is not here, or alone does not say what the tokenizer does.
            LoadError: it is not there, or the file that belongs beside it is not.
        """
        if backend not in (None, "tokenizers"):
            raise UnsupportedError(
                f"{cls.__name__} is the backend 'tokenizers'; use Tokenizer.from_file for {backend!r}"
            )
        compiled, config = sources.read_file(Path(path), pattern=pattern, special_tokens=special_tokens)
        config.pop("tokenizer_class", None)
        return cls._from_seed(compiled, (), {"name_or_path": str(path), **config, **kwargs})

    @classmethod
    def _from_seed(
        cls, compiled: Compiled, init_inputs: tuple[Any, ...], options: dict[str, Any], *, symbols: bool = False
    ) -> Self:
        """Make a tokenizer of this class that runs a given pipeline, whatever its constructor would build.

        A constructor gets the settings it has parameters for; the others reach ours behind its back, so that a class
        whose `__init__` takes only its own can be loaded too.
        """
        self = cls.__new__(cls, *init_inputs)
        accepted, rest = split_options(cls.__init__, options)
        self.__dict__["_seed"] = Seed(compiled, rest)
        if symbols:
            self.__dict__["_symbols"] = True
        self.__init__(*init_inputs, **accepted)  # type: ignore[misc]
        return self

    def _save_backend(self, folder: Path, prefix: str, legacy_format: bool | None) -> tuple[str, ...]:
        del legacy_format  # accepted for compatibility: there is one format
        path = folder / f"{prefix}tokenizer.json"
        self._core.save(path)
        return (str(path),)

    def _save_tekken(self, folder: Path) -> tuple[str, ...]:
        from lexel.backends.tekken_source import save_tekken

        return save_tekken(self, folder)

    def _backend_state(self) -> str:
        return self._core.engine.to_json()

    def _saved_class_name(self, compat: Compat, stated: Mapping[str, Any]) -> str:
        del stated
        name = type(self).__name__
        return generic_name(compat) if name == "TokenizersBackend" else name.removesuffix("Fast")

    @property
    def can_save_slow_tokenizer(self) -> bool:
        """Whether `save_vocabulary` can write the original vocabulary files."""
        return True

    def save_vocabulary(self, save_directory: str, filename_prefix: str | None = None) -> tuple[str, ...]:
        """Write the vocabulary as `vocab.json` and `merges.txt`, or `vocab.txt`, whichever fits the model."""
        prefix = f"{filename_prefix}-" if filename_prefix else ""
        return sources.write_vocabulary(self._core.engine, Path(save_directory), prefix)


def _renamed(token: SpecialToken, renamed: Mapping[str, str]) -> SpecialToken:
    """Return a special token under its new text, flags kept."""
    if isinstance(token, AddedToken):
        return token.replace(content=renamed.get(token.content, token.content), special=True)
    return renamed.get(token, token)
