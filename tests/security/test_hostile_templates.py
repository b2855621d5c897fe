"""No template gets out of its sandbox, changes its input, or runs away: each attempt ends in an error, quickly."""

from __future__ import annotations

import time
from typing import Any

import jinja2
import pytest

from lexel.chat_templates import Budget, TemplateError, render
from lexel.errors import LexelError

MESSAGES = [{"role": "user", "content": "hi"}] * 3
# Of processor time: what else the machine does is not the template's fault.
LIMIT_S = 1.0

# Sixty levels of a pair of pairs: 2**60 items when printed, 60 lists in memory.
SIXTY = "{% for i in range(60) %}"
PAIRS = "{% set ns = namespace(x=[1]) %}" + SIXTY + "{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
TUPLES = "{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}"
LONG = "{% set a = 'a' * 1000000 %}"
MANY = "{% for i in range(100000) %}"

ESCAPES = {
    "class": "{{ ''.__class__ }}",
    "class by item": "{{ ''['__class__'] }}",
    "class by filter": "{{ ''|attr('__class__') }}",
    "class by map": "{{ ['']|map(attribute='__class__')|list }}",
    "class through a join": "{{ ''[['__cla', 'ss__']|join] }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals of a global": "{{ raise_exception.__globals__ }}",
    "globals of a class": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "globals of lipsum": "{{ lipsum.__globals__['os'].system('id') }}",
    "namespace class": "{{ namespace.__init__ }}",
    "namespace storage": "{{ namespace(a=1)._Namespace__attrs }}",
    "namespace write": "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
    "namespace private": "{% set ns = namespace() %}{% set ns._a = 1 %}",
    "namespace init": "{{ namespace(_a=1) }}",
    "dict class": "{{ dict.__class__ }}",
    "dict function": "{{ dict.fromkeys.__globals__ }}",
    "context": "{{ self._TemplateReference__context }}",
    "loop internals": "{% for m in messages %}{{ loop._iterable }}{% endfor %}",
    "macro internals": "{% macro m() %}{% endmacro %}{{ m._environment }}",
    "generator frame": "{{ (messages|map('length')).gi_frame.f_globals }}",
    "code": "{{ strftime_now.__code__ }}",
    "format": "{{ '{0.__class__}'.format('') }}",
    "format by map": "{{ '{a.__class__}'.format_map({'a': 1}) }}",
    "format by item": "{{ '{0[__class__]}'.format('') }}",
    "format by attr": "{{ ('{0.__class__}'|attr('format'))(1) }}",
    "format method kept": "{% set f = '{0.__class__.__mro__}'.format %}{{ f('') }}",
    "format in a format": "{{ '{0:{0.__class__}}'.format('') }}",
    "format of markup": "{{ ('{0.__class__}'|safe).format('') }}",
    "generation": "{% generation %}{{ ''.__class__ }}{% endgeneration %}",
}

IMPORTS = {
    "import": "{% import 'os' as os %}{{ os }}",
    "from": "{% from 'os' import system %}",
    "include": "{% include '/etc/passwd' %}",
    "extends": "{% extends 'base' %}",
}

MUTATIONS = {
    "append": "{{ messages.append(1) }}",
    "pop": "{{ messages.pop() }}",
    "clear": "{{ messages.clear() }}",
    "sort": "{{ messages.sort() }}",
    "extend by attr": "{{ (messages|attr('extend'))([1]) }}",
    "update": "{{ messages[0].update({'a': 1}) }}",
    "setdefault": "{{ messages[0].setdefault('a', 1) }}",
    "popitem": "{{ messages[0].popitem() }}",
    "tools": "{{ tools.append(1) }}",
    "assignment": "{% set messages[0] = 1 %}",
    "attribute": "{% set messages.a = 1 %}",
}

