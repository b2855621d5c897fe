"""Every published template renders what the reference renders, or raises what it raises."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from lexel.chat_templates import check_generation, render
from lexel.chat_templates.sandbox import filters

if TYPE_CHECKING:
    from pathlib import Path

SPECIAL_TOKENS = ("bos_token", "eos_token", "unk_token", "pad_token")
FAMILIES = ("gemma-4", "llama-3", "phi-3", "qwen2.5")


@pytest.fixture
def frozen_clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    def freeze(moment: str) -> None:
        class Frozen(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.fromisoformat(moment)

        monkeypatch.setattr(filters, "datetime", Frozen)

    return freeze


def compare(template: str, conversation: dict[str, Any], special_tokens: dict[str, str], expected: Any) -> str | None:
    """Render; return what is wrong, None if nothing is."""
    options = dict(conversation["kwargs"])
    known = {
        name: options.pop(name)
        for name in ("tools", "documents", "add_generation_prompt", "continue_final_message")
        if name in options
    }
    try:
        text = render(template, conversation["messages"], variables={**special_tokens, **options}, **known).text
    except Exception as exc:
        if "error" not in expected:
            return f"raised {exc!r}"
        kinds = {kind.__name__ for kind in type(exc).__mro__}
        message = getattr(exc, "message", None)
        if expected["error_type"] not in kinds or message != expected["error"]:
            return f"raised {exc!r}; expected {expected['error_type']}: {expected['error']}"
        return None
    return None if text == expected.get("rendered") else f"rendered {text!r}; expected {expected}"


def test_published_templates(shared_data: Path, frozen_clock: Any) -> None:
    folder = shared_data / "chat_templates"
    conversations = {item["id"]: item for item in json.loads((folder / "conversations.json").read_text())}
    wrong, cases = [], 0
    for path in sorted(folder.glob("*.golden.json")):
        golden = json.loads(path.read_text())
        frozen_clock(golden["now"])
        template = (folder / golden["template"]).read_bytes().decode()
        special_tokens = {name: golden[name] for name in SPECIAL_TOKENS if golden.get(name) is not None}
        for expected in golden["renders"]:
            cases += 1
            fault = compare(template, conversations[expected["id"]], special_tokens, expected)
            if fault:
                wrong.append(f"{golden['template']} {expected['id']}: {fault}")
    assert wrong == []
    assert cases >= 1152


@pytest.mark.parametrize("family", FAMILIES)
def test_templates_of_tokenizers(shared_data: Path, frozen_clock: Any, family: str) -> None:
    folder = shared_data / "tokenizers" / family
    config = json.loads((folder / "tokenizer_config.json").read_text())
    file = folder / "chat_template.jinja"
    template = file.read_bytes().decode() if file.is_file() else config["chat_template"]
    special_tokens = {}
    for name in SPECIAL_TOKENS:
        token = config.get(name)
        if token is not None:
            special_tokens[name] = token if isinstance(token, str) else token["content"]
    frozen_clock("2025-06-15T12:00:00")
    wrong, cases = [], 0
    for line in (folder / "golden.chat.jsonl").read_text().splitlines():
        expected = json.loads(line)
        cases += 1
        fault = compare(template, expected, special_tokens, expected)
        if fault:
            wrong.append(f"{expected['id']}: {fault}")
    assert wrong == []
    assert cases >= 16


def test_generation_blocks_of_published_templates_hold_the_assistants_text(
    shared_data: Path, frozen_clock: Any
) -> None:
    folder = shared_data / "chat_templates"
    messages = [
        {"role": "user", "content": "first question"},
        {"role": "assistant", "content": "first answer 😀"},
        {"role": "user", "content": "second question"},
        {"role": "assistant", "content": "second answer"},
    ]
    frozen_clock("2025-06-15T12:00:00")
    seen = 0
    for path in sorted(folder.glob("*.jinja")):
        template = path.read_bytes().decode()
        if "endgeneration" not in template:
            continue
        check_generation(template, on_missing_generation="raise")
        rendered = render(template, messages, variables={"bos_token": "<s>", "eos_token": "</s>"})
        written = [rendered.text[start:end] for start, end in rendered.generation_spans or ()]
        assert len(written) == 2, path.name
        for text, answer in zip(written, ("first answer 😀", "second answer"), strict=True):
            assert answer in text, path.name
            assert "question" not in text, path.name
        seen += 1
    assert seen >= 4
