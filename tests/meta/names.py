"""The public names as parameters of tests: those of the runtime belong to the tests that have torch."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import ROOT

import lexel

_STUB = (ROOT / "python" / "lexel" / "__init__.pyi").read_text("utf-8")


def public_names() -> list[Any]:
    """Return every public name, marked `torch` where it is one of the runtime's."""
    of_runtime = {line.split()[-1] for line in _STUB.splitlines() if line.startswith("from lexel.runtime")}
    return [pytest.param(name, marks=pytest.mark.torch) if name in of_runtime else name for name in lexel.__all__]
