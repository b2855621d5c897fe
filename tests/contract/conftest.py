"""Tokenizers of every kind, each on our core (where it can run it) and on the second engine; and all there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tests.contract.small import CORPUS, KINDS, SPECIAL, forced, pipeline
from tests.contract.subjects import SUBJECTS, Subject

from lexel import TokenizersBackend
from lexel.backends.engine import compile_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Make = "Callable[..., TokenizersBackend]"


@pytest.fixture(params=[(kind, engine) for kind in KINDS for engine in ("core", "library")], ids="-".join)
def make(request: pytest.FixtureRequest) -> Callable[..., TokenizersBackend]:
    """A function that builds the tokenizer with settings."""
    kind, engine = request.param

    def build(**settings: Any) -> TokenizersBackend:
        text = pipeline(kind)
        compiled = compile_json(text) if engine == "core" else forced(text)
        return TokenizersBackend._from_seed(compiled, (), {**SPECIAL, **settings})

    return build


@pytest.fixture
def tok(make: Callable[..., TokenizersBackend]) -> TokenizersBackend:
    return make()


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest) -> tuple[TokenizersBackend, TokenizersBackend]:
    """The same tokenizer twice: as it loads, and on the second engine."""
    text = pipeline(request.param)
    built = [TokenizersBackend._from_seed(way, (), dict(SPECIAL)) for way in (compile_json(text), forced(text))]
    return built[0], built[1]


@pytest.fixture(scope="session")
def corpus() -> list[str]:
    return [*CORPUS, "", " ", "  two  spaces  ", "\t\n", "a" * 300, json.dumps({"k": [1, 2]}), "�", "x <pad> y<sep>"]


def state(tok: Any) -> tuple[Any, ...]:
    """Return what a test could leave changed."""
    sides = (tok.padding_side, tok.truncation_side, tok.model_max_length, tok.split_special_tokens, tok.chat_template)
    return (len(tok), tok.special_tokens_map, tok.extra_special_tokens, *sides)


@pytest.fixture(params=SUBJECTS, ids=lambda subject: subject.name)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """Every tokenizer there is; the shared one is as it was when the test is over."""
    found: Subject = request.param
    before = state(found.tok)
    yield found
    assert state(found.tok) == before, "a test changed the tokenizer that all share"


@pytest.fixture
def any_tok(subject: Subject) -> Any:
    """Every tokenizer there is, to be read only."""
    return subject.tok


@pytest.fixture(params=[subject for subject in SUBJECTS if not subject.large], ids=lambda subject: subject.name)
def light(request: pytest.FixtureRequest) -> Subject:
    """Every class and engine, without the folders of the shared data: these are cheap to load again."""
    found: Subject = request.param
    return found


@pytest.fixture(
    params=[pytest.param(one, marks=pytest.mark.slow if one.heavy else ()) for one in SUBJECTS],
    ids=lambda subject: subject.name,
)
def savable(request: pytest.FixtureRequest) -> Subject:
    """Every tokenizer there is; those that take seconds to write among the slow tests."""
    found: Subject = request.param
    return found
