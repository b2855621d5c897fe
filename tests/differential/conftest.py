"""How many random inputs the differential tests try, and from which seed."""

from __future__ import annotations

import os

import pytest

# Where the original panics, a backtrace would take most of the time of a test.
os.environ["RUST_BACKTRACE"] = "0"

DEFAULT_CASES = 2000
DEFAULT_SEED = "lexel"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("differential")
    group.addoption(
        "--differential-cases",
        type=int,
        default=DEFAULT_CASES,
        help=f"random strings per tokenizer (default {DEFAULT_CASES})",
    )
    group.addoption("--differential-seed", default=DEFAULT_SEED, help="seed of the random inputs")


@pytest.fixture(scope="session")
def cases(pytestconfig: pytest.Config) -> int:
    """Random strings per tokenizer."""
    return int(pytestconfig.getoption("--differential-cases", DEFAULT_CASES))


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> str:
    """What all random inputs of this run are made from."""
    return str(pytestconfig.getoption("--differential-seed", DEFAULT_SEED))
