"""The filters and tests of a template, each paying for its work.

jinja2's own functions do the work. Around each stands a wrapper that is handed the context, for two reasons: there is
the meter, and a filter that wants the context is never run at compile time, where nothing counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from jinja2 import pass_context
from jinja2.filters import do_default
from jinja2.runtime import LoopContext, Undefined

from lexel.chat_templates.sandbox import guards
from lexel.chat_templates.sandbox.guards import Call
from lexel.chat_templates.sandbox.inline import SMALL
from lexel.chat_templates.sandbox.pretty import pretty_json

if TYPE_CHECKING:
    from lexel.chat_templates.sandbox.budget import Meter

__all__ = ["metered_filters", "metered_tests", "strftime_now", "takes_context", "tojson"]

_F = TypeVar("_F", bound=Callable[..., Any])

_CALL = 20
# Look at one item, or at nothing.
_LIGHT = frozenset(
    {"abs", "attr", "count", "d", "default", "first", "items", "last", "length", "map"}
    | {"random", "reject", "rejectattr", "round", "select", "selectattr"}
)
# Walk the items once without looking into them.
_SHALLOW = frozenset({"batch", "list", "reverse", "slice"})
# Take any iterable and look into every item.
_CONSUMING = frozenset({"groupby", "join", "max", "min", "sort", "sum", "unique"})
# Pure Python over every character.
_SLOW = frozenset({"pprint", "striptags", "title", "urlencode", "urlize", "wordcount", "wordwrap", "xmlattr"})
_SLOWNESS = 400
# What a filter without arguments does to a plain value that is not empty, and the units eight characters or items cost.
_QUICK: dict[str, dict[type, tuple[Callable[[Any], Any], int]]] = {
    "trim": {str: (str.strip, 1)},
    "lower": {str: (str.lower, 1)},
    "upper": {str: (str.upper, 1)},
    "capitalize": {str: (str.capitalize, 1)},
    "string": {str: (lambda value: value, 0)},
    "list": {list: (list.copy, 8)},
    "first": {list: (lambda value: value[0], 0), str: (lambda value: value[0], 0)},
    "last": {list: (lambda value: value[-1], 0), str: (lambda value: value[-1], 0)},
}
# Arguments of `tojson` that ask for what it does anyway, and that.
_AS_IT_IS = {"ensure_ascii": False}
_INDENTED = frozenset({"indent", "ensure_ascii"})
_MOST_INDENT = 16
_encode_json = json.JSONEncoder(ensure_ascii=False).encode
_MOST_DIGITS = 400


def takes_context(func: _F) -> _F:
    """Return the function, to be called with the context first."""
    marked: _F = pass_context(func)
    return marked


def tojson(
    x: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
) -> str:
    """Return the JSON of a value, with nothing escaped for HTML."""
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def strftime_now(format: str) -> str:
    """Return the local time in the given format."""
    return datetime.now().strftime(format)


def metered_filters(filters: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return the same filters, metered."""
    metered = {name: _metered_filter(name, func) for name, func in filters.items()}
    return {**metered, "tojson": _tojson_filter(), "default": _default, "d": _default}


