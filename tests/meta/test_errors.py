"""The error tree: what `lexel.errors` draws is what it defines."""

from __future__ import annotations

import builtins
import inspect
import re

import pytest

from lexel import errors

CLASSES = dict(inspect.getmembers(errors, inspect.isclass))


def drawn() -> dict[str, str]:
    """Return class name → builtin parent, as the docstring draws the tree."""
    assert errors.__doc__ is not None
    return dict(re.findall(r"[├└]─ (\w+)\((\w+)\)", errors.__doc__))


def test_the_drawing_has_every_class_and_no_other() -> None:
    assert set(drawn()) | {"LexelError"} == set(CLASSES)
    assert sorted(CLASSES) == list(errors.__all__)


@pytest.mark.parametrize(("name", "parent"), drawn().items())
def test_a_class_also_derives_from_the_builtin_drawn_beside_it(name: str, parent: str) -> None:
    assert CLASSES[name].__bases__ == (errors.LexelError, getattr(builtins, parent))


def test_a_message_reads_as_written() -> None:
    for error in CLASSES.values():
        assert str(error("no token 'x'")) == "no token 'x'"
