"""The process of one library: reads an order a line, does it, answers a line. Runs in the library's environment.

    python worker.py LIBRARY THREADS

Orders are JSON objects with a `do`: `load` a vocabulary, `read` a file of texts, `time` a form on a slice of them,
`show` what a form gives for one document. An answer has `failed` where the library raised. Times are of this process's
CPU and of the clock on the wall; making the input ready, reading the result and giving it back are not in them. Of
results go 8 bytes of hash a row over the pipe: rows are compared by them, and a row that differs is asked for.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from libraries import Unreadable, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from libraries import Call


def resident_bytes() -> int:
    """Return the memory this process occupies now; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS")), 0)


def digest(row: Any) -> str:
    """Return a hash of one row of a result: a text, a number, ids, or ids with spans."""
    if isinstance(row, str):
        data = row.encode()
    elif isinstance(row, tuple):
        ids, spans = row
        data = np.asarray(ids, np.uint32).tobytes() + np.asarray(spans, np.int64).tobytes()
    else:
        data = np.asarray(row).astype(np.uint32).tobytes()
    return hashlib.blake2b(data, digest_size=8).hexdigest()


class Worker:
    """One library with one vocabulary and some texts."""

    def __init__(self, library: str, threads: int) -> None:
        self.library = library.replace("-", "_")
        self.threads = threads
        self.calls: dict[str, Call] = {}
        self.texts: dict[str, list[list[str]]] = {}

    def load(self, vocabulary: dict[str, Any]) -> dict[str, Any]:
        """Load a vocabulary; say what that took, and which forms there are."""
        module = importlib.import_module(f"libraries.{self.library}")
        gc.collect()
        resident, start = resident_bytes(), time.process_time()
        try:
            self.calls = module.load(Vocabulary(**vocabulary), self.threads)
        except Unreadable as why:
            return {"unreadable": str(why)}
        took = time.process_time() - start
        return {"cpu": took, "resident": resident_bytes() - resident, "forms": sorted(self.calls)}

    def read(self, name: str, path: str) -> dict[str, Any]:
        """Read texts: a JSON list of slices, each a list of documents."""
        self.texts[name] = json.loads(Path(path).read_text("utf-8"))
        return {"slices": len(self.texts[name])}

    def time(self, form: str, name: str, at: int, repeats: int = 1) -> dict[str, Any]:
        """Time one form on one slice; rows to decode are what this library's ids are."""
        call = self.calls[form]
        given = call.take(self._input(form, name, at))
        took, walls, result = [], [], None
        for _ in range(repeats):
            result = None
            gc.collect()
            gc.disable()
            wall, cpu = time.perf_counter(), time.process_time()
            result = call.run(given)
            took.append(time.process_time() - cpu)
            walls.append(time.perf_counter() - wall)
            gc.enable()
        rows = self._rows(form, call, result)
        amount = len(given) if form == "stream" else None
        return {"cpu": took, "wall": walls, "rows": "".join(map(digest, rows)), "tokens": amount}

    def show(self, form: str, name: str, at: int, row: int) -> dict[str, Any]:
        """Return one row of a result, and the text it is of."""
        call = self.calls[form]
        rows = self._rows(form, call, call.run(call.take(self._input(form, name, at))))
        found = rows[row]
        plain = found.tolist() if hasattr(found, "tolist") else found
        texts = self.texts[name][at]
        return {"row": plain, "text": texts[row] if form not in {"stream"} and row < len(texts) else ""}

    def resident(self) -> dict[str, Any]:
        """Return the memory this process occupies."""
        gc.collect()
        return {"resident": resident_bytes()}

    def _input(self, form: str, name: str, at: int) -> Any:
        texts = self.texts[name][at]
        if form not in {"decode", "stream"}:
            return texts
        ids = self.calls["ids"]
        rows = ids.read(ids.run(texts))
        if form == "decode":
            return rows
        return np.concatenate([np.asarray(row) for row in rows])

    @staticmethod
    def _rows(form: str, call: Call, result: Any) -> Sequence[Any]:
        rows = call.read(result)
        return [rows] if form == "stream" else rows


def main(library: str, threads: str) -> None:
    """Do as told until standard input ends."""
    worker = Worker(library, int(threads))
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = getattr(worker, order.pop("do"))(**order)
        except BaseException as error:
            # Panics of native code are no Exception; whatever it is, the others go on.
            if isinstance(error, KeyboardInterrupt):
                raise
            answer = {"failed": f"{type(error).__name__}: {str(error)[:200]}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
