"""Text while it is made: never early, never changed later, and stopped when nobody wants it."""

from __future__ import annotations

import contextlib
import queue
import random
import threading
import time
from typing import Any

import pytest
import torch
from tests.runtime.byte_tokenizer import ByteStream, ByteTokenizer

from lexel.runtime import BaseStreamer, Delta, LlamaForCausalLM, TextIteratorStreamer, TextStreamer
from lexel.runtime.generation.stopping import StopStrings

TOKENIZER = ByteTokenizer()
TEXTS = [
    "plain text",
    "né à Zürich",
    "日本語のテキスト",
    "👩‍👩‍👧‍👦 family",
    "a\u0301 mark",
    "line\nbreak\n",
    "\U0010ffff",
]


class Scripted:
    """A model that says what it is told, through the real loop."""

    def __init__(self, model: LlamaForCausalLM, script: list[int]) -> None:
        self.model, self.script = model, script

    def __call__(self, ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        out = torch.full_like(scores, -torch.inf)
        done = ids.shape[1] - 1
        out[:, self.script[done] if done < len(self.script) else 0] = 0
        return out


@pytest.fixture(scope="module")
def speaker() -> LlamaForCausalLM:
    """A model whose ids are bytes."""
    from lexel.runtime import LlamaConfig

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=256,
        hidden_size=8,
        intermediate_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        eos_token_id=None,
        pad_token_id=0,
        max_position_embeddings=4096,
    )
    return LlamaForCausalLM(config).eval()


def say(model: LlamaForCausalLM, script: bytes | list[int], **options: Any) -> list[Delta]:
    script = list(script)
    options.setdefault("max_new_tokens", len(script))
    processor = Scripted(model, script)
    return list(model.generate_stream([[1]], logits_processor=[processor], tokenizer=TOKENIZER, **options))


def random_bytes(seed: int) -> bytes:
    """Text, pieces of characters, and bytes that are none, mixed."""
    rng, out = random.Random(seed), b""
    while len(out) < 60:
        text = rng.choice(TEXTS).encode()
        at = rng.randrange(len(text))
        out += rng.choice([text, text[at:], text[: at + 1], bytes([rng.randrange(1, 256)])])
    return out


@pytest.mark.parametrize("seed", range(25))
def test_streamed_text_is_the_decoded_text(speaker: LlamaForCausalLM, seed: int) -> None:
    script = random_bytes(seed)
    deltas = say(speaker, script)
    ids = [token for delta in deltas for token in delta.ids]
    assert ids == list(script)
    assert "".join(delta.text for delta in deltas) == TOKENIZER.decode(ids)
    assert [delta.finish_reason for delta in deltas] == [None] * (len(ids) - 1) + ["length"]


def test_special_tokens_are_left_out_unless_asked_for(speaker: LlamaForCausalLM) -> None:
    assert "".join(delta.text for delta in say(speaker, b"a\0b")) == "ab"
    assert "".join(delta.text for delta in say(speaker, b"a\0b", skip_special_tokens=False)) == "a\0b"


def test_a_stream_without_tokenizer_has_ids_only(tiny: LlamaForCausalLM) -> None:
    wanted = tiny.generate([[1, 2]], max_new_tokens=6)[0, 2:].tolist()
    deltas = list(tiny.generate_stream([[1, 2]], max_new_tokens=6))
    assert [delta.ids for delta in deltas] == [(token,) for token in wanted]
    assert {delta.text for delta in deltas} == {""}


