"""A file that is no tokenizer is refused with a reason; one that is loaded works, whatever is in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.property.hostile import PROPERTY, broken_files, engines, pipelines, texts

from lexel._lexel import Engine
from lexel.errors import LexelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from lexel._lexel import Component


STAGES: list[Component] = ["normalizer", "pre_tokenizer", "post_processor", "decoder"]


def made(make: Callable[[], Engine]) -> Engine | None:
    """Return an engine; None where it is refused with a reason that a person can read."""
    try:
        return make()
    except LexelError as error:
        reason = str(error)
    assert 0 < len(reason) < 2000
    return None


def use(engine: Engine) -> None:
    """Do with an engine what any user does; only the errors that are promised may come of it."""
    for text in ("", "the ab <s> é日\n", " ' ##a ▁▁", "a" * 300):
        try:
            found = engine.encode(text)
            assert engine.encode_batch([text]).row(0).ids == found
        except LexelError:
            continue
        try:
            engine.decode(found)
            engine.decode(found, skip_special_tokens=True)
        except LexelError:
            continue


@PROPERTY
@given(broken_files())
def test_a_broken_file_is_refused_or_works(text: str) -> None:
    engine = made(lambda: Engine.from_json(text))
    if engine is None:
        return
    use(engine)
    # What is written can be read. (Ids may shift once, as the original's do, where a file gives its tokens wrong ones.)
    use(Engine.from_json(engine.to_json()))


@PROPERTY
@given(st.binary(max_size=60))
def test_bytes_are_no_file(data: bytes) -> None:
    with pytest.raises(LexelError):
        Engine.from_json(data)


@PROPERTY
@given(st.integers(0, 39), st.sampled_from(STAGES), broken_files())
def test_a_broken_stage_is_refused_or_works(number: int, stage: Component, text: str) -> None:
    try:
        part = json.loads(text).get(stage)
    except (ValueError, AttributeError, RecursionError):
        return
    engine = made(lambda: engines()[number].with_component(stage, None if part is None else json.dumps(part)))
    if engine is not None:
        use(engine)


flags = st.booleans()
tokens = st.lists(st.tuples(texts.filter(lambda text: len(text) < 50), flags, flags, flags, flags, flags), max_size=4)


@PROPERTY
@given(st.integers(0, 39), tokens, texts)
def test_any_text_may_become_a_token(
    number: int, added: list[tuple[str, bool, bool, bool, bool, bool]], text: str
) -> None:
    try:
        engine, _ = engines()[number].with_added_tokens(added)
    except (LexelError, UnicodeEncodeError):
        # What is empty once normalized; what no vocabulary can hold, because it is no text.
        return
    use(engine)
    try:
        found = engine.encode(text + "".join(token[0] for token in added))
    except LexelError:
        return
    bound = max(engine.vocab().values(), default=0)
    assert all(id <= bound for id in found)


def test_there_are_forty_pipelines() -> None:
    assert len(pipelines()) == 40
