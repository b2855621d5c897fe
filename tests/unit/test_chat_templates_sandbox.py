"""The metered sandbox gives what jinja2's own sandbox gives, and counts what it should."""

from __future__ import annotations

import copy
import json
import random
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import TemplateError as JinjaError
from jinja2 import TemplateSyntaxError
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from lexel.chat_templates import Budget, TemplateError, render
from lexel.chat_templates.sandbox.budget import BudgetExceeded, Meter, weight

MESSAGES = [
    {"role": "user", "content": "Hi there", "n": 1},
    {"role": "assistant", "content": "Yo <b>", "n": 2},
    {"role": "user", "content": "ok 😀", "n": 3},
]

VALUES = [
    "'Hello World'", "messages", "messages[0]", "[3, 1, 2]", "{'b': 1, 'a': 'x'}", "1.5", "7", "none", "nothing",
    "('a', 'b')", "'a,b,c'.split(',')", "true", "'<b>&\"</b>'", "'Ünï 😀\\n x'", "range(5)", "[[1, 2], [3]]", "''",
    "messages|map(attribute='content')", "'5'", "-3.7",
]  # fmt: skip
FILTERS = [
    "abs", "attr('role')", "batch(2)|list", "batch(2, 'x')|list", "capitalize", "center(20)", "count", "d('z')",
    "default('z', true)", "dictsort", "dictsort(by='value')", "e", "escape", "filesizeformat", "first", "float",
    "forceescape", "format(1)", "groupby('role')|list", "indent", "indent(2, true)", "indent('>>', blank=true)", "int",
    "int(5)", "int(base=16)", "items|list", "join", "join(', ')", "join('-', attribute='role')", "last", "length",
    "list", "lower", "map('upper')|list", "map(attribute='role')|list", "map(attribute='z', default='q')|list", "max",
    "min", "pprint", "reject('string')|list", "rejectattr('role', 'equalto', 'user')|list", "replace('l', 'L')",
    "replace('l', 'L', 1)", "reverse|list", "round", "round(1)", "round(2, 'ceil')", "safe", "select|list",
    "select('number')|list", "selectattr('role')|list", "selectattr('role', 'eq', 'user')|list", "slice(2)|list",
    "slice(2, 'f')|list", "sort", "sort(reverse=true)", "sort(attribute='role')", "string", "striptags", "sum",
    "sum(attribute='n')", "sum(start=10)", "title", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true)",
    "tojson(separators=(',', ':'))", "tojson(sort_keys=true)", "trim", "trim('H')", "truncate(5)",
    "truncate(5, true, '..')", "unique|list", "upper", "urlencode", "urlize", "wordcount", "wordwrap(5)", "xmlattr",
    "no_such_filter",
]  # fmt: skip
TESTS = [
    "odd", "even", "divisibleby(3)", "defined", "undefined", "none", "boolean", "false", "true", "integer", "float",
    "lower", "upper", "string", "mapping", "number", "sequence", "iterable", "callable", "sameas(1)", "escaped",
    "in([1, 7, '5'])", "==7", "eq(7)", "ne(7)", "gt(2)", "lt(2)", "ge(7)", "le(7)", "filter", "test",
]  # fmt: skip
METHODS = [
    ".upper()", ".split()", ".split('l', 1)", ".strip()", ".rstrip('d')", ".replace('l', 'L')", ".replace('l', 'L', 1)",
    ".startswith('H')", ".endswith(('d', 'x'))", ".find('o')", ".rfind('o')", ".rsplit('o', 1)", ".partition('o')",
    ".rpartition('o')", ".join(['a', 'b'])", ".join('xyz')", ".join(['a', 'b']|map('upper'))", ".center(20, '*')",
    ".ljust(12)", ".rjust(12, '.')", ".zfill(15)", ".expandtabs(4)", ".encode()", ".title()", ".isdigit()",
    ".format(1)", ".splitlines(true)", ".translate({108: 'LL'})", ".count('l')", ".index('zz')", ".casefold()",
    ".removeprefix('He')", ".get('role')", ".get('zz', 'd')", ".keys()|list", ".items()", ".copy()", ".pop()",
    ".append(1)", ".index(1)", ".bit_length()", ".to_bytes(2, 'big')", ".is_integer()", ".nothing()", ".role",
    ".zz.yy", "[0]", "[0:2]", "[::-1]", "['role']", "[1:]", ".update({})", ".setdefault('a', 1)",
]  # fmt: skip
OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", ">=", "in", "not in", "and", "or"]
STATEMENTS = [
    "{{ '%s-%d' % ('a', 3) }}{{ '%05.2f' % 3.14159 }}{{ '%(a)s' % {'a': 1} }}{{ '%d%%' % 5 }}{{ '%*d' % (5, 42) }}",
    "{{ '{0:>5}|{1:05d}|{a!r}'.format('x', 42, a='q') }}{{ '{a[role]}'.format(a=messages[0]) }}",
    "{{ '{}'.format() }}",
    "{{ '{x}'.format_map({'x': 3}) }}{{ '{:,}|{:^10}|{:.2f}|{:%}'.format(1234567, 'b', 3.14159, 0.5) }}",
    "{% for m in messages %}{{ loop.index }}{{ loop.revindex }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}"
    "{{ loop.nextitem.role }}{{ loop.cycle('a', 'b') }}{{ loop.changed(m.role) }}{% else %}none{% endfor %}",
    "{% for m in messages if m.role == 'user' %}{{ loop.index }}{% if loop.first %}{% continue %}{% endif %}{% break %}"
    "{% endfor %}",
    "{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}{% for k in {} %}x{% else %}empty{% endfor %}",
    "{% for x in [[1, [2, [3]]]] recursive %}{{ x if x is number else loop(x) }}{% endfor %}",
    "{% for a in 5 %}{% endfor %}",
    "{% for a, b in [1] %}{% endfor %}",
    "{% macro m(a, b='z') %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1) }}{{ m(1, 2, 3, c=4) }}",
    "{% macro m() %}[{{ caller(1) }}]{% endmacro %}{% call(x) m() %}x{{ x }}{% endcall %}",
    "{% set x %}abc{{ 1 }}{% endset %}{{ x|upper }}{% filter upper %}abc{{ 'd' }}{% endfilter %}",
    "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.current }}{% set j = joiner(', ') %}{{ j() }}{{ j() }}",
    "{% block b %}x{{ messages[0].role }}{% endblock %}{{ self.b() }}",
    "{{ 'a' if false }}{{ 1 < 2 < 3 }}{{ not true }}{{ -(-3) }}{{ 2**10 }}{{ 2**-1 }}{{ -7 // 2 }}{{ true + 1 }}",
    "{{ {'a': 1}['a'] }}{{ {(1, 2): 3}[(1, 2)] }}{{ messages[0][messages[0]] }}{{ 'abc'['x'] }}{{ [1][1.5] }}",
    "{{ messages[0].items is defined }}{{ messages.append is defined }}{{ messages.append }}",
    "  {% if true %}  \n a\n  {% endif %}  \n b{%- if true -%}\n a \n{%- endif +%}\n b",
    "{{ 7[0:2] }}{{ none[1:] }}{{ 'abc'[::-1] }}{{ (1, 2)[5] }}",
    "{{ [1, 2]|map('no_such_filter')|list }}",
    "{{ [1, 2]|select('no_such_test')|list }}",
    "{{ messages|groupby('role')|map(attribute='grouper')|join(',') }}{{ [[1, 2], [3]]|map('join', '-')|join('|') }}",
    "{{ 1_000 }}{{ 0x1f }}{{ 1e3 }}{{ True }}{{ None }}",
    "{{ 1 is in(seq=[1, 2]) }}{{ [1, 3]|select('in', seq=[3])|list }}",
    "{% for m in messages %}{% set l = loop|default(none) %}{{ l.index }}{{ (loop|default(1)).last }}{% endfor %}",
    "{{ cycler() }}",
    "{{ ('{} {}'|safe).format('<b>', 1) }}{{ ('{x:>5}'|safe).format(x='<') }}{{ ('{x}'|safe).format_map({'x': '<'}) }}",
    "{{ ('%s'|safe) % '<' }}{{ ('a'|safe) ~ '<' }}{{ ('a'|safe) + '<' }}{{ '<' + ('a'|safe) }}"
    "{{ ('-'|safe).join(['<']) }}",
    "{% autoescape true %}{{ '<' }}{{ '<' ~ messages[0].content }}{{ '<'|safe }}{% set x %}<{{ '<' }}{% endset %}"
    "{{ x }}"
    "{% macro m(a) %}<{{ a }}{% endmacro %}{{ m('<') }}{% endautoescape %}{{ '<' }}",
    "{% autoescape nothing %}{{ '<' }}{{ '<' ~ 1 }}{% endautoescape %}",
    "{% set loop = {'last': 5, 'index': 7} %}{{ loop.last }}{{ loop.index }}{% for m in messages %}{{ loop.last }}"
    "{% for x in [1, 2] %}{{ loop.index }}{{ loop.previtem }}{{ loop.nextitem }}{% else %}{{ loop.last }}{% endfor %}"
    "{% endfor %}{{ loop.index }}",
    "{% for m in messages|selectattr('n', 'gt', 1) %}{{ loop.first }}{{ loop.last }}{{ loop.previtem.n }}"
    "{{ loop.revindex }}"
    "{{ loop.nextitem.n }}{{ loop.length }}{% endfor %}",
    "{% for m in messages %}{% for x in loop %}{{ x[0].n }}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% for m in messages %}{% set l = loop %}{{ l.last }}{{ l }}{{ l.walk }}{{ l._walk is defined }}{% endfor %}",
    "{% for k in 'ab' %}{{ loop.last }}{% endfor %}{% for k in {'x': 1} %}{{ loop.length }}{% endfor %}",
    "{% for k in nothing %}{{ loop.index }}{% else %}none{% endfor %}{% for k in nothing.x %}{% endfor %}",
    "{% set ns = namespace(a=none, b='x') %}{{ ns.a or 'd' }}{{ ns.c or 'd' }}{{ ns.b or 'd' }}{{ ns.a and 1 }}"
    "{{ ns.c and 1 }}"
    "{{ ns.a == none }}{{ ns.c == none }}{{ ns.c != 'x' }}{{ not ns.c }}{{ ns.c is defined }}{{ ns.a is none }}"
    "{{ ns.c is none }}",
    "{% set d = {'a': none, 'u': nothing} %}{{ d.a or 'd' }}{{ d.c or 'd' }}{{ d.a is none }}{{ d.c is none }}"
    "{{ d.a == none }}"
    "{{ d.c == none }}{{ none == d.c }}{{ d.a == '' }}{{ d.u is defined }}{{ d['u'] is undefined }}{{ d.c is string }}"
    "{{ d.a is mapping }}{{ d.c is iterable }}{{ d.a is iterable }}{{ d.c is sequence }}{{ d.c in [none] }}"
    "{{ d.a in [none] }}"
    "{{ d.items is defined }}{{ d.get is defined }}{{ 'a' if d.c }}{{ 'a' if d.a else 'b' }}{{ d.c }}{{ d.a }}"
    "{{ d.a.b is none }}",
    "{{ nothing.a is defined }}",
    "{{ nothing.a or 1 }}",
    "{{ 1 if nothing.a }}",
    "{{ nothing['a'] == 'b' }}",
    "{{ messages[5].role is defined }}",
    "{{ messages[-1].n }}{{ messages[-3].n }}{{ messages[-4] is defined }}{{ messages[2**70] is defined }}"
    "{{ 'ab'[-1] }}{{ 'ab'[0] }}",
    "{{ 'a' + 'b' + messages[0].role + 'c' + 'd' }}{{ [1] + [2] + [3] }}{{ 1 + 2 + messages[0].n + 3.5 }}"
    "{{ 'x' ~ 1 + 2 }}",
    "{{ 'a' + messages[0].zz }}",
    "{{ messages[0].zz + 'a' + nothing.b }}",
    "{{ messages[0].n + 'a' + 'b' }}{{ [1] + 'a' + 'b' }}",
    "{{ messages[0].role - 1 }}",
    "{{ 5 - 7 - messages[0].n }}{{ 7 % 3 }}{{ messages[0].n % 2 }}{{ 7.5 % 2 }}{{ '%d' % 7 }}{{ messages[0].n % 0 }}",
    "{{ messages[0].content.strip(nothing.a) }}",
    "{{ messages[0].zz.strip(nothing.a) }}{{ nothing.b.strip('a') }}",
    "{{ messages[0].content.replace('H', 'J').split(' ')|join('-') }}{{ 'a,b'.split(',')[-1] }}"
    "{{ 'aXbX'.split('X', 1) }}",
    "{{ 'abc'.startswith(('a', 'b')) }}{{ 'abc'.endswith('c') }}{{ 'abc'.startswith() }}",
    "{{ messages[0].get('role') }}{{ messages[0].get('zz', 'd') }}{{ messages[0].keys()|list }}{{ messages[0].get() }}",
    "{{ messages[0].items('x') }}",
    "{% macro m(a, b=2, c='x') %}{{ a }}{{ b }}{{ c }}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(1) }}"
    "{{ m(1, c=3) }}"
    "{{ m(b=1) }}{{ m(1, 2, 3) }}{{ m(*[1, 2]) }}{{ m(**{'a': 5}) }}{{ m(1, 2, 3, 4) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, b=2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}",
    "{% macro m(caller) %}{% endmacro %}{{ m(1) }}",
    "{% set x = 1 %}{% macro m() %}{{ x }}{{ y }}{% endmacro %}{{ m() }}{% set x = 2 %}{% set y = 3 %}{{ m() }}",
    "{% if true %}{% set x = 1 %}{% endif %}{% for i in [1] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}",
    "{% block a %}{% set q = 1 %}{{ q }}{{ messages[0].role }}{% endblock %}{{ q }}{% set z = 4 %}"
    "{% block b scoped %}{{ z }}{% endblock %}",
    "{% for m in messages %}{% block c scoped %}{{ m.role }}{{ loop.index }}{% endblock %}{% endfor %}",
    "{% if false %}{% extends 'x' %}{% endif %}abc",
    "{% if false %}{{ 1|no_such }}{% endif %}ok{% if false %}{{ 1 is no_such }}{% endif %}",
    "{{ 'a'|tojson(indent=2) }}{{ messages|tojson(indent=4) }}"
    "{{ {'b': [], 'a': {}, 'c': [1.5, none, true]}|tojson(indent=2) }}"
    "{{ {1: 2}|tojson(indent=2) }}{{ messages|tojson(indent=0) }}{{ messages|tojson(indent=2, ensure_ascii=true) }}",
    "{{ {'a': nothing}|tojson(indent=2) }}",
    "{{ 5|default(1) }}{{ nothing|default(1) }}{{ ''|default('x', true) }}{{ ''|d('x', boolean=true) }}{{ nothing|d }}",
    "{{ nothing|default(1, 2, 3) }}",
    "{{ ''|first }}{{ []|last }}{{ [1]|first }}{{ ''|trim }}{{ []|list }}{{ 'ab'|last }}",
    "{{ 3 is divisibleby(2) }}{{ '%d' is odd }}",
    "{{ '{} {x}'.format(1, x='y') }}{{ '{0}{1}{0}'.format('a', 'b') }}{{ '{{}}'.format() }}{{ '{}{0}'.format(1) }}",
    "{{ '{'.format() }}",
    "{{ '{a}'.format(1) }}",
    "{{ 'abc'|truncate(1) }}",
    "{{ 'é'.encode('ascii') }}",
    "{{ '\ud800'|urlencode }}",
    "{% filter length %}abc{% endfilter %}{{ nothing.x }}",
]


