"""What is shipped: one wheel for every Python since 3.11, typed, with all rooms in it."""

from __future__ import annotations

import tomllib
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / name).read_text("utf-8"))


def test_the_face_is_built_against_the_stable_abi_of_3_11() -> None:
    features = read_toml("rust/lexel-py/Cargo.toml")["dependencies"]["pyo3"]["features"]
    assert "abi3-py311" in features
    assert "extension-module" not in features
    assert read_toml("pyproject.toml")["project"]["requires-python"] == ">=3.11"


def test_the_version_has_one_home() -> None:
    project = read_toml("pyproject.toml")["project"]
    assert "version" not in project
    assert project["dynamic"] == ["version"]
    assert metadata.version("lexel") == read_toml("Cargo.toml")["workspace"]["package"]["version"]


def test_the_installed_package_says_that_it_is_typed_and_stable() -> None:
    distribution = metadata.distribution("lexel")
    assert "Typing :: Typed" in distribution.metadata.get_all("Classifier", [])
    assert "cp311-abi3" in (distribution.read_text("WHEEL") or "")
    assert (ROOT / "python" / "lexel" / "py.typed").is_file()


def test_a_built_wheel_has_every_room() -> None:
    package = ROOT / "python"
    kinds = {".py", ".pyi", ".jinja", ".json", ".safetensors", ".typed"}
    shipped = [path for path in (package / "lexel").rglob("*") if path.suffix in kinds or path.name == "py.typed"]
    wheels = sorted((ROOT / "dist").glob("*.whl"))
    if not wheels or wheels[-1].stat().st_mtime < max(path.stat().st_mtime for path in shipped):
        pytest.skip("no wheel of the present sources in dist/ (make wheel)")
    assert "cp311-abi3" in wheels[-1].name
    with zipfile.ZipFile(wheels[-1]) as wheel:
        names = set(wheel.namelist())
    assert {path.relative_to(package).as_posix() for path in shipped} - names == set()
