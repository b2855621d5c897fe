"""Calls of the tokenizer surface whose results must be the same everywhere: run here and by the interpreter of a peer.

usage: python surface_calls.py JOBS.json RESULTS.json

A job is the folder of a tokenizer (or the name of a class below) and the expressions to try. Imports nothing of this
repository. What differs on purpose is not among the calls (docs/compatibility.md has it).
"""

from __future__ import annotations

import copy
import itertools
import json
import logging
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

A = "Hello world, how are you? naïve café"
B = "I'm fine: thanks 日本 😀!"
S = "fox"
ALL = (
    "return_token_type_ids=True, return_attention_mask=True, return_special_tokens_mask=True, "
    "return_offsets_mapping=True, return_length=True"
)
# Texts with what is added between them, as users write them.
TEXTS = ["A", "S", "''", "' '", "[A, S]", "(A, S)", "['', '']", "[(A, S), (S, B)]", "A, B", "[A, S], [B, S]"]
WORDS = ["['Hello', 'world']", "[['a', 'b'], ['c']]", "[(['a', 'b'], ['c'])]", "[]", "[[]]", "['a'], ['b', 'c']"]
NO_TEXTS = ["None", "5", "1.5", "[None]", "[A, None]", "[A, 5]", "{'a': 1}", "True", "np.array(['a', 'b'])", "object()"]
MISTAKES = [
    "tok()",
    "tok([A], S)",
    "tok([A, S], [B])",
    "tok(A, [B])",
    "tok(A, is_split_into_words=True)",
    "tok(A, padding='no')",
    "tok(A, padding=None)",
    "tok(A, truncation='no')",
    "tok(A, return_tensors='tf')",
    "tok([A, S], padding=True, pad_to_multiple_of=4, truncation=True, max_length=10)",
    "tok([A, S], padding=True, padding_side='no')",
    "tok(A, B, truncation_strategy='only_first')",
    "tok.pad({'x': [1]})",
    "tok.pad({'input_ids': ['a']})",
    "tok.decode(None)",
    "tok.decode([None])",
    "tok.convert_tokens_to_ids(None)",
    "tok.convert_ids_to_tokens(None)",
    "tok.no_such_thing",
    "tok.get_special_tokens_mask([5], [6], already_has_special_tokens=True)",
    "type(tok)(get_vocab=1)",
]


def shared_calls() -> list[str]:
    """Return the calls that every tokenizer takes."""
    calls = [f"tok({text})" for text in (*TEXTS, *NO_TEXTS)]
    calls += [f"tok({words}, is_split_into_words=True)" for words in WORDS[:3]]
    calls += [f"tok.encode({text})" for text in TEXTS]
    for flag in ("token_type_ids", "attention_mask", "special_tokens_mask", "length", "overflowing_tokens"):
        for value, text in itertools.product((True, False, None), ("A", "[A, S]", "A, B")):
            calls.append(f"tok({text}, return_{flag}={value})")
    for padding, truncation, length in itertools.product(
        ("True", "False", "'longest'", "'max_length'", "'do_not_pad'"),
        ("True", "False", "None", "'longest_first'", "'do_not_truncate'"),
        (None, 5, 9, 40),
    ):
        options = f"padding={padding}, truncation={truncation}, max_length={length}"
        calls += [f"tok([A, S], {options})", f"tok(A, {options}, return_tensors='np')"]
    for length, side in itertools.product((5, 6, 8), ("left", "right")):
        cut = f"truncation='only_first', max_length={length}"
        calls.append(f"setattr(tok, 'truncation_side', {side!r}) or tok(A, {cut})")
        calls.append(f"tok(A, {cut}, padding='max_length', padding_side={side!r}, return_special_tokens_mask=True)")
    for multiple, padding in itertools.product((1, 8), ("True", "False", "'max_length'")):
        calls.append(f"tok([A, S], padding={padding}, pad_to_multiple_of={multiple})")
    rows = "[tok(A), tok(S)]"
    calls += [
        "tok(A, None, None, None, False, 'max_length', True, 6, 0, False, None, 'left', 'np', True, True)",
        "tok.encode(A, None, True, 'max_length', True, 20, 0, 'left', 'np')",
        "tok(text_target=A)",
        "tok(A, text_target=B)",
        "tok([A], text_target=[B], padding=True, return_tensors='np')",
        "tok(A, text_target=B, max_length=6, max_target_length=5)",
        "tok(A, tokenizer_kwargs={'max_length': 5})",
        "tok(A, src_lang='xx')",
        *(f"tok.pad({rows}{more})" for more in ("", ", 'max_length', 40", ", True, None, 8, 'left', True, 'np'")),
        "tok.pad({'input_ids': [[1, 2], [1]], 'labels': [[1], [2]]})",
        "tok.pad([{'input_ids': np.array([1, 2])}, {'input_ids': np.array([1])}])",
        "tok.pad({'input_ids': []}, return_attention_mask=True)",
        "tok.tokenize(A)",
        "tok.decode(tok.encode(A))",
        "tok.decode(tok.encode(A), skip_special_tokens=True)",
        "tok.decode(tok.encode(A), clean_up_tokenization_spaces=True)",
        "tok.decode([tok.encode(A), tok.encode(S)])",
        "tok.decode(np.array(tok.encode(A)))",
        "tok.decode([[]])",
        "tok.batch_decode(tok.encode(A))",
        "tok.convert_tokens_to_ids(tok.tokenize(A))",
        "tok.convert_ids_to_tokens(tok.encode(A), skip_special_tokens=True)",
        "tok.convert_tokens_to_string(tok.tokenize(A))",
        "tok.get_special_tokens_mask(tok.encode(A), already_has_special_tokens=True)",
        "[tok.num_special_tokens_to_add(), tok.num_special_tokens_to_add(pair=True), tok.vocab_size, len(tok)]",
        "[tok.all_special_tokens, tok.all_special_ids, tok.special_tokens_map, tok.extra_special_tokens]",
        "[tok.model_max_length, tok.padding_side, tok.model_input_names, tok.pad_token_type_id, tok.is_fast]",
        "sorted(tok.get_vocab().items())",
        "sorted(tok.get_added_vocab().items())",
        "repr(tok).split('name_or_path')[0] + repr(tok).split('vocab_size')[1]",
    ]
    return calls + MISTAKES


