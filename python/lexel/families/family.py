"""What every family file fills in: default settings, and the pipeline of a new tokenizer."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from lexel import spec
from lexel.backends import TokenizersBackend
from lexel.backends.engine import compile_json
from lexel.backends.pipeline_view import PipelineView
from lexel.backends.post_processor import writes_alike
from lexel.converters.detect import FileFormat, detect
from lexel.converters.merges import generate_merges, usable_merges
from lexel.converters.vocab_merges import merges_beside, read_merges, read_pieces, read_vocab
from lexel.families.asked import as_stated, changed_stages, charsmap_in
from lexel.families.opening import opened, taken
from lexel.families.rebuilding import Kept, reads_alike
from lexel.tokenizer.config import generic_name
from lexel.tokenizer.loading import PIPELINE_FILE, read_tokenizer_config

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Mapping

    from lexel.backends.engine import AnyEngine
    from lexel.hub import ModelFiles
    from lexel.spec import Json, Spec
    from lexel.tokenizer.config import Compat

__all__ = ["Family", "Vocab"]

# Token → id of BPE and WordPiece; (piece, score) pairs of Unigram.
Vocab = Any
_OTHER_SOURCES = ("tokenizer_object", "tokenizer_file", "gguf_file")
# Formats of whole tokenizers, of which a class takes no vocabulary.
_WHOLE = (FileFormat.TOKENIZER_JSON, FileFormat.GGUF, FileFormat.MERGES)
_ENDS = ("add_bos_token", "add_eos_token")
_EXTRA = ("extra_special_tokens", "additional_special_tokens")


class Family(TokenizersBackend):
    """A family of tokenizers: a pipeline, and the settings its models use.

    Called with nothing it is an empty tokenizer, ready to be trained; with a vocabulary (and merges), the trained one.
    The constructor's parameters are `vocab`, `merges` where the model has them, and the class's `defaults`, in order.

    Args:
        vocab: token → id, a list of tokens in id order, or the path of a `vocab.json` or `vocab.txt`; of a Unigram
            model (piece, score) pairs in id order.
        merges: pairs, strings "a b", or the path of a `merges.txt`; None: those beside the vocabulary file, else
            recovered from the vocabulary.
        strict: raise for merges of tokens that are not in the vocabulary, instead of skipping them with one warning.
        **options: the class's `defaults` and all settings of a tokenizer.
    """

    # The kind of model: "BPE", "WordPiece" or "Unigram".
    model: ClassVar[str] = "BPE"
    # Settings a new tokenizer has: special tokens and the options of the pipeline.
    defaults: ClassVar[dict[str, Any]] = {}
    # The setting after which `vocab` (and `merges`) stand among the parameters; None: they are the first. A class whose
    # vocabulary is fixed has none.
    vocab_after: ClassVar[str | None] = None
    fixed_vocab: ClassVar[bool] = False
    # The settings whose tokens begin the vocabulary of a new tokenizer, in the order of their ids.
    first_tokens: ClassVar[tuple[str, ...]] = ()
    # The post-processor that readers of this class's saved files use, see `rebuilding`.
    kept_post_processor: ClassVar[Kept] = "own"
    # Whether releases before 5 have the class, and make the same of its files.
    read_by_v4: ClassVar[bool] = True
    # The id of the unknown token of a Unigram model, where the class says it whatever the vocabulary.
    unk_id: ClassVar[int | None] = None
    # Whether the symbols a SentencePiece model was trained with are left out of decoded texts as special tokens are.
    symbols_are_special: ClassVar[bool] = False
    # Whether such a model brings a pipeline of its own, as it does where there is no class.
    plain_of_models: ClassVar[bool] = False
    # Whether they keep the flags of special tokens, or add these anew by their texts.
    keeps_flags: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__init__" not in cls.__dict__ and "defaults" in cls.__dict__:
            cls.__init__ = _constructor(cls)  # type: ignore[method-assign]

    def __init__(self, vocab: Vocab = None, merges: Any = None, **options: Any) -> None:
        strict = options.pop("strict", False)
        if "_seed" not in self.__dict__:
            given = opened(type(self), {"vocab": vocab, "merges": merges, **options})
            self.__dict__.update(given.state)
            options = given.options
            vocab, merges = options.pop("vocab", None), options.pop("merges", None)
        settings = {**self.defaults, **options}
        if settings.get("extra_special_tokens") is None:
            # Said by a parameter's default; a file may say it under the other name.
            settings.pop("extra_special_tokens", None)
        if "_seed" not in self.__dict__ and all(settings.get(key) is None for key in _OTHER_SOURCES):
            settings = self.settle(settings)
            tokens, pairs = self._read(vocab, merges, settings, strict)
            self._core = PipelineView(compile_json(self.spec(tokens, pairs, settings).to_json()))
            self.__dict__["_template_of"] = settings
        elif "_seed" in self.__dict__ and not any(settings.get(key) for key in _EXTRA):
            engine = self.__dict__["_seed"].compiled.engine
            own = [token for token in self.own_tokens(settings) if engine.token_to_id(token) is not None]
            settings |= {"extra_special_tokens": own} if own else {}
        super().__init__(**settings)
        if "extra_special_tokens" in self.defaults:
            self.init_kwargs.setdefault("extra_special_tokens", None)
        for name in self.defaults:
            if (
                not name.endswith(("_token", "_special_tokens"))
                and not hasattr(type(self), name)
                and name not in self.__dict__
            ):
                setattr(self, name, settings[name])
        self.__dict__.pop("_ends_as_stated", None)
        asked = self.__dict__.pop("_asked", None)
        if asked:
            self._follow(self.defaults, {**self.defaults, **asked})

    @classmethod
    def convert_from_spm(cls, vocab: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Return the constructor arguments of a tokenizer made from a SentencePiece model: here pieces are reordered.

        Override it for another order, other added tokens, or another character map.

        Args:
            vocab: the file's vocabulary: (piece, score) pairs, or piece → id for a BPE class.
            **kwargs: the other arguments as they were given (no defaults of the class): special tokens, `merges`,
                `additional_special_tokens` (the file's control and user-defined symbols), settings.
        """
        return {**kwargs, "vocab": vocab}

    @classmethod
    def _from_sentencepiece(cls, path: Path, init_inputs: tuple[Any, ...], options: dict[str, Any]) -> Self:
        return cls(*init_inputs, **{**options, "vocab": path})

    @classmethod
    def _order_pieces(cls, options: dict[str, Any]) -> dict[str, Any]:
        return taken(cls, super()._order_pieces(options))

    @classmethod
    def settle(cls, settings: dict[str, Any]) -> dict[str, Any]:
        """Return the settings of a new tokenizer with what follows from them."""
        return settings

    @classmethod
    def own_tokens(cls, settings: dict[str, Any]) -> list[str]:
        """Return the extra special tokens there are if nothing is said of any; in a file, those of them it has."""
        return []

    @classmethod
    def spec(cls, vocab: Vocab, merges: list[tuple[str, str]], settings: dict[str, Any]) -> Spec:
        """Return the pipeline around a vocabulary."""
        raise NotImplementedError(f"{cls.__name__} states no pipeline")

    def template(self, settings: dict[str, Any]) -> Json | None:
        """Return the post-processor, which names ids, once all special tokens have theirs; None: that of `spec`.

        A family that states one writes the beginning and end of a text itself: `add_bos_token=` and `add_eos_token=` of
        the constructor say nothing to it.
        """
        del settings
        return None

    @classmethod
    def empty_vocab(cls, settings: dict[str, Any]) -> Vocab:
        """Return the vocabulary of a new tokenizer; of a token with several names the last id counts."""
        tokens = [str(settings[name]) for name in cls.first_tokens]
        if cls.model == "Unigram":
            return [(token, 0.0) for token in tokens]
        return {token: index for index, token in enumerate(tokens)}

    @classmethod
    def _from_files(cls, files: ModelFiles, init_inputs: tuple[Any, ...], given: dict[str, Any]) -> Self:
        asked = {key: value for key, value in given.items() if key in cls.defaults and value is not None}
        made = super()._from_files(files, init_inputs, given)
        if asked:
            stated = as_stated(read_tokenizer_config(files), cls.defaults)
            made._follow(stated, {**stated, **asked})
        return made

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], **kwargs: Any) -> Self:
        """Load a tokenizer from one file of any format; the format is found from its bytes.

        Of a bare vocabulary and of a SentencePiece model this class takes the vocabulary; the others say how texts are
        cut, and their pipeline is run.

        Raises:
            UnsupportedError: the class has no use for such a file; names both.
            FormatError: a broken file.
        """
        kind = FileFormat.TOKENIZER_JSON if Path(path).name == PIPELINE_FILE else detect(Path(path))
        # A pattern, or special tokens, make ranks what they are not alone.
        if kind in _WHOLE or kwargs.get("pattern") is not None or kwargs.get("special_tokens") is not None:
            return super().from_file(path, **kwargs)
        return cls(vocab=path, **{"name_or_path": str(path), **kwargs})

    def _follow(self, stated: dict[str, Any], wanted: dict[str, Any]) -> None:
        """Change the stages that are what this class builds of one set of settings to what it builds of another."""
        before, after = ({**settings, **charsmap_in(self._core.engine)} for settings in (stated, wanted))
        old, new = (type(self)._empty_pipeline(settings) for settings in (before, after))
        for stage, text in changed_stages(self._core.engine, old, new).items():
            self._core.set_component(stage, text)
        present = self._core.engine.component("post_processor")
        own = self.template(before)
        if own is not None and present is not None and writes_alike(present, json.dumps(own)):
            self._core.set_component("post_processor", json.dumps(self.template(after), ensure_ascii=False))

    @classmethod
    def _empty_pipeline(cls, settings: dict[str, Any]) -> AnyEngine:
        return compile_json(cls.spec(cls.empty_vocab(settings), [], settings).to_json()).engine

    def _rebuilt_post_processor(self, settings: dict[str, Any], own: AnyEngine) -> str | None:
        """Return the post-processor that readers who build this class's pipeline have; `own` is that pipeline."""
        template = self.template(settings)
        return own.component("post_processor") if template is None else json.dumps(template)

    def _has_fixed_parts(self) -> bool:
        """Return whether what the class says whatever a file does is as in the file."""
        return True

    def _saved_class_name(self, compat: Compat, stated: Mapping[str, Any]) -> str:
        if type(self).__module__.startswith("lexel.families.") and not reads_alike(self, stated, compat):
            return generic_name(compat)
        return super()._saved_class_name(compat, stated)

    @classmethod
    def _edited_settings(cls) -> Collection[str]:
        return cls.defaults.keys()

    def _write_given_ends(self, bos: bool | None, eos: bool | None) -> None:
        if type(self).template is Family.template and not self.__dict__.get("_ends_as_stated"):
            super()._write_given_ends(bos, eos)

    def _complete_pipeline(self) -> None:
        settings = self.__dict__.pop("_template_of", None)
        stage = None if settings is None else self.template(settings)
        if stage is not None:
            self._core.set_component("post_processor", json.dumps(stage, ensure_ascii=False))

    @classmethod
    def _read(
        cls, vocab: Vocab, merges: Any, settings: dict[str, Any], strict: bool
    ) -> tuple[Vocab, list[tuple[str, str]]]:
        tokens = cls.empty_vocab(settings) if vocab is None else None
        if cls.model == "Unigram":
            return (read_pieces(vocab) if tokens is None else tokens), []
        if cls.model == "WordPiece":
            return (read_vocab(vocab) if tokens is None else tokens), []
        if tokens is not None:
            return tokens, usable_merges(tokens, read_merges(merges or ()), strict=strict)
        tokens = read_vocab(vocab)
        source = merges if merges is not None else merges_beside(vocab)
        if source is not None:
            return tokens, usable_merges(tokens, read_merges(source), strict=strict)
        special = {str(value) for key, value in settings.items() if key.endswith("_token") and value is not None}
        special |= {str(token) for token in settings.get("extra_special_tokens") or ()}
        return tokens, generate_merges(tokens, skip_tokens=special)

    def cls_sep_template(self, settings: dict[str, Any]) -> Json:
        """Return the post-processor that writes `cls A sep`, and `cls A sep B sep` with type id 1 from `B` on."""
        cls, sep = str(settings["cls_token"]), str(settings["sep_token"])
        single = [(cls, 0), ("$A", 0), (sep, 0)]
        return spec.template(single, [*single, ("$B", 1), (sep, 1)], self._ids(cls, sep))

    def double_sep_template(self, first: str, last: str, *, second_type: int = 0) -> Json:
        """Return the post-processor that writes `first A last`, and `first A last last B last`."""
        single = [(first, 0), ("$A", 0), (last, 0)]
        pair = [*single, (last, 0), ("$B", second_type), (last, second_type)]
        return spec.template(single, pair, self._ids(first, last))

    def _ids(self, *tokens: str) -> dict[str, int]:
        """Return the ids of tokens that are there."""
        return {token: cast("int", self.convert_tokens_to_ids(token)) for token in tokens}


