"""What a bare vocabulary means: `vocab.json` with `merges.txt`, or `vocab.txt`, and nothing that states a pipeline.

The content decides, by rules that are sharp in practice, and what they do not decide is refused:

- tokens in the byte alphabet, none of which GPT-2's split would have cut, are GPT-2's pipeline; with the first four
  special tokens of fairseq in their places, RoBERTa's around it;
- the byte alphabet twice, with and without `</w>`, is CLIP's;
- pieces that end with `</w>`, all in lower case, with `<unk>` the only special token, are GPT-1's;
- pieces that go on with `##`, with `[UNK]`, `[CLS]` and `[SEP]`, are BERT's; lower-cased, unless some token holds a
  capital letter.

The pipelines are those of the classes of these names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lexel import spec
from lexel.added_token import AddedToken
from lexel.converters.detect import FileFormat, detect
from lexel.converters.merges import usable_merges
from lexel.converters.vocab_merges import read_merges, read_vocab
from lexel.errors import FormatError, LoadError, UnsupportedError, VocabularyError
from lexel.spec import Json, Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["convert", "crossing", "merges_of", "vocab_of"]

_PAIRS = (("vocab.json", "merges.txt"), ("encoder.json", "vocab.bpe"))
_CONTRACTIONS = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}
_FAIRSEQ = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
_CLIP_SPLIT = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
# Of a thousand merges one may come from elsewhere: tools add some by hand.
_STRAY = 1000
_USE_A_CLASS = "pass it to the class of the model: GPT2Tokenizer(vocab=…, merges=…), BertTokenizer(vocab=…) …"


def convert(path: Path) -> Spec:
    """Read a bare vocabulary, given by either of its files.

    Returns:
        The specification; `config["tokenizer_class"]` names the class whose pipeline it is.

    Raises:
        LoadError: the other file of the pair is not beside this one.
        FormatError: a file is broken.
        VocabularyError: two tokens have one id, or the ids have holes at the beginning.
        UnsupportedError: the content does not say what the tokenizer does.
    """
    kind = detect(path)
    if kind is FileFormat.VOCAB_TXT:
        return _wordpiece(path, read_vocab(path))
    merges_path = path if kind is FileFormat.MERGES else merges_of(path)
    vocab_path = vocab_of(path) if kind is FileFormat.MERGES else path
    if vocab_path is None:
        raise LoadError(f"{path} holds merges; the vocabulary they belong to (vocab.json) is not beside it")
    vocab = read_vocab(vocab_path)
    _check_ids(vocab_path, vocab)
    if merges_path is None:
        raise _without_merges(path, vocab)
    merges = usable_merges(vocab, read_merges(merges_path))
    return _byte_pairs(path, vocab, merges)


def merges_of(vocab: Path) -> Path | None:
    """Return the merges beside a `vocab.json`, None where there are none; a prefix of its name is theirs too."""
    return _partner(vocab, dict(_PAIRS))


def vocab_of(merges: Path) -> Path | None:
    """Return the `vocab.json` beside merges, None where there is none."""
    return _partner(merges, {second: first for first, second in _PAIRS})


def _partner(path: Path, names: dict[str, str]) -> Path | None:
    own = (
        path.with_name(path.name.removesuffix(mine) + other)
        for mine, other in names.items()
        if path.name.endswith(mine)
    )
    found = (*own, *(path.with_name(other) for other in names.values()))
    return next((other for other in found if other.is_file()), None)


def _check_ids(path: Path, vocab: dict[str, int]) -> None:
    """Refuse ids that no vocabulary has: twice, or none near the beginning (that is a list of added tokens)."""
    if len(set(vocab.values())) != len(vocab):
        seen: dict[int, str] = {}
        for token, index in vocab.items():
            other = seen.setdefault(index, token)
            if other != token:
                raise VocabularyError(f"{path}: the id {index} belongs to two tokens, {other!r} and {token!r}")
    if vocab and min(vocab.values()) >= len(vocab):
        raise FormatError(
            f"{path} is an added_tokens.json: its ids begin at {min(vocab.values())}, behind those of a vocabulary; "
            "load its folder with Tokenizer.from_pretrained(folder)"
        )


def _without_merges(path: Path, vocab: dict[str, int]) -> Exception:
    if any(token.startswith("▁") for token in vocab):
        beside = sorted(other.name for other in path.parent.glob("*.spm"))
        return UnsupportedError(
            f"{path} gives ids to the pieces of a sentencepiece model, as Marian's do; how texts are cut is in "
            + (f"{' and '.join(beside)}: load the folder with MarianTokenizer" if beside else "another file")
        )
    return LoadError(f"{path} is a vocabulary without merges; the merges.txt that belongs to it is not beside it")


# --- byte pairs -------------------------------------------------------------------------------------------------------


def _byte_pairs(path: Path, vocab: dict[str, int], merges: list[tuple[str, str]]) -> Spec:
    alphabet = spec.byte_alphabet()
    letters = set(alphabet)
    named = {token for token in vocab if _is_named(token)}
    plain = vocab.keys() - named
    if letters <= vocab.keys() and {f"{letter}</w>" for letter in letters} <= vocab.keys():
        return _clip(path, vocab, merges)
    if sum(token.endswith("</w>") for token in plain) * 4 > len(plain):
        return _gpt1(path, vocab, merges, named)
    foreign = next((token for token in plain if not letters.issuperset(token)), None)
    if foreign is not None:
        raise UnsupportedError(
            f"{path}: the token {foreign!r} is not written in the byte alphabet, and words do not end with '</w>'; "
            f"a bare vocabulary does not say what its texts go through; {_USE_A_CLASS}"
        )
    cut = crossing(merges)
    if cut:
        raise UnsupportedError(
            f"{path}: {len(cut)} of {len(merges)} merges make tokens that GPT-2's split would cut, such as {cut[0]!r}: "
            f"texts were split in another way, which a bare vocabulary does not say; {_USE_A_CLASS}"
        )
    if all(vocab.get(token) == index for token, index in _FAIRSEQ.items()):
        return _roberta(vocab, merges)
    return _gpt2(vocab, merges)


def _is_named(token: str) -> bool:
    """Return whether a token has the look of a special one."""
    return len(token) > 2 and token[0] + token[-1] in ("<>", "[]")


def crossing(merges: Sequence[tuple[str, str]]) -> list[str]:
    """Return the texts of byte-level merges that GPT-2's split would cut; none, if they are few enough to be strays.

    Vocabularies learned with that split have hardly any, those of other splits thousands.
    """
    byte_of = {ord(letter): byte for byte, letter in enumerate(spec.byte_alphabet())}
    texts = (_text(left + right, byte_of) for left, right in merges)
    found = [text for text in texts if text and not _is_one_piece(text)]
    return found if len(found) * _STRAY > len(merges) else []


def _text(token: str, byte_of: dict[int, int]) -> str | None:
    """Return the text of a byte-level token; None: it is a part of a character, or not written in bytes."""
    try:
        return token.translate(byte_of).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None


def _is_one_piece(text: str) -> bool:
    """Return whether GPT-2's split leaves a text whole: letters, numbers, or neither, perhaps behind one space."""
    body = text.removeprefix(" ") or text
    if body.isalpha() or text in _CONTRACTIONS or text.isspace():
        return True
    if body.isnumeric():  # which some letters are, too
        return not any(map(str.isalpha, body))
    return not any(map(str.isalpha, body)) and not any(map(str.isnumeric, body)) and not any(map(str.isspace, body))


