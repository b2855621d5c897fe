"""Two beginning tokens where special tokens are written in Python: see `double_bos`.

A class may override how special tokens are written. So nothing is assumed of it: a stand-in of the tokenizer calls
what the class has, and leaves one token out of the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lexel.backends.python import PythonBackend

__all__ = ["with_one_beginning"]

# Ids no vocabulary has, to see where the texts of a row come to stand.
_FIRST, _SECOND = -1, -2


def with_one_beginning(tokenizer: PythonBackend, ids: list[int], pair_ids: list[int] | None) -> PythonBackend:
    """Return what makes an input of ids without a second beginning token: the tokenizer, or a stand-in for it.

    Raises:
        ValueError: there would be two, and the tokenizer's `double_bos` is "raise".
    """
    mode, bos = tokenizer.double_bos, tokenizer.bos_token_id
    texts = [(ids, _FIRST)] if pair_ids is None else [(ids, _FIRST), (pair_ids, _SECOND)]
    texts = [(text, mark) for text, mark in texts if bos is not None and text[:1] == [bos]]
    if mode == "ignore" or not texts:
        return tokenizer
    if mode == "warn":
        # The class is asked nothing that it would not be asked anyway.
        if tokenizer.build_inputs_with_special_tokens(ids, pair_ids)[:2] == [bos, bos]:
            tokenizer._warn_two_bos()
        return tokenizer
    row = tokenizer.build_inputs_with_special_tokens([_FIRST], None if pair_ids is None else [_SECOND])
    # Of each doubled text: the place of the token before it, and whether the first text stands before that place.
    places = [(row.index(mark), mark) for _, mark in texts if mark in row]
    doubled = [(at - 1, mark == _SECOND) for at, mark in places if at > 0 and row[at - 1] == bos]
    if not doubled:
        return tokenizer
    if mode == "raise":
        raise ValueError(
            f"the text begins with {tokenizer.bos_token!r}, and the tokenizer writes one more (double_bos='raise'): "
            "encode it with add_special_tokens=False, or set double_bos='remove'"
        )
    return _stand_in(tokenizer, doubled)


def _stand_in(tokenizer: PythonBackend, doubled: list[tuple[int, bool]]) -> PythonBackend:
    made: PythonBackend = object.__new__(type(tokenizer))
    made.__dict__.update(tokenizer.__dict__)

    def without(values: list[int], ids: Any) -> list[int]:
        # The first text took one place in the row that was looked at.
        left_out = {place + (len(ids) - 1 if behind else 0) for place, behind in doubled}
        return [value for at, value in enumerate(values) if at not in left_out]

    def build(token_ids_0: list[int], token_ids_1: list[int] | None = None) -> list[int]:
        return without(tokenizer.build_inputs_with_special_tokens(token_ids_0, token_ids_1), token_ids_0)

    def mask(token_ids_0: Any, token_ids_1: Any = None, already_has_special_tokens: bool = False) -> list[int]:
        found = tokenizer.get_special_tokens_mask(token_ids_0, token_ids_1, already_has_special_tokens)
        return found if already_has_special_tokens else without(found, token_ids_0)

    def types(token_ids_0: list[int], token_ids_1: list[int] | None = None) -> list[int]:
        return without(tokenizer.create_token_type_ids_from_sequences(token_ids_0, token_ids_1), token_ids_0)

    def count(pair: bool = False) -> int:
        return tokenizer.num_special_tokens_to_add(pair) - len(doubled)

    made.__dict__.update(
        build_inputs_with_special_tokens=build,
        get_special_tokens_mask=mask,
        create_token_type_ids_from_sequences=types,
        num_special_tokens_to_add=count,
    )
    return made
