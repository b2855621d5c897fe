"""Prices single operations before they run.

Most operations make nothing larger than what they were given, and are paid for by the weight of that. The ones here
can make something large from something small: a width, a count, a repeated replacement. Each guard works out the size
first and spends it, so that the operation either fits the budget or never starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from encodings import normalize_encoding
from encodings.aliases import aliases
from functools import cache
from typing import Any, NamedTuple

from jinja2.utils import markupsafe

from lexel.chat_templates.sandbox.budget import BudgetExceeded, Meter

__all__ = [
    "Call",
    "check_int",
    "price_binop",
    "price_call",
    "price_format_spec",
    "price_percent",
    "price_replace",
    "price_tags",
    "realize",
]


class Call(NamedTuple):
    """A call about to happen: of a method of `value`, or of a filter on it."""

    value: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]

    def option(self, index: int, name: str, default: Any = None) -> Any:
        """Return an argument, given by position or by name."""
        return self.args[index] if len(self.args) > index else self.kwargs.get(name, default)


_Guard = Callable[[Meter, Call], "tuple[Any, ...] | None"]

_ESCAPING = 800
_DIGITS = re.compile(r"\d+")
_PERCENT = re.compile(r"%(?:\([^)]*\))?[#0\- +]*(\*|\d+)?(?:\.(\*|\d+))?[hlL]?[a-zA-Z%]")


def check_int(meter: Meter, value: Any) -> Any:
    """Return the value; raise if it is an integer too large to compute with."""
    if type(value) is int and value.bit_length() > meter.budget.int_bits:
        raise BudgetExceeded(
            f"the template computes an integer of {value.bit_length():,} bits", "int_bits", meter.budget.int_bits
        )
    return value


def realize(meter: Meter, value: Any) -> Any:
    """Return a list in place of an iterator, so that its weight can be known; anything else as it is."""
    if isinstance(value, Iterator):
        items = []
        for item in value:
            meter.spend(4)
            items.append(item)
        return items
    return value


def price_binop(meter: Meter, operator: str, left: Any, right: Any) -> None:
    """Spend what ``+``, ``*``, ``**`` or ``%`` on these operands will make."""
    if operator == "+":
        if _sized(left) and _sized(right):
            # An item of a list is a pointer of eight characters' size.
            size = len(left) + len(right)
            meter.make(size if isinstance(left, (str, bytes)) else 8 * size)
    elif operator == "*":
        _price_times(meter, left, right)
        _price_times(meter, right, left)
        if isinstance(left, int) and isinstance(right, int):
            _limit_bits(meter, left.bit_length() + right.bit_length())
    elif operator == "**":
        if isinstance(left, int) and isinstance(right, int) and right > 1:
            _limit_bits(meter, left.bit_length() * right)
    elif isinstance(left, (str, bytes)):
        price_percent(meter, left, right)


def _sized(value: Any) -> bool:
    return isinstance(value, (str, bytes, list, tuple))


def _price_times(meter: Meter, value: Any, times: Any) -> None:
    if _sized(value) and isinstance(times, int):
        size = len(value) * max(0, times)
        meter.make(size if isinstance(value, (str, bytes)) else 8 * size)


def _limit_bits(meter: Meter, bits: int) -> None:
    if bits > meter.budget.int_bits + 64:
        raise BudgetExceeded(f"the template computes an integer of {bits:,} bits", "int_bits", meter.budget.int_bits)


def price_percent(meter: Meter, pattern: Any, args: Any) -> None:
    """Spend what ``pattern % args`` will make."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    fields = _PERCENT.findall(text)
    meter.touch(len(text))
    width = 0
    for field in fields:
        for size in field:
            if size and size != "*":
                width += _price_digits(meter, size)
    if "*" in text:
        for arg in args if isinstance(args, tuple) else (args,):
            if isinstance(arg, int):
                meter.pad(abs(arg))
                width += abs(arg)
    # Each field is small enough; all of them together need not be.
    meter.make(width)
    # A tuple is used up field by field; a mapping may be named by every one of them.
    for _ in range(len(fields) if isinstance(args, Mapping) else 1):
        meter.touch_whole(args)


def price_format_spec(meter: Meter, value: Any, spec: str) -> None:
    """Spend what ``format(value, spec)`` will make."""
    meter.touch_whole(value)
    for size in _DIGITS.findall(spec):
        _price_digits(meter, size)


def _price_digits(meter: Meter, digits: str) -> int:
    width = int(digits) if len(digits) < 12 else 10**12
    meter.pad(width)
    return width


def _width(meter: Meter, call: Call) -> None:
    width = call.option(0, "width")
    if isinstance(width, int):
        meter.pad(max(0, width))


def _tabs(meter: Meter, call: Call) -> None:
    size = call.option(0, "tabsize", 8)
    if isinstance(size, int):
        meter.pad(max(0, size))
        meter.make(call.value.count("\t" if isinstance(call.value, str) else b"\t") * max(0, size))


