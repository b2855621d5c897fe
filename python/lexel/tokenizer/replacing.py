"""Which files of a folder a save must not leave beside the new ones: those of another tokenizer, and its own old ones.

What is saved replaces files of the same names. A file of another name stays, and readers would take it for a part of
the new tokenizer: a chat template, a vocabulary, a map of special tokens. So those that an earlier save of ours wrote
are removed (the record of the configuration tells them), those that agree with the new tokenizer stay, and for the
others nothing is saved until the caller says `overwrite=True`.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.files import TEMPLATE_FILE, TEMPLATE_FOLDER
from lexel.errors import FormatError
from lexel.tokenizer.file_record import unchanged_files
from lexel.tokenizer.loading import CONFIG_FILE, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["files_to_remove", "move_into"]

# Files that readers take for parts of a tokenizer, whatever else says what it is.
_NAMES = {
    *("tokenizer.json", "special_tokens_map.json", "added_tokens.json", TEMPLATE_FILE),
    *("vocab.json", "merges.txt", "vocab.txt"),
}
# Of these what is saved says all, so that old ones in a tokenizer's own folder only contradict it.
_SAID_ELSEWHERE = {"special_tokens_map.json", "added_tokens.json"}


def files_to_remove(tokenizer: Tokenizer, folder: Path, written: Iterable[str], *, overwrite: bool) -> list[str]:
    """Return the files of a folder that go when a tokenizer is saved into it, relative to the folder.

    Args:
        tokenizer: what is saved.
        folder: where.
        written: the names of the files that are saved.
        overwrite: whether the files of another tokenizer may be removed.

    Raises:
        FileExistsError: there are such files, and `overwrite` is False.
    """
    ours = unchanged_files(folder, _config_of(folder))
    gone = sorted(ours.difference(written))
    left = sorted(_tokenizer_files(folder).difference(written, ours))
    strange = [name for name in left if not _agrees(tokenizer, folder / name, name)]
    if _is_own_folder(tokenizer, folder):
        # It was read from here: what is saved is what became of these files.
        return gone + [name for name in strange if name in _SAID_ELSEWHERE or _is_template(name)]
    if strange and not overwrite:
        raise FileExistsError(
            f"{str(folder)!r} holds files of another tokenizer, which would be read as parts of this one: "
            f"{', '.join(strange)}. Save into another folder, or pass overwrite=True to remove them"
        )
    return gone + strange


def move_into(folder: Path, draft: Path, names: Sequence[str], gone: Iterable[str], *, aside: Path) -> None:
    """Move files to their places, in order, and take others away; after an error all is where it was.

    Args:
        folder: where they go.
        draft: where they are.
        names: the files, relative to both.
        gone: files of the folder that go.
        aside: a folder that is made, on the same disk, for what is replaced until all is done.
    """
    put: list[Path] = []
    kept: dict[Path, Path] = {}
    made: list[Path] = []
    try:
        for name in [*names, *gone]:
            source, target, old = draft / name, folder / name, aside / name
            if target.is_file():
                old.parent.mkdir(parents=True, exist_ok=True)
                if name in names:
                    # A second name for the old file: the place is never empty for those who read.
                    _keep(target, old)
                else:
                    target.replace(old)
                kept[target] = old
            if name in names:
                made += [path for path in (target.parent, *target.parent.parents) if not path.exists()]
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)
                put.append(target)
    except BaseException:
        for target, old in kept.items():
            old.replace(target)
        for target in put:
            if target not in kept:
                target.unlink()
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()
        raise
    for name in gone:
        with contextlib.suppress(OSError):
            if (folder / name).parent != folder:
                (folder / name).parent.rmdir()


def _keep(target: Path, old: Path) -> None:
    try:
        old.hardlink_to(target)
    except OSError:
        # A file system without second names.
        shutil.copy2(target, old)


def _tokenizer_files(folder: Path) -> set[str]:
    templates = {f"{TEMPLATE_FOLDER}/{path.name}" for path in (folder / TEMPLATE_FOLDER).glob("*.jinja")}
    return {name for name in _NAMES if (folder / name).is_file()} | templates


def _config_of(folder: Path) -> dict[str, Any]:
    path = folder / CONFIG_FILE
    try:
        content = read_json(path) if path.is_file() else {}
    except FormatError:
        return {}
    return content if isinstance(content, dict) else {}


def _is_own_folder(tokenizer: Tokenizer, folder: Path) -> bool:
    """Return whether a tokenizer was read from a folder."""
    name = str(getattr(tokenizer, "name_or_path", "") or "")
    return bool(name) and Path(name).is_dir() and Path(name).resolve() == folder.resolve()


def _is_template(name: str) -> bool:
    return name == TEMPLATE_FILE or name.startswith(f"{TEMPLATE_FOLDER}/")


def _agrees(tokenizer: Tokenizer, path: Path, name: str) -> bool:
    """Return whether a file says nothing that the tokenizer does not say itself."""
    check = _CHECKS.get(name)
    if check is None:
        return False
    try:
        return check(tokenizer, path)
    except (ValueError, OSError, AttributeError, TypeError):
        return False


def _vocabulary_agrees(tokenizer: Tokenizer, path: Path) -> bool:
    known = tokenizer.get_vocab()
    return all(known.get(token) == index for token, index in read_json(path).items())


def _lines_agree(tokenizer: Tokenizer, path: Path) -> bool:
    known = tokenizer.get_vocab()
    lines = path.read_text("utf-8").split("\n")
    return all(known.get(line.rstrip("\r")) == index for index, line in enumerate(lines) if line.strip())


def _merges_agree(tokenizer: Tokenizer, path: Path) -> bool:
    known = tokenizer.get_vocab()
    pairs = (
        line.split(" ") for line in path.read_text("utf-8").split("\n") if line and not line.startswith("#version")
    )
    return all(len(pair) == 2 and "".join(pair) in known for pair in pairs)


def _special_tokens_agree(tokenizer: Tokenizer, path: Path) -> bool:
    named, known = tokenizer.special_tokens_map, set(tokenizer.all_special_tokens)
    for name, value in read_json(path).items():
        values = value if isinstance(value, list) else [value]
        texts = [token["content"] if isinstance(token, dict) else token for token in values]
        if any(text not in known for text in texts) or (not isinstance(value, list) and named.get(name) != texts[0]):
            return False
    return True


_CHECKS: dict[str, Callable[[Any, Path], bool]] = {
    "added_tokens.json": _vocabulary_agrees,
    "merges.txt": _merges_agree,
    "special_tokens_map.json": _special_tokens_agree,
    "vocab.json": _vocabulary_agrees,
    "vocab.txt": _lines_agree,
}
