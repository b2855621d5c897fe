"""Attacks on the budget: many single operations and random programs; and what a render leaves behind."""

from __future__ import annotations

import gc
import random
import resource
import sys
import time
from typing import Any

import pytest

from lexel.chat_templates import Budget, TemplateError, render, use_budget

MESSAGES = [{"role": "user", "content": "hi"}] * 3
LIMIT_S = 1.5
# Peak memory may grow by this much over the whole file.
LIMIT_KIB = 300 << 10

LONG = "{% set a = 'a' * 1000000 %}{% set b = [1] * 400000 %}"
# Each makes something large from something small, or does much for little; alone, in a loop, and kept.
EXPRESSIONS = [
    "a~a~a~a~a~a", "a+a+a+a", "[a]*100000", "a.join(a)", "a|sort", "a|unique|list", "a|groupby(0)", "a|max", "a|float",
    "a.replace('',a)", "a|replace('','x')", "a.split('a')|join(a)", "a|batch(2,a)|list", "a|indent(100001)",
    "('www.a.b '*90000)|urlize", "('('*400000)|urlize", "('<'*400000)|striptags", "('&lt;'*400000)|safe|striptags",
    "(('&lt;'*90000)|safe).unescape()", "(' '|safe).join(a)", "('%s'|safe) % a", "('{}'*9|safe).format(a,a)",
    "a|list|tojson(indent=16)", "a|wordwrap(1,wrapstring=a)", "[a]|pprint", "b|map('tojson')|list", "b|sum(start=[])",
    "'%99999999d' is odd", "'%99999999d' is divisibleby(1)", "['%99999999d']|select('odd')|list",
    "('%9999d'*9999) % b", "('{:9999}'*9999).format(*range(9999))", "'{:{w}}'.format(1,w=99999999)",
    "(2**250)*(2**250)", "(-2**255)-(2**255)", "5|round(-99999999)", "(3).to_bytes(99999999,'big')",
    "a.encode('punycode')", "a.encode('nope')", "a.encode(a)", "a.translate({97:a})", "('ŉ'*900000).upper()",
    "('\t'*900000).expandtabs(100)", "a.rpartition(a)", "a.strip('b'~a)", "a.startswith((a,a,a))", "a[::-1]",
    "dict.fromkeys(a|list, a)|tojson", "strftime_now('%9999Y'*20000)", "strftime_now(a)", "lipsum(1000)",
    "messages|map(attribute='a.'*100000)|list", "messages|sort(attribute='a,'*100000)", "cycler(*b)", "b|random",
    "messages|tojson(separators=(a,a))", "'x'.format(*b)", "raise_exception(b)", "range(100000)|map('center',100)|join",
]  # fmt: skip


def attempt(template: str) -> tuple[Exception | None, float]:
    start = time.thread_time()
    try:
        render(template, MESSAGES, tools=[{"name": "f"}])
    except TemplateError as exc:
        return exc, time.thread_time() - start
    return None, time.thread_time() - start


def peak_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# Each took minutes once: these are in every run.
ONCE_LONG = {"cycler(*b)", "'x'.format(*b)"}
# A sample in every run, all of them where time does not matter.
SAMPLED = [
    pytest.param(one, marks=[pytest.mark.slow] if at % 6 and one not in ONCE_LONG else [])
    for at, one in enumerate(EXPRESSIONS)
]


@pytest.mark.parametrize("expression", SAMPLED)
def test_operation_is_paid_for(expression: str) -> None:
    before = peak_kib()
    forms = (
        LONG + f"{{{{ {expression} }}}}",
        LONG + "{% for i in range(5000) %}{% set z = " + expression + " %}{% endfor %}",
        LONG + "{% set ns = namespace(k=[]) %}{% for i in range(5000) %}"
        "{% set ns.k = ns.k + [(" + expression + ")] %}{% endfor %}",
    )
    for form in forms:
        error, seconds = attempt(form)
        assert seconds < LIMIT_S, (form, error)
    assert error is not None
    assert peak_kib() - before < LIMIT_KIB