def pipeline_calls() -> list[str]:
    """Return further calls of tokenizers that run a pipeline."""
    # Without the empty ones: spans of no token are an array of another shape there.
    texts = [text for text in TEXTS if text not in ("''", "['', '']")]
    calls = [f"tok({text}, {ALL}, padding=True, return_tensors='np')" for text in texts]
    calls += [f"tok({words}, is_split_into_words=True, {ALL})" for words in WORDS]
    for length, stride in itertools.product((12, 16), (0, 1, 2)):
        for text in ("A", "[A, S]", "A, B"):
            cut = f"truncation='longest_first', max_length={length}, stride={stride}, return_overflowing_tokens=True"
            calls.append(f"tok({text}, {cut}, {ALL})")
    for method in ("token_to_chars", "token_to_word", "token_to_sequence", "char_to_token", "char_to_word"):
        calls += [f"[tok(A, B).{method}(0, i) for i in range(12)]", f"[tok([A, B]).{method}(1, i) for i in range(12)]"]
    calls += [f"[tok(A, B).word_to_tokens(0, i, {part}) for i in range(9)]" for part in (0, 1)]
    calls += [f"tok(A, B).{method}()" for method in ("tokens", "word_ids", "sequence_ids")]
    calls += [
        "tok(A, B).n_sequences",
        "tok(A)[0].ids",
        "[row.tokens for row in tok([A, S])[0:2]]",
        "tok.tokenize(A, B, True)",
        "tok.decode('a')",
        "tok.decode(tok([A, S]))",
    ]
    return calls


