"""The tree: rooms, signposts, sizes of names, and links that lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIGNPOSTS = ["backends", "chat_templates", "converters"]
PURPOSELESS = {"utils", "helpers", "common", "misc", "base", "util", "helper"}
TEXT = {".py", ".pyi", ".rs", ".md", ".toml", ".yaml", ".yml", ".jinja", ".txt", ".sh", ""}


def tracked() -> list[Path]:
    """Return the files of the repository, as paths relative to its root."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode:
        pytest.skip("not a git checkout")
    paths = [Path(name) for name in listing.stdout.decode().split("\0") if name]
    return [path for path in paths if (ROOT / path).is_file() and not (ROOT / path).is_symlink()]


@pytest.mark.parametrize("room", SIGNPOSTS)
def test_the_root_shows_the_room(room: str) -> None:
    link = ROOT / room
    if not link.is_symlink():
        pytest.skip("a checkout without link support")
    assert link.readlink() == Path("python", "lexel", room)
    assert link.is_dir()


def test_no_file_is_named_for_nothing() -> None:
    assert [str(path) for path in tracked() if path.stem in PURPOSELESS] == []


def test_every_room_says_what_it_is_for() -> None:
    package = ROOT / "python" / "lexel"
    rooms = [folder for folder in package.iterdir() if any(folder.glob("*.py"))]
    assert rooms
    assert sorted(room.name for room in rooms if not (room / "README.md").is_file()) == []
    assert sorted(room.name for room in rooms if not (room / "__init__.py").is_file()) == []


def markdown() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as they are made on the web."""
    headings = re.findall(r"^#+ +(.+?) *$", page, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", markdown(), ids=str)
def test_links_lead_somewhere(path: Path) -> None:
    page = (ROOT / path).read_text("utf-8")
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page, flags=re.DOTALL)
    dead = []
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        goal = (ROOT / path.parent / file) if file else ROOT / path
        if not goal.exists() or (anchor and anchor not in anchors(goal.read_text("utf-8"))):
            dead.append(target)
    assert dead == []


def test_the_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 200


FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w./])/(?:work|root|home/\w+|tmp/\w+)/"),
    "a package host": re.compile(r"pypi\.org|files\.pythonhosted|static\.crates\.io"),
    "an unfinished place": re.compile(r"\b(?:TODO|FIXME|XXX)\b(?!\(#\d+\))"),
}
# Frozen results say what their inputs say; this file names what it looks for.
EXEMPT = {Path("tests/meta/test_layout.py"), Path("tests/golden")}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_tree_is_free_of(what: str) -> None:
    found = []
    for path in tracked():
        if (
            path.suffix not in TEXT
            or path == Path("tests/meta/test_layout.py")
            or path.parts[:2] == ("tests", "golden")
        ):
            continue
        try:
            text = (ROOT / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if FORBIDDEN[what].search(line):
                found.append(f"{path}:{number}: {line.strip()[:100]}")
    assert found == []