class Programs:
    """Random programs of strings, numbers and lists that grow each other in nested loops."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def _fill(self, pattern: str, depth: int) -> str:
        for mark, make in (("$s", self._text), ("$i", self._number), ("$l", self._list)):
            while mark in pattern:
                pattern = pattern.replace(mark, make(depth - 1), 1)
        return pattern

    def _pick(self, plain: list[str], patterns: list[str], depth: int) -> str:
        if depth <= 0 or self._chance.random() < 0.25:
            return self._chance.choice(plain)
        return self._fill(self._chance.choice(patterns), depth)

    def _text(self, depth: int) -> str:
        plain = ["x", "x", "ns.a", "'ab'", "'a b\\n'", "'<b>&amp;www.a.b '", "'\\t'", "'😀'"]
        patterns = [
            "($s ~ $s)", "($s + $s)", "($s * $i)", "('%9d' % $i)", "('%*d' % ($i, $i))", "($s)[$i:]",
            "(($s)|center($i))",
            "(($s)|replace($s, $s))", "(($s)|e)", "(($s)|safe)", "(($s)|indent($i, true))", "(($s)|urlize)",
            "($s).title()",
            "(($s)|wordwrap($i, true, $s))", "(($s)|striptags)", "(($l)|join($s))", "(($l)|tojson(indent=$i))",
            "(($l)|string)", "($s).join($s)", "($s).expandtabs($i)", "($s).translate({97: $s})", "($s).format($s, $i)",
            "($s).encode().hex()", "f($s)", "($s if $i else $s)",
        ]  # fmt: skip
        return self._pick(plain, patterns, depth)

    def _number(self, depth: int) -> str:
        plain = ["n", "ns.n", "2", "7", "1000", "99999", "10**6", "-1", "0"]
        patterns = ["($i + $i)", "($i * $i)", "($i - $i)", "($i ** 9)", "(($s)|length)", "(($s)|int(base=16))"]
        return self._pick(plain, patterns, depth)

    def _list(self, depth: int) -> str:
        plain = ["y", "ns.b", "[x]", "messages", "range(1000)|list"]
        patterns = [
            "($l + $l)", "($l * $i)", "[$s, $l]", "($s).split($s)", "(($l)|batch($i, $s)|list)",
            "(($l)|slice($i)|list)",
            "(($l)|map('string')|map('replace', $s, $s)|list)", "(($l)|map('string')|sort)", "(($s)|list)",
        ]  # fmt: skip
        return self._pick(plain, patterns, depth)

    def _statement(self, depth: int) -> str:
        kind = self._chance.random()
        if depth <= 0 or kind < 0.5:
            name, value = self._chance.choice(
                [("x", "$s"), ("ns.a", "$s"), ("ns.b", "$l"), ("y", "$l"), ("ns.n", "$i")]
            )
            return "{% set " + name + " = " + self._fill(value, 4) + " %}"
        if kind < 0.6:
            return "{{ " + self._fill(self._chance.choice(["$s", "$i", "$l"]), 4) + " }}"
        body = "".join(self._statement(depth - 1) for _ in range(self._chance.randrange(1, 4)))
        if kind < 0.9:
            over = self._chance.choice(["range(100000)", "range(1000)", "range(60)", "messages", "x", "y"])
            return "{% for i in " + over + " %}" + body + "{% endfor %}"
        if kind < 0.95:
            return "{% set x %}" + body + "{% endset %}"
        return "{% macro f(x) %}" + body + "{{ f(x ~ x) }}{% endmacro %}{{ f(x) }}"

    def program(self) -> str:
        """Return one."""
        start = "{% set ns = namespace(a='ab', b=[1], n=3) %}{% macro f(x) %}{{ x }}{{ x }}{% endmacro %}"
        start += "{% set x = 'a b' * 9 %}{% set y = [1] * 99 %}{% set n = 5 %}"
        return start + "".join(self._statement(3) for _ in range(self._chance.randrange(1, 5)))


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
def test_random_program_ends(seed: int) -> None:
    before = peak_kib()
    programs = Programs(seed)
    for number in range(15):
        program = programs.program()
        error, seconds = attempt(program)
        assert seconds < LIMIT_S, (seed, number, program, error)
    assert peak_kib() - before < LIMIT_KIB, seed


LIMITS: list[tuple[str, Budget, str]] = [
    ("{% for i in range(50) %}{% endfor %}", Budget(iterations=49, work_per_input=0, work_per_pair=0), "iterations"),
    ("{% for i in range(50) %}{% endfor %}", Budget(work=100, work_per_input=0, work_per_pair=0), "work"),
    ("{{ 'a' * 50 }}", Budget(chars=49, chars_per_input=0), "chars"),
    ("{{ 'a' * 50 }}b", Budget(output_chars=50, chars_per_input=0), "output_chars"),
    ("{{ '%50d' % 1 }}", Budget(format_width=49), "format_width"),
    ("{{ '{:50}'.format(1) }}", Budget(format_width=49), "format_width"),
    ("{{ 'a'.center(50) }}{{ 1 }}", Budget(format_width=49), "format_width"),
    ("{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(9) }}", Budget(depth=9), "depth"),
    ("{{ 2 ** 120 }}", Budget(int_bits=100), "int_bits"),
    ("{{ (2 ** 90) * (2 ** 90) }}", Budget(int_bits=100), "int_bits"),
    ("x" * 50, Budget(template_chars=49), "template_chars"),
    ("{{ a }}" * 50, Budget(template_nodes=49), "template_nodes"),
]


@pytest.mark.parametrize(("template", "budget", "field"), LIMITS)
def test_error_names_the_limit(template: str, budget: Budget, field: str) -> None:
    limit = f"{getattr(budget, field):,} of Budget.{field} "
    with pytest.raises(TemplateError, match=limit):
        render(template, MESSAGES, budget=budget)
    with use_budget(budget), pytest.raises(TemplateError, match=limit):
        render(template, MESSAGES)
    render(template, MESSAGES)


def test_long_conversation_is_not_refused() -> None:
    messages = [{"role": "user" if i % 2 == 0 else "assistant", "content": "some text " * 50} for i in range(2000)]
    template = (
        "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = 1 %}"
        "{% endif %}{% endfor %}{% for m in messages %}{{ m.role + ': ' + m.content|trim }}"
        "{% for n in messages[loop.index:] %}{% if n.role == 'tool' %}{{ n.content }}{% endif %}"
        "{% endfor %}{% endfor %}"
    )
    assert len(render(template, messages).text) > 2000 * 490
    large = [{"role": "user", "content": "x" * 20_000_000}]
    twice = "{% for m in messages %}{{ m.content|trim }}{{ m.content.upper() }}{% endfor %}"
    assert len(render(twice, large).text) == 40_000_000


def test_nothing_of_a_render_stays() -> None:
    content = "".join(["only ", "here ", str(time.time())])
    template = (
        "{% set ns = namespace(x=messages) %}{% macro f(a) %}{{ a }}{% endmacro %}{% for m in messages %}"
        "{{ f(m.content) }}{{ loop.last }}{{ cycler(m.content).next() }}{{ messages|map(attribute='content')|list }}"
        "{% endfor %}{% generation %}{{ ns.x }}{% endgeneration %}"
    )
    render(template, [{"role": "user", "content": content}])
    before = sys.getrefcount(content)
    for ending in ("", "{{ messages.append(1) }}", "{{ nothing.x }}", "{{ raise_exception('no') }}", "{{ 1 / 0 }}"):
        kept: list[Any] = []
        try:
            render(template + ending, [{"role": "user", "content": content}])
        except TemplateError as exc:
            kept.append(exc.with_traceback(None))
        gc.collect()
        assert sys.getrefcount(content) == before, ending
        assert bool(kept) == bool(ending)
        assert all(content not in str(exc) for exc in kept)


PLACES = {
    "macro": "{% macro f(m) %}\n{{ m.content.x.y }}\n{% endmacro %}\n{% for m in messages %}{{ f(m) }}{% endfor %}",
    "set block": "{% for m in messages %}\n{% set x %}{{ m.content.x.y }}{% endset %}\n{% endfor %}",
    "filter": "{% for m in messages %}\n{{ m|dictsort(by='no') }}{% endfor %}",
    "filter block": "{% for m in messages %}{% filter upper %}\n{{ m.content.x.y }}{% endfilter %}{% endfor %}",
    "generation": "{% for m in messages %}{% generation %}\n{{ m.content.x.y }}{% endgeneration %}{% endfor %}",
    "call": "{% macro f() %}{{ caller() }}{% endmacro %}{% for m in messages %}\n"
    "{% call f() %}{{ m.content.x.y }}{% endcall %}{% endfor %}",
    "comparison": "{% for m in messages %}\n{% if m.content < 1 %}{% endif %}{% endfor %}",
    "sum": "{% for m in messages %}\n{{ 'a' + m.content + 1 }}{% endfor %}",
    "condition": "{% for m in messages %}\n{{ 1 if m.content.x.y }}{% endfor %}",
    "budget": "{% for m in messages %}\n{{ 'a' * 10**9 }}{% endfor %}",
}


@pytest.mark.parametrize("template", PLACES.values(), ids=PLACES)
def test_error_names_line_and_message(template: str) -> None:
    # The first message lacks nothing, the template fails at the second.
    guarded = template.replace("{% for m in messages %}", "{% for m in messages if m.role == 'bad' %}")
    messages = [{"role": "user", "content": "hi"}, {"role": "bad", "content": "hi"}]
    with pytest.raises(TemplateError, match=r"\(template line 2, message 1\)") as caught:
        render(guarded, messages)
    error: Any = caught.value
    assert (error.lineno, error.message_index) == (2, 1)
