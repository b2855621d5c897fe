"""A tokenizer whose ids are bytes: enough of one for streaming and stop strings."""

from __future__ import annotations

import codecs


class ByteTokenizer:
    """Id n is byte n modulo 256; id 0 is special."""

    def decode_stream(self, *, skip_special_tokens: bool = False) -> ByteStream:
        return ByteStream(skip_special_tokens)

    def decode(self, ids: list[int], *, skip_special_tokens: bool = False) -> str:
        return bytes(token % 256 for token in ids if token or not skip_special_tokens).decode(errors="replace")


class ByteStream:
    """Satisfies the `Detokenizer` protocol."""

    def __init__(self, skip: bool) -> None:
        self.skip, self.fed = skip, 0
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, id: int) -> str:
        self.fed += 1
        return "" if self.skip and not id else self.decoder.decode(bytes([id % 256]))

    def flush(self) -> str:
        return self.decoder.decode(b"", final=True)

    def fork(self) -> ByteStream:
        copy = ByteStream(self.skip)
        copy.decoder.setstate(self.decoder.getstate())
        return copy
