"""The sandboxed environment that chat templates are compiled in and run in.

Beyond jinja2's immutable sandbox: a `Meter` in every context, guarded calls and operators, and the names chat templates
expect (``raise_exception``, ``strftime_now``, ``tojson`` without HTML escapes). Whitespace around blocks is trimmed as
published templates assume. One environment serves all threads: whatever changes in a render lives in its context.
"""

from __future__ import annotations

from functools import cache
from string import Formatter
from types import BuiltinMethodType, FunctionType, MethodType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from jinja2 import Template, nodes
from jinja2.defaults import DEFAULT_FILTERS, DEFAULT_TESTS
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import loopcontrols
from jinja2.runtime import BlockReference, Context, LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedFormatter
from jinja2.utils import Namespace, missing
from markupsafe import EscapeFormatter, Markup

from lexel.chat_templates.sandbox import guards
from lexel.chat_templates.sandbox.budget import BudgetExceeded, Meter
from lexel.chat_templates.sandbox.codegen import ChatCodeGenerator
from lexel.chat_templates.sandbox.filters import metered_filters, metered_tests, strftime_now, takes_context
from lexel.chat_templates.sandbox.generation import GenerationTag, spans_are_buffered
from lexel.chat_templates.sandbox.inline import SMALL

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ChatEnvironment", "Compiled", "compile_source", "environment", "new_context"]

_CALL = 100
_BINOP = 4
_NESTING = (Macro, LoopContext, BlockReference)
_PLAIN = frozenset({str, dict, list, int, float})
_DICT_ATTRIBUTES = frozenset(dir(dict))
# Attributes that change nothing and lead nowhere, for which the sandbox need not be asked.
_HARMLESS: dict[type, frozenset[str]] = {
    str: frozenset(name for name in dir(str) if name[0] != "_") - {"format", "format_map"},
    dict: frozenset({"get", "items", "keys", "values", "copy"}),
    list: frozenset({"count", "index", "copy"}),
}


class ChatContext(Context):  # type: ignore[misc]
    """A context that knows the meter of its render."""

    meter: Meter

    def derived(self, locals: dict[str, Any] | None = None) -> Context:
        """Return a context for an inner scope, on the same meter."""
        context = super().derived(locals)
        context.meter = self.meter
        return context


