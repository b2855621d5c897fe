"""A template that comes with lexel can be given to every tokenizer, and does what it promises there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.subjects import Subject

CHAT = [
    {"role": "system", "content": "be quick"},
    {"role": "user", "content": "the lazy dog"},
    {"role": "assistant", "content": "the quick fox"},
    {"role": "user", "content": "again"},
]


@pytest.mark.parametrize("name", ["chatml", "llama", "plain"])
def test_a_shipped_template_on_every_tokenizer(light: Subject, name: str) -> None:
    tok: Any = light.fresh()
    if tok.eos_token is None:
        tok.eos_token = tok.sep_token or tok.unk_token
    chosen = tok.use_chat_template(name, add_tokens=True)
    assert tok.convert_ids_to_tokens(chosen.end_of_turn_id) == chosen.end_of_turn
    report = tok.check_chat_template()
    assert not report.of("error"), str(report)
    assert not report.of("warning"), str(report)
    assert tok.chat_control_report().forgeable == ()
    made = tok.apply_chat_template([CHAT[:3], CHAT], padding=False)
    short, long = made["input_ids"]
    assert long[: len(short)] == short
    if tok.is_fast:
        masked = tok.apply_chat_template(CHAT, return_assistant_tokens_mask=True)
        said = [index for index, mine in zip(masked["input_ids"], masked["assistant_masks"], strict=True) if mine]
        assert said[-1] == chosen.end_of_turn_id
        alone = tok.encode(CHAT[2]["content"], add_special_tokens=False)
        assert len(said) <= len(alone) + 3
    # A chat begins as all texts of this tokenizer do.
    text = tok("fox")["input_ids"]
    if tok.bos_token_id is not None and text[0] == tok.bos_token_id:
        assert long[0] == tok.bos_token_id
        assert long[1] != tok.bos_token_id
