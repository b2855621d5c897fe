"""An environment for every peer, made with uv when it is first asked for; a peer that cannot be had is a reason."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "benchmarks"
PEERS = Path(__file__).with_name("peers.toml")
# What the worker reads results with.
SHARED = ("numpy==2.4.6",)
LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Environment:
    """Where a peer runs: its Python, or why there is none."""

    name: str
    python: Path
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Declared:
    """What peers.toml says of a peer."""

    install: tuple[str, ...]
    keeps: bool
    asked: bool

    @property
    def version(self) -> str:
        """The exact version of the library itself."""
        return self.install[0].partition("==")[2]


def declared() -> dict[str, Declared]:
    """Return the peers by name."""
    entries = tomllib.loads(PEERS.read_text("utf-8")).items()
    return {n: Declared(tuple(e["install"]), e.get("keeps", True), e.get("asked", True)) for n, e in entries}


def environment(name: str, folder: Path = CACHE / "environments") -> Environment:
    """Return a peer's environment, made now if it is not there or is of other versions."""
    install = declared()[name].install
    home = folder / name
    made = Environment(name, home / "bin" / "python")
    stamp = home / "installed.txt"
    wanted = "\n".join([*install, *SHARED, sys.version.split()[0]])
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return made
    if (why := _make(home, made.python, (*install, *SHARED))) is not None:
        return Environment(name, made.python, why)
    stamp.write_text(wanted, "utf-8")
    return made


def _make(home: Path, python: Path, install: tuple[str, ...]) -> str | None:
    """Make an environment; return why that cannot be done, None if it is done."""
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        return "there is no uv"
    # Exact versions are the rule, release candidates among them.
    commands = (
        [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(home)],
        [uv, "pip", "install", "--quiet", "--prerelease", "allow", "--python", str(python), *install],
    )
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            return f"cannot be installed: no end after {LONGEST_S:.0f} s"
        if done.returncode:
            return f"cannot be installed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else '?'}"
    return None
