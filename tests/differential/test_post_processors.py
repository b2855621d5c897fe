"""Post-processors against the original: every kind, alone and in chains, with pairs and overflow windows."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any, cast

import pytest
from tests.differential import references
from tests.differential.compare import difference, original, ours
from tests.differential.strings import random_text
from tokenizers import Tokenizer

from lexel._lexel import Engine
from lexel.errors import FormatError

if TYPE_CHECKING:
    from lexel._lexel import Truncation

pytestmark = pytest.mark.differential

Json = dict[str, Any]
STRATEGIES = ("longest_first", "only_first", "only_second")
SIDES = ("left", "right")
NAMES = ("[CLS]", "[SEP]", " x ", "Ġ")


def random_post_processor(rng: random.Random, depth: int = 0) -> Json:
    kind = rng.choice(("BertProcessing", "RobertaProcessing", "ByteLevel", "TemplateProcessing", "Sequence"))
    if kind == "Sequence" and depth < 2:
        return {
            "type": kind,
            "processors": [random_post_processor(rng, depth + 1) for _ in range(rng.choice((0, 1, 2, 2, 3)))],
        }
    if kind == "ByteLevel":
        return {"type": kind, "add_prefix_space": rng.random() < 0.5, "trim_offsets": rng.random() < 0.8}
    if kind == "TemplateProcessing":
        return random_template(rng)
    ends: Json = {"type": kind, "sep": [rng.choice(NAMES), rng.randrange(300)], "cls": [rng.choice(NAMES), 7]}
    if kind == "RobertaProcessing" or rng.random() < 0.1:
        # One of these alone, or none, makes it BERT's; both make it RoBERTa's, whatever the type says.
        ends |= {"trim_offsets": rng.random() < 0.7, "add_prefix_space": rng.random() < 0.5}
        if rng.random() < 0.1:
            del ends[rng.choice(("trim_offsets", "add_prefix_space"))]
    return ends


def random_template(rng: random.Random) -> Json:
    special = {
        name: {
            "id": name,
            "ids": (ids := [rng.randrange(300) for _ in range(rng.choice((1, 1, 2, 0)))]),
            "tokens": [name for _ in ids],
        }
        for name in NAMES
    }

    def piece(sequence: str | None) -> Json:
        inner = {"id": sequence or rng.choice(NAMES), "type_id": rng.choice((0, 0, 1, 2))}
        return {"Sequence" if sequence else "SpecialToken": inner}

    def around(sequences: str) -> list[Json]:
        pieces = []
        for sequence in sequences:
            pieces += [piece(None) for _ in range(rng.choice((0, 1, 1, 2)))] + [piece(sequence)]
        return pieces + [piece(None) for _ in range(rng.choice((0, 1)))]

    return {
        "type": "TemplateProcessing",
        "single": around(rng.choice(("A", "A", "A", "AA", ""))),
        "pair": around(rng.choice(("AB", "AB", "BA", "A", "B", "ABA", "BB"))),
        "special_tokens": special,
    }


def both(name: str, **changes: Any) -> tuple[Engine, Tokenizer]:
    content = json.loads(references.load(f"trained-{name}").original.to_str()) | changes
    text = json.dumps(content)
    return Engine.from_json(text), Tokenizer.from_str(text)


def check(engine: Engine, reference: Tokenizer, rng: random.Random) -> None:
    """One random input, with a random limit."""
    paired, special, words = rng.random() < 0.6, rng.random() < 0.8, rng.random() < 0.2
    texts: Any = [random_text(rng, ("<s>", " world", "  ", " a"))[: rng.choice((0, 3, 20, 20))] for _ in range(2)]
    if words:
        texts = [text.split(" ") for text in texts]
    if not paired:
        texts = texts[:1]
    added = reference.num_special_tokens_to_add(is_pair=paired)
    assert engine.num_special_tokens_to_add(paired) == added
    limit: Truncation | None = None
    reference.no_truncation()
    if rng.random() < 0.7:
        # The original wants room for the stride beside the special tokens of one sequence, whatever comes.
        max_length = max(added, reference.num_special_tokens_to_add(is_pair=False)) + rng.randrange(2, 9)
        limit = cast("Truncation", (max_length, rng.choice(STRATEGIES), rng.choice((0, 0, 1)), rng.choice(SIDES)))
        reference.enable_truncation(max_length, stride=limit[2], strategy=limit[1], direction=limit[3])
    row = [tuple(texts)] if paired else texts

    def mine() -> Any:
        return engine.encode_batch(
            row, pairs=paired, is_split_into_words=words, truncation=limit, add_special_tokens=special
        ).row(0)

    expected = original(reference.encode, *texts, is_pretokenized=words, add_special_tokens=special)
    found = difference(ours(mine), expected)
    assert found is None, (json.loads(reference.to_str())["post_processor"], texts, limit, special, found)
    if not paired and not words and limit is None and "ids" in expected:
        assert engine.encode(texts[0], add_special_tokens=special) == expected["ids"]
        assert engine.count(texts[0], add_special_tokens=special) == len(expected["ids"])


@pytest.mark.parametrize("name", sorted(references.MADE))
def test_random_post_processors(name: str, cases: int, seed: str) -> None:
    rng = random.Random(f"{seed}/{name}")
    for _ in range(cases // 20):
        engine, reference = both(name, post_processor=random_post_processor(rng))
        for _ in range(6):
            check(engine, reference, rng)


PIECE = {"Sequence": {"id": "A", "type_id": 0}}
FORMS: list[Any] = [
    {"type": "TemplateProcessing", "single": "$A [SEP]", "pair": "$A $B", "special_tokens": {}},
    {"type": "TemplateProcessing", "single": ["$A"], "pair": ["$A", "$B"], "special_tokens": {}},
    {"type": "TemplateProcessing", "single": [PIECE], "pair": [], "special_tokens": {}},
    {"type": "TemplateProcessing", "single": [{"Sequence": ["A", 0]}], "pair": [], "special_tokens": {}},
    {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": {"A": None}, "type_id": 0}}],
        "pair": [PIECE],
        "special_tokens": {},
    },
    {"type": "TemplateProcessing", "single": [PIECE], "pair": [], "special_tokens": [["a", 1]]},
    {"type": "TemplateProcessing", "single": [PIECE], "pair": [], "special_tokens": {"x": ["x", [1], ["x"]]}},
    {"type": "TemplateProcessing", "single": [PIECE | {"SpecialToken": {}}], "pair": [], "special_tokens": {}},
    {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "C", "type_id": 0}}],
        "pair": [],
        "special_tokens": {},
    },
    {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A"}}], "pair": [], "special_tokens": {}},
    {
        "type": "TemplateProcessing",
        "single": [{"Sequence": {"id": "A", "type_id": -1}}],
        "pair": [],
        "special_tokens": {},
    },
    {"type": "TemplateProcessing", "single": [], "pair": []},
    {"single": [PIECE], "pair": [], "special_tokens": {}},
    {"type": 3, "single": [PIECE], "pair": [], "special_tokens": {}},
    {"type": "Foo", "sep": ["x", 1], "cls": ["y", 2]},
    {"sep": ["x", 1], "cls": ["y", 2], "trim_offsets": True, "add_prefix_space": None},
    {"type": "BertProcessing", "sep": ["x", 1], "cls": ["y", 2], "trim_offsets": True, "add_prefix_space": False},
    {"type": "RobertaProcessing", "sep": ["x", 1], "cls": ["y", 2], "trim_offsets": True},
    {"type": "RobertaProcessing", "sep": ["x", 1], "cls": ["y", 2, 3], "trim_offsets": 1, "add_prefix_space": True},
    {"type": "BertProcessing", "sep": ["x", 2**32], "cls": ["y", 2]},
    {"type": "ByteLevel", "sep": ["x", 1], "cls": ["y", 2], "trim_offsets": True, "add_prefix_space": True},
    {"type": "ByteLevel", "trim_offsets": True, "add_prefix_space": True},
    {"type": "ByteLevel", "trim_offsets": True},
    {"type": "ByteLevel", "trim_offsets": True, "add_prefix_space": True, "use_regex": None},
    {"trim_offsets": True, "add_prefix_space": True, "use_regex": True},
    {"type": "Sequence", "processors": []},
    {"type": "Sequence", "processors": [None]},
    {"type": "Sequence"},
    {"processors": []},
    {},
    "x",
    3,
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: json.dumps(form)[:60])
def test_forms_that_the_original_reads(form: Any) -> None:
    content = json.loads(references.load("trained-byte-level").original.to_str()) | {"post_processor": form}
    try:
        reference = Tokenizer.from_str(json.dumps(content))
    except Exception:
        with pytest.raises(FormatError, match="post_processor"):
            Engine.from_json(json.dumps(content))
        return
    engine = Engine.from_json(json.dumps(content))
    rng = random.Random(str(form))
    for _ in range(20):
        check(engine, reference, rng)


def test_a_template_that_does_not_fit_says_so_when_it_is_used() -> None:
    special = {"SpecialToken": {"id": "[X]", "type_id": 0}}
    template = {
        "type": "TemplateProcessing",
        "single": [special, PIECE],
        "pair": [PIECE, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {},
    }
    engine, reference = both("byte-level", post_processor=template)
    with pytest.raises(FormatError, match=r"post_processor\.single\[0\]: .*\[X\]"):
        engine.encode("a")
    assert engine.encode("a", add_special_tokens=False) == reference.encode("a", add_special_tokens=False).ids
    row = engine.encode_batch([("a", "b")], pairs=True).row(0)
    assert row.ids == reference.encode("a", "b").ids
