"""Training: from a corpus to the vocabulary of an existing pipeline.

BPE runs on our own trainer; the other models run on that of the `tokenizers` library, on an object of its own that
is read back as JSON. Nothing here knows a tokenizer class: engines and JSON in, engines and JSON out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lexel.added_token import AddedToken, as_added_token
from lexel.errors import TrainingError, UnsupportedError
from lexel.spec import byte_alphabet, leaves

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from lexel._lexel import TokenFlags

__all__ = ["lines_of", "train", "train_anew"]

_BPE_SETTINGS = {
    "vocab_size",
    "min_frequency",
    "limit_alphabet",
    "initial_alphabet",
    "continuing_subword_prefix",
    "end_of_word_suffix",
    "max_token_length",
}
# What the library's trainer knows beside them: how progress is shown.
_IGNORED_SETTINGS = {"show_progress", "progress_format", "special_tokens", "words"}


def lines_of(paths: Sequence[str]) -> Iterator[str]:
    """Yield the lines of text files, their line ends kept (as the library's trainer reads them)."""
    for path in paths:
        with open(path, encoding="utf-8", newline="") as file:  # noqa: PTH123  (a line at a time)
            yield from file


def train(engine: Any, texts: Iterable[Any], trainer: Any = None, length: int | None = None) -> Any:
    """Return an engine with the same stages whose model is trained on the texts, or its JSON.

    Args:
        engine: ours or the library's.
        texts: strings, or sequences of strings.
        trainer: a trainer of the library; None: the one that fits the model.
        length: how many items there are, for the library's progress bar.

    Raises:
        TrainingError: the trainer does not fit the model, or the corpus cannot yield the vocabulary asked for.
    """
    kind = json.loads(engine.model_info())["type"]
    name = type(trainer).__name__ if trainer is not None else f"{_trainer_name(kind)}"
    if name != _trainer_name(kind):
        raise TrainingError(f"a {name} cannot train a {kind} model; use a {_trainer_name(kind)}")
    stated = json.loads(trainer.__getstate__()).get("BpeTrainer", {}) if trainer is not None else {}
    if kind != "BPE":
        return _train_in_library(engine.to_json(), texts, trainer, length)
    special = [AddedToken(**token).flags for token in stated.get("special_tokens", ())]
    content = json.loads(engine.to_json())
    if _forget_sentencepiece(content["model"]):
        engine = type(engine).from_json(json.dumps(content, ensure_ascii=False))
    return engine.train_bpe(texts, special_tokens=special, **_bpe_settings(stated))


def _trainer_name(kind: str) -> str:
    return {"BPE": "BpeTrainer"}.get(kind, f"{kind}Trainer")


def _bpe_settings(stated: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(stated) - _BPE_SETTINGS - _IGNORED_SETTINGS
    if unknown:
        raise TypeError(f"unknown training settings {sorted(unknown)}; a BPE model takes {sorted(_BPE_SETTINGS)}")
    return {key: value for key, value in stated.items() if key in _BPE_SETTINGS and value is not None}


def _train_in_library(text: str, texts: Iterable[Any], trainer: Any, length: int | None) -> str:
    import tokenizers

    library = tokenizers.Tokenizer.from_str(text)
    try:
        library.train_from_iterator(texts, trainer=trainer, length=length)
    except Exception as error:
        # The library raises bare exceptions; those of the caller's own iterator pass.
        if type(error) is not Exception:
            raise
        raise TrainingError(str(error)) from error
    return str(library.to_str())


def train_anew(
    engine: Any,
    texts: Iterable[Any],
    *,
    compile_json: Callable[[str], Any],
    vocab_size: int,
    length: int | None = None,
    new_special_tokens: Sequence[Any] = (),
    renamed: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Any:
    """Return an engine with the same stages and special tokens and a vocabulary trained from nothing.

    Args:
        engine: the one to start from; it does not change.
        texts: strings, or sequences of strings.
        compile_json: makes an engine of a `tokenizer.json`.
        vocab_size: how many tokens, special ones included.
        length: how many items there are, for the library's progress bar.
        new_special_tokens: special tokens the engine does not have yet.
        renamed: special token → its new text.
        settings: further arguments of the trainer.

    Raises:
        TrainingError: the model cannot be trained, or the post-processor writes a token the vocabulary lacks.
    """
    names = dict(renamed or {})
    content = json.loads(engine.to_json())
    old_tokens = content.pop("added_tokens")
    processor = content.pop("post_processor", None)
    model = content["model"]
    _forget_sentencepiece(model)
    unk_token = _empty_model(model, names)
    special = [
        AddedToken(**{key: value for key, value in token.items() if key != "id"}).replace(
            content=names.get(token["content"], token["content"]), special=True
        )
        for token in sorted(old_tokens, key=lambda token: int(token["id"]))
        # A Unigram vocabulary holds its added tokens as pieces, special or not.
        if token["special"] or model["type"] == "Unigram"
    ]
    special += [as_added_token(token, special=True) for token in new_special_tokens]
    options = dict(settings or {})
    if model["type"] == "BPE":
        for key in ("continuing_subword_prefix", "end_of_word_suffix"):
            if model.get(key) is not None:
                options.setdefault(key, model[key])
    if unk_token is not None:
        options["unk_token"] = unk_token
    if _is_byte_level(content.get("pre_tokenizer")):
        options["initial_alphabet"] = byte_alphabet()
    empty = compile_json(json.dumps({**content, "added_tokens": [], "post_processor": None}, ensure_ascii=False))
    if model["type"] == "BPE":
        trained = empty.train_bpe(
            texts,
            special_tokens=[token.flags for token in special],
            **_bpe_settings({**options, "vocab_size": vocab_size}),
        )
    else:
        trainer = _library_trainer(model["type"], vocab_size, [token.flags for token in special], options)
        trained = compile_json(_train_in_library(empty.to_json(), texts, trainer, length))
    if processor is None:
        return trained
    _resolve_tokens(processor, names, trained)
    try:
        return trained.with_component("post_processor", json.dumps(processor, ensure_ascii=False))
    except UnsupportedError:
        content = {**json.loads(trained.to_json()), "post_processor": processor}
        return compile_json(json.dumps(content, ensure_ascii=False))


def _forget_sentencepiece(model: dict[str, Any]) -> bool:
    """Leave the standard stages of a SentencePiece model, which a vocabulary of other origin needs; say if it is one.

    The exact ones are about its pieces, and cut no texts for a trainer.
    """
    found = model.get("lexel") is not None and model["lexel"].get("reference") == "sentencepiece"
    if found:
        del model["lexel"]
    return found


def _empty_model(model: dict[str, Any], names: Mapping[str, str]) -> str | None:
    """Take the vocabulary out of a model; return the unknown token a Unigram model keeps."""
    kind = model["type"]
    kept = None
    if kind == "BPE":
        model["vocab"], model["merges"] = {}, []
    elif kind == "Unigram":
        if model.get("unk_id") is not None:
            text = model["vocab"][model["unk_id"]][0]
            kept = names.get(text, text)
            model["unk_id"], model["vocab"] = 0, [[kept, 0.0]]
    elif kind in ("WordPiece", "WordLevel"):
        model["vocab"] = {}
    else:
        raise TrainingError(f"a {kind} model cannot be trained; BPE, Unigram, WordPiece and WordLevel can")
    if model.get("unk_token") in names:
        model["unk_token"] = names[model["unk_token"]]
    return kept


def _is_byte_level(stage: dict[str, Any] | None) -> bool:
    return stage is not None and any(leaf["type"] == "ByteLevel" for leaf in leaves(stage))


def _library_trainer(kind: str, vocab_size: int, special: Sequence[TokenFlags], options: Mapping[str, Any]) -> Any:
    import tokenizers

    tokens = [tokenizers.AddedToken(**AddedToken.from_flags(flags).__getstate__()) for flags in special]
    make = getattr(tokenizers.trainers, _trainer_name(kind))
    # The library prints a line about a setting it does not know, and goes on.
    known = json.loads(make().__getstate__())[_trainer_name(kind)]
    known = set(known.get("bpe_trainer", known)) - {"words", "special_tokens", "vocab_size"}
    unknown = set(options) - known
    if unknown:
        raise TypeError(f"unknown training settings {sorted(unknown)}; a {kind} model takes {sorted(known)}")
    return make(**{"vocab_size": vocab_size, "special_tokens": tokens, "show_progress": False, **options})


def _resolve_tokens(stage: dict[str, Any], names: Mapping[str, str], engine: Any) -> None:
    """Give the tokens a post-processor writes their new texts and ids, however deep it is."""

    def resolve(token: str) -> tuple[str, int]:
        text = names.get(token, token)
        index = engine.token_to_id(text)
        if index is None:
            raise TrainingError(
                f"the post-processor writes {text!r}, which the trained vocabulary does not have; make it a special "
                "token of this tokenizer first, or name its replacement in special_tokens_map"
            )
        return text, index

    for inner in stage.get("processors", ()):
        _resolve_tokens(inner, names, engine)
    for entry in (stage.get("special_tokens") or {}).values():
        pairs = [resolve(token) for token in entry["tokens"]]
        entry["tokens"] = [text for text, _ in pairs]
        entry["ids"] = [index for _, index in pairs]
    for key in ("cls", "sep"):
        if key in stage:
            stage[key] = list(resolve(stage[key][0]))