@cache
def plain_sandbox() -> ImmutableSandboxedEnvironment:
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])

    def tojson(
        x: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
    ) -> str:
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    env.filters["tojson"] = tojson
    return env


def assert_same(template: str) -> None:
    """Render in both sandboxes: the same text, or the same error."""
    names = {"tools": None, "documents": None, "add_generation_prompt": False}
    raised: Any = None
    try:
        expected = plain_sandbox().from_string(template).render(messages=copy.deepcopy(MESSAGES), **names)
    except Exception as exc:
        raised = exc
    if raised is None:
        assert without_addresses(render(template, MESSAGES).text) == without_addresses(expected), template
        return
    with pytest.raises(TemplateError) as caught:
        render(template, MESSAGES)
    error: Any = caught.value
    # Of Unicode errors the common kind: the others want the bytes.
    assert isinstance(error, UnicodeError if isinstance(raised, UnicodeError) else type(raised)), template
    assert error.message == (raised.message if isinstance(raised, JinjaError) else str(raised)), template


def without_addresses(text: str) -> str:
    return re.sub(r"(?i)(<|&lt;)generator object .*?(>|&gt;)", "generator", text)


@pytest.mark.parametrize("value", VALUES)
def test_filters_agree(value: str) -> None:
    for name in FILTERS:
        assert_same(f"{{{{ {value}|{name} }}}}")


