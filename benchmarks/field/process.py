"""The parent's side of a worker: start it on one core, give orders, read answers, notice its end."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from field.environments import ROOT, Environment, environment

if TYPE_CHECKING:
    from types import TracebackType

WORKER = Path(__file__).with_name("worker.py")
# lexel itself runs in the environment this program runs in.
OWN = ("lexel", "lexel-class")
LONGEST_S = 120.0


class Gone(Exception):
    """A worker ended, or gave no answer in time."""


def cores(threads: int) -> set[int]:
    """Return the cores that measured processes share: the last ones this program may use."""
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return set(usable[-threads:])


class Process:
    """A worker of one library."""

    def __init__(self, library: str, threads: int = 1, *, made: Environment | None = None) -> None:
        self.library, self.threads = library, threads
        own = library in OWN
        made = made or (None if own else environment(library))
        if made is not None and made.missing:
            raise Gone(made.missing)
        python = sys.executable if made is None else str(made.python)
        self._errors = Path(ROOT / ".cache" / "benchmarks" / f"{library}.log")
        self._errors.parent.mkdir(parents=True, exist_ok=True)
        settings = {"RAYON_NUM_THREADS": str(threads), "TOKENIZERS_PARALLELISM": "true" if threads > 1 else "false"}
        settings |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "PYTHONHASHSEED": "0"}
        if own:
            settings["PYTHONPATH"] = str(ROOT / "python")
        with self._errors.open("w") as errors:
            self._process = subprocess.Popen(
                [python, str(WORKER), library, str(threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **settings},
            )
        if usable := cores(threads):
            os.sched_setaffinity(self._process.pid, usable)
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._process.stdout, selectors.EVENT_READ)
        self._kept = b""

    def ask(self, do: str, longest_s: float = LONGEST_S, **order: Any) -> dict[str, Any]:
        """Give an order; return the answer.

        Raises:
            Gone: there is none.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"do": do, **order}).encode() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Gone(self._last_words()) from None
        return json.loads(self._line(longest_s))  # type: ignore[no-any-return]

    def _line(self, longest_s: float) -> bytes:
        assert self._process.stdout is not None
        while b"\n" not in self._kept:
            if not self._selector.select(longest_s):
                self.close(kill=True)
                raise Gone(f"no answer in {longest_s:.0f} s")
            read = self._process.stdout.read(1 << 20)
            if not read:
                raise Gone(self._last_words())
            self._kept += read
        line, _, self._kept = self._kept.partition(b"\n")
        return line

    def _last_words(self) -> str:
        status = self._process.wait()
        words = self._errors.read_text("utf-8", "replace").strip().splitlines()
        return f"ended with status {status}{': ' + words[-1][:160] if words else ''}"

    def close(self, *, kill: bool = False) -> None:
        """End the process."""
        if kill:
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._selector.close()
        self._process.wait()

    def __enter__(self) -> Process:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._process.poll() is None:
            self.close()