def python_calls() -> list[str]:
    """Return further calls of tokenizers written in Python."""
    calls = [f"tok({ids})" for ids in ("[4, 5]", "[[4, 5], [6]]", "[A]", "[['a', 'b']]", "[(A, S, B)]")]
    strategies = ("longest_first", "only_first", "only_second")
    rows = ("[1, 2, 3, 4, 5], None", "[1, 2, 3, 4, 5], [6, 7]", "[1, 2], [6, 7, 8, 9]", "[1, 2, 3], [6, 7, 8]")
    for count, strategy, stride, ids in itertools.product((0, 1, 3, 9), strategies, (0, 2), rows):
        calls.append(f"tok.truncate_sequences({ids}, {count}, {strategy!r}, {stride})")
    cut = "truncation='only_first', max_length=4, stride=1, return_overflowing_tokens=True"
    more = "return_special_tokens_mask=True, return_length=True"
    for options, ids in itertools.product(("", cut, "padding=True"), ("[4, 5, 6, 7]", "[4, 5, 6], [7, 8]")):
        calls.append(f"tok.prepare_for_model({ids}, {more}, {options})")
    text = "'a [L] b [R]  c[W] [W] d <cls>e newnew [L][R]'"
    calls += [f"tok.tokenize({text}{more})" for more in ("", ", split_special_tokens=True")]
    calls += [
        f"tok.decode(tok.encode({text}), skip_special_tokens=True)",
        "tok.build_inputs_with_special_tokens([4], [5])",
        "tok.create_token_type_ids_from_sequences([4], [5, 6])",
        "tok.get_special_tokens_mask([4], [5])",
        "[tok.add_tokens(['a', 'zz', 'zz']), tok.add_special_tokens({'eos_token': '<e>'}), tok.tokenize('zz<e>a')]",
        "tok(A).tokens()",
        "tok(A)[0]",
    ]
    return calls


def plain(value: Any) -> Any:
    """Return a result as JSON has it, the kinds of arrays and of results kept."""
    if isinstance(value, np.ndarray):
        return {"array": value.tolist(), "of": str(value.dtype), "shape": list(value.shape)}
    if hasattr(value, "data") and hasattr(value, "convert_to_tensors"):
        return {"columns": [[key, plain(column)] for key, column in value.items()], "texts": value.n_sequences}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def answers(tok: Any, calls: list[str]) -> dict[str, Any]:
    """Return what each call gives: a result, or the classes of the exception, the raised one first."""
    found: dict[str, Any] = {}
    for call in calls:
        # Copied only where a call changes it.
        one = copy.deepcopy(tok) if "setattr" in call or "add_" in call else tok
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[call] = plain(eval(call, {"tok": one, "np": np, "A": A, "B": B, "S": S}))
        except Exception as error:
            found[call] = {"raises": [kind.__name__ for kind in type(error).__mro__]}
    return json.loads(json.dumps(found))  # type: ignore[no-any-return]


def python_tokenizers(base: Any, added_token: Any) -> dict[str, Any]:
    """Return tokenizers written in Python on the base class of a library, one for each pattern of special tokens."""

    class Words(base):  # type: ignore[misc]
        model_input_names = ["input_ids", "token_type_ids", "attention_mask"]  # noqa: RUF012

        def __init__(self, **kwargs: Any) -> None:
            self.words = ["<unk>", "<pad>", "<cls>", "<sep>", "a", "b", "c", "Hello", "world", "fox", "are", ","]
            names = {f"{name}_token": f"<{name}>" for name in ("unk", "pad", "cls", "sep")}
            super().__init__(**{**names, **kwargs})

        @property
        def vocab_size(self) -> int:
            return len(self.words)

        def get_vocab(self) -> dict[str, int]:
            return {**{word: index for index, word in enumerate(self.words)}, **self.added_tokens_encoder}

        def _tokenize(self, text: str, **_: Any) -> list[str]:
            return text.split()

        def _convert_token_to_id(self, token: str) -> int:
            return self.words.index(token) if token in self.words else 0

        def _convert_id_to_token(self, index: int) -> str | None:
            return self.words[index] if 0 <= index < len(self.words) else None

    made: dict[str, Any] = {}
    for pattern in ("none", "cls_sep", "eos", "bos_eos", "cls_double_sep", "prefix_suffix"):
        tok = Words(special_tokens_pattern=pattern, bos_token="<bos>", eos_token="<eos>", model_max_length=50)
        tok.prefix_tokens, tok.suffix_tokens = [4, 5], [6]
        tok.add_tokens([added_token("[L]", lstrip=True), added_token("[R]", rstrip=True)])
        tok.add_tokens([added_token("[W]", single_word=True), "new"])
        made[pattern] = tok
    return made


def main(jobs: str, results: str) -> None:
    """Try all calls with the library of this interpreter."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="critical")
    from transformers import AddedToken, AutoTokenizer, PreTrainedTokenizer

    logging.disable(logging.CRITICAL)
    found = {}
    for name, folder in json.loads(Path(jobs).read_text("utf-8")).items():
        found[name] = answers(AutoTokenizer.from_pretrained(folder), shared_calls() + pipeline_calls())
    for name, tok in python_tokenizers(PreTrainedTokenizer, AddedToken).items():
        found[name] = answers(tok, shared_calls() + python_calls())
    Path(results).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