@pytest.mark.parametrize("value", VALUES)
def test_tests_agree(value: str) -> None:
    for name in TESTS:
        assert_same(f"{{{{ {value} is {name} }}}}")


@pytest.mark.parametrize("value", VALUES)
def test_methods_agree(value: str) -> None:
    for method in METHODS:
        assert_same(f"{{{{ ({value}){method} }}}}")


@pytest.mark.parametrize("left", VALUES)
def test_operators_agree(left: str) -> None:
    choose = random.Random(left)
    for right in VALUES:
        assert_same(f"{{{{ {left} {choose.choice(OPERATORS)} {right} }}}}")


@pytest.mark.parametrize("template", STATEMENTS)
def test_statements_agree(template: str) -> None:
    assert_same(template)


def test_generation_blocks_beside_a_filter_block_that_writes_no_text() -> None:
    with pytest.raises(TemplateError, match="'nothing' is undefined"):
        render("{% generation %}a{% endgeneration %}{% filter length %}abc{% endfilter %}{{ nothing.x }}", MESSAGES)


@pytest.mark.parametrize("word", ["break", "continue"])
def test_loop_control_without_a_loop(word: str) -> None:
    with pytest.raises(TemplateError, match=f"does not compile: '{word}'") as caught:
        render(f"{{% {word} %}}", MESSAGES)
    assert isinstance(caught.value, TemplateSyntaxError)


