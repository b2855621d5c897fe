"""What `AutoTokenizer.explain` says of a folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lexel.tokenizer import Tokenizer

__all__ = ["Explanation"]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a tokenizer is loaded, and why so.

    Attributes:
        name: the folder or hub id.
        commit: the commit of the repository; None for a folder.
        tokenizer_class: the class; None where loading fails, or where it is in code that was not run.
        class_name: its name.
        backend: "tokenizers", "sentencepiece", "python" or "mistral_common"; None where nothing was loaded.
        engine: what runs it: "native", "tokenizers", or the backend; None where nothing was loaded.
        engine_reason: why the core does not run it; None: it does.
        files_seen: the files there are.
        files_read: those that were read, in that order.
        steps: what was found, and what followed from it.
        flags_applied: the caller's settings, which win over those of the files; those that change stages are marked.
        flags_ignored: settings of the configuration that say nothing, because the pipeline is stated.
        changed_files: files that are not what they were when the configuration was written.
        problem: why it cannot be loaded; None: it can.
    """

    name: str
    commit: str | None
    tokenizer_class: type[Tokenizer] | None
    class_name: str | None
    backend: str | None
    engine: str | None
    engine_reason: str | None
    files_seen: tuple[str, ...]
    files_read: tuple[str, ...]
    steps: tuple[str, ...]
    flags_applied: tuple[str, ...] = ()
    flags_ignored: tuple[str, ...] = ()
    changed_files: tuple[str, ...] = field(default=())
    problem: str | None = None

    def _rows(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield "tokenizer", (self.name + (f" at {self.commit}" if self.commit else ""),)
        yield "files seen", (", ".join(self.files_seen) or "none",)
        yield "files read", (", ".join(self.files_read) or "none",)
        yield "steps", self.steps
        yield "class", (self.class_name or "none",)
        if self.engine is not None:
            why = f" ({self.engine_reason})" if self.engine_reason else ""
            yield "runs on", (f"backend {self.backend}, engine {self.engine}{why}",)
        for title, values in (
            ("settings you passed", self.flags_applied),
            ("settings of the files that say nothing", self.flags_ignored),
            ("files changed since they were saved", self.changed_files),
            ("problem", (self.problem,) if self.problem else ()),
        ):
            if values:
                yield title, values

    def __str__(self) -> str:
        lines = []
        for title, values in self._rows():
            if len(values) == 1:
                lines.append(f"{title}: {values[0]}")
            else:
                lines += [f"{title}:", *(f"  {number}. {value}" for number, value in enumerate(values, 1))]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left;vertical-align:top'>{escape(title)}</th>"
            f"<td style='text-align:left'>{'<br>'.join(map(escape, values))}</td></tr>"
            for title, values in self._rows()
        )
        return f"<table>{rows}</table>"
