"""One process, one library, one vocabulary: import, load, first call. Started by series/start.py, prints JSON.

python child.py LIBRARY TOKENIZER_JSON TEXT_FILE

The library `lexel-cached` is lexel as it loads files: by the compiled cache in the folder `LEXEL_CACHE`.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from array import array
from pathlib import Path


def resident_bytes() -> int:
    """Return the memory this process occupies now; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmRSS")), 0)


def main(library: str, vocabulary: str, text_file: str) -> None:
    """Do once what every process does once, and say what each step took."""
    # The file is in memory before the clock starts: disks are not compared.
    data = Path(vocabulary).read_bytes()
    texts = json.loads(Path(text_file).read_text("utf-8"))
    resident = resident_bytes()
    clock = time.process_time
    times = [clock()]
    if library == "lexel":
        import lexel
        from lexel._lexel import Engine

        assert lexel.__version__
        times.append(clock())
        encode = Engine.from_json(data).encode
        times += [clock(), 0.0]
        loaded = resident_bytes()
        times[-1] = clock()
        ids = [encode(text, add_special_tokens=False) for text in texts]
    elif library == "lexel-cached":
        from lexel.backends.sources import read_tokenizer_json

        times.append(clock())
        encode = read_tokenizer_json(Path(vocabulary)).engine.encode
        times += [clock(), 0.0]
        loaded = resident_bytes()
        times[-1] = clock()
        ids = [encode(text, add_special_tokens=False) for text in texts]
    else:
        from tokenizers import Tokenizer

        times.append(clock())
        tokenizer = Tokenizer.from_buffer(data)
        times += [clock(), 0.0]
        loaded = resident_bytes()
        tokenizer.no_padding()
        tokenizer.no_truncation()
        times[-1] = clock()
        ids = [row.ids for row in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    times.append(clock())
    digest = hashlib.sha256(b"".join(array("I", row).tobytes() for row in ids)).hexdigest()
    steps = {"import": times[1] - times[0], "load": times[2] - times[1], "first call": times[4] - times[3]}
    print(json.dumps({**steps, "resident": loaded - resident, "tokens": sum(map(len, ids)), "digest": digest}))


if __name__ == "__main__":
    main(*sys.argv[1:])