class _Dict:
    """What ``dict`` is in a template: callable, with ``fromkeys``, and no way to the class itself."""

    def __call__(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return dict(*args, **kwargs)

    @staticmethod
    def fromkeys(*args: Any) -> dict[Any, Any]:
        return dict.fromkeys(*args)


class ChatNamespace(Namespace):  # type: ignore[misc]
    """A namespace that stores no name beginning with an underscore, and does not print other namespaces."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        # No parameter has a name, because any name may be an attribute.
        self, *mappings = args
        attributes = dict(*mappings, **kwargs)
        for name in attributes:
            _check_attribute(name)
        Namespace.__init__(self, attributes)

    def __setitem__(self, name: str, value: Any) -> None:
        _check_attribute(name)
        Namespace.__setitem__(self, name, value)

    def __repr__(self) -> str:
        # Namespaces may hold each other, in a circle too.
        attributes = object.__getattribute__(self, "_Namespace__attrs")
        return f"<Namespace { ({k: '...' if isinstance(v, Namespace) else v for k, v in attributes.items()})!r}>"


def _check_attribute(name: Any) -> None:
    if isinstance(name, str) and name.startswith("_"):
        raise SecurityError(f"a chat template may not store {name!r} on a namespace: names begin with a letter")


def _raise_exception(message: Any) -> NoReturn:
    raise TemplateError(message)


class _Formatter(SandboxedFormatter):  # type: ignore[misc]
    """``str.format`` that pays for every field before it is made."""

    def __init__(self, env: ChatEnvironment, meter: Meter, **options: Any) -> None:
        super().__init__(env, **options)
        self._meter = meter
        self._made = 0

    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec:
            guards.price_format_spec(self._meter, value, format_spec)
        else:
            self._meter.touch_whole(value)
        text: str = super().format_field(value, format_spec)
        # Each field is small enough; all of them together need not be.
        self._made += len(text)
        self._meter.make(self._made if self._made > SMALL else 0)
        return text

    def convert_field(self, value: Any, conversion: str | None) -> Any:
        self._meter.touch_whole(value)
        return Formatter.convert_field(self, value, conversion)


class _EscapeFormatter(_Formatter, EscapeFormatter):
    """The same of ``Markup``, which escapes what it is given."""


class ChatEnvironment(ImmutableSandboxedEnvironment):  # type: ignore[misc]
    """See the module."""

    # The code generator prices these; here they are named so that none is worked out at compile time.
    intercepted_binops = frozenset({"+", "*", "**", "%"})
    context_class = ChatContext
    code_generator_class = ChatCodeGenerator

    def __init__(self) -> None:
        super().__init__(trim_blocks=True, lstrip_blocks=True, extensions=[GenerationTag, loopcontrols])
        self.filters: dict[str, Any] = metered_filters(DEFAULT_FILTERS)
        self.tests: dict[str, Any] = metered_tests(DEFAULT_TESTS)
        self.globals.update(
            raise_exception=_raise_exception,
            strftime_now=_metered_time,
            dict=_Dict(),
            namespace=ChatNamespace,
            lipsum=_metered_lipsum(self.globals["lipsum"]),
        )

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up ``obj.attribute``."""
        kind = type(obj)
        # Messages are plain dicts, and most lookups are keys: spare these the failing attribute lookup.
        if kind is dict and attribute not in _DICT_ATTRIBUTES:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        if kind in _HARMLESS and attribute in _HARMLESS[kind]:
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)

    def unsafe_undefined(self, obj: Any, attribute: str) -> Any:
        """Return what stands for a forbidden attribute; an internal one is refused even if nothing is done with it."""
        undefined = super().unsafe_undefined(obj, attribute)
        if attribute.startswith("_"):
            undefined._fail_with_undefined_error()
        return undefined

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call anything a template calls."""
        meter: Meter = __context.meter
        # A call may be given a whole list (`f(*list)`), which is taken apart for it.
        meter.spend(_CALL + len(args) + len(kwargs))
        kind = type(__obj)
        if kind is Macro:
            # Macros and loops hand their arguments on; everything else looks into them.
            meter.enter()
            try:
                return _invoke(__context, __obj, args, kwargs)
            finally:
                meter.depth -= 1
        if kind is BuiltinMethodType or not isinstance(__obj, _NESTING):
            owner = __obj.__self__ if isinstance(__obj, (BuiltinMethodType, MethodType)) else None
            args = guards.price_call(meter, getattr(__obj, "__name__", ""), owner, args, kwargs)
            if type(owner) in _PLAIN:
                # A method of a plain value wants no context and is on no list of unsafe functions.
                return guards.check_int(meter, __obj(*args, **kwargs))
        meter.enter()
        try:
            if kind is FunctionType and __self.is_safe_callable(__obj):
                given = (__context, *args) if _wants_context(__obj) else args
                return guards.check_int(meter, __obj(*given, **kwargs))
            result = super().call(__context, __obj, *args, **kwargs)
        finally:
            meter.depth -= 1
        return guards.check_int(meter, result)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Return a safe function for ``str.format``, None for any other value; asked for every attribute."""
        if not isinstance(value, (MethodType, BuiltinMethodType)) or value.__name__ not in {"format", "format_map"}:
            return None
        text = value.__self__
        if not isinstance(text, str):
            return None
        return _metered_format(self, text, by_map=value.__name__ == "format_map")


