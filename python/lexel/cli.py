"""The command `lexel`."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lexel.chat_templates import TemplateReport
    from lexel.tokenizer import Tokenizer

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Exact, fast tokenizers with chat templates and a slim torch runtime.",
)

cache_app = typer.Typer(no_args_is_help=True, help="Compiled tokenizers on disk: loading again takes milliseconds.")
app.add_typer(cache_app, name="cache")

template_app = typer.Typer(no_args_is_help=True, help="Chat templates: check them, show those that come with lexel.")
app.add_typer(template_app, name="template")

Source = Annotated[
    str,
    typer.Option("--tokenizer", "-t", help="A folder, a tokenizer.json, a GGUF file, or the name of a hub repository."),
]
Text = Annotated[str, typer.Argument(help="A text, or a file to read; '-' reads standard input.")]


@app.command()
def version() -> None:
    """Print the version, and how the core was built."""
    from lexel import _lexel

    print(f"lexel {_lexel.__version__} ({_lexel.__profile__} build)")


@app.command()
def demo(
    model: Annotated[Path | None, typer.Option(help="A folder with a chat model, or a GGUF file.", exists=True)] = None,
    question: Annotated[str | None, typer.Option(help="What to ask the model.")] = None,
    max_new_tokens: Annotated[int, typer.Option(help="The longest answer, in tokens.", min=1)] = 120,
) -> None:
    """Train a tokenizer, read a real one, render a chat, generate, decode: in one run, with checks."""
    from lexel.serving.demo import run

    raise typer.Exit(run(model, question=question, max_new_tokens=max_new_tokens))


@app.command()
def tokenize(
    text: Text,
    tokenizer: Source,
    ids: Annotated[bool, typer.Option("--ids", help="Print the ids alone, on one line.")] = False,
    special: Annotated[bool, typer.Option("--special", help="Add the special tokens of the tokenizer.")] = False,
) -> None:
    """Show the tokens of a text: in colours, with ids and spans."""
    tok = _load(tokenizer)
    content = _read(text)
    if ids:
        print(*tok.encode(content, add_special_tokens=special))
        return
    from rich.console import Console

    from lexel.inspect import coloured, token_table

    encoded = tok(content, add_special_tokens=special, return_offsets_mapping=True)
    numbers, spans = encoded["input_ids"], encoded["offset_mapping"]
    console = Console(highlight=False)
    console.print(coloured(content, spans, separator="" if console.color_system else "│"), soft_wrap=True)
    console.print(token_table(tok.convert_ids_to_tokens(numbers), numbers, spans, content))


@app.command()
def inspect(
    text: Text,
    tokenizer: Source,
    html: Annotated[Path | None, typer.Option(help="Write a page instead, with details on hovering.")] = None,
    special: Annotated[bool, typer.Option("--special", help="Add the special tokens of the tokenizer.")] = False,
) -> None:
    """Show a tokenizer at work on a text: whitespace and bytes made visible, each token with id, span and bytes."""
    view = _load(tokenizer).show(_read(text), add_special_tokens=special)
    if html is not None:
        html.write_text(f'<!doctype html><meta charset="utf-8"><title>tokens</title>{view.html()}\n', encoding="utf-8")
        print(f"wrote {html}")
        return
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    print(view)
    table = Table("shown", "token", "id", "span", "bytes", box=None, pad_edge=False)
    for shown in view.shown():
        data = "" if shown.data is None else shown.data.hex(" ")
        start, end = shown.span
        row = (shown.shape, shown.token, str(shown.index), f"{start}-{end}" if start < end else "", data)
        table.add_row(*map(_escaped, row))
    console.print(table)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


@app.command()
def count(text: Text, tokenizer: Source) -> None:
    """Print how many tokens a text has, special tokens left out."""
    print(_load(tokenizer).count(_read(text)))


@app.command()
def explain(tokenizer: Annotated[str, typer.Argument(help="A folder, a file or a hub id.")]) -> None:
    """Say how a tokenizer is loaded: the files, its class and engine, and why."""
    from lexel.auto import AutoTokenizer

    print(AutoTokenizer.explain(tokenizer))


@app.command()
def convert(
    source: Annotated[str, typer.Argument(help="A folder, a file of any format, or the name of a hub repository.")],
    out: Annotated[Path, typer.Argument(help="A file, whose name says the format, or a folder.")],
    to: Annotated[
        str | None,
        typer.Option("--to", help="folder, tokenizer.json, sentencepiece, tiktoken or vocab; else by the name."),
    ] = None,
) -> None:
    """Write a tokenizer in another format, and say what it cannot hold."""
    from lexel.auto.converting import convert as write

    tokenizer = _load(source)
    try:
        written, notes = write(tokenizer, out, to)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    print(f"read {source}: {type(tokenizer).__name__}, {len(tokenizer)} tokens")
    for path in written:
        print(f"wrote {path}")
    for note in notes:
        print(f"note: {note}")


@template_app.command()
def check(
    sources: Annotated[
        list[str],
        typer.Argument(help="Template files, tokenizer_config.json, folders, or names of hub repositories."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the reports as JSON.")] = False,
    level: Annotated[str, typer.Option(help="Show only what is at least this: error, warning or hint.")] = "hint",
) -> None:
    """Look for what goes wrong with chat templates; the exit code is 1 if there are errors.

    A folder with a tokenizer is checked with it: also whether the tokens a template writes exist.
    """
    from lexel.chat_templates.lint.report import LEVELS

    if level not in LEVELS:
        raise typer.BadParameter(f"--level is {level!r}; expected one of {', '.join(LEVELS)}")
    reports = [report for source in sources for report in _reports(source)]
    shown = [report.at_least(level) for report in reports]
    if as_json:
        print(json.dumps([report.as_dict() for report in shown], ensure_ascii=False, indent=2))
    else:
        print("\n\n".join(map(str, shown)))
    raise typer.Exit(0 if all(report.ok for report in reports) else 1)


@template_app.command()
def show(name: Annotated[str, typer.Argument(help="chatml, llama or plain; without it, all are listed.")] = "") -> None:
    """Print a chat template that comes with lexel."""
    from lexel.chat_templates import shipped_template, shipped_templates

    if not name:
        print("\n".join(f"{known}: {what}" for known, what in shipped_templates().items()))
        return
    try:
        print(shipped_template(name), end="")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _reports(source: str) -> list[TemplateReport]:
    """Return a report for each template of a source."""
    try:
        return _reports_of(source)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise typer.BadParameter(f"{source}: {error}") from error


def _reports_of(source: str) -> list[TemplateReport]:
    from lexel.chat_templates import check_template, named_templates

    place = Path(source)
    files = sorted(place.rglob("*.jinja")) if place.is_dir() else [place] if place.is_file() else []
    if place.is_file() and place.suffix == ".json":
        found = named_templates(json.loads(place.read_text("utf-8")).get("chat_template"))
        if found is None:
            raise typer.BadParameter(f"{source} has no chat_template")
        named = {"chat_template": found} if isinstance(found, str) else found
        return [check_template(text, name=f"{source}: {name}") for name, text in named.items()]
    if files and not (place / "tokenizer_config.json").is_file() and not (place / "tokenizer.json").is_file():
        return [check_template(file.read_text("utf-8"), name=str(file)) for file in files]
    tokenizer = _load(source)
    templates = tokenizer.chat_template
    if templates is None:
        raise typer.BadParameter(f"{source} has no chat template")
    if isinstance(templates, str):
        return [replace(tokenizer.check_chat_template(), name=source)]
    return [replace(tokenizer.check_chat_template(name), name=f"{source}: {name}") for name in templates]


@cache_app.command()
def path() -> None:
    """Print the folder of compiled tokenizers."""
    print(_cache_folder())


@cache_app.command()
def size() -> None:
    """Print how many compiled tokenizers there are, and their bytes."""
    from lexel.backends.compiled_cache import LIMIT_BYTES, entries

    found = entries(_cache_folder())
    taken = sum(status.st_size for _, status in found)
    print(f"{len(found)} files, {taken:,} bytes of at most {LIMIT_BYTES:,}")


@cache_app.command()
def clear() -> None:
    """Remove all compiled tokenizers."""
    from lexel.backends import compiled_cache

    print(f"{compiled_cache.clear(_cache_folder()):,} bytes freed")


def _cache_folder() -> Path:
    from lexel.backends.compiled_cache import find_folder

    folder = find_folder()
    if folder is None:
        print("compiled tokenizers are not kept: LEXEL_CACHE says so, or there is no home folder", file=sys.stderr)
        raise typer.Exit(1)
    return folder


def _read(text: str) -> str:
    if text == "-":
        return sys.stdin.read()
    try:
        is_file = Path(text).is_file()
    except OSError:  # longer than any file name
        is_file = False
    return Path(text).read_text("utf-8") if is_file else text


def _load(source: str) -> Tokenizer:
    from lexel.auto import AutoTokenizer

    path = Path(source)
    if path.suffix == ".gguf" and path.is_file():
        return AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
    return AutoTokenizer.from_pretrained(source)


def main() -> None:
    """Run the command; what lexel raises ends it with a message instead of a traceback."""
    from lexel.errors import LexelError

    try:
        app()
    except LexelError as error:
        print(f"lexel: {error}", file=sys.stderr)
        sys.exit(1)
