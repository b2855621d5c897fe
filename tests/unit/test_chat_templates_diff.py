"""Two renders beside each other."""

from __future__ import annotations

import random
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.unit.tokenizer.conversations import conversation, tokenizer_for

import lexel
from lexel.chat_templates import TemplateError
from lexel.chat_templates.diff import render_diff

CHATML = (
    "{% for m in messages %}\n<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
PLAIN = "{{ bos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
CHAT = [{"role": "user", "content": "the quick  fox"}, {"role": "assistant", "content": "lazy dog"}]


def test_equal_renders_are_no_difference() -> None:
    diff = lexel.render_diff(CHATML, CHATML, CHAT)
    assert not diff
    assert str(diff) == "no difference"
    assert diff.changes == []
    assert (diff.a.text, diff.a.ids, diff.ids_at) == (diff.b.text, None, None)


def test_two_templates() -> None:
    diff = render_diff(CHATML, CHATML.replace("<|im_end|>", " <|end|>"), CHAT)
    assert diff
    first = diff.changes[0]
    assert (first.kind, first.message, first.a_line, first.b_line) == ("replace", 0, 3, 3)
    assert diff.a.text[slice(*first.a)] == "<|im_end|>"
    assert diff.b.text[slice(*first.b)] == " <|end|>"
    assert diff.unified().splitlines()[:5] == [
        "--- a",
        "+++ b",
        "@@ -1,6 +1,6 @@",
        " <|im_start|>user⏎",
        "-the·quick··fox<|im_end|>⏎",
    ]
    assert "the quick  fox[-<|im_end|>-]{+·<|end|>+}" in diff.inline()
    assert "character 31, message 0, template line a 3, b 3: '<|im_end|>' → ' <|end|>'" in diff.summary()
    assert repr(diff).startswith("RenderDiff(2 differences)\n")


def test_what_only_one_side_has() -> None:
    diff = render_diff(CHATML, CHATML, CHAT, b_options={"add_generation_prompt": True})
    (only,) = diff.changes
    assert (only.kind, only.a_line, only.b_line) == ("insert", None, 5)
    assert diff.b.text[slice(*only.b)] == "<|im_start|>assistant\n"
    assert "nothing → '<|im_start|>assistant\\n'" in diff.summary()
    less = render_diff(CHATML, CHATML, CHAT, b_options={"messages": CHAT[:1]})
    assert [span.kind for span in less.changes] == ["delete"]
    assert less.changes[0].message == 1


def test_two_tokenizers_differ_in_ids() -> None:
    one, other = tokenizer_for(CHATML), tokenizer_for(CHATML, "metaspace")
    diff = render_diff(one, other, CHAT)
    assert diff
    assert diff.changes == []
    assert diff.a.ids == one.apply_chat_template(CHAT, return_dict=False)
    assert diff.b.ids == other.apply_chat_template(CHAT, return_dict=False)
    assert diff.ids_at is not None
    assert str(diff).startswith(f"ids from {diff.ids_at}: {diff.a.ids[diff.ids_at]} ")
    assert diff.a.name == "a: TokenizersBackend"


def test_a_template_beside_a_tokenizer_is_encoded_by_it() -> None:
    tok = tokenizer_for(CHATML)
    diff = render_diff(PLAIN, tok, CHAT)
    assert diff.a.text.startswith("<s>user: ")
    assert diff.a.ids == tok.encode(diff.a.text, add_special_tokens=False)
    tok.chat_template = {"default": CHATML, "other": PLAIN}
    assert render_diff("other", tok, CHAT).a.text == diff.a.text
    assert not render_diff(tok, tok, CHAT, a_options={"chat_template": "other"}, b_options={"chat_template": PLAIN})


def test_argument_sets() -> None:
    tok = tokenizer_for("{{ 'loud' if shout else 'calm' }}" + CHATML)
    diff = render_diff(tok, tok, CHAT, a_options={"shout": True})
    assert diff.inline().startswith("[-loud-]{+calm+}")
    assert not render_diff(tok, tok, CHAT, shout=True)


@pytest.mark.parametrize("lines", [5, 3000])
def test_the_spans_are_both_texts(lines: int) -> None:
    rng = random.Random(5)
    texts = ["\n".join(str(rng.randrange(9)) * 3 for _ in range(lines)) for _ in range(2)]
    template = "{{ messages[0].content }}"
    messages: list[list[dict[str, Any]]] = [[{"role": "user", "content": text}] for text in texts]
    diff = render_diff(template, template, messages[0], b_options={"messages": messages[1]})
    for side, ends in ((diff.a, [span.a for span in diff.spans]), (diff.b, [span.b for span in diff.spans])):
        assert "".join(side.text[start:end] for start, end in ends) == side.text
        assert all(start <= end for start, end in ends)
    for span in diff.spans:
        gone, new = diff.a.text[slice(*span.a)], diff.b.text[slice(*span.b)]
        assert (gone == new) is (span.kind == "equal")
        assert bool(gone) is (span.kind != "insert")
        assert bool(new) is (span.kind != "delete")


def test_a_side_that_fails_is_named() -> None:
    with pytest.raises(TemplateError) as caught:
        render_diff(CHATML, "{{ raise_exception('no') }}", CHAT)
    assert "in side b of a comparison" in caught.value.__notes__
    with pytest.raises(TypeError, match="b is a int"):
        render_diff(CHATML, 5, CHAT)
    with pytest.raises(ValueError, match="no chat template"):
        render_diff(CHATML, lexel.LlamaTokenizer(), CHAT)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.open.append(tag)
        assert {name for name, _ in attrs} <= {"class", "title"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def test_html_shows_everything_and_runs_nothing() -> None:
    evil = [{"role": "user", "content": "<script>alert(1)</script>&amp;\"'><img src=x>\n\x00"}]
    tok = tokenizer_for(CHATML)
    diff = render_diff(tok, CHATML.replace("<|im_end|>", "<script>"), evil)
    page = diff._repr_html_()
    parser = _Tags()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    assert parser.seen == {"div", "style", "pre", "del", "ins", "b", "p"}
    assert "<script>alert(1)</script>&amp;\"'><img src=x>" in parser.text
    assert "1 differences; a: TokenizersBackend → b" in parser.text
    assert "ids from" in parser.text


def test_random_conversations_with_themselves() -> None:
    rng = random.Random(11)
    tok = tokenizer_for(CHATML)
    for _ in range(20):
        messages = conversation(rng)
        assert not render_diff(tok, tok, messages)
        other = render_diff(tok, tok, messages, b_options={"messages": conversation(rng)})
        assert bool(other) is bool(other.changes)
