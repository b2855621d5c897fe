"""The public names: listed once, in order, importable, and documented."""

from __future__ import annotations

import inspect

import pytest
from tests.meta.names import public_names

import lexel


def test_the_list_is_sorted_and_has_no_twin() -> None:
    assert list(lexel.__all__) == sorted(set(lexel.__all__))


def test_dir_shows_the_list() -> None:
    assert set(lexel.__all__) <= set(dir(lexel))


@pytest.mark.parametrize("name", public_names())
def test_a_name_is_importable_and_documented(name: str) -> None:
    value = getattr(lexel, name)
    if inspect.isclass(value) or inspect.isroutine(value):
        assert (inspect.getdoc(value) or "").strip(), f"lexel.{name} has no docstring"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        lexel.no_such_name  # noqa: B018
