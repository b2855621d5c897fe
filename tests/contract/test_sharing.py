"""One tokenizer for many: threads, copies, pickles; nothing a call does is left behind."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.unit.backends.python_tokenizers import WordTokenizer
from tokenizers import decoders, normalizers, pre_tokenizers

from lexel import AddedToken

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_whatever_changes_ids_changes_the_fingerprint(make: Callable[..., TokenizersBackend]) -> None:
    tok = make()

    def changed(change: Callable[[TokenizersBackend], Any]) -> str:
        twin = copy.deepcopy(tok)
        change(twin)
        return twin.fingerprint()

    word = next(token for token, index in tok.get_vocab().items() if index == 60)
    prints = [
        tok.fingerprint(),
        changed(lambda twin: twin.add_tokens("new")),
        changed(lambda twin: twin.add_tokens(AddedToken("new", lstrip=True))),
        changed(lambda twin: twin.add_tokens("new", special_tokens=True)),
        changed(lambda twin: twin.add_special_tokens({"extra_special_tokens": ["new"]})),
        changed(lambda twin: twin.add_tokens(word)),
        changed(lambda twin: setattr(twin, "bos_token", "<cls>")),
        changed(lambda twin: setattr(twin, "extra_special_tokens", ["<cls>"])),
        changed(lambda twin: (setattr(twin, "bos_token", "<cls>"), setattr(twin, "add_eos_token", True))[0]),
        changed(lambda twin: setattr(twin, "truncation_side", "left")),
        changed(lambda twin: setattr(twin, "split_special_tokens", True)),
        changed(lambda twin: setattr(twin, "model_max_length", 3)),
        changed(lambda twin: setattr(twin, "model_input_names", ["input_ids"])),
        changed(lambda twin: setattr(twin.backend_tokenizer, "normalizer", normalizers.NFKC())),
        changed(lambda twin: setattr(twin.backend_tokenizer, "pre_tokenizer", pre_tokenizers.Digits())),
        changed(lambda twin: setattr(twin.backend_tokenizer, "post_processor", None)),
        changed(lambda twin: setattr(twin.backend_tokenizer, "decoder", decoders.Fuse())),
    ]
    twins = {prints[6], prints[8]}
    assert len(twins) == 1, "there is no eos token, so nothing was changed by the second step"
    assert len(set(prints)) == len(prints) - 1


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    code = """
from lexel import GPT2Tokenizer
from tests.unit.backends.python_tokenizers import WordTokenizer
odd = {"names": {"b", "a", "c", "dd", "e"}, "thing": object(), "raw": b"x"}
print(GPT2Tokenizer(**odd).fingerprint(), WordTokenizer(**odd).fingerprint())
"""
    root = Path(__file__).resolve().parents[2]
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])},
        )
        for seed in ("1", "2")
    ]
    assert len({run.stdout for run in runs}) == 1
    assert len(runs[0].stdout.split()) == 2


def test_flags_of_python_tokenizers_are_in_the_fingerprint() -> None:
    tok = WordTokenizer(special_tokens_pattern="cls_sep")
    before = tok.fingerprint()
    tok(["hello world", "a <cls>"], padding=True)
    tok.decode([1, 2, 3])
    assert len(tok) > 0
    assert tok.fingerprint() == before == WordTokenizer(special_tokens_pattern="cls_sep").fingerprint()
    tok.special_tokens_pattern = "bos"
    assert tok.fingerprint() != before