def _gpt2(vocab: dict[str, int], merges: list[tuple[str, str]]) -> Spec:
    end = "<|endoftext|>"
    made = {left + right for left, right in merges}
    # What has the look of a special token, and what no merge makes, is one.
    found = [token for token in vocab if _is_named(token) and token not in made]
    return Spec(
        model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
        pre_tokenizer=spec.byte_level(),
        post_processor=spec.texts_alone(),
        decoder=spec.byte_level(add_prefix_space=True),
        added_tokens=_specials(vocab, found),
        config={
            "tokenizer_class": "GPT2Tokenizer",
            **{f"{name}_token": end if end in found else None for name in ("unk", "bos", "eos")},
        },
    )


def _roberta(vocab: dict[str, int], merges: list[tuple[str, str]]) -> Spec:
    mask = "<mask>" if "<mask>" in vocab else None
    names = {"bos": "<s>", "eos": "</s>", "sep": "</s>", "cls": "<s>", "unk": "<unk>", "pad": "<pad>", "mask": mask}
    added = _specials(vocab, _FAIRSEQ)
    if mask is not None:
        # The published files of these models all let it take the space before it.
        added.append((vocab[mask], AddedToken(mask, special=True, lstrip=True)))
    return Spec(
        model=spec.bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""),
        pre_tokenizer=spec.byte_level(),
        post_processor=spec.roberta(
            ("<s>", vocab["<s>"]), ("</s>", vocab["</s>"]), trim_offsets=True, add_prefix_space=False
        ),
        decoder=spec.byte_level(add_prefix_space=True),
        added_tokens=sorted(added, key=lambda entry: entry[0]),
        config={"tokenizer_class": "RobertaTokenizer", **_named(names)},
    )


