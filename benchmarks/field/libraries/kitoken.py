"""kitoken: tokenizer.json; ids as lists, texts as bytes."""

from __future__ import annotations

from kitoken import Kitoken
from libraries import Call, Unreadable, Vocabulary, to_lists


def load(vocabulary: Vocabulary, threads: int) -> dict[str, Call]:  # noqa: ARG001
    try:
        tokenizer = Kitoken.from_tokenizers_file(vocabulary.json)
    except (ValueError, RuntimeError, OSError) as error:
        raise Unreadable(str(error)) from None
    each = Call(lambda texts: [tokenizer.encode(text, True) for text in texts])
    decode = Call(lambda rows: [tokenizer.decode(row).decode("utf-8", "replace") for row in rows], take=to_lists)
    return {"ids": each, "batch": each, "lists": each, "each": each, "decode": decode}
