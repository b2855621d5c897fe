"""Where a pipeline comes from: files and vocabularies to a compiled engine, and a vocabulary back to files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel import spec
from lexel.backends import edits
from lexel.backends.compiled_cache import cached, readers_version
from lexel.backends.engine import Compiled, compile_json
from lexel.backends.mistral_regex import mend_split
from lexel.backends.vocabulary_files import find_vocabulary, rank_options, states_pipeline
from lexel.converters.detect import FileFormat, detect
from lexel.converters.merges import usable_merges
from lexel.converters.read import read_spec
from lexel.converters.vocab_merges import merges_beside, read_merges, read_pieces, read_vocab
from lexel.errors import LoadError, UnsupportedError
from lexel.spec import Spec
from lexel.tokenizer.loading import CONFIG_FILE, PIPELINE_FILE, read_options, read_tokenizer_config
from lexel.tokenizer.template_files import load_templates

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lexel.backends.engine import AnyEngine
    from lexel.converters.tiktoken import SpecialTokens
    from lexel.hub import ModelFiles

__all__ = ["Loaded", "from_vocab", "load", "read_file", "read_gguf", "read_tokenizer_json", "write_vocabulary"]


# What a configuration says where it names no class: nothing, or the library that runs the model as it is.
_NO_CLASS = (None, "SentencePieceBackend")


@dataclass(slots=True)
class Loaded:
    """What a folder gives: the pipeline (None: the class builds it of `options`), and constructor arguments."""

    compiled: Compiled | None
    options: dict[str, Any] = field(default_factory=dict)
    init_inputs: tuple[Any, ...] = ()
    # A SentencePiece model, of which the class takes the vocabulary.
    sentencepiece: Path | None = None


def read_tokenizer_json(path: Path) -> Compiled:
    """Compile a `tokenizer.json`.

    Raises:
        LoadError: there is no such file.
    """
    if not path.is_file():
        raise LoadError(f"tokenizer_file {str(path)!r} is not a file")
    return cached(path, "tokenizer.json", lambda: (compile_json(path.read_bytes(), path=str(path)), {}))[0]


def read_gguf(path: Path) -> tuple[Compiled, dict[str, Any]]:
    """Compile the tokenizer of a GGUF file; also return the settings it states."""

    def build() -> tuple[Compiled, dict[str, Any]]:
        # Most tokenizers come from other files, and loading them need not wait for this reader.
        from lexel.converters import gguf

        made = gguf.convert(path)
        return compile_json(made.to_json(), path=str(path)), made.config

    # Behind the tokenizer of a whole model lie its weights, and reading them all to know the file costs more.
    if path.stat().st_size > _WITHOUT_WEIGHTS_BYTES:
        return build()
    return cached(path, f"{readers_version()} GGUF", build)


def read_file(
    path: Path, *, pattern: str | None = None, special_tokens: SpecialTokens | None = None
) -> tuple[Compiled, dict[str, Any]]:
    """Compile a file of any supported format, found from its bytes; also return the settings it states.

    Args:
        path: the file.
        pattern: the split of a tiktoken rank file that is not a known one.
        special_tokens: its special tokens, text → id.

    Raises:
        FormatError: no format that is known here, or a broken file.
        UnsupportedError: it asks for what is not here.
    """
    kind = detect(path)
    if pattern is None and special_tokens is None and kind is FileFormat.TOKENIZER_JSON:
        return read_tokenizer_json(path), {}
    if pattern is None and special_tokens is None and kind is FileFormat.GGUF:
        return read_gguf(path)

    def build() -> tuple[Compiled, dict[str, Any]]:
        made = read_spec(path, pattern=pattern, special_tokens=special_tokens)
        return compile_json(made.to_json(), path=str(path)), made.config

    if kind not in _ALONE:
        return build()
    compiled, config = cached(path, f"{readers_version()} {pattern!r} {special_tokens!r}", build)
    if kind is FileFormat.TEKKEN:  # which `save_format="mistral"` writes again
        config = {**config, "vocab_file": str(path)}
    return compiled, config


def from_vocab(vocab: Any, merges: Any, *, unk_id: int | None) -> Compiled:
    """Compile a bare vocabulary: token → id is BPE, a list of (piece, score) is Unigram without merges."""
    first = vocab[0] if isinstance(vocab, (list, tuple)) and vocab else None
    if merges is None and isinstance(first, (list, tuple)):
        model = spec.unigram(read_pieces(vocab), unk_id=unk_id)
    else:
        tokens = read_vocab(vocab)
        source = merges if merges is not None else merges_beside(vocab)
        pairs = usable_merges(tokens, read_merges(source)) if source is not None else []
        model = spec.bpe(tokens, pairs, fuse_unk=True)
    processor = spec.texts_alone()
    return compile_json(Spec(model, post_processor=processor).to_json())


def load(
    files: ModelFiles,
    given: dict[str, Any],
    class_files: Mapping[str, str],
    edited: Collection[str] | None = None,
    *,
    generic: bool = False,
) -> Loaded:
    """Read a folder: the pipeline verbatim where it is stated, and all settings.

    Args:
        files: the folder or repository.
        given: what the caller passed.
        class_files: argument → file name of the class, for folders that state no pipeline.
        edited: the arguments that may change stages of a stated pipeline; None: all that can.
        generic: there is no class; a vocabulary that no configuration names one for is read as its own library does.

    Raises:
        LoadError: there is nothing a tokenizer could be made of.
        UnsupportedError: a vocabulary that alone does not say how texts are cut.
    """
    name = given.pop("gguf_file", None)
    if name is not None:
        compiled, config = read_gguf(files.need(str(name)))
        return Loaded(edits.apply(compiled, given), {**config, **given, "name_or_path": files.name})
    path = files.get(_pipeline_name(files))
    if given.get("tokenizer_file") is not None:
        path = Path(given.pop("tokenizer_file"))
    options, init_inputs = read_options(
        files, given, has_pipeline=path is not None, chat_template=load_templates(files)
    )
    asked = {key: value for key, value in given.items() if edited is None or key in edited}
    if path is not None:
        compiled = mend_split(read_tokenizer_json(path), files, given.get("fix_mistral_regex"))
        return Loaded(edits.apply(compiled, asked), options, init_inputs)
    vocab = given.get("vocab") or given.get("vocab_file") or find_vocabulary(files, class_files)
    if vocab is None:
        raise _nothing_in(files)
    if not isinstance(vocab, (str, Path)):
        return Loaded(None, options, init_inputs)
    path, kind = Path(vocab), detect(Path(vocab))
    options.pop("vocab", None)
    if states_pipeline(kind) or (generic and read_tokenizer_config(files).get("tokenizer_class") in _NO_CLASS):
        # Ids that a configuration states are these, whatever library knows the ranks by others.
        how = rank_options(path, options, own_names=generic) if kind is FileFormat.TIKTOKEN else {}
        if generic and not (options.get("added_tokens_decoder") or "tokenizer_class" in read_tokenizer_config(files)):
            how = {}
        compiled, stated = read_file(path, **how)
        # A bare file leaves special tokens in texts alone; a folder is there to say what they are.
        if not generic or files.get(CONFIG_FILE) is not None:
            stated.pop("split_special_tokens", None)
        stated.pop("tokenizer_class", None)
        return Loaded(edits.apply(compiled, asked), {**stated, **options}, init_inputs)
    if kind is FileFormat.SENTENCEPIECE:
        return Loaded(None, options, init_inputs, sentencepiece=path)
    options["vocab"] = path
    merges = given.get("merges") or given.get("merges_file") or files.get(class_files.get("merges_file", "merges.txt"))
    if merges is not None:
        options["merges"] = merges
    return Loaded(None, options, init_inputs)


def _pipeline_name(files: ModelFiles) -> str:
    """Return the name of the pipeline file: old repositories have one for each range of library versions."""
    versions = read_tokenizer_config(files).get("fast_tokenizer_files") or ()
    best = (_REFERENCE_VERSION, PIPELINE_FILE)
    found = []
    for name in versions:
        parts = name.removeprefix("tokenizer.").removesuffix(".json").split(".")
        if len(parts) == 3 and all(part.isdigit() for part in parts):
            version = tuple(int(part) for part in parts)
            if version <= _REFERENCE_VERSION and files.get(name) is not None:
                found.append((version, name))
    return max(found, default=best)[1]


# Formats that are one file, of a size that is quickly hashed.
_ALONE = (FileFormat.TIKTOKEN, FileFormat.TEKKEN, FileFormat.SENTENCEPIECE)
_WITHOUT_WEIGHTS_BYTES = 64 << 20
# The surface this package has is that of this version; older pipeline files are chosen as it would.
_REFERENCE_VERSION = (5, 23, 0)


def _nothing_in(files: ModelFiles) -> Exception:
    names = files.names()
    for name in names:
        if name.endswith(".gguf"):
            return LoadError(f"{files.name!r} has no tokenizer.json; to read the one inside {name}, pass gguf_file=…")
    listed = ", ".join(names[:12]) or "no files"
    return LoadError(f"{files.name!r} has no tokenizer: neither tokenizer.json nor a vocabulary (it has {listed})")


def write_vocabulary(engine: AnyEngine, folder: Path, prefix: str) -> tuple[str, ...]:
    """Write the vocabulary as the files of its model's kind; return their paths.

    Raises:
        UnsupportedError: the model has no such files (Unigram), or they cannot hold its merges.
    """
    kind = json.loads(engine.model_info())["type"]
    vocab = engine.vocab(False)
    if kind == "WordPiece":
        path = folder / f"{prefix}vocab.txt"
        path.write_text("".join(f"{token}\n" for token in vocab), encoding="utf-8")
        return (str(path),)
    if kind not in ("BPE", "WordLevel"):
        raise UnsupportedError(f"a {kind} vocabulary has no plain files; save_pretrained writes the tokenizer.json")
    path = folder / f"{prefix}vocab.json"
    if any(mark in part for pair in engine.merges() for part in pair for mark in " \n\r"):
        raise UnsupportedError(
            "a merges.txt cannot hold this vocabulary: some merges contain spaces or line ends; save_pretrained writes "
            "the tokenizer.json"
        )
    path.write_text(json.dumps(vocab, ensure_ascii=False) + "\n", encoding="utf-8")
    if kind == "WordLevel":
        return (str(path),)
    merges = folder / f"{prefix}merges.txt"
    lines = "".join(f"{left} {right}\n" for left, right in engine.merges())
    merges.write_text(f"#version: 0.2\n{lines}", encoding="utf-8")
    return (str(path), str(merges))
