"""What compiled templates call beside jinja2's own functions: the common case quickly, everything else paid for first.

`codegen` writes these names into the Python a template becomes. Values under `SMALL` characters it lets through without
a call: each pass through a loop or macro body pays for them beforehand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2.runtime import LoopContext
from jinja2.utils import Namespace, markupsafe

from lexel.chat_templates.sandbox import guards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lexel.chat_templates.sandbox.budget import Meter

__all__ = ["EXPORTED", "SMALL", "ChatLoop"]

SMALL = 512
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "*": lambda left, right: left * right,
    "**": lambda left, right: left**right,
    "%": lambda left, right: left % right,
}
_NAMESPACE_ATTRIBUTES = "_Namespace__attrs"


def paid(meter: Meter, value: Any) -> Any:
    """Pay for what ``+`` or ``-`` has just made. A few operands, each paid for, are at most a few times too large."""
    kind = type(value)
    if kind is str:
        meter.make(len(value))
    elif kind is int:
        guards.check_int(meter, value)
    elif isinstance(value, (str, bytes)):
        meter.make(len(value))
    elif isinstance(value, (list, tuple)):
        # An item of a list is a pointer of eight characters' size.
        meter.make(8 * len(value))
    return value


def operate(meter: Meter, operator: str, left: Any, right: Any) -> Any:
    """Apply ``*``, ``**`` or ``%``, which can make something large from something small."""
    if operator == "%" and type(left) is int:
        return left % right
    meter.spend(4)
    guards.price_binop(meter, operator, left, right)
    return guards.check_int(meter, _OPERATORS[operator](left, right))


def joined(meter: Meter, parts: tuple[Any, ...]) -> str:
    """Apply ``~``."""
    for part in parts:
        if type(part) is not str:
            parts = tuple(text(meter, part) for part in parts)
            break
    meter.make(sum(map(len, parts)))
    return "".join(parts)


def printed(meter: Meter, value: Any) -> Any:
    """Pay for a value whose text may be escaped: five characters for one."""
    before = meter.remaining
    meter.touch_whole(value)
    meter.spend(5 * max(0, before - meter.remaining))
    return value


def escaped(meter: Meter, value: Any) -> Any:
    """Return the text of a value that is printed, with what is special in HTML escaped."""
    return markupsafe.escape(printed(meter, value))


def text(meter: Meter, value: Any) -> str:
    """Return the text of a value that is printed."""
    if type(value) is str:
        return value
    meter.touch_whole(value)
    return str(value)


def whole(meter: Meter, value: Any) -> Any:
    """Pay for a value that is compared."""
    meter.touch_whole(value)
    return value


def hashed(meter: Meter, key: Any) -> Any:
    """Pay for a key: hashing a tuple walks everything in it."""
    if isinstance(key, tuple):
        meter.touch_whole(key)
    return key


def sliced(meter: Meter, value: Any) -> Any:
    """Pay for a value that is sliced: at most all of it is copied."""
    if hasattr(value, "__len__"):
        meter.touch(len(value) if isinstance(value, str) else 8 * len(value))
    return value


def searched(meter: Meter, value: Any) -> Any:
    """Pay for a value that something is looked for in: a list compares its items, a mapping does not."""
    if isinstance(value, (str, list, tuple)):
        meter.touch_whole(value)
    return value


def contains(meter: Meter, item: Any, box: Any) -> Any:
    """Apply ``in``."""
    if isinstance(item, tuple):
        meter.touch_whole(item)
    if type(box) is not dict:
        searched(meter, box)
    return item in box


def walk(meter: Meter, value: Any) -> Any:
    """Pay for a value that a loop walks: its items may be passed over by a test, and never reach the body."""
    if hasattr(value, "__len__"):
        meter.loop(len(value))
    return value


def attribute(environment: Any, obj: Any, name: str) -> Any:
    """Look up ``obj.name`` of what is no plain dict."""
    if type(obj) is dict:
        # The compiled code has looked for the key.
        return environment.undefined(obj=obj, name=name)
    if isinstance(obj, Namespace):
        try:
            # Nothing is stored there that begins with an underscore, or is a format method unwrapped.
            return object.__getattribute__(obj, _NAMESPACE_ATTRIBUTES)[name]
        except KeyError:
            pass
    return environment.getattr(obj, name)


def item(environment: Any, meter: Meter, obj: Any, key: Any) -> Any:
    """Look up ``obj[key]``, the key being known only now."""
    kind = type(key)
    if kind is int or kind is str:
        if type(obj) is dict or type(obj) is list:
            try:
                return obj[key]
            except (TypeError, LookupError):
                pass
    elif isinstance(key, tuple):
        meter.touch_whole(key)
    return environment.getitem(obj, key)


def method(context: Any, obj: Any, name: str, *args: Any) -> Any:
    """Call ``obj.name(*args)``, the arguments having no effects of their own."""
    kind = type(obj)
    if kind is str:
        quick = _STR_METHODS.get((name, len(args)))
        if quick is not None:
            for arg in args:
                if type(arg) is not str or len(arg) > _SHORT:
                    break
            else:
                meter = context.meter
                meter.remaining -= 4 + (len(obj) * quick[1] >> 3)
                if meter.remaining < 0:
                    meter.extend()
                if name != "replace" or len(args[0]) >= len(args[1]):
                    return quick[0](obj, *args)
    elif kind is dict and name in _DICT_METHODS and (not args or type(args[0]) is str):
        return _DICT_METHODS[name](obj, *args)
    environment = context.environment
    return environment.call(context, environment.getattr(obj, name), *args)


_SHORT = 32
# Methods that make no more than the text itself or its pieces, with the number of their arguments, all of them short
# strings: how many units eight characters cost, where each may be compared with `_SHORT` others, or become an object.
_STR_METHODS: dict[tuple[str, int], tuple[Callable[..., Any], int]] = {
    **{(name, 0): (getattr(str, name), 1) for name in ("strip", "lstrip", "rstrip", "lower", "upper", "title")},
    **{(name, 0): (getattr(str, name), 1) for name in ("capitalize", "isdigit", "isspace", "isupper", "islower")},
    **{(name, 1): (getattr(str, name), 1) for name in ("startswith", "endswith", "removeprefix", "removesuffix")},
    **{(name, 1): (getattr(str, name), 8) for name in ("strip", "lstrip", "rstrip", "find", "count", "rfind")},
    **{(name, 1): (getattr(str, name), 8) for name in ("partition", "rpartition")},
    ("replace", 2): (str.replace, 8),
    ("split", 0): (str.split, 16),
    ("split", 1): (str.split, 16),
}
_DICT_METHODS: dict[str, Callable[..., Any]] = {
    "get": dict.get,
    "items": dict.items,
    "keys": dict.keys,
    "values": dict.values,
}


class ChatLoop(LoopContext):  # type: ignore[misc]
    """The ``loop`` of a template that asks nothing of it but where it is: a list is walked by its index.

    Anything else (what filters yield is worked out while the loop runs) is walked as jinja2 does it.
    """

    _items: list[Any] | None = None

    def _walk(self) -> Iterator[tuple[Any, ChatLoop]]:
        """Yield each item, and this loop."""
        items = self._iterable
        if type(items) is not list:
            yield from self
            return
        self._items, self._length = items, len(items)
        for self.index0, element in enumerate(items):
            yield element, self

    @property
    def last(self) -> bool:
        """Whether this is the last pass."""
        if self._items is None:
            return self._peek_next() is _MISSING
        return self.index0 + 1 == self._length

    @property
    def previtem(self) -> Any:
        """The item before this one."""
        if self._items is None or not self.index0:
            return super().previtem
        return self._items[self.index0 - 1]

    @property
    def nextitem(self) -> Any:
        """The item after this one."""
        if self._items is None:
            return super().nextitem
        if self.index0 + 1 == self._length:
            return self._undefined("there is no next item")
        return self._items[self.index0 + 1]


_MISSING = LoopContext._after

EXPORTED = (
    *("ChatLoop", "attribute", "contains", "escaped", "hashed", "item", "joined", "method", "operate", "paid"),
    *("printed", "searched", "sliced", "text", "walk", "whole"),
)
