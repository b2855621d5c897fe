"""The exceptions of a render, made to be caught by everyone who catches the original's.

`TemplateError` derives from jinja2's class of that name, from `ValueError` and from `LexelError`. What a template
raises keeps its own type as well: a syntax error is also jinja2's `TemplateSyntaxError`, a forbidden access its
`SecurityError`, ``"a" + 1`` a `TypeError`. The classes are built when first asked for, because jinja2 is imported only
when something is rendered.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from lexel.errors import LexelError, MissingDependencyError

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["describe", "require_jinja", "template_error", "template_line", "wrap"]

_OLDEST_SAFE = (3, 1, 6)

# Builtin errors a template can cause. Of any other error the first of these it derives from counts.
_BUILTINS = (
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ZeroDivisionError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    RuntimeError,
    AssertionError,
    UnicodeError,
)


@cache
def require_jinja() -> Any:
    """Return the jinja2 module.

    Raises:
        MissingDependencyError: it is absent, or older than 3.1.6, whose sandbox can be escaped from.
    """
    try:
        import jinja2
    except ImportError as exc:
        raise MissingDependencyError(
            "chat templates need jinja2>=3.1.6, which is not installed: pip install 'jinja2>=3.1.6'"
        ) from exc
    numbers = tuple(int(part) for part in jinja2.__version__.split(".")[:3] if part.isdigit())
    if numbers < _OLDEST_SAFE:
        raise MissingDependencyError(
            f"chat templates need jinja2>=3.1.6, found {jinja2.__version__}, whose sandbox a template can escape from: "
            "pip install -U jinja2"
        )
    return jinja2


@cache
def template_error() -> type[Any]:
    """Return the class `TemplateError`."""
    jinja2 = require_jinja()

    class TemplateError(jinja2.TemplateError, ValueError, LexelError):  # type: ignore[misc, name-defined]
        """A chat template does not compile, or does not render this conversation.

        ``message`` is what was raised, ``lineno`` the line of the template, ``message_index`` the message that was
        being rendered; either is None where it is not known. ``str()`` gives all three.
        """

        def __init__(self, message: str, *, lineno: int | None = None, message_index: int | None = None) -> None:
            Exception.__init__(self, message)
            self.lineno = lineno
            self.message_index = message_index
            # What jinja2's own syntax error carries.
            self.name = self.filename = self.source = None
            self.translated = False

        @property
        def message(self) -> str:
            return str(self.args[0])

        def __str__(self) -> str:
            where = describe(self.lineno, self.message_index)
            return f"{self.message} ({where})".lstrip() if where else self.message

        def __reduce__(self) -> Any:
            kinds = tuple(kind for kind in type(self).__bases__ if kind is not template_error())
            return _rebuild, (kinds, self.message, self.lineno, self.message_index)

    TemplateError.__module__ = "lexel.chat_templates"
    TemplateError.__qualname__ = "TemplateError"
    return TemplateError


@cache
def _class_for(*kinds: Any) -> type[Any]:
    base = template_error()
    others = tuple(kind for kind in kinds if not issubclass(base, kind))
    if not others:
        return base
    name = others[0].__name__
    name = name if name.startswith("Template") else f"Template{name}"
    return type(name, (base, *others), {"__module__": "lexel.chat_templates"})


def _rebuild(kinds: tuple[Any, ...], message: str, lineno: int | None, index: int | None) -> Any:
    return _class_for(*kinds)(message, lineno=lineno, message_index=index)


def describe(lineno: int | None, message_index: int | None) -> str:
    """Return where in the template and in the conversation, in words."""
    parts = []
    if lineno is not None:
        parts.append(f"template line {lineno}")
    if message_index is not None:
        parts.append(f"message {message_index}")
    return ", ".join(parts)


def wrap(exc: Exception, *, lineno: int | None = None, message_index: int | None = None) -> Exception:
    """Return a `TemplateError` that is also what ``exc`` is."""
    from lexel.chat_templates.sandbox.budget import BudgetExceeded, DepthExceeded

    jinja2 = require_jinja()
    kinds: tuple[Any, ...]
    if isinstance(exc, BudgetExceeded):
        deep = (RecursionError,) if isinstance(exc, DepthExceeded) else ()
        kinds = (jinja2.exceptions.SecurityError, *deep)
    elif isinstance(exc, jinja2.TemplateError):
        kinds = (type(exc),)
        lineno = getattr(exc, "lineno", None) or lineno
    else:
        kinds = tuple(kind for kind in _BUILTINS if isinstance(exc, kind))[:1]
    # The text of a syntax error has its place in it already; its message has not.
    text = getattr(exc, "message", "") if isinstance(exc, jinja2.TemplateSyntaxError) else str(exc)
    # `raise_exception('')` says nothing, and is told apart by that.
    message = text if text or isinstance(exc, jinja2.TemplateError) else type(exc).__name__
    error: Exception = _class_for(*kinds)(message, lineno=lineno, message_index=message_index)
    return error


def template_line(tb: TracebackType | None) -> tuple[int | None, list[dict[str, Any]]]:
    """Return the template line an error came from, and the local variables of the template code, innermost last."""
    lineno = None
    frames = []
    while tb is not None:
        template = tb.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            lineno = template.get_corresponding_lineno(tb.tb_lineno)
            frames.append(tb.tb_frame.f_locals)
        tb = tb.tb_next
    return lineno, frames