def _clip(path: Path, vocab: dict[str, int], merges: list[tuple[str, str]]) -> Spec:
    first, last = "<|startoftext|>", "<|endoftext|>"
    if first not in vocab or last not in vocab:
        raise UnsupportedError(f"{path} is like a vocabulary of CLIP and lacks {first!r} or {last!r}; {_USE_A_CLASS}")
    return Spec(
        model=spec.bpe(vocab, merges, unk_token=last, continuing_subword_prefix="", end_of_word_suffix="</w>"),
        normalizer=spec.sequence(
            "normalizers", {"type": "NFC"}, spec.replace(" ", regex=r"\s+"), {"type": "Lowercase"}
        ),
        pre_tokenizer=spec.sequence(
            "pretokenizers", spec.regex_split(_CLIP_SPLIT, "Removed", invert=True), spec.byte_level()
        ),
        post_processor=spec.roberta(
            (first, vocab[first]), (last, vocab[last]), trim_offsets=False, add_prefix_space=False
        ),
        decoder=spec.byte_level(add_prefix_space=True),
        added_tokens=_specials(vocab, [first, last]),
        config={"tokenizer_class": "CLIPTokenizer", **_named({"bos": first, "eos": last, "unk": last, "pad": last})},
    )


def _gpt1(path: Path, vocab: dict[str, int], merges: list[tuple[str, str]], named: set[str]) -> Spec:
    other = sorted(named - {"<unk>"} - {"</w>"})
    capital = next((token for token in vocab if token.lower() != token), None)
    if "<unk>" not in vocab or any(token in vocab for token in ("<s>", "</s>", "<pad>")) or capital is not None:
        why = (
            f"it holds {capital!r}, a capital letter"
            if capital is not None
            else f"its special tokens are {other[:4]}, not '<unk>' alone"
        )
        raise UnsupportedError(
            f"{path}: words end with '</w>' as in the vocabulary of GPT-1, but {why}; a bare vocabulary does not say "
            f"what its texts go through; {_USE_A_CLASS}"
        )
    return Spec(
        model=spec.bpe(vocab, merges, unk_token="<unk>", continuing_subword_prefix="", end_of_word_suffix="</w>"),
        normalizer=_bert_normalizer(lower_case=True),
        pre_tokenizer={"type": "BertPreTokenizer"},
        post_processor=spec.texts_alone(),
        decoder={"type": "BPEDecoder", "suffix": "</w>"},
        added_tokens=_specials(vocab, ["<unk>"]),
        config={"tokenizer_class": "OpenAIGPTTokenizer", **_named({"unk": "<unk>"})},
    )


# --- word pieces ------------------------------------------------------------------------------------------------------


def _wordpiece(path: Path, vocab: dict[str, int]) -> Spec:
    missing = next((token for token in ("[UNK]", "[CLS]", "[SEP]") if token not in vocab), None)
    if missing is None and not any(token.startswith("##") and len(token) > 2 for token in vocab):
        missing = "##"
    if missing is not None:
        raise UnsupportedError(
            f"{path} is one token a line, and no vocabulary of BERT: it has no {missing!r}; a bare vocabulary does not "
            f"say what its texts go through; {_USE_A_CLASS}"
        )
    plain = (token for token in vocab if not _is_named(token))
    lower_case = all(token.lower() == token for token in plain)
    names = {name: f"[{name.upper()}]" for name in ("unk", "sep", "pad", "cls", "mask") if f"[{name.upper()}]" in vocab}
    cls, sep = names["cls"], names["sep"]
    single = [(cls, 0), ("$A", 0), (sep, 0)]
    template = spec.template(single, [*single, ("$B", 1), (sep, 1)], {token: vocab[token] for token in (cls, sep)})
    return Spec(
        model=spec.wordpiece(vocab, unk_token="[UNK]"),
        normalizer=_bert_normalizer(lower_case=lower_case),
        pre_tokenizer={"type": "BertPreTokenizer"},
        post_processor=template,
        decoder={"type": "WordPiece", "prefix": "##", "cleanup": True},
        added_tokens=_specials(vocab, names.values()),
        config={"tokenizer_class": "BertTokenizer", "do_lower_case": lower_case, **_named(names)},
    )


def _bert_normalizer(*, lower_case: bool) -> Json:
    return {
        "type": "BertNormalizer",
        "clean_text": True,
        "handle_chinese_chars": True,
        "strip_accents": None,
        "lowercase": lower_case,
    }


def _specials(vocab: dict[str, int], tokens: Iterable[str]) -> list[tuple[int, AddedToken]]:
    return sorted(((vocab[token], AddedToken(token, special=True)) for token in tokens), key=lambda entry: entry[0])


def _named(tokens: Mapping[str, str | None]) -> Json:
    return {f"{name}_token": token for name, token in tokens.items()}