def metered_tests(tests: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """Return the same tests; those that compare values as a whole are metered."""
    cheap = {"boolean", "callable", "defined", "escaped", "false", "filter", "float", "integer", "iterable", "mapping"}
    cheap |= {"none", "number", "sameas", "sequence", "string", "test", "true"}
    cheap |= {"undefined"}
    return {name: func if name in cheap else _metered_test(func) for name, func in tests.items()}


def _metered_test(func: Callable[..., Any]) -> Callable[..., Any]:
    passes = _passes(func)

    formats = func.__name__ in {"test_odd", "test_even", "test_divisibleby"}

    @takes_context
    def test(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        meter: Meter = context.meter
        if type(value) is not str or len(value) > SMALL:
            meter.touch_whole(value)
        for arg in (*args, *kwargs.values()) if kwargs else args:
            if type(arg) is not str or len(arg) > SMALL:
                meter.touch_whole(arg)
        if formats and isinstance(value, (str, bytes)):
            # These apply ``%``, which formats texts.
            for arg in (*args, *kwargs.values(), 2):
                guards.price_percent(meter, value, arg)
        meter.spend(2 + len(args))
        return func(*_passed(passes, context), value, *args, **kwargs)

    return test


def _passes(func: Callable[..., Any]) -> str | None:
    """Return what jinja2 hands this function first: "context", "eval_context", "environment", or nothing."""
    return getattr(getattr(func, "jinja_pass_arg", None), "name", None)


def _passed(passes: str | None, context: Any) -> tuple[Any, ...]:
    if passes is None:
        return ()
    if passes == "context":
        return (context,)
    return (context.eval_ctx,) if passes == "eval_context" else (context.environment,)


def _metered_filter(name: str, func: Callable[..., Any]) -> Callable[..., Any]:
    passes, guard, quick = _passes(func), _GUARDS.get(name), _QUICK.get(name, {})
    pay = None if name in _LIGHT else _payment(name)

    @takes_context
    def metered(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        meter: Meter = context.meter
        kind = type(value)
        if kind in quick and value and not args and not kwargs:
            meter.spend(_CALL + (len(value) * quick[kind][1] >> 3))
            return quick[kind][0](value)
        meter.spend(_CALL + len(args))
        for arg in args:
            if type(arg) is not str or len(arg) > SMALL:
                meter.touch_whole(arg)
        for arg in kwargs.values():
            meter.touch_whole(arg)
        attribute = kwargs.get("attribute")
        if type(attribute) is str and len(attribute) > SMALL:
            # A path this long is walked step by step, for every item.
            meter.spend(100 * len(attribute) * (len(value) if hasattr(value, "__len__") else 1))
        if pay is not None:
            value = pay(meter, value)
        if guard is not None:
            guard(meter, Call(value, args, kwargs))
        result = func(*_passed(passes, context), value, *args, **kwargs)
        kind = type(result)
        if kind is str or kind is bool:
            return result
        if kind is int:
            return guards.check_int(meter, result)
        # A loop is an iterator too, and more: `default` hands it on as it is.
        made = isinstance(result, Iterator) and not isinstance(result, LoopContext)
        return _each(meter, result) if made else result

    return metered


@takes_context
def _default(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
    """Do what jinja2's filter does, which touches nothing."""
    context.meter.spend(_CALL)
    if kwargs or len(args) > 2:
        return do_default(value, *args, **kwargs)
    is_absent = isinstance(value, Undefined) or (len(args) == 2 and args[1] and not value)
    return (args[0] if args else "") if is_absent else value


def _tojson_filter() -> Callable[..., Any]:
    general = _metered_filter("tojson", tojson)

    @takes_context
    def metered(context: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        meter: Meter = context.meter
        if not args and (not kwargs or kwargs == _AS_IT_IS):
            meter.spend(_CALL)
            meter.touch_whole(x)
            return _encode_json(x)
        indent = kwargs.get("indent")
        if not args and type(indent) is int and 0 < indent <= _MOST_INDENT and kwargs.keys() <= _INDENTED:
            meter.spend(_CALL)
            meter.touch_whole(x)
            pretty = None if kwargs.get("ensure_ascii") else pretty_json(meter, x, indent)
            if pretty is not None:
                return pretty
        return general(context, x, *args, **kwargs)

    return metered


def _payment(name: str) -> Callable[[Meter, Any], Any]:
    """Return the function that pays for what a filter is applied to, and returns that, iterators as lists."""
    shallow, consuming = name in _SHALLOW, name in _CONSUMING
    slowness = _SLOWNESS if name in _SLOW else 1

    def pay(meter: Meter, value: Any) -> Any:
        if consuming:
            value = guards.realize(meter, value)
            if hasattr(value, "__len__"):
                # Each item is looked at by Python, a few times to sort them.
                meter.spend(100 * len(value))
        before = meter.remaining
        if not shallow:
            meter.touch_whole(value)
        elif hasattr(value, "__len__"):
            meter.touch(64 * len(value))
        if slowness > 1:
            meter.spend(max(0, before - meter.remaining) * slowness)
        return value

    return pay


def _each(meter: Meter, items: Iterator[Any]) -> Iterator[Any]:
    for item in items:
        meter.remaining -= 50
        if meter.remaining < 0:
            meter.extend()
        yield item


def _size(value: Any) -> int:
    """Return how many characters a width stands for: a number of spaces, or a string."""
    if isinstance(value, int):
        return max(0, value)
    return len(value) if isinstance(value, str) else 0


def _tojson(meter: Meter, call: Call) -> None:
    indent = call.option(1, "indent")
    if indent is not None:
        meter.pad(_size(indent))
        # Every item starts a line, which is indented as deep as the item lies.
        depth, level = 0, [call.value]
        while level and depth < 1000:
            depth += 1
            meter.make(len(level) * (1 + depth * _size(indent)))
            level = [child for item in level for child in _children(item)]
    separators = call.option(2, "separators")
    if isinstance(separators, (list, tuple)):
        before = meter.remaining
        meter.touch_whole(call.value)
        meter.spend(max(0, before - meter.remaining) * sum(_size(part) for part in separators))


def _children(item: Any) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return list(item) if isinstance(item, (list, tuple)) else []


def _width(meter: Meter, call: Call) -> None:
    meter.pad(_size(call.option(0, "width", 80)))


def _indent(meter: Meter, call: Call) -> None:
    if isinstance(call.value, str):
        meter.pad(_size(call.option(0, "width", 4)))
        meter.make((2 + len(call.value.splitlines())) * _size(call.option(0, "width", 4)))


def _replace(meter: Meter, call: Call) -> None:
    # The three were weighed already, so their texts are affordable.
    old, new = str(call.option(0, "old", "")), str(call.option(1, "new", ""))
    guards.price_replace(meter, str(call.value), old, new)


def _join(meter: Meter, call: Call) -> None:
    if hasattr(call.value, "__len__"):
        meter.make(len(call.value) * len(str(call.option(0, "d", ""))))


def _sum(meter: Meter, call: Call) -> None:
    # Lists are added up by copying what there is so far, once for every item.
    if isinstance(call.option(1, "start", 0), (list, tuple)) and hasattr(call.value, "__len__"):
        before = meter.remaining
        meter.touch_whole(call.value)
        meter.spend(max(0, before - meter.remaining) * len(call.value))


def _format(meter: Meter, call: Call) -> None:
    guards.price_percent(meter, str(call.value), call.kwargs or call.args)


def _trim(meter: Meter, call: Call) -> None:
    chars = call.option(0, "chars")
    if isinstance(call.value, str) and isinstance(chars, str):
        meter.touch(len(call.value) * len(chars))


def _wrap(meter: Meter, call: Call) -> None:
    if isinstance(call.value, str):
        meter.make(len(call.value) * (1 + _size(call.option(2, "wrapstring"))))


def _batch(meter: Meter, call: Call) -> None:
    if call.option(1, "fill_with") is not None:
        meter.make(8 * _size(call.option(0, "linecount", 0)))


def _round(meter: Meter, call: Call) -> None:
    precision = call.option(0, "precision", 0)
    if isinstance(precision, int) and abs(precision) > _MOST_DIGITS:
        meter.spend(10 ** min(18, abs(precision)))


def _striptags(meter: Meter, call: Call) -> None:
    guards.price_tags(meter, call.value)


_GUARDS: dict[str, Callable[[Meter, Call], None]] = {
    "batch": _batch,
    "center": _width,
    "format": _format,
    "indent": _indent,
    "join": _join,
    "replace": _replace,
    "round": _round,
    "striptags": _striptags,
    "sum": _sum,
    "tojson": _tojson,
    "trim": _trim,
    "wordwrap": _wrap,
}
