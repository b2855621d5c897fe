"""What is compared of one tokenizer: every way in and every way out, each as a check of one input.

A check takes a tokenizer of both sides and an input, and says what differs, or nothing. So a difference can be
looked for in many inputs, minimised, and shown again, always by the same few lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tests.differential.compare import columns, difference, original, ours, shown
from tests.differential.limits import random_padding, random_truncation, truncated
from tests.differential.strings import random_text, random_texts

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from tests.differential.references import Loaded

    from lexel._lexel import Engine

    Check = Callable[[Loaded, Any], str | None]

LOOKUPS = ("char_to_token", "char_to_word", "word_to_tokens", "word_to_chars")
LOOKUPS_OF_TOKENS = ("token_to_chars", "token_to_word", "token_to_sequence")


def encode(sides: Loaded, text: str, *, special: bool = True) -> str | None:
    """Every column; the ids again by the walk that computes no spans, and their number."""
    engine = sides.engine
    mine = ours(lambda: engine.encode_batch([text], add_special_tokens=special).row(0))
    found = difference(mine, original(sides.original.encode, text, add_special_tokens=special))
    if found is not None:
        return found
    ids = ours(engine.encode, text, add_special_tokens=special)
    if ids.get("value") != mine.get("ids"):
        return f"encode() gives other ids than encode_batch(): {shown(ids)}, {shown(mine)}"
    count = ours(engine.count, text, add_special_tokens=special)
    if "raised" not in mine and count.get("value") != len(mine["ids"]):
        return f"count() gives {count}, not {len(mine['ids'])}"
    return None


def encode_plain(sides: Loaded, text: str) -> str | None:
    """Without the tokens a post-processor inserts."""
    return encode(sides, text, special=False)


def encode_pair(sides: Loaded, pair: tuple[str, str]) -> str | None:
    """Two texts, and the maps between characters, words and tokens, also beyond the ends."""
    mine = ours(lambda: sides.engine.encode_batch([pair], pairs=True).row(0))
    found = difference(mine, original(sides.original.encode, *pair))
    if found is not None or "raised" in mine:
        return found
    row = sides.engine.encode_batch([pair], pairs=True).row(0)
    theirs = original(sides.original.encode, *pair, whole=True)
    if "raised" in theirs:
        return None
    length = len(mine["ids"])
    for at in {*range(min(8, length)), length // 2, max(length - 1, 0), length, length + 1}:
        calls = [(name, (at, which)) for name in LOOKUPS for which in (0, 1)]
        for name, arguments in [*calls, *((name, (at,)) for name in LOOKUPS_OF_TOKENS)]:
            actual, expected = getattr(row, name)(*arguments), getattr(theirs["value"], name)(*arguments)
            if actual != expected and not _wavering(sides, pair, name, arguments, actual):
                return f"{name}{arguments}\n  ours:     {actual}\n  original: {expected}"
    return None


def _wavering(sides: Loaded, pair: tuple[str, str], name: str, arguments: Any, actual: Any) -> bool:
    """Whether the original says the same at other times.

    Where a token belongs to two sequences (a template before another post-processor does that), it takes the first it
    meets in a hash map.
    """
    again = (sides.original.encode(*pair) for _ in range(40))
    return any(getattr(theirs, name)(*arguments) == actual for theirs in again)


def encode_words(sides: Loaded, words: list[str]) -> str | None:
    """A text that was split into words before."""
    mine = ours(lambda: sides.engine.encode_batch([words], is_split_into_words=True).row(0))
    return difference(mine, original(sides.original.encode, words, is_pretokenized=True))


def encode_special_as_text(sides: Loaded, text: str) -> str | None:
    """Special tokens that occur in the text are text."""
    sides.original.encode_special_tokens = True
    try:
        mine = ours(lambda: sides.engine.encode_batch([text], split_special_tokens=True).row(0))
        found = difference(mine, original(sides.original.encode, text))
    finally:
        sides.original.encode_special_tokens = False
    if found is None and "raised" not in mine and sides.engine.encode(text, split_special_tokens=True) != mine["ids"]:
        return "encode() gives other ids than encode_batch()"
    return found


def encode_padded(sides: Loaded, item: tuple[list[str], Any]) -> str | None:
    """A batch whose rows are padded."""
    rows, padding = item
    length, pad_id, type_id, token, side, multiple = padding
    batch = ours(lambda: [columns(row) for row in iter_rows(sides.engine.encode_batch(rows, padding=padding))])
    options = {"pad_id": pad_id, "pad_type_id": type_id, "pad_token": token, "direction": side}
    sides.original.enable_padding(length=length, pad_to_multiple_of=multiple, **options)
    try:
        expected = original(lambda: [columns(row) for row in sides.original.encode_batch(rows)])
    finally:
        sides.original.no_padding()
    return difference(batch, expected)


def iter_rows(batch: Any) -> Iterator[Any]:
    return (batch.row(at) for at in range(len(batch)))


def stages_alone(sides: Loaded, text: str) -> str | None:
    """The normalizer and the pre-tokenizer by themselves."""
    reference, engine = sides.original, sides.engine
    if reference.normalizer is not None:
        found = difference(ours(engine.normalize, text), original(reference.normalizer.normalize_str, text))
        if found is not None:
            return f"normalize: {found}"
    if reference.pre_tokenizer is not None:
        found = difference(ours(engine.pre_tokenize, text), original(reference.pre_tokenizer.pre_tokenize_str, text))
        if found is not None:
            return f"pre_tokenize: {found}"
    return None


def decode(sides: Loaded, row: list[int], *, skip: bool = False) -> str | None:
    """Ids to text: at once, in a batch, and by streams that are fed differently."""
    engine = sides.engine
    mine = ours(engine.decode, row, skip_special_tokens=skip)
    found = difference(mine, original(sides.original.decode, row, skip_special_tokens=skip))
    if found is not None or "raised" in mine:
        return found
    if engine.decode_batch([row], skip_special_tokens=skip) != [mine["value"]]:
        return f"decode_batch() gives {engine.decode_batch([row], skip_special_tokens=skip)}, not {mine}"
    # Every split of a short row in two, and one id at a time; of a long one a few of those, for it takes long.
    cuts = range(len(row) + 1) if len(row) < 7 else (len(row) % 7,)
    alone = (
        [[id] for id in row]
        if len(row) < 60
        else [*([id] for id in row[:30]), row[30:-30], *([id] for id in row[-30:])]
    )
    for parts in [*([row[:cut], row[cut:]] for cut in cuts), alone]:
        text = streamed(engine, parts, skip)
        if text != mine["value"]:
            return f"a stream fed {shown(parts)} gives {text!r}, not {mine['value']!r}"
    return None


def decode_skipping(sides: Loaded, row: list[int]) -> str | None:
    """Special tokens left out."""
    return decode(sides, row, skip=True)


def streamed(engine: Engine, parts: Sequence[list[int]], skip: bool) -> str:
    """Decode step by step; from the middle on by a copy of the stream."""
    stream = engine.decode_stream(skip_special_tokens=skip)
    text = ""
    for at, part in enumerate(parts):
        if at == len(parts) // 2:
            stream = stream.fork()
        text += stream.feed(part[0] if len(part) == 1 else part)
    return text + stream.flush()


# By the names that a reproducer prints.
CHECKS: dict[str, Check] = {
    "encode": encode,
    "encode_plain": encode_plain,
    "encode_pair": encode_pair,
    "encode_words": encode_words,
    "encode_special_as_text": encode_special_as_text,
    "encode_truncated": truncated,
    "encode_padded": encode_padded,
    "stages_alone": stages_alone,
    "decode": decode,
    "decode_skipping": decode_skipping,
}


def inputs(sides: Loaded, rng: random.Random, count: int) -> Iterator[tuple[str, Any]]:
    """Yield what to check for this many random texts: the name of a check, and its input.

    Every text is encoded and the ids are decoded; each other check takes a share of as many.
    """
    texts = random_texts(rng, count, sides.special)
    rows = yield from _encoded(sides, texts)

    def text() -> str:
        return random_text(rng, sides.special)

    # What long texts are treated by may be another way, and what a text leaves behind reaches into the next parts.
    yield "encode", "".join(random_texts(rng, 20 + count // 5, sides.special))
    yield "encode_plain", text()[-3:] * (100 + 2 * count)
    for _ in range(max(1, count // 10)):
        yield "encode_plain", text()
        yield "encode_pair", (text(), text())
        rows.append([rng.randrange(sides.bound) for _ in range(rng.randint(1, 12))])
    for _ in range(max(1, count // 20)):
        yield "encode_words", random_texts(rng, rng.randrange(5), sides.special)
        yield "encode_special_as_text", text()
        yield "stages_alone", text()
        yield "encode_truncated", _limited(rng, text)
        yield "encode_padded", ([text() for _ in range(rng.randint(1, 4))], random_padding(rng))
    for at, row in enumerate(rows):
        yield ("decode_skipping" if at % 4 == 0 else "decode"), row


def _limited(rng: random.Random, text: Callable[[], str]) -> Any:
    limit = random_truncation(rng)
    paired = rng.random() < 0.5
    # Windows of two sequences multiply: where many are small the texts are short.
    longest = 200 if not paired else 12 * (limit[0] - limit[2]) + 20
    texts = (text()[:longest], text()[:longest]) if paired else (text()[:longest],)
    return (texts, *limit, rng.random() < 0.7)


def _encoded(sides: Loaded, texts: list[str]) -> Any:
    """Yield the texts that may differ; return the ids of the others.

    Whole batches of both sides are compared first: that is several times as fast as text by text.
    """
    try:
        batch = sides.engine.encode_batch(texts)
        ids_alone = sides.engine.encode_batch(texts, offsets=False).lists("ids")
        expected = sides.original.encode_batch(texts)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        # One text at which one side raises; in half of such batches both do, and rightly.
        yield from (("encode", text) for text in texts)
        return [ids for text in texts if (ids := cast("list[int]", ours(sides.engine.encode, text).get("value")))]
    lists = {name: batch.lists(name) for name in ("ids", "type_ids", "attention_mask", "special_tokens_mask")}
    offsets = batch.offset_lists()
    for at, (text, theirs) in enumerate(zip(texts, expected, strict=True)):
        row = batch.row(at)
        same = (
            ids_alone[at] == theirs.ids
            and all(lists[name][at] == getattr(theirs, name) for name in lists)
            and offsets[at] == theirs.offsets
            and row.word_ids == theirs.word_ids
            and row.sequence_ids == theirs.sequence_ids
            and row.n_sequences == theirs.n_sequences
        )
        if not same:
            yield "encode", text
    return ids_alone