def _replace(meter: Meter, call: Call) -> None:
    texts = (call.value, *call.args[:2])
    if len(texts) == 3 and any(all(isinstance(text, kind) for text in texts) for kind in (str, bytes)):
        price_replace(meter, *texts)


def price_replace(meter: Meter, text: Any, old: Any, new: Any) -> None:
    """Spend what ``text.replace(old, new)`` will make."""
    meter.touch(len(text))
    meter.make(text.count(old) * len(new))


def _join(meter: Meter, call: Call) -> tuple[Any, ...] | None:
    if len(call.args) != 1:
        return None
    items = realize(meter, call.args[0])
    meter.touch_whole(items)
    if hasattr(items, "__len__"):
        meter.make(len(items) * len(call.value))
    return (items,)


def _codec(meter: Meter, call: Call) -> None:
    name = call.option(0, "encoding", "utf-8")
    if not isinstance(name, str):
        return
    if normalize_encoding(name).lower() not in _codecs():
        # Python remembers every name it has looked for, for ever.
        raise LookupError(f"unknown encoding: {name}")
    if name.lower() not in _LINEAR_CODECS:
        # Some compare each character with all before it.
        meter.touch(len(call.value) ** 2)


_LINEAR_CODECS = frozenset({"utf-8", "utf8", "ascii", "latin-1", "latin1", "utf-16", "utf-32"})


@cache
def _codecs() -> frozenset[str]:
    special = {"utf8", "utf_8", "utf_8_sig", "idna", "punycode", "unicode_escape", "raw_unicode_escape"}
    return frozenset(aliases) | frozenset(aliases.values()) | special


def _translate(meter: Meter, call: Call) -> None:
    if call.args and isinstance(call.args[0], Mapping):
        longest = max((len(value) for value in call.args[0].values() if isinstance(value, str)), default=1)
        meter.make(len(call.value) * longest)


def _product(meter: Meter, call: Call) -> None:
    # Searching from the right and stripping a set of characters compare every character with every other.
    other = call.option(0, "sep")
    if isinstance(call.value, (str, bytes)) and isinstance(other, (str, bytes)):
        meter.touch(len(call.value) * len(other))


def _pieces(meter: Meter, call: Call) -> None:
    # Each piece is an object, many times the size of a character.
    if isinstance(call.value, (str, bytes)):
        meter.touch(32 * len(call.value))


def _right_pieces(meter: Meter, call: Call) -> None:
    _product(meter, call)
    _pieces(meter, call)


def _bytes_of_int(meter: Meter, call: Call) -> None:
    length = call.option(0, "length")
    if isinstance(length, int):
        meter.pad(max(0, length))


def _tags(meter: Meter, call: Call) -> None:
    price_tags(meter, call.value)


def _entities(meter: Meter, call: Call) -> None:
    # Python looks at each of them.
    meter.touch(128 * len(call.value))


def price_tags(meter: Meter, text: Any) -> None:
    """Spend what removing the tags from a text costs: it is copied once for every tag."""
    if isinstance(text, str):
        meter.touch(len(text) * (128 + text.count("<")))


# Methods of str, bytes, int and Markup by name; of lists and dicts the weight of what is touched is all there is.
METHODS: Mapping[str, _Guard] = {
    "center": _width,
    "ljust": _width,
    "rjust": _width,
    "zfill": _width,
    "expandtabs": _tabs,
    "encode": _codec,
    "decode": _codec,
    "replace": _replace,
    "join": _join,
    "translate": _translate,
    "split": _pieces,
    "splitlines": _pieces,
    "strip": _product,
    "lstrip": _product,
    "rstrip": _product,
    "rfind": _product,
    "rindex": _product,
    "rpartition": _product,
    "rsplit": _right_pieces,
    "to_bytes": _bytes_of_int,
    "striptags": _tags,
    "unescape": _entities,
}


def price_call(meter: Meter, name: str, owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Spend what a call costs; return the arguments to call with.

    Args:
        meter: of this render.
        name: of the function or method.
        owner: the object a method belongs to, None for a function.
        args: positional arguments; an iterator that will be consumed comes back as a list.
        kwargs: named arguments.
    """
    if isinstance(owner, (str, bytes)):
        meter.touch(len(owner))
    elif isinstance(owner, (list, tuple)):
        # Finding an item compares it with each.
        meter.touch_whole(owner) if name in {"index", "count"} else meter.touch(8 * len(owner))
    before = meter.remaining
    for arg in args:
        meter.touch_whole(arg)
    for arg in kwargs.values():
        meter.touch_whole(arg)
    if isinstance(owner, markupsafe.Markup):
        # Its methods escape every argument, and every item of one, each in a few calls of Python.
        meter.spend(_ESCAPING * max(0, before - meter.remaining))
    guard = METHODS.get(name)
    if guard is not None and isinstance(owner, (str, bytes, int)):
        return guard(meter, Call(owner, args, kwargs)) or args
    return args