def _invoke(context: Any, macro: Macro, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a macro: at once if it takes what it is given, through its own counting of arguments if not."""
    absent = macro.arguments[len(args) :]
    is_odd = macro.caller or macro.catch_kwargs or macro.catch_varargs or context.eval_ctx.autoescape
    if is_odd or len(args) > len(macro.arguments) or not kwargs.keys() <= set(absent):
        return macro(context.eval_ctx, *args, **kwargs)
    return macro._func(*args, *[kwargs.get(name, missing) for name in absent])


def _metered_format(env: ChatEnvironment, text: str, *, by_map: bool) -> Callable[..., str]:
    @takes_context
    def format(context: Any, *args: Any, **kwargs: Any) -> str:
        if not by_map:
            simple = _format_simply(context.meter, text, args, kwargs) if type(text) is str else None
            if simple is not None:
                return simple
        formatter = _Formatter(env, context.meter)
        if isinstance(text, Markup):
            formatter = _EscapeFormatter(env, context.meter, escape=text.escape)
        if not by_map:
            return type(text)(formatter.vformat(text, args, kwargs))
        if kwargs or len(args) != 1:
            raise TypeError("format_map() takes exactly one argument, a mapping")
        return type(text)(formatter.vformat(text, (), args[0]))

    return format


@takes_context
def _metered_time(context: Any, format: str) -> str:
    # No more than this comes of a width in the format.
    context.meter.make(256 * len(format) if isinstance(format, str) else 0)
    return strftime_now(format)


def _wants_context(func: Any) -> bool:
    return getattr(getattr(func, "jinja_pass_arg", None), "name", None) == "context"


def _format_simply(meter: Meter, text: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str | None:
    """Format a text whose fields only name their value, None if one of them does more, or is wrong."""
    pieces: list[str] = []
    taken = 0
    try:
        for literal, field, spec, conversion in Formatter().parse(text):
            pieces.append(literal)
            if field is None:
                continue
            if spec or conversion or (field and not field.isidentifier()):
                return None
            value = kwargs[field] if field else args[taken]
            taken += not field
            if type(value) is not str:
                meter.touch_whole(value)
                value = format(value, "")
            pieces.append(value)
    except (LookupError, ValueError):
        return None
    meter.make(sum(map(len, pieces)))
    return "".join(pieces)


def _metered_lipsum(lipsum: Callable[..., str]) -> Callable[..., str]:
    @takes_context
    def metered(context: Any, n: int = 5, html: bool = True, min: int = 20, max: int = 100) -> str:
        context.meter.spend(200 * abs(n) * abs(max))
        return lipsum(n=n, html=html, min=min, max=max)

    return metered


class Compiled(NamedTuple):
    """A template ready to run."""

    template: Template
    source: str
    has_generation: bool
    buffered_spans: bool
    """Whether a generation block stands inside a macro or another buffer, so that its place is found by marks."""
    loop_targets: frozenset[str]
    """Names a loop gives its items."""


def new_context(compiled: Compiled, names: dict[str, Any], meter: Meter) -> ChatContext:
    """Return the context of one render, which nothing outlives."""
    template = compiled.template
    context = ChatContext(template.environment, {**_names_everywhere(), **names}, None, template.blocks)
    context.meter = meter
    return context


@cache
def _names_everywhere() -> dict[str, Any]:
    return dict(environment().globals)


@cache
def environment() -> ChatEnvironment:
    """Return the one environment."""
    return ChatEnvironment()


def compile_source(source: str, most_chars: int, most_nodes: int) -> Compiled:
    """Parse and compile a template."""
    if len(source) > most_chars:
        raise BudgetExceeded(f"the template has {len(source):,} characters", "template_chars", most_chars)
    env = environment()
    tree = env.parse(source)
    size = sum(1 for _ in tree.find_all(nodes.Node))
    if size > most_nodes:
        raise BudgetExceeded(f"the template has {size:,} nodes", "template_nodes", most_nodes)
    buffered = spans_are_buffered(tree)
    targets = {name.name for loop in tree.find_all(nodes.For) for name in loop.target.find_all(nodes.Name)}
    targets |= {loop.target.name for loop in tree.find_all(nodes.For) if isinstance(loop.target, nodes.Name)}
    tree.set_environment(env)
    return Compiled(env.from_string(tree), source, buffered is not None, bool(buffered), frozenset(targets))