# Counting.


def make_meter(**limits: int) -> Meter:
    return Meter(Budget(**limits), {"messages": []})


def test_meter_spends_to_the_last_unit() -> None:
    meter = make_meter(work=10, work_per_input=0)
    meter.spend(10)
    with pytest.raises(BudgetExceeded):
        meter.spend(1)


def test_meter_stays_exhausted() -> None:
    meter = make_meter(work=10, work_per_input=0)
    for _ in range(3):
        with pytest.raises(BudgetExceeded):
            meter.spend(11)


def test_too_long_is_refused_before_it_is_paid_for() -> None:
    meter = make_meter(chars=100, chars_per_input=0)
    meter.make(100)
    with pytest.raises(BudgetExceeded, match="101 characters"):
        meter.make(101)


def test_weight_counts_what_is_shared_as_often_as_it_is_reached() -> None:
    value: Any = "x" * 1600
    for _ in range(10):
        value = [value, value]
    assert 1024 * 100 < weight(value) < 1024 * 200


def test_weight_stops_at_its_limit() -> None:
    value: Any = 1
    for _ in range(200):
        value = [value, value]
    assert weight(value, 1000) > 1000


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=30,
)


@settings(deadline=None)
@given(value=JSON)
def test_weight_bounds_the_printed_length(value: Any) -> None:
    # A unit stands for at most sixteen characters of content, and repr doubles what it escapes tenfold at most.
    assert len(repr(value)) <= 160 * weight(value)


@settings(deadline=None, max_examples=50)
@given(value=JSON)
def test_values_arrive_as_they_are(value: Any) -> None:
    assert render("{{ x|tojson }}", [{}], variables={"x": value}).text == json.dumps(value, ensure_ascii=False)