def test_rows_stream_side_by_side(tiny: LlamaForCausalLM) -> None:
    prompts = torch.tensor([[1, 2], [3, 4], [5, 6], [7, 8]])
    whole = tiny.generate(prompts, max_new_tokens=10, pad_token_id=60)
    eos = int(whole[1, 4])
    batch = tiny.generate(prompts, max_new_tokens=10, pad_token_id=60, eos_token_id=eos)
    rows: dict[int, list[int]] = {row: [] for row in range(4)}
    ended = {}
    for delta in tiny.generate_stream(prompts, max_new_tokens=10, pad_token_id=60, eos_token_id=eos):
        assert delta.row not in ended
        rows[delta.row] += delta.ids
        if delta.finish_reason:
            ended[delta.row] = delta.finish_reason
    assert ended[1] == "stop"
    assert set(ended) == {0, 1, 2, 3}
    for row, ids in rows.items():
        assert batch[row, 2 : 2 + len(ids)].tolist() == ids
        assert set(batch[row, 2 + len(ids) :].tolist()) <= {60}


def test_log_probabilities(tiny: LlamaForCausalLM) -> None:
    out = tiny.generate([[1, 2]], max_new_tokens=5, return_dict_in_generate=True, output_logits=True)
    wanted = tiny.compute_transition_scores(out.sequences, out.logits, normalize_logits=True)[0].tolist()
    deltas = list(tiny.generate_stream([[1, 2]], max_new_tokens=5, logprobs=True))
    assert [delta.logprobs[0] for delta in deltas if delta.logprobs] == pytest.approx(wanted, abs=1e-5)


def test_wrong_arguments_are_refused_at_the_call(tiny: LlamaForCausalLM) -> None:
    with pytest.raises(TypeError, match="did you mean 'max_new_tokens'"):
        tiny.generate_stream([[1]], max_new_token=3)


def test_closing_the_stream_stops_the_model(tiny: LlamaForCausalLM) -> None:
    calls = []
    hook = tiny.model.register_forward_hook(lambda *_args: calls.append(1))
    stream = tiny.generate_stream([[1]], max_new_tokens=50)
    next(stream)
    next(stream)
    stream.close()
    hook.remove()
    assert len(calls) == 2
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_between_steps_the_callers_modes_hold(tiny: LlamaForCausalLM) -> None:
    for _ in tiny.generate_stream([[1]], max_new_tokens=3):
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
        tiny(torch.tensor([[1, 2]])).logits.sum().backward()


# --- Stop strings ---


def stops(text: bytes, *strings: str, include: bool = False) -> tuple[str, str | None, int]:
    """Feed bytes until a match; return the released text, the match and the ids it took."""
    watcher, released = StopStrings(strings, ByteStream(False), include=include), ""
    for count, token in enumerate(text, 1):
        emit = watcher.feed(token)
        released += emit.text
        if emit.matched is not None:
            return released, emit.matched, count
    emit = watcher.flush()
    return released + emit.text, emit.matched, len(text)


@pytest.mark.parametrize(
    ("text", "strings", "wanted"),
    [
        (b"hello STOP more", ["STOP"], ("hello ", "STOP", 10)),
        (b"hello STO", ["STOP"], ("hello STO", None, 9)),
        (b"STOP", ["STOP"], ("", "STOP", 4)),
        (b"SSTOSTOP!", ["STOP"], ("SSTO", "STOP", 8)),
        (b"aaab", ["aab"], ("a", "aab", 4)),
        (b"abcd", ["bcd", "c"], ("ab", "c", 3)),
        (b"abcd", ["cd", "bcd"], ("a", "bcd", 4)),
        (b"abcabd", ["abd", "abcx"], ("abc", "abd", 6)),
        (b"x\n\n", ["\n\n", "\n"], ("x", "\n", 2)),
        ("né fin".encode(), ["é"], ("n", "é", 3)),
        ("日本語".encode(), ["語"], ("日本", "語", 9)),
        (b"never", ["nope", "also not"], ("never", None, 5)),
        (b"x", ["x"], ("", "x", 1)),
    ],
)
def test_a_stop_string_cuts_the_text(text: bytes, strings: list[str], wanted: tuple[str, str | None, int]) -> None:
    assert stops(text, *strings) == wanted