def _constructor(cls: type[Family]) -> Callable[..., None]:
    """Return the constructor whose parameters are the vocabulary and the class's defaults."""
    sources = [] if cls.fixed_vocab else ["vocab", "merges"] if cls.model == "BPE" else ["vocab"]
    either = inspect.Parameter.POSITIONAL_OR_KEYWORD
    settings = [inspect.Parameter(name, either, default=value) for name, value in cls.defaults.items()]
    at = 0 if cls.vocab_after is None else list(cls.defaults).index(cls.vocab_after) + 1
    parameters = [
        inspect.Parameter("self", either),
        *settings[:at],
        *(inspect.Parameter(name, either, default=None) for name in sources),
        *settings[at:],
        inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
    ]
    names = [parameter.name for parameter in parameters[1:-1]]
    # The defaults of a parent are not those of the class: its constructor is passed over, if it is one of these.
    inits = [vars(base)["__init__"] for base in cls.__mro__[1:] if "__init__" in vars(base)]
    parent: Callable[..., None] = next(init for init in inits if not hasattr(init, "of_defaults"))

    def __init__(self: Family, *given: Any, **options: Any) -> None:
        if len(given) > len(names):
            raise TypeError(f"{cls.__name__} takes at most {len(names)} positional arguments, not {len(given)}")
        for name, value in zip(names, given, strict=False):
            if name in options:
                raise TypeError(f"{cls.__name__} got two values for {name}")
            options[name] = value
        if "_seed" not in self.__dict__:
            # Before the defaults come in: what was given and what was not is different to a vocabulary file.
            opening = opened(type(self), options)
            self.__dict__.update(opening.state)
            options = opening.options
        else:
            # What a pipeline writes at the ends of texts is changed by what is asked for, not by a default.
            self.__dict__.setdefault("_ends_as_stated", not any(options.get(key) is not None for key in _ENDS))
        parent(self, **{**cls.defaults, **options})

    __init__.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    __init__.of_defaults = True  # type: ignore[attr-defined]
    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    __init__.__module__ = cls.__module__
    __init__.__doc__ = "Make a new tokenizer of this family; see the class."
    return __init__
