"""Mistral's tokenizers by Mistral's library; expected values are the reference's class's, measured, and the goldens."""

from __future__ import annotations

import copy
import json
import pickle
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from tests.conftest import absent

from lexel import (
    AutoTokenizer,
    FormatError,
    LoadError,
    MistralCommonBackend,
    MistralCommonTokenizer,
    UnsupportedError,
)
from lexel.backends.mistral_messages import as_message, media_columns
from lexel.chat_templates import render_diff

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("mistral_common")

FILES = {"mistral-v7": "tokenizer.model.v7", "tekken-240911": "tekken.json"}
HI = [{"role": "user", "content": "Hi"}]
_made: dict[str, Any] = {}


def made(data: Path, name: str, mode: str = "test") -> Any:
    """Return a tokenizer, made once for all tests; it never changes."""
    if name.startswith("mistral"):
        pytest.importorskip("sentencepiece")
    path = data / "tokenizers" / name / FILES[name]
    if not path.is_file():
        absent(str(path))
    return _made.setdefault(name + mode, MistralCommonBackend(path, mode=mode))


@pytest.fixture(params=FILES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def any_tok(shared_data: Path, name: str) -> Any:
    return made(shared_data, name)


@pytest.fixture
def tok(shared_data: Path) -> Any:
    return made(shared_data, "mistral-v7")


@pytest.fixture
def path(shared_data: Path) -> Path:
    return shared_data / "tokenizers" / "mistral-v7" / FILES["mistral-v7"]


def goldens(data: Path, name: str, kind: str) -> list[dict[str, Any]]:
    lines = (data / "tokenizers" / name / f"golden.{kind}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


# --- text and ids -----------------------------------------------------------------------------------------------------


def test_goldens(shared_data: Path, name: str, any_tok: Any) -> None:
    training = made(shared_data, name, "finetuning")
    for row in goldens(shared_data, name, "mistral_common"):
        text, ids = row["text"], row["ids"]
        assert any_tok.encode(text, add_special_tokens=False) == ids
        assert any_tok(text)["input_ids"] == [1, *ids]
        assert training(text)["input_ids"] == [1, *ids, 2]
        assert any_tok.decode([1, *ids, 2], skip_special_tokens=True) == row.get("decoded", text)
        assert any_tok.tokenize(text) == any_tok.convert_ids_to_tokens(ids)


def test_a_stream_gives_the_decoded_text(shared_data: Path, name: str, any_tok: Any) -> None:
    for row in goldens(shared_data, name, "mistral_common"):
        for skip in (True, False):
            stream = any_tok.decode_stream(skip_special_tokens=skip)
            told = "".join(stream.feed(index) for index in [1, *row["ids"], 2]) + stream.flush()
            assert told == any_tok.decode([1, *row["ids"], 2], skip_special_tokens=skip)


def test_tokens_are_shown_where_they_stand(shared_data: Path, name: str, any_tok: Any) -> None:
    for row in goldens(shared_data, name, "mistral_common"):
        text = row["text"]
        ids, spans = any_tok._encode_spans(text, plain=False)
        assert ids == row["ids"]
        covered = {at for start, end in spans for at in range(start, end)}
        assert covered == set(range(len(text)))
        assert spans == sorted(spans)
    assert any_tok.show("Hello you").spans == [(0, 5), (5, 9)]
    assert any_tok.words_of("Hello you", add_special_tokens=False) == [0, 1]
    assert any_tok.count("Hello you") == 2
    assert any_tok.truncate_text("Hello you there", 2) == "Hello you"
    assert [part.text.strip() for part in any_tok.chunk("Hello you there", 2)] == ["Hello you", "there"]


def test_bytes(shared_data: Path, tok: Any) -> None:
    tekken = made(shared_data, "tekken-240911")
    table = tekken.token_bytes_table()
    assert len(table) == tekken.vocab_size
    for row in goldens(shared_data, "tekken-240911", "mistral_common"):
        assert b"".join(table[index] for index in row["ids"]) == row["text"].encode()
    assert (tekken.token_bytes(1), tekken.token_bytes(10**6)) == (b"<s>", None)
    with pytest.raises(UnsupportedError, match="have no bytes"):
        tok.token_bytes(5)


def test_what_it_is(tok: Any) -> None:
    assert MistralCommonTokenizer is MistralCommonBackend
    assert (tok.backend, tok.is_fast, tok.vocab_size, len(tok)) == ("mistral_common", False, 32768, 32768)
    assert (tok.mode.value, type(tok.tokenizer).__name__) == ("test", "MistralTokenizer")
    assert (tok.padding_side, tok.truncation_side, tok.model_max_length) == ("left", "right", int(1e30))
    assert tok.special_tokens_map == {
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<pad>",
    }
    assert tok.SPECIAL_TOKENS_ATTRIBUTES == ["bos_token", "eos_token", "unk_token", "pad_token"]
    assert (tok.bos_token_id, tok.eos_token_id, tok.pad_token_id) == (1, 2, 0)
    assert (len(tok.all_special_ids), tok.all_special_tokens[:3]) == (748, ["<s>", "</s>", "[INST]"])
    assert repr(tok).startswith("MistralCommonBackend(name_or_path='', vocab_size=32768, ")
    assert tok.get_added_vocab() == {}


def test_vocabularies(shared_data: Path) -> None:
    pieces = made(shared_data, "mistral-v7").get_vocab()
    assert list(pieces.values()) == list(range(32768))
    # Many pieces of bytes are written alike: one entry for all, with the id of the unknown token.
    tekken = made(shared_data, "tekken-240911")
    assert (len(tekken.get_vocab()), tekken.vocab_size, tekken.pad_token_id) == (130044, 131072, 11)
    assert tekken.get_vocab()["Hello"] == 22177
    assert list(tekken.get_vocab().values()) == sorted(tekken.get_vocab().values())


def test_control_tokens_in_a_text_are_characters(tok: Any) -> None:
    assert tok.encode("<s>Hello</s>[INST]") == [1, 1291, 29481, 29535, 16998, 1468, 29481, 29535, 29560, 17057, 29561]
    assert tok.tokenize("Hello <s> world") == ["▁Hello", "▁<", "s", ">", "▁world"]


def test_columns(tok: Any) -> None:
    options = {"return_special_tokens_mask": True, "return_length": True, "return_overflowing_tokens": True}
    one = tok("Hello world it is", max_length=3, truncation=True, stride=1, return_token_type_ids=True, **options)
    assert list(one.items()) == [
        ("input_ids", [1, 23325, 2294]),
        ("token_type_ids", [0, 0, 0]),
        ("special_tokens_mask", [1, 0, 0]),
        ("overflowing_tokens", [2294, 1146, 1117]),
        ("num_truncated_tokens", 2),
        ("attention_mask", [1, 1, 1]),
        ("length", 3),
    ]
    batch = ["a", "Hello world it is"]
    many = tok(batch, max_length=4, truncation=True, **options)
    assert (many["overflowing_tokens"], many["num_truncated_tokens"]) == ([[0], [1117]], [[0], 1])
    arrays = tok(batch, max_length=4, truncation=True, padding=True, return_tensors="np", **options)
    assert list(arrays) == ["input_ids", "special_tokens_mask", "length", "attention_mask"]
    assert arrays["input_ids"].tolist() == [[0, 0, 1, 1032], [1, 23325, 2294, 1146]]


def test_what_a_text_may_be(tok: Any) -> None:
    assert tok([5, 6])["input_ids"] == tok((5, 6))["input_ids"] == [1, 5, 6]
    assert tok(["x", [5]])["input_ids"] == [[1, 2086], [1, 5]]
    assert tok([[]])["input_ids"] == [[1]]
    assert tok([]) == {"input_ids": [], "attention_mask": []}
    assert tok.encode("Pip\ud800") == tok.encode("Pip\ufffd")
    for wrong in (5, b"x", [None], ["a", None], [1.5], {"a": 1}, [["a", "b"]]):
        with pytest.raises(ValueError, match="Should be a string, or a list/tuple of integers"):
            tok(wrong)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "text_pair": lambda tok: tok("x", "y"),
    "text_target": lambda tok: tok(text_target="y"),
    "text_pair_target": lambda tok: tok("x", text_pair_target="y"),
    r"return_offsets_mapping.*__call__": lambda tok: tok("x", return_offsets_mapping=True),
    r"split_special_tokens.*__call__": lambda tok: tok("x", split_special_tokens=True),
    r"is_split_into_words.*__call__": lambda tok: tok(["x"], is_split_into_words=True),
    r"\['more'\].*__call__": lambda tok: tok("x", more=1),
    r"\['more'\].*encode": lambda tok: tok.encode("x", more=1),
    r"\['return_length'\].*encode": lambda tok: tok.encode("x", return_length=True),
    r"\['more'\].*tokenize": lambda tok: tok.tokenize("x", more=1),
    r"\['more'\].*\.decode": lambda tok: tok.decode([1], more=1),
    r"\['more'\].*batch_decode": lambda tok: tok.batch_decode([[1]], more=1),
    r"\['more'\].*prepare_for_model": lambda tok: tok.prepare_for_model([1], more=1),
    r"\['more'\].*save_pretrained": lambda tok: tok.save_pretrained("x", more=1),
    "only_first": lambda tok: tok("x", truncation="only_first", max_length=3),
    "`only_first` is for pairs": lambda tok: tok("x", truncation="only_first"),
    "`only_second` is for pairs": lambda tok: tok.encode("x", truncation="only_second"),
    "only_second": lambda tok: tok.truncate_sequences([1, 2], None, 1, "only_second"),
    "pair_ids": lambda tok: tok.prepare_for_model([1], [2]),
    "token_ids_1": lambda tok: tok.build_inputs_with_special_tokens([1], [2]),
    "token_ids_1 ": lambda tok: tok.get_special_tokens_mask([1], [2]),
    "pair=True": lambda tok: tok.num_special_tokens_to_add(True),
    "control token": lambda tok: tok.convert_ids_to_tokens(5, skip_special_tokens=True),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_is_refused(tok: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message.strip()):
        REFUSED[message](tok)


@pytest.mark.parametrize(
    "method",
    [
        *("add_special_tokens", "add_tokens", "convert_added_tokens", "get_chat_template", "save_chat_templates"),
        *("save_vocabulary", "added_tokens_decoder"),
    ],
)
def test_what_is_not_here(tok: Any, method: str) -> None:
    with pytest.raises(NotImplementedError, match=f"has no {method}"):
        getattr(tok, method)()


def test_pieces(tok: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert tok.convert_tokens_to_ids(["▁Hello", "<s>", "[INST]"]) == [23325, 1, 3]
    assert tok.convert_ids_to_tokens([1, 5, 1500, 2], skip_special_tokens=True) == ["▁/"]
    assert tok.convert_ids_to_tokens([10**6, -1]) == [None, None]
    assert not caplog.records
    assert tok.convert_tokens_to_ids("no such piece") == tok.unk_token_id == 0
    assert "no such piece" in caplog.text


def test_decoding(tok: Any) -> None:
    assert tok.decode([1, 1500, 1600, 2]) == "<s>▁/ON</s>"
    assert tok.decode([[1, 1500], [1600]], skip_special_tokens=True) == ["/", "ON"]
    assert tok.batch_decode([1, 1500]) == ["<s>▁/"]
    assert tok.decode(tok("Hello")) == "<s>▁Hello"
    assert tok.decode([1500, 10**6]) == tok.decode(1500)
    with pytest.raises(OverflowError):
        tok.decode([-1])
    spoken = tok.encode("lang:en Hello , you")
    assert tok.decode(spoken, skip_special_tokens=True, clean_up_tokenization_spaces=True) == " Hello, you"
    assert tok.decode(spoken).startswith("<s>▁lang:en")


def test_around_a_row(shared_data: Path, tok: Any) -> None:
    training = made(shared_data, "mistral-v7", "finetuning")
    assert (tok.num_special_tokens_to_add(), training.num_special_tokens_to_add()) == (1, 2)
    assert training.build_inputs_with_special_tokens([5, 6]) == [1, 5, 6, 2]
    assert training.create_token_type_ids_from_sequences([5, 6]) == [0] * 4
    assert training.get_special_tokens_mask([5, 600]) == [1, 0, 0, 1]
    assert training.get_special_tokens_mask([1, 5, 1600, 2], None, True) == [1, 1, 0, 1]
    assert tok.truncate_sequences([1, 2, 3, 4], None, 2, "longest_first", 1) == ([1, 2], None, [2, 3, 4])
    assert tok.pad({"input_ids": [[1, 2], [3]]})["input_ids"] == [[1, 2], [0, 3]]


# --- conversations ----------------------------------------------------------------------------------------------------


def test_golden_conversations(shared_data: Path, name: str, any_tok: Any) -> None:
    for row in goldens(shared_data, name, "mistral_common_chat"):
        messages, tools = row["request"]["messages"], row["request"].get("tools")
        assert any_tok.apply_chat_template(messages, tools=tools)["input_ids"] == row["ids"]
        assert any_tok.apply_chat_template(messages, tools=tools, return_dict=False) == row["ids"]
        assert any_tok.apply_chat_template(messages, tools=tools, tokenize=False) == row["text"]


def test_conversation_options(tok: Any, caplog: pytest.LogCaptureFixture) -> None:
    answered = [*HI, {"role": "assistant", "content": "Yo"}]
    assert tok.apply_chat_template(HI, add_generation_prompt=True)["input_ids"] == [1, 3, 16127, 4]
    assert tok.apply_chat_template(answered, continue_final_message=True)["input_ids"][-2:] == [1395, 29477]
    assert tok.apply_chat_template(HI, truncation=True, max_length=2)["input_ids"] == [1, 3]
    batch = tok.apply_chat_template([HI, [{"role": "user", "content": "Hi you"}]], padding=True, return_tensors="np")
    assert batch["input_ids"].tolist() == [[0, 1, 3, 16127, 4], [1, 3, 16127, 1136, 4]]
    assert not caplog.records
    assert tok.apply_chat_template([HI, HI], tokenize=False) == ["<s>[INST]▁Hi[/INST]"] * 2
    assert "encoded again" in caplog.text
    with pytest.raises(TypeError, match="True or False"):
        tok.apply_chat_template(HI, truncation="longest_first")
    with pytest.raises(ValueError, match="exclude each other"):
        tok.apply_chat_template(HI, add_generation_prompt=True, continue_final_message=True)
    with pytest.raises(ValueError, match="the assistant's already"):
        tok.apply_chat_template(answered, add_generation_prompt=True)
    with pytest.raises(UnsupportedError, match="without a template"):
        tok.apply_chat_template(HI, chat_template="{{ messages }}")
    with pytest.raises(TypeError, match="a conversation is a list"):
        tok.apply_chat_template("Hi")


def test_conversations_grow_and_are_cut(tok: Any) -> None:
    turns = [{"role": role, "content": text} for role, text in (("user", "hello"), ("assistant", "hi"), ("user", "go"))]
    chat = tok.chat(turns[:1])
    assert chat.prompt() == chat.ids == tok.apply_chat_template(turns[:1], return_dict=False)
    chat.add(*turns[1:])
    assert chat.ids == tok.apply_chat_template(turns, return_dict=False)
    assert chat.new_ids == chat.ids[len(tok.apply_chat_template(turns[:1], return_dict=False)) :]
    assert chat.text == tok.decode(chat.ids)
    assert tok.count_chat([turns[:1], turns]) == [chat.kept, len(chat)]
    assert tok.fit_chat(turns, len(chat) - 1).messages == turns[2:]
    (gone,) = render_diff(tok, tok, turns, b_options={"messages": turns[:1]}).changes
    assert gone.kind == "delete"
    with pytest.raises(UnsupportedError, match="without a template"):
        tok.count_chat(turns, chat_template="x")


def test_what_the_library_says_of_a_conversation_is_told(tok: Any) -> None:
    from mistral_common.exceptions import InvalidMessageStructureException

    for wrong in ([], [{"role": "assistant", "content": "Hi"}], [*HI, {"role": "assistant", "content": "Yo"}]):
        with pytest.raises(InvalidMessageStructureException):
            tok.apply_chat_template(wrong)


def test_a_function_is_a_tool(tok: Any) -> None:
    def weather(city: str) -> str:
        """Tell the weather.

        Args:
            city: where.
        """
        return city

    text = tok.apply_chat_template(HI, tools=[weather], tokenize=False)
    assert '"name":▁"weather"' in text


def test_parts_of_a_content(tok: Any) -> None:
    parts = [{"type": "text", "text": "Hi"}, {"text": "of no type"}]
    assert tok.apply_chat_template([{"role": "user", "content": parts}])["input_ids"] == [1, 3, 16127, 4]
    for kind in ("image", "audio"):
        with pytest.raises(ValueError, match=f"{kind.capitalize()} content must be specified"):
            tok.apply_chat_template([{"role": "user", "content": [{"type": kind}]}])


def test_places_of_images_and_sounds(tmp_path: Path) -> None:
    file = (tmp_path / "a b.png").as_uri()
    for kind, part, url in (
        ("image_url", {"type": "image", "url": "https://host/a.png"}, "https://host/a.png"),
        ("image_url", {"type": "image", "path": str(tmp_path / "a b.png")}, file),
        ("image_url", {"type": "image", "path": file}, file),
        ("image_url", {"type": "image", "base64": "AAAA"}, "data:image/unk;base64,AAAA"),
        ("image_url", {"type": "image", "base64": "data:image/png;base64,AAAA"}, "data:image/png;base64,AAAA"),
        ("audio_url", {"type": "audio", "base64": "AAAA"}, "AAAA"),
    ):
        message = {"role": "user", "content": [part]}
        assert as_message(message) == {"role": "user", "content": [{"type": kind, kind: {"url": url}}]}
        assert message["content"] == [part]


@pytest.mark.parametrize(
    ("part", "read"),
    [
        ({"url": "https://host/a.wav"}, ("from_url", "https://host/a.wav", {"strict": False, "timeout": None})),
        ({"path": "a.wav"}, ("from_file", "a.wav", {"strict": False})),
        ({"url": "file:///a.wav"}, ("from_file", "file:///a.wav", {"strict": False})),
    ],
)
def test_sounds_are_read_by_the_library(
    part: dict[str, str], read: tuple[Any, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mistral_common.tokens.tokenizers.audio import Audio

    told: list[tuple[Any, ...]] = []
    sound = SimpleNamespace(format="wav", to_base64=lambda form: f"{form} data")
    for name in ("from_url", "from_file"):
        monkeypatch.setattr(Audio, name, lambda place, name=name, **how: told.append((name, place, how)) or sound)
    (made_of,) = as_message({"role": "user", "content": [{"type": "audio", **part}]})["content"]
    assert made_of == {"type": "input_audio", "input_audio": {"data": "wav data", "format": "wav"}}
    assert told == [read]


def test_columns_of_images_and_sounds() -> None:
    image = np.zeros((3, 48, 64))
    lists = media_columns([image, image], [np.zeros(7)], None)
    assert [value.shape for value in lists["pixel_values"]] == [(3, 48, 64)] * 2
    assert (lists["image_sizes"], lists["audio"][0].shape) == ([[48, 64]] * 2, (7,))
    arrays = media_columns([image, image], [], "np")
    assert (arrays["pixel_values"].shape, arrays["image_sizes"].tolist()) == ((2, 3, 48, 64), [[48, 64]] * 2)
    assert media_columns([], [], "np") == {}
    with pytest.raises(NotImplementedError, match="lengths of their own"):
        media_columns([], [np.zeros(7)], "np")
    with pytest.raises(ValueError, match="'mlx'"):
        media_columns([image], [], "mlx")


# --- files ------------------------------------------------------------------------------------------------------------


def test_saving_copies_the_file(tok: Any, path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for form in (None, "mistral"):
        (written,) = tok.save_pretrained(tmp_path / "new", save_format=form)
        assert written == str(tmp_path / "new" / path.name)
        assert (tmp_path / "new" / path.name).read_bytes() == path.read_bytes()
    again = MistralCommonBackend.from_pretrained(tmp_path / "new", mode="finetuning", padding_side="right")
    assert (again.mode.value, again.padding_side) == ("finetuning", "right")
    assert again.save_pretrained(tmp_path / "new") == (written,)
    assert again.encode("Hello") == [1, 23325, 2]
    with pytest.raises(UnsupportedError, match=r"is a SentencePiece model, .*save_format='mistral'"):
        tok.save_pretrained(tmp_path / "hf", save_format="hf")
    with pytest.raises(ValueError, match="save_format should be"):
        tok.save_pretrained(tmp_path / "hf", save_format="other")
    assert not (tmp_path / "hf").exists()
    assert again.save_pretrained(written) is None
    assert "should be a directory" in caplog.text
    (tmp_path / "new" / path.name).unlink()
    for form in (None, "hf"):
        with pytest.raises(FileNotFoundError):
            again.save_pretrained(tmp_path / "other", save_format=form)
    assert not (tmp_path / "other").exists()


def test_a_length_alone_cuts_ids_as_it_cuts_texts(shared_data: Path) -> None:
    tok = made(shared_data, "tekken-240911", "finetuning")
    assert tok.prepare_for_model([5, 6, 7], max_length=4)["input_ids"] == [1, 5, 6, 2]
    assert tok.prepare_for_model([5, 6, 7], max_length=4, truncation=False)["input_ids"] == [1, 5, 6, 7, 2]
    assert tok([5, 6, 7], max_length=4)["input_ids"] == [1, 5, 6, 2]


@pytest.mark.slow
def test_saved_for_others_it_has_the_same_ids_and_conversations(shared_data: Path, tmp_path: Path) -> None:
    tok = made(shared_data, "tekken-240911")
    written = tok.save_pretrained(tmp_path / "hf", save_format="hf")
    assert {Path(path).name for path in written} >= {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
    config = json.loads((tmp_path / "hf" / "tokenizer_config.json").read_text("utf-8"))
    assert "split_special_tokens" not in config
    again = AutoTokenizer.from_pretrained(tmp_path / "hf")
    assert again.special_tokens_map == tok.special_tokens_map
    for case in goldens(shared_data, "tekken-240911", "mistral_common"):
        if "[" not in case["text"] and "<" not in case["text"]:
            assert again.encode(case["text"], add_special_tokens=False) == case["ids"]
    for case in goldens(shared_data, "tekken-240911", "mistral_common_chat"):
        request = case["request"]
        if "ids" in case and not request.get("continue_final_message"):
            made_of = again.apply_chat_template(request["messages"], tools=request.get("tools"), return_dict=False)
            assert made_of == case["ids"], case["id"]
    beside = tmp_path / "beside"
    beside.mkdir()
    shutil.copy(shared_data / "tokenizers" / "tekken-240911" / "tekken.json", beside)
    (beside / "chat_template.json").write_text('{"chat_template": "{{ 1 }}"}')
    MistralCommonBackend(beside / "tekken.json").save_pretrained(tmp_path / "other", save_format="hf")
    assert AutoTokenizer.from_pretrained(tmp_path / "other").chat_template == "{{ 1 }}"


def test_loading(path: Path, tmp_path: Path) -> None:
    assert MistralCommonBackend.from_pretrained(path).encode("Hello") == [1, 23325]
    accepted = {"trust_remote_code": True, "_from_pipeline": "x", "_commit_hash": "x", "dtype": "auto"}
    assert MistralCommonBackend.from_pretrained(path.parent, **accepted).name_or_path == str(path.parent)
    assert type(AutoTokenizer.from_pretrained(path.parent, mistral_format=True)) is MistralCommonBackend
    (tmp_path / "inside").mkdir()
    shutil.copy(path, tmp_path / "inside")
    assert MistralCommonBackend.from_pretrained(tmp_path, subfolder="inside").encode("Hello") == [1, 23325]
    shutil.copy(path, tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "MistralCommonTokenizer"}')
    assert AutoTokenizer.from_pretrained(tmp_path).encode("Hello") == [1, 23325]


def test_loading_what_is_not_there(shared_data: Path, path: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no mode 'other'.*finetuning, test"):
        MistralCommonBackend(path, mode="other")
    with pytest.raises(ValueError, match=r"\['bos_token'\]"):
        MistralCommonBackend(path, bos_token="x")
    with pytest.raises(ValueError, match=r"\['bos_token'\].*from_pretrained"):
        MistralCommonBackend.from_pretrained(path.parent, bos_token="x")
    with pytest.raises(ValueError, match="no positional arguments"):
        MistralCommonBackend.from_pretrained(path.parent, "x")
    with pytest.raises(LoadError, match="no tokenizer file"):
        MistralCommonBackend(tmp_path / "tekken.json")
    with pytest.raises(FormatError, match=r"has no tokenizer file of mistral-common.*no files"):
        MistralCommonBackend.from_pretrained(tmp_path)
    for name, content in (("tekken.json", "{}"), ("tokenizer.model.v3", "nothing"), ("other.txt", "")):
        (tmp_path / name).write_text(content)
        with pytest.raises(FormatError, match="cannot read"):
            MistralCommonBackend(tmp_path / name)


def test_copies_and_fingerprints(shared_data: Path, path: Path) -> None:
    tok = MistralCommonBackend(path)
    before, pickled = tok.fingerprint(), pickle.dumps(tok)
    tok(["Hello", "you"], padding=True)
    tok.get_vocab()
    assert (tok.fingerprint(), pickle.dumps(tok)) == (before, pickled)
    for twin in (copy.deepcopy(tok), pickle.loads(pickled)):
        assert twin.encode("Hello") == tok.encode("Hello")
        assert twin.fingerprint() == before
    assert len({before, made(shared_data, "mistral-v7", "finetuning").fingerprint()}) == 2


def test_without_the_library(path: Path) -> None:
    code = f"""
import sys
sys.modules["mistral_common"] = None
from lexel import MissingDependencyError, MistralCommonBackend
for make in (MistralCommonBackend, MistralCommonBackend.from_pretrained):
    try:
        make({str(path)!r})
    except MissingDependencyError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.count("pip install 'lexel[mistral]'") == 2
