from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from lexel import AutoTokenizer, GPT2Tokenizer, TokenizersBackend
from lexel.auto import class_named
from lexel.auto.registry import TOKENIZER_MAPPING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("fresh_registry")


class MineTokenizer(TokenizersBackend):
    """A class of a program."""


class OtherTokenizer(TokenizersBackend):
    """Another one."""


class MineConfig:
    """The configuration of a model of the program."""

    model_type = "mine"
    tokenizer_class = None


def test_classes_can_be_registered(configure: Callable[..., Path], folder: Path) -> None:
    AutoTokenizer.register("mine", MineTokenizer)
    assert type(AutoTokenizer.from_pretrained(configure(tokenizer_class="MineTokenizer"))) is MineTokenizer
    assert type(AutoTokenizer.from_pretrained(configure(tokenizer_class="MineTokenizerFast"))) is MineTokenizer
    assert type(AutoTokenizer.from_pretrained(configure({"model_type": "mine"}))) is MineTokenizer
    AutoTokenizer.register("mine", fast_tokenizer_class=MineTokenizer)
    AutoTokenizer.register("mine", OtherTokenizer)
    assert type(AutoTokenizer.from_pretrained(folder)) is OtherTokenizer
    with pytest.raises(ValueError, match="tokenizer_class="):
        AutoTokenizer.register("other")


def test_a_configuration_class_stands_for_its_model_type(folder: Path, configure: Callable[..., Path]) -> None:
    AutoTokenizer.register(MineConfig, slow_tokenizer_class=MineTokenizer)
    assert type(AutoTokenizer.from_pretrained(folder, config=MineConfig())) is MineTokenizer
    assert type(AutoTokenizer.from_pretrained(configure({"model_type": "mine"}))) is MineTokenizer
    assert type(AutoTokenizer.from_pretrained(folder, tokenizer_type="mine")) is MineTokenizer


def test_of_a_slow_and_a_fast_class_the_fast_one_is_taken(configure: Callable[..., Path]) -> None:
    AutoTokenizer.register("mine", slow_tokenizer_class=OtherTokenizer, fast_tokenizer_class=MineTokenizer)
    for name in ("OtherTokenizer", "MineTokenizer"):
        assert type(AutoTokenizer.from_pretrained(configure(tokenizer_class=name))) is MineTokenizer
        assert class_named(name) is MineTokenizer


def test_types_that_have_a_class_are_not_taken_by_accident(configure: Callable[..., Path]) -> None:
    with pytest.raises(ValueError, match="'gpt2' has a class here, GPT2Tokenizer; pass exist_ok=True"):
        AutoTokenizer.register("gpt2", MineTokenizer)
    AutoTokenizer.register("gpt2", MineTokenizer, exist_ok=True)
    assert type(AutoTokenizer.from_pretrained(configure({"model_type": "gpt2"}))) is MineTokenizer
    assert type(AutoTokenizer.from_pretrained(configure(tokenizer_class="GPT2Tokenizer"))) is GPT2Tokenizer


def test_the_mapping_of_the_reference(folder: Path) -> None:
    AutoTokenizer.register(MineConfig, slow_tokenizer_class=MineTokenizer)
    assert TOKENIZER_MAPPING[MineConfig] is MineTokenizer
    del TOKENIZER_MAPPING._extra_content[MineConfig]
    assert MineConfig in TOKENIZER_MAPPING, "by its model type"
    TOKENIZER_MAPPING.register(MineConfig, OtherTokenizer)
    assert type(AutoTokenizer.from_pretrained(folder, config=MineConfig())) is OtherTokenizer
    assert object not in TOKENIZER_MAPPING
    with pytest.raises(KeyError):
        TOKENIZER_MAPPING[object]


def test_a_class_defined_again_replaces_itself() -> None:
    def define() -> type[TokenizersBackend]:
        class AgainTokenizer(TokenizersBackend):
            pass

        return AgainTokenizer

    first, second = define(), define()
    AutoTokenizer.register("again", first)
    AutoTokenizer.register("again", second)
    assert class_named("AgainTokenizer") is second


def test_a_class_that_loads_itself_does(configure: Callable[..., Path]) -> None:
    class OwnWayTokenizer(TokenizersBackend):
        calls: ClassVar[list[Any]] = []

        @classmethod
        def from_pretrained(cls, name: Any, *inputs: Any, **kwargs: Any) -> Any:
            cls.calls.append((name, inputs, kwargs))
            return super().from_pretrained(name, *inputs, **kwargs)

    AutoTokenizer.register(None, OwnWayTokenizer)
    folder = configure(tokenizer_class="OwnWayTokenizer")
    tok = AutoTokenizer.from_pretrained(folder, model_max_length=5)
    assert type(tok) is OwnWayTokenizer
    assert tok.model_max_length == 5
    assert OwnWayTokenizer.calls == [(str(folder), (), {"model_max_length": 5})]
