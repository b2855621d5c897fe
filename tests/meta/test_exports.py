"""The public names: listed once, in order, importable, and documented."""

from __future__ import annotations

import inspect

import pytest

import lexel


def needs_torch(error: ImportError) -> bool:
    return "torch" in str(error)


def test_the_list_is_sorted_and_has_no_twin() -> None:
    assert list(lexel.__all__) == sorted(set(lexel.__all__))


def test_dir_shows_the_list() -> None:
    assert set(lexel.__all__) <= set(dir(lexel))


@pytest.mark.parametrize("name", lexel.__all__)
def test_a_name_is_importable_and_documented(name: str) -> None:
    try:
        value = getattr(lexel, name)
    except ImportError as error:
        if not needs_torch(error):
            raise
        pytest.skip("needs the torch extra")
    if inspect.isclass(value) or inspect.isroutine(value):
        assert (inspect.getdoc(value) or "").strip(), f"lexel.{name} has no docstring"


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        lexel.no_such_name  # noqa: B018
