"""How fast a text becomes ids, beside the `tokenizers` library: equality first, then speed.

    python benchmarks/encode.py [--tokenizer FOLDER] [--corpus FILE] [--rounds 5]

One thread. The corpus is cut into documents of about 2 KiB, so that no whole-text cache can answer. `first` is the
first pass of the process over the documents, `again` the median of the others.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

os.environ["TOKENIZERS_PARALLELISM"] = "false"
DATA = Path(os.environ.get("LEXEL_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
DOCUMENT_BYTES = 2048


def documents(corpus: Path, limit_bytes: int) -> list[str]:
    """Return the corpus as documents that end at a line end."""
    made, current, size = [], [], 0
    with corpus.open(encoding="utf-8", newline="") as lines:
        for line in lines:
            current.append(line)
            size += len(line.encode())
            if size >= DOCUMENT_BYTES:
                made.append("".join(current))
                limit_bytes -= size
                current, size = [], 0
                if limit_bytes <= 0:
                    break
    return made


def rates(encode: Callable[[str], Any], texts: list[str], rounds: int) -> tuple[float, float, float]:
    """Return MB/s of the first pass, the median of the others, and their spread."""
    total = sum(len(text.encode()) for text in texts) / 1e6
    passes = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        for text in texts:
            encode(text)
        passes.append(total / (time.perf_counter() - start))
    again = passes[1:]
    return passes[0], statistics.median(again), max(again) - min(again)


def main() -> None:
    """Compare, print a table; refuse to time what is not equal."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--tokenizer", type=Path, default=DATA / "tokenizers" / "gpt2")
    arguments.add_argument("--corpus", type=Path, default=DATA / "corpora" / "english.txt")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--megabytes", type=float, default=2.0)
    chosen = arguments.parse_args()

    import tokenizers

    import lexel

    texts = documents(chosen.corpus, int(chosen.megabytes * 1e6))
    tok = lexel.AutoTokenizer.from_pretrained(chosen.tokenizer)
    library = tokenizers.Tokenizer.from_file(str(chosen.tokenizer / "tokenizer.json"))
    library.no_truncation()
    library.no_padding()
    for text in texts:
        expected = library.encode(text, add_special_tokens=False).ids
        if tok.encode(text, add_special_tokens=False) != expected:
            raise SystemExit(f"the ids differ on {text[:60]!r} …; unequal outputs are not timed")

    # Loaded anew, so that the comparison above has filled no cache.
    tok = lexel.AutoTokenizer.from_pretrained(chosen.tokenizer)
    library = tokenizers.Tokenizer.from_file(str(chosen.tokenizer / "tokenizer.json"))
    print(f"{chosen.tokenizer.name}, {chosen.corpus.name}: {len(texts)} documents, equal ids, one thread, lists out")
    print(f"{'':28}{'first':>8}{'again':>8}{'spread':>8}  MB/s")
    table = {
        f"lexel {lexel.__version__} ({tok.engine})": lambda text: tok.encode(text, add_special_tokens=False),
        f"tokenizers {tokenizers.__version__}": lambda text: library.encode(text, add_special_tokens=False).ids,
    }
    for name, encode in table.items():
        first, again, spread = rates(encode, texts, chosen.rounds)
        print(f"{name:28}{first:8.1f}{again:8.1f}{spread:8.1f}")


if __name__ == "__main__":
    main()
