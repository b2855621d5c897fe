"""Readers and writers of other releases, each in an environment of its own.

`make test-interop` sets them up in `.cache/peers`; LEXEL_PEERS names another folder.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.conftest import ROOT, absent

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
VERSIONS = (HERE / "peers.txt").read_text("utf-8").split()


@dataclass(frozen=True, slots=True)
class Peer:
    """One release of transformers."""

    version: str
    python: Path

    def do(self, jobs: dict[str, Any], folder: Path, script: str = "facts.py") -> dict[str, Any]:
        """Do jobs in a process of the peer, as a script beside this file says; return what it found."""
        asked, found = folder / "jobs.json", folder / "found.json"
        asked.write_text(json.dumps(jobs), "utf-8")
        run = subprocess.run(
            [str(self.python), str(HERE / script), str(asked), str(found)],
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
            # Nothing of this environment, above all no other packages.
            env={key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL"))},
        )
        assert run.returncode == 0, run.stderr[-2000:]
        results: dict[str, Any] = json.loads(found.read_text("utf-8"))
        return results


@pytest.fixture(scope="session", params=VERSIONS)
def peer(request: pytest.FixtureRequest) -> Peer:
    """A release of transformers that reads what we write, and writes what we read."""
    home = Path(os.environ.get("LEXEL_PEERS", ROOT / ".cache" / "peers"))
    python = home / request.param / "bin" / "python"
    if not python.is_file():
        absent(f"transformers {request.param} in {home} (make test-interop sets it up)")
    return Peer(request.param, python)


@pytest.fixture(scope="session")
def peer_does(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """A function that does jobs in the peer."""
    return lambda jobs: peer.do(jobs, tmp_path_factory.mktemp("peer"))
