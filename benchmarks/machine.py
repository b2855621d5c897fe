"""What a figure depends on besides the code: the machine, its load, the versions, the commit, the command."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import corpora
from peers import VERSIONS


def processor() -> str:
    """Return the processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, flags=re.MULTILINE)
    flags = re.search(r"^flags\s*:\s*(.+)$", text, flags=re.MULTILINE)
    vectors = [name for name in ("avx2", "avx512bw", "avx512vbmi2") if flags and name in flags[1].split()]
    return " ".join([model[1] if model else platform.processor() or platform.machine(), *vectors])


def load_average() -> float:
    """Return how many processes wanted to run during the last minute; NaN where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")


def commit() -> str:
    """Return the commit the working tree stands on, marked where what is measured has been changed since."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=corpora.ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--", "rust/lexel", "rust/lexel-py", "python/lexel")
    return (git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")


def facts() -> dict[str, str]:
    """Return what every figure of this run shares."""
    return {
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": commit(),
        "command": " ".join(["python", Path(sys.argv[0]).as_posix(), *sys.argv[1:]]),
        "machine": f"{processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        **VERSIONS,
        "text": "shared test data" if corpora.data_folder() else "synthetic, seeded",
        "load at start": f"{load_average():.2f}",
    }