def test_a_stop_string_can_be_kept() -> None:
    assert stops(b"hello STOP more", "STOP", include=True) == ("hello STOP", "STOP", 10)


@pytest.mark.parametrize("seed", range(30))
def test_any_text_is_cut_at_the_first_match(seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(rng.choice("abé") for _ in range(80))
    strings = ["".join(rng.choice("abé") for _ in range(rng.choice([2, 3, 5]))) for _ in range(3)]
    released, matched, count = stops(text.encode(), *strings)
    ends = [(text.index(stop) + len(stop), text.index(stop)) for stop in strings if stop in text]
    if not ends:
        assert (released, matched) == (text, None)
    else:
        end, start = min(ends)
        assert released == text[:start]
        assert text[start:end] == matched
        assert len(text[:end].encode()) == count


def test_text_is_released_as_soon_as_it_can_be() -> None:
    watcher = StopStrings(["abc"], ByteStream(False))
    assert [watcher.feed(token).text for token in b"xabxab"] == ["x", "", "", "abx", "", ""]
    assert watcher.flush().text == "ab"


def test_a_stop_string_that_ends_in_the_flushed_tail(speaker: LlamaForCausalLM) -> None:
    assert stops(b"ab\xe3", "\ufffd") == ("ab", "\ufffd", 3)
    last = say(speaker, b"ab\xe3", stop_strings="\ufffd")[-1]
    assert (last.text, last.finish_reason, last.matched) == ("", "stop", "\ufffd")


def test_stop_strings_in_generate_keep_the_ids_of_the_match(speaker: LlamaForCausalLM) -> None:
    script = list(b"one two three")
    processor = Scripted(speaker, script)
    options = {"logits_processor": [processor], "tokenizer": TOKENIZER, "max_new_tokens": 13}
    out = speaker.generate([[1]], stop_strings=["two", "zzz"], **options)
    assert bytes(out[0, 1:].tolist()) == b"one two"
    deltas = say(speaker, script, stop_strings=["two"])
    assert "".join(delta.text for delta in deltas) == "one "
    assert bytes(token for delta in deltas for token in delta.ids) == b"one two"
    assert (deltas[-1].finish_reason, deltas[-1].matched) == ("stop", "two")


def test_many_stop_strings_are_set_up_at_once() -> None:
    strings = [f"stop number {number}" for number in range(100)]
    start = time.perf_counter()
    StopStrings(strings, ByteStream(False))
    assert time.perf_counter() - start < 0.05


def test_two_thousand_ids_take_milliseconds() -> None:
    def seconds() -> float:
        watcher = StopStrings(["<end>", "\n\n\n"], ByteStream(False))
        start = time.perf_counter()
        for token in b"some words < and some more " * 75:
            watcher.feed(token)
        return time.perf_counter() - start

    # 5 ms is the bar on an idle machine; a busy one gets the benefit of the doubt.
    assert min(seconds() for _ in range(5)) < 0.02


def test_a_tokenizer_must_be_able_to_stream(tiny: LlamaForCausalLM) -> None:
    with pytest.raises(TypeError, match="a tokenizer with decode_stream, and object has none"):
        tiny.generate_stream([[1]], tokenizer=object(), max_new_tokens=2)
    with pytest.raises(TypeError, match="a tokenizer with decode_stream, and object has none"):
        tiny.generate([[1]], max_new_tokens=2, streamer=TextStreamer(object()))


# --- Streamers ---


class Recorder(BaseStreamer):
    def __init__(self) -> None:
        self.puts: list[list[Any]] = []
        self.ends = 0

    def put(self, value: torch.Tensor) -> None:
        self.puts.append(value.tolist())

    def end(self) -> None:
        self.ends += 1


def test_a_streamer_gets_the_prompt_then_each_step(tiny: LlamaForCausalLM) -> None:
    recorder = Recorder()
    out = tiny.generate([[1, 2], [3, 4]], max_new_tokens=3, streamer=recorder)
    assert recorder.puts == [[[1, 2], [3, 4]], *out[:, 2:].T.tolist()]
    assert recorder.ends == 1


def test_the_end_comes_whatever_happens(tiny: LlamaForCausalLM) -> None:
    def breaks(_ids: torch.Tensor, _scores: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("planted")

    recorder = Recorder()
    with pytest.raises(RuntimeError, match="planted"):
        tiny.generate([[1]], max_new_tokens=3, streamer=recorder, logits_processor=[breaks])
    with pytest.raises(ValueError, match="vocabulary"):
        tiny.generate([[999]], max_new_tokens=3, streamer=recorder)
    assert recorder.ends == 2


@pytest.mark.parametrize("skip_prompt", [True, False])
def test_text_streamer_prints_final_text(
    speaker: LlamaForCausalLM, capsys: pytest.CaptureFixture[str], skip_prompt: bool
) -> None:
    script = list("né 日本\0!".encode())
    streamer = TextStreamer(TOKENIZER, skip_prompt, skip_special_tokens=True)
    for _ in range(2):  # it can be used again
        speaker.generate(
            [[ord("P"), ord(":")]],
            max_new_tokens=len(script),
            logits_processor=[Scripted(speaker, [0, *script])],
            streamer=streamer,
        )
        assert capsys.readouterr().out == ("" if skip_prompt else "P:") + "né 日本!\n"


def test_text_streamer_shows_one_row(tiny: LlamaForCausalLM) -> None:
    with pytest.raises(ValueError, match="this batch has 2; use generate_stream"):
        tiny.generate([[1], [2]], max_new_tokens=2, streamer=TextStreamer(TOKENIZER))


def in_thread(model: LlamaForCausalLM, streamer: TextIteratorStreamer, **options: Any) -> threading.Thread:
    def work() -> None:
        with contextlib.suppress(RuntimeError):
            model.generate([[1]], streamer=streamer, **options)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_iterator_streamer_hands_the_text_over(speaker: LlamaForCausalLM) -> None:
    script = list("Привет, мир".encode())
    streamer = TextIteratorStreamer(TOKENIZER, skip_prompt=True, timeout=20)
    thread = in_thread(speaker, streamer, max_new_tokens=len(script), logits_processor=[Scripted(speaker, script)])
    pieces = list(streamer)
    thread.join(20)
    assert "".join(pieces) == "Привет, мир"
    assert "" not in pieces


def test_an_error_is_raised_where_the_text_is_read(speaker: LlamaForCausalLM) -> None:
    def breaks(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if ids.shape[1] > 3:
            raise RuntimeError("planted")
        return Scripted(speaker, list(b"abcdef"))(ids, scores)

    streamer = TextIteratorStreamer(TOKENIZER, skip_prompt=True, timeout=20)
    thread = in_thread(speaker, streamer, max_new_tokens=9, logits_processor=[breaks])
    pieces = []
    with pytest.raises(RuntimeError, match="planted"):
        pieces.extend(iter(streamer))
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.parametrize("read", [0, 1, 5])
def test_a_consumer_that_leaves_ends_the_generation(speaker: LlamaForCausalLM, read: int) -> None:
    steps = []

    def counting(ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        steps.append(ids.shape[1])
        time.sleep(0.002)
        return Scripted(speaker, list(b"x" * 4000))(ids, scores)

    with TextIteratorStreamer(TOKENIZER, skip_prompt=True, timeout=20) as streamer:
        thread = in_thread(speaker, streamer, max_new_tokens=4000, logits_processor=[counting])
        for _ in range(read):
            next(streamer)
    thread.join(20)
    assert not thread.is_alive()
    assert len(steps) < 3000


def test_a_reader_waits_no_longer_than_asked() -> None:
    with pytest.raises(queue.Empty):
        next(TextIteratorStreamer(TOKENIZER, timeout=0.01))
