"""One tokenizer for many: threads, copies, pickles; nothing a call does is left behind."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lexel import TokenizersBackend

CALLS: list[dict[str, Any]] = [
    {},
    {"add_special_tokens": False},
    {"truncation": True, "max_length": 5},
    {"padding": "max_length", "max_length": 40},
    {"padding": "max_length", "max_length": 12, "truncation": True, "padding_side": "left"},
    {"split_special_tokens": True},
    {"return_offsets_mapping": True},
    {"max_length": 6, "stride": 1, "truncation": True, "return_overflowing_tokens": True},
]


def test_sixty_four_threads_share_one(tok: TokenizersBackend, corpus: list[str]) -> None:
    work = [(text, options) for text in corpus[:6] for options in CALLS]
    expected = [tok(text, **options).data for text, options in work]
    barrier = threading.Barrier(64)

    def run(offset: int) -> bool:
        barrier.wait()
        order = [(index + offset) % len(work) for index in range(len(work))]
        return all(tok(work[index][0], **work[index][1]).data == expected[index] for index in order)

    with ThreadPoolExecutor(64) as pool:
        assert all(pool.map(run, range(64)))


def test_adding_tokens_while_others_encode(tok: TokenizersBackend) -> None:
    size, plain = len(tok), tok.encode("the quick brown fox")
    stop = threading.Event()

    def encode() -> bool:
        same = True
        while not stop.is_set():
            same &= tok.encode("the quick brown fox") == plain
        return same

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(encode) for _ in range(4)]
        writers = [pool.submit(tok.add_tokens, [f"<w{writer}-{n}>" for n in range(10)]) for writer in range(4)]
        assert [writer.result() for writer in writers] == [10] * 4
        stop.set()
        assert all(reader.result() for reader in readers)
    assert len(tok) == size + 40
    assert sorted(tok.get_vocab().values()) == list(range(size + 40))


def test_copies_are_equal_and_independent(tok: TokenizersBackend, corpus: list[str]) -> None:
    expected = tok(corpus).data
    for twin in (copy.deepcopy(tok), pickle.loads(pickle.dumps(tok))):
        assert twin(corpus).data == expected
        assert (type(twin), twin.engine, twin.init_kwargs) == (type(tok), tok.engine, tok.init_kwargs)
        assert twin.special_tokens_map == tok.special_tokens_map
        size = len(tok)
        twin.add_special_tokens({"mask_token": "<mask>"})
        twin.padding_side = "left"
        assert (len(tok), len(twin)) == (size, size + 1)
        assert tok.mask_token is None
        assert tok.padding_side == "right"


def test_a_fingerprint_tells_tokenizers_apart(
    make: Callable[..., TokenizersBackend], corpus: list[str], tmp_path: Path
) -> None:
    tok = make()
    before = tok.fingerprint()
    tok(corpus, padding=True, truncation=True, max_length=7)
    tok.decode([1, 2, 3])
    assert tok.fingerprint() == before == copy.deepcopy(tok).fingerprint() == make().fingerprint()
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).fingerprint())"
    path = tmp_path / "tok.pickle"
    path.write_bytes(pickle.dumps(tok))
    elsewhere = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert elsewhere.stdout.strip() == before
    others = [make(model_max_length=5), make(chat_template="x"), make(padding_side="left"), make()]
    others[-1].add_tokens("new")
    assert len({before, *(other.fingerprint() for other in others)}) == 5