RUNAWAYS = {
    "range": "{% for i in range(10**9) %}x{% endfor %}",
    "nested loops": MANY + MANY + "x{% endfor %}{% endfor %}",
    "nested loops that write nothing": MANY + MANY + MANY + "{% endfor %}{% endfor %}{% endfor %}",
    "loop over nothing": MANY + "{% for j in range(99999) if false %}{% endfor %}{% endfor %}",
    "long text in a loop": MANY + "x" * 10_000 + "{% endfor %}",
    "long text in a macro": "{% macro m() %}" + MANY + "x" * 10_000 + "{% endfor %}{% endmacro %}{{ m()|length }}",
    "repeated string": "{{ 'a' * 10**9 }}",
    "repeated string, reversed": "{{ (10**9) * 'a' }}",
    "repeated list": "{{ [0] * 10**9 }}",
    "repeated bytes": "{{ 'a'.encode() * 10**9 }}",
    "power": "{{ 10 ** 10 ** 8 }}",
    "power to the right": "{{ 10 ** (10 ** 8) }}",
    "squares": "{% set ns = namespace(x=7) %}{% for i in range(64) %}{% set ns.x = ns.x * ns.x %}{% endfor %}",
    "integer from digits": "{{ ('f' * 1000000)|int(base=16) // 7 }}",
    "integer from bytes": "{{ (5).from_bytes(('f' * 1000000).encode(), 'big') }}",
    "bytes of an integer": "{{ (1).to_bytes(10**9, 'big') }}",
    "round": "{{ 1|round(10**8, 'floor') }}",
    "round to the left": "{{ 5|round(-10**8) }}",
    "macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "macro tree": "{% macro m(n) %}{% if n < 100 %}{{ m(n+1) }}{{ m(n+1) }}{% endif %}{% endmacro %}{{ m(0) }}",
    "callers": "{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}"
    + "{% call m() %}" * 30
    + "x"
    + "{% endcall %}" * 30,
    "recursive loop": "{% for x in messages recursive %}{{ loop(messages) }}{% endfor %}",
    "recursive block": "{% block b %}{{ self.b() }}{{ self.b() }}{% endblock %}",
    "doubled by concat": "{% set ns = namespace(x='ab') %}" + SIXTY + "{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "doubled by plus": "{% set ns = namespace(x='ab') %}" + SIXTY + "{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "doubled list": "{% set ns = namespace(x=[1]) %}" + SIXTY + "{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "wide concat": LONG + "{{ " + " ~ ".join(["a"] * 5000) + " }}",
    "pairs printed": PAIRS + "{{ ns.x }}",
    "pairs as json": PAIRS + "{{ ns.x|tojson }}",
    "pairs as string": PAIRS + "{{ ns.x|string }}",
    "pairs upper": PAIRS + "{{ ns.x|upper }}",
    "pairs formatted": PAIRS + "{{ '{}'.format(ns.x) }}",
    "pairs by percent": PAIRS + "{{ '%s' % ns.x }}",
    "pairs raised": PAIRS + "{{ raise_exception(ns.x) }}",
    "pairs compared": PAIRS + "{% set y = ns.x %}" + PAIRS + "{{ ns.x == y }}",
    "pairs searched": PAIRS + "{% set y = ns.x %}" + PAIRS + "{{ ns.x in [y] }}",
    "pairs tested": PAIRS + "{% set y = ns.x %}" + PAIRS + "{{ ns.x is eq(y) }}",
    "pairs changed": PAIRS + "{% set y = ns.x %}" + PAIRS + "{% for i in [y, ns.x] %}{{ loop.changed(i) }}{% endfor %}",
    "tuples as key": TUPLES + "{{ {ns.x: 1} }}",
    "tuples looked up": TUPLES + "{{ messages[0][ns.x] }}",
    "tuples unique": TUPLES + "{{ [ns.x]|unique|list }}",
    "tuples in dict()": TUPLES + "{{ dict([(ns.x, 1)]) }}",
    "tuples as attribute": TUPLES + "{{ messages[0]|attr(ns.x) }}",
    "tuples mapped": TUPLES + "{{ messages|map(attribute=ns.x)|list }}",
    "dicts viewed": "{% set ns = namespace(x={}) %}"
    + SIXTY
    + "{% set ns.x = {1: ns.x, 2: ns.x} %}{% endfor %}{{ ns.x.items() }}",
    "namespace in itself": "{% set ns = namespace() %}{% set ns.a = ns %}{{ [ns] }}",
    "width by percent": "{{ '%1000000000d' % 1 }}",
    "width by star": "{{ '%*d' % (1000000000, 1) }}",
    "precision by percent": "{{ '%.1000000000f' % 1.5 }}",
    "many fields by percent": "{{ ('%(a)s' * 1000) % {'a': 'x' * 1000000} }}",
    "width by format": "{{ '{:1000000000}'.format(1) }}",
    "width by nested format": "{{ '{:{}}'.format(1, 1000000000) }}",
    "many fields by format": "{{ ('{0}' * 100000).format('x' * 1000000) }}",
    "width by filter": "{{ '%1000000000d'|format(1) }}",
    "center": "{{ 'x'.center(10**9) }}",
    "center filter": "{{ 'x'|center(10**9) }}",
    "ljust": "{{ 'x'.ljust(10**9) }}",
    "zfill": "{{ 'x'.zfill(10**9) }}",
    "expandtabs": "{{ '\t'.expandtabs(10**9) }}",
    "indent": "{{ 'a\nb'|indent(10**9) }}",
    "indent by text": "{{ ('a\n' * 100000)|indent('x' * 100000) }}",
    "json indent": "{{ [[1]]|tojson(indent=10**9) }}",
    "json separators": "{{ ([1] * 1000)|tojson(separators=('x' * 1000000, ':')) }}",
    "replace": "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
    "replace nothing": "{{ ('a' * 100000).replace('', 'b' * 100000) }}",
    "replace in markup": "{{ ('a' * 100000)|safe|replace('a', 'b' * 100000) }}",
    "replace method of markup": "{% set m = 'a'|safe %}{{ (m * 100000).replace('a', 'b' * 100000) }}",
    "replace filter": "{{ ('a' * 100000)|replace('a', 'b' * 100000) }}",
    "translate": "{{ ('a' * 100000).translate({97: 'b' * 100000}) }}",
    "join separator": "{{ ('b' * 100000).join(['a'] * 100000) }}",
    "join items": "{{ (['b' * 100000] * 100000)|join }}",
    "join generator": "{{ ''.join((['b' * 100000] * 100000)|select) }}",
    "join filter": "{{ (['a'] * 100000)|join('b' * 100000) }}",
    "fill a batch": "{{ [1]|batch(10**9, 'x')|list }}",
    "slices": "{{ [1]|slice(10**9)|list }}",
    "sum of lists": "{{ ([[1] * 10000] * 10000)|sum(start=[]) }}",
    "sort": "{{ (['a' * 1000000] * 100000)|sort }}",
    "fromkeys": "{{ dict.fromkeys(range(100000), 'x' * 100000) }}",
    "lipsum": "{{ lipsum(n=10**9) }}",
    "lipsum words": "{{ lipsum(n=1, min=10**9, max=10**9 + 1) }}",
    "striptags": "{{ ('<!--x-->' * 400000)|striptags }}",
    "urlize": "{{ ('www.a.com ' * 400000)|urlize }}",
    "pprint": "{{ ([1] * 400000)|pprint }}",
    "wordwrap": "{{ ('a ' * 1000000)|wordwrap(1) }}",
    "rfind": LONG + "{{ a.rfind('b' + a) }}",
    "rsplit": LONG + "{{ a.rsplit('b' + a) }}",
    "strip": LONG + "{{ a.strip('bcdefghij' * 100000 + 'a') }}",
    "trim": LONG + "{{ a|trim('bcdefghij' * 100000 + 'a') }}",
    "slice in a loop": LONG + MANY + "{% set b = a[1:] %}{% endfor %}",
    "search in a loop": LONG + MANY + "{% set b = 'b' in a %}{% endfor %}",
    "comparison in a loop": LONG + "{% set b = 'a' * 1000000 %}" + MANY + "{% set c = a == b %}{% endfor %}",
    "method in a loop": LONG + MANY + "{% set b = a.upper() %}{% endfor %}",
    "filter in a loop": LONG + MANY + "{% set b = a|lower %}{% endfor %}",
    "test in a loop": LONG + MANY + "{% set b = a is lower %}{% endfor %}",
    "calls in a loop": "{% set c = cycler(1, 2) %}" + MANY + MANY + "{% set x = c.next() %}{% endfor %}{% endfor %}",
    "budget refilled": "{{ [-1000000000]|map('tick ')|list }}",
}

TOO_LARGE = {
    "deep list": "{{ " + "[" * 300 + "]" * 300 + " }}",
    "deep parentheses": "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
    "long sum": "{{ " + "+".join(["1"] * 9000) + " }}",
    "deep loops": "{% for a in messages %}" * 30 + "{% endfor %}" * 30,
    "deep conditions": "{% if 1 %}" * 200 + "{% endif %}" * 200,
    "many branches": "{% if 0 %}" + "{% elif 0 %}" * 5000 + "{% endif %}",
    "many nodes": "{{a}}" * 20_000,
    "many characters": "x" * 200_000,
    "many digits": "{{ " + "9" * 5000 + " }}",
}


def attempt(template: str) -> tuple[Exception | None, float]:
    start = time.thread_time()
    try:
        render(template, MESSAGES, tools=[{"name": "f"}])
    except Exception as exc:
        return exc, time.thread_time() - start
    return None, time.thread_time() - start


@pytest.mark.parametrize("template", ESCAPES.values(), ids=ESCAPES)
def test_escape_is_refused(template: str) -> None:
    error, seconds = attempt(template)
    assert isinstance(error, TemplateError)
    assert isinstance(error, jinja2.exceptions.SecurityError), error
    assert seconds < LIMIT_S


@pytest.mark.parametrize("template", IMPORTS.values(), ids=IMPORTS)
def test_import_is_refused(template: str) -> None:
    error, seconds = attempt(template)
    assert isinstance(error, TemplateError)
    assert seconds < LIMIT_S


@pytest.mark.parametrize("template", MUTATIONS.values(), ids=MUTATIONS)
def test_mutation_is_refused(template: str) -> None:
    error, seconds = attempt(template)
    assert isinstance(error, TemplateError)
    assert seconds < LIMIT_S
    assert MESSAGES == [{"role": "user", "content": "hi"}] * 3


@pytest.mark.parametrize("template", RUNAWAYS.values(), ids=RUNAWAYS)
def test_runaway_ends(template: str) -> None:
    error, seconds = attempt(template)
    assert isinstance(error, TemplateError)
    assert isinstance(error, ValueError)
    assert isinstance(error, LexelError)
    assert seconds < LIMIT_S


@pytest.mark.parametrize("template", TOO_LARGE.values(), ids=TOO_LARGE)
def test_too_large_to_compile(template: str) -> None:
    error, seconds = attempt(template)
    assert isinstance(error, TemplateError)
    assert seconds < LIMIT_S


def test_hostile_input_does_not_become_template() -> None:
    content = "{{ ''.__class__ }}{% for i in range(10**9) %}{% endfor %}"
    text = render("{% for m in messages %}{{ m.content }}{% endfor %}", [{"role": "user", "content": content}]).text
    assert text == content


def test_methods_of_rich_objects_are_out_of_reach() -> None:
    called = []

    class Image:
        def save(self, path: str) -> None:
            called.append(path)

    message = {"role": "user", "content": Image()}
    error = None
    try:
        render("{{ messages[0].content.save('/tmp/x') }}", [message])
    except Exception as exc:
        error = exc
    assert isinstance(error, jinja2.exceptions.UndefinedError)
    assert called == []


def test_budget_is_the_callers_to_widen() -> None:
    template = "{% for i in range(90000) %}{% for j in range(10) %}{{ j }}{% endfor %}{% endfor %}"
    with pytest.raises(TemplateError, match="larger `budget`"):
        render(template, MESSAGES)
    assert len(render(template, MESSAGES, budget=Budget(work=10**9)).text) == 900_000


def test_budget_grows_with_the_input() -> None:
    template = "{% for m in messages %}{% for n in messages %}{{ n.role[0] }}{% endfor %}{% endfor %}"
    many: list[Any] = [{"role": "user", "content": "hi"}] * 1500
    assert len(render(template, many).text) == 1500**2


def test_same_template_stops_at_the_same_place() -> None:
    template = "{% for i in range(99999) %}{{ i }}{{ 'x' * i }}{% endfor %}"
    messages = {str(attempt(template)[0]) for _ in range(3)}
    assert len(messages) == 1
