"""Templates and the tokenizer they are used with: checks, control tokens, templates that come with lexel."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.unit.backends.python_tokenizers import WordTokenizer

from lexel import AddedToken, Tokenizer, TokenizersBackend, UnsupportedError, VocabularyError, shipped_template

CHAT = [{"role": "user", "content": "a b"}, {"role": "assistant", "content": "b a"}]
WORDS = [*"abcdefghijklmnopqrstuvwxyz", *"<|>_/:#\n ", "<s>", "</s>"]


def bpe(*added: AddedToken, **settings: Any) -> TokenizersBackend:
    """Return a tokenizer of single characters."""
    settings = {"bos_token": "<s>", "eos_token": "</s>", **settings}
    tok = TokenizersBackend(
        vocab={char: index for index, char in enumerate(WORDS)}, merges=[], unk_token=None, **settings
    )
    tok.add_tokens(list(added))
    return tok


def special(text: str) -> AddedToken:
    return AddedToken(text, special=True, normalized=False)


def test_a_template_whose_tokens_are_there() -> None:
    tok = bpe(special("<|im_start|>"), special("<|im_end|>"))
    size = len(tok)
    chosen = tok.use_chat_template("chatml")
    assert (chosen.name, chosen.added_tokens, len(tok)) == ("chatml", (), size)
    assert chosen.end_of_turn == "<|im_end|>"
    assert chosen.end_of_turn_id == tok.convert_tokens_to_ids("<|im_end|>")
    assert chosen.embedding_size == tok.embedding_size()
    assert not chosen.is_eos
    assert str(chosen).splitlines()[1].startswith("  generation does not stop there by itself: pass eos_token_id=")
    assert tok.chat_template == shipped_template("chatml")
    made = tok.apply_chat_template(CHAT, return_assistant_tokens_mask=True)
    ids = made["input_ids"]
    said = [index for index, mine in zip(ids, made["assistant_masks"], strict=True) if mine]
    assert tok.convert_ids_to_tokens(said) == ["b", " ", "a", "<|im_end|>"]
    assert ids[0] == tok.convert_tokens_to_ids("<|im_start|>")


def test_missing_tokens_are_named_and_nothing_is_changed() -> None:
    tok = bpe(special("<|im_start|>"), AddedToken("<|im_end|>", special=False))
    with pytest.raises(
        VocabularyError, match=r"'chatml' writes <\|im_end\|>, which this tokenizer does not have as special"
    ):
        tok.use_chat_template("chatml")
    assert tok.chat_template is None
    # It is there, and becomes special: no id is new.
    size = len(tok)
    chosen = tok.use_chat_template("chatml", add_tokens=True)
    assert (chosen.added_tokens, len(tok)) == (("<|im_end|>",), size)
    assert tok.decode([chosen.end_of_turn_id], skip_special_tokens=True) == ""


def test_missing_tokens_can_be_added() -> None:
    tok = bpe()
    size = len(tok)
    chosen = tok.use_chat_template("llama", add_tokens=True)
    assert chosen.added_tokens == ("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
    assert chosen.embedding_size == len(tok) == size + 3
    assert f"resize_token_embeddings({size + 3})" in str(chosen)
    assert tok.use_chat_template("llama").added_tokens == ()
    report = tok.check_chat_template()
    assert report.ok, str(report)
    assert "token-not-in-vocabulary" not in report.codes


def test_the_end_of_answers_may_be_the_eos_token() -> None:
    chosen = bpe(eos_token="<|im_end|>").use_chat_template("chatml", add_tokens=True)
    assert chosen.is_eos
    assert "does not stop" not in str(chosen)
    plain = bpe().use_chat_template("plain")
    assert (plain.end_of_turn, plain.is_eos, plain.added_tokens) == ("</s>", True, ())
    with pytest.raises(ValueError, match=r"'plain' ends answers with the eos token: set tokenizer\.eos_token"):
        bpe(eos_token=None).use_chat_template("plain")


def test_chats_begin_as_all_texts_do() -> None:
    tok = bpe(add_bos_token=True)
    tok.use_chat_template("chatml", add_tokens=True)
    assert tok.apply_chat_template(CHAT)["input_ids"][:2] == tok.convert_tokens_to_ids(["<s>", "<|im_start|>"])
    codes = tok.check_chat_template().codes
    assert "bos-doubled" in codes
    assert "bos-missing" not in codes
    tok.chat_template = shipped_template("chatml")
    assert "bos-missing" in tok.check_chat_template().codes
    tok.use_chat_template("llama", add_tokens=True)
    assert tok.apply_chat_template(CHAT, tokenize=False).count("<s>") == 1


def test_an_unknown_name() -> None:
    with pytest.raises(ValueError, match="lexel ships no chat template 'zephyr'"):
        bpe().use_chat_template("zephyr")


def test_checking_asks_the_tokenizer() -> None:
    tok = bpe(chat_template="{% for m in messages %}<|user|>{{ m.content }}{{ pad_token }}{% endfor %}")
    report = tok.check_chat_template()
    assert {"token-not-in-vocabulary", "special-token-unset"} <= report.codes
    assert not report.ok
    tok.add_tokens([AddedToken("<|user|>")])
    assert {"token-not-special", "text-beside-control-tokens"} <= tok.check_chat_template().codes
    tok.chat_template = {"default": shipped_template("plain"), "rag": "{{ x"}
    assert tok.check_chat_template().ok
    assert tok.check_chat_template("rag").name == "rag"
    assert tok.check_chat_template("rag").codes == {"syntax-error"}
    assert tok.check_chat_template("{{ x").name == "chat template"
    with pytest.raises(ValueError, match="no chat template"):
        bpe().check_chat_template()


TEMPLATE = "{{ bos_token }}{% for m in messages %}<|user|>{{ m.content }}<|end|><call>{% endfor %}"


def test_control_tokens_are_reported() -> None:
    tok = bpe(special("<|user|>"), AddedToken("<call>"), chat_template=TEMPLATE)
    report = tok.chat_control_report()
    found = {token.token: token for token in report.tokens}
    assert set(found) == {"<|user|>", "<|end|>", "<call>", "<s>"}
    user, end, call = (found[name] for name in ("<|user|>", "<|end|>", "<call>"))
    assert (user.id, user.special, user.pieces) == (tok.convert_tokens_to_ids("<|user|>"), True, ("<|user|>",))
    assert (user.can_be_forged, user.can_be_forged_when_sanitized, user.dropped_in_decoding) == (True, False, True)
    assert (end.id, end.special, end.pieces, end.can_be_forged) == (None, False, tuple("<|end|>"), False)
    assert (call.special, call.can_be_forged, call.dropped_in_decoding) == (False, True, False)
    assert not call.can_be_forged_when_sanitized
    assert (report.split, report.forgeable) == (("<|end|>",), ())
    lines = str(report).splitlines()
    assert lines[0].split() == [
        "token",
        "id",
        "special",
        "a",
        "user",
        "can",
        "write",
        "it",
        "sanitized",
        "skip_special_tokens",
    ]
    assert "<|end|> is split into < | e n d | >" in lines
    assert repr(report) == f"<ControlTokenReport {' '.join(found)}>"


def test_what_sanitizing_says_is_what_it_does() -> None:
    tok = bpe(special("<|user|>"), AddedToken("<call>"), chat_template=TEMPLATE)
    for declared in (None, [], ["<call>"]):
        tok.chat_control_tokens = declared
        for token in tok.chat_control_report().tokens:
            if token.id is None:
                continue
            base = tok.apply_chat_template([{"role": "user", "content": "ab"}])["input_ids"].count(token.id)
            for sanitize, said in ((False, token.can_be_forged), (True, token.can_be_forged_when_sanitized)):
                made = tok.apply_chat_template(
                    [{"role": "user", "content": f"a {token.token} b"}], sanitize_control_tokens=sanitize
                )
                assert (made["input_ids"].count(token.id) > base) is said, (declared, token.token, sanitize)
    tok.chat_control_tokens = []
    report = tok.chat_control_report()
    assert report.forgeable == ("<call>",)
    assert "add to tokenizer.chat_control_tokens what users must not write: <call>" in str(report)


def test_a_template_without_control_tokens() -> None:
    assert str(bpe().chat_control_report("{{ messages[0].content }}")) == "the template writes no control tokens"


@pytest.mark.parametrize("make", [bpe, lambda: WordTokenizer(bos_token="<s>", eos_token="</s>")])
def test_every_backend_can_be_given_a_template(make: Any) -> None:
    tok: Tokenizer = copy.deepcopy(make())
    tok.use_chat_template("chatml", add_tokens=True)
    ids = tok.apply_chat_template(CHAT)["input_ids"]
    start, end = tok.convert_tokens_to_ids(["<|im_start|>", "<|im_end|>"])
    assert (ids.count(start), ids.count(end)) == (2, 2)
    report = tok.check_chat_template()
    assert report.ok, str(report)
    assert tok.chat_control_report().split == ()


def test_tokenizers_without_templates_say_so() -> None:
    class Encoded(WordTokenizer):
        def get_chat_template(self, chat_template: str | None = None, tools: Any = None) -> str:
            raise UnsupportedError("the library encodes conversations itself")

    tok = Encoded(eos_token="</s>")
    calls = (tok.check_chat_template, tok.chat_control_report, lambda: tok.use_chat_template("plain"))
    for call in calls:
        with pytest.raises(UnsupportedError, match="the library encodes conversations itself"):
            call()
    assert tok.chat_template is None
