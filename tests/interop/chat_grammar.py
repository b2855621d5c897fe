"""Random jinja programs over everything a chat template can name, most of which render.

A grammar: a production names others in angle brackets. Imports nothing of this repository, because the interpreter of
a peer runs it too. Left out is what differs from run to run (`random`, `lipsum`, the clock) or shows the address of an
object.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_HOLE = re.compile(r"<(\w+)>")

GRAMMAR: dict[str, list[str]] = {
    "text": [
        "", " ", "\n", "\n\n", "  x\n", "[im_start]", "a\tb", "{ }", "\\n", "é 日本", "\r\n", "{#- c -#}", "{# c #}\n",
    ],
    "open": ["{%", "{%", "{%-", "{%+"],
    "close": ["%}", "%}", "-%}", "+%}"],
    "quoted": [
        "''", "' '", "'a'", "'abc'", "'Hello World'", "'  pad  '", "'x\\ny\\n\\nz'", "'role'", "'%s'", "'{}'",
        "'a,b,c'", "'42'", "'-7'", "'3.5'", "'naïve 😀'", "'ß'", "'&amp; \"q\"'", "'http://x.org/a?b=1&c'", "'%'",
        "'__class__'",
    ],
    "str": [
        "<quoted>", "s", "u", "messages[0].role", "words[0]", "bos_token", "(<str> + <str>)", "(<str> ~ <any>)",
        "(<str> * 2)", "<str>[1:]", "<str>[::-1]", "<str>[:n]", "(<str> if <bool> else <str>)",
        "(<str> | <text_filter>)", "<str>.<method>", "(<any> | <any_filter>)", "(<list> | join(<quoted>))",
        "<str>.join(<list> | map('string'))", "(<num> | <num_text>)", "(<percent>)", "<formatted>",
        "(<dict> | xmlattr)", "(<dict> | urlencode)", "<str>.encode().decode()", "mac(<str>)",
        "(d.nothing | default(<str>))", "(<str> | map('upper') | join)",
        "(<list> | map('string') | map('length') | join('+'))",
    ],
    "text_filter": [
        "upper", "lower", "title", "capitalize", "trim", "trim('H')", "string", "e", "escape", "forceescape", "safe",
        "striptags", "urlencode", "urlize", "urlize(8, true)", "reverse", "tojson", "tojson(ensure_ascii=true)",
        "pprint", "indent", "indent(2, true)", "indent('> ', blank=true)", "wordwrap(7)", "wordwrap(4, wrapstring='|')",
        "center(12)", "truncate(5)", "truncate(6, true, '')", "truncate(length=4, leeway=0)", "first", "last",
        "default('D', true)", "list | join('-')", "unique | join", "sort | join", "batch(2) | list | string",
        "slice(2) | list | string", "replace('l', 'L')", "replace('a', <str>, 1)", "format(1)", "select | join",
        "e | e", "safe | e", "safe | upper | e", "wordcount | string", "attr('upper') is defined",
    ],
    "any_filter": [
        "string", "tojson", "tojson(indent=2)", "tojson(sort_keys=true)", "tojson(separators=(',', ':'))", "pprint",
        "e", "default(s)", "default(s, true)", "trim", "upper", "replace(1, 2)", "wordcount | string",
        "tojson | length | string",
    ],
    "num_text": ["filesizeformat", "filesizeformat(true)", "string", "round(1) | string", "abs | string", "tojson"],
    "method": [
        "upper()", "capitalize()", "casefold()", "center(10, '*')", "count(<quoted>)", "endswith(<quoted>)",
        "expandtabs(3)", "find(<quoted>)", "isalnum()", "isdigit()", "isspace()", "istitle()", "ljust(10)", "lstrip()",
        "partition(' ')[0]", "removeprefix(<quoted>)", "removesuffix(<quoted>)", "replace(<quoted>, <quoted>)",
        "replace('a', 'b', 1)", "rfind(<quoted>)", "rjust(8, '0')", "rpartition('l')[2]", "rsplit(<quoted>, 1)",
        "rstrip(<quoted>)", "split()", "split(<quoted>)[0]", "split(sep=',', maxsplit=1)", "splitlines()",
        "splitlines(keepends=true)", "startswith(('a', <quoted>))", "strip()", "strip(none)", "swapcase()", "title()",
        "zfill(8)", "translate({97: 'b'})", "index(<quoted>)", "encode()[:2]", "format(1, a=2)", "format_map(d)",
        "nothing", "nothing()", "isidentifier()",
    ],
    "percent": [
        "'%s' % (<any>,)", "'[%5s]' % (<str>,)", "'%r' % (<str>,)", "'%05d' % <int>", "'%+.2f' % <num>", "'%x' % <int>",
        "'%s-%s' % (<str>, <int>)", "'%(a)s' % d", "'%d%%' % <int>", "'%*d' % (4, <int>)", "<str> % <any>",
    ],
    "formatted": [
        "'{} {}'.format(<any>, <int>)", "'{0}{0!r:>8}'.format(<str>)", "'{a}'.format(a=<any>)", "'{0[a]}'.format(d)",
        "'{:,}'.format(<int>)", "'{:.2f}'.format(<num>)", "'{:>{w}}'.format(<str>, w=n)", "'{{}}'.format()",
        "'{:x}'.format(<int>)",
    ],
    "int": [
        "n", "0", "1", "2", "7", "neg", "(<int> + <int>)", "(<int> * <int>)", "(<int> - <int>)", "(<int> // 3)",
        "(<int> % 7)", "(-<int>)", "(<str> | length)", "(<list> | length)", "(<str> | int)", "(<str> | int(0, 16))",
        "(<num> | int)", "([<int>, <int>] | max)", "([<int>, <int>] | sum(start=1))", "(rows | map('last') | sum)",
        "(<str> | wordcount)", "(d.a | default(<int>))", "(<int> | abs)",
    ],
    "num": [
        "<int>", "1.5", "-0.0", "f", "(n / 3)", "(<num> | round(1))", "(<num> | round(method='ceil'))",
        "(<str> | float)", "(2 ** <int>)",
    ],
    "list": [
        "l", "messages", "words", "rows", "[]", "[<any>, <any>]", "(<list> + <list>)", "<list>[1:]", "<list>[::-1]",
        "(<list> * 2)", "(range(n) | list)", "(<list> | <list_filter>)", "(<list> | list)", "(<dict> | dictsort)",
        "(<dict> | items | list)", "(<dict>.keys() | list)", "(<dict>.values() | list)", "<str>.split()",
        "(<str> | list)", "(messages | <message_filter> | list)", "(messages | groupby('role') | map('first') | list)",
        "(<any>, <str>)", "(words | <word_filter>)",
    ],
    "list_filter": [
        "reverse | list", "unique | list", "batch(2) | list", "batch(3, 'x') | list", "slice(2) | list",
        "slice(3, 0) | list", "select | list", "reject('string') | list", "select('in', l) | list",
        "map('string') | list", "map('tojson') | list", "reject('none') | list", "map('default', 1) | list",
        "select('mapping') | map('length') | list", "map('upper') | list", "select('number') | list",
    ],
    "message_filter": [
        "map(attribute='role')", "map(attribute='content')", "map(attribute='x.y', default='D')",
        "selectattr('role', 'eq', 'user')", "rejectattr('content', 'string')", "selectattr('tool_calls', 'defined')",
        "selectattr('role', 'in', ['user', 'tool'])", "sort(attribute='role')", "unique(attribute='role')",
        "selectattr('content')", "map('items') | map('list')", "map(attribute='content.0')",
    ],
    "word_filter": [
        "sort", "sort(reverse=true)", "sort(case_sensitive=true)", "map('length') | list", "unique(true) | list",
        "join | list",
    ],
    "dict": [
        "d", "messages[0]", "messages[-1]", "nested", "{}", "{'a': <any>, 'b': <any>}", "dict(a=<any>)",
        "dict(d, q=<any>)", "dict.fromkeys(words, 1)", "<dict>.copy()", "namespace(a=<any>).a",
    ],
    "bool": [
        "true", "yes", "tools", "(<any> is <test>)", "(<any> is not <test>)", "(<any> == <any>)", "(<int> < <int>)",
        "(<str> in <str>)", "(<any> in <list>)", "(<str> in <dict>)", "(<bool> and <bool>)", "(<bool> or <bool>)",
        "(not <bool>)", "(<int> is divisibleby(3))", "(<int> is odd)", "(<int> is gt 2)", "(<int> is in([1, 2]))",
        "(<int> is in(seq=[1, 2]))", "(<str> is upper)", "(<str> is filter)", "(<str> is test)",
        "(0 <= <int> < 5 != <int>)",
    ],
    "test": [
        "defined", "undefined", "none", "string", "mapping", "sequence", "iterable", "number", "integer", "float",
        "boolean", "true", "false", "callable", "escaped", "sameas(<any>)", "eq(<any>)", "ne(<any>)",
    ],
    "any": [
        "<str>", "<str>", "<int>", "<num>", "<list>", "<dict>", "<bool>", "none", "nothing", "messages[0].nothing",
        "<dict>.a", "<dict>['role']", "<list>[0]", "<list>[<int>]", "nested.a.b[1].c", "nothing.x", "<str>[<int>]",
        "<dict>[<str>]", "(<any> + <any>)", "<list>.append(1)", "<dict>.update(d)", "<str>.__class__.__mro__",
        "loop.index", "mac", "x", "raise_exception(<str>)",
    ],
    "out": ["{{ <any> }}", "{{ <str> }}", "{{- <str> }}", "{{ <any> -}}", "{{ <list> }}"],
    "body": ["<text><out>", "<stmt>", "<out><text><stmt>"],
    "stmt": [
        "<text>", "<out>", "<text><out><text>", "<open> if <bool> <close><body><open> endif <close>",
        "<open> if <bool> <close><body><open> elif <bool> <close><body><open> else <close><body><open> endif"
        " <close>", "<open> for x in <list> <close><body>{{ <loop> }}<open> endfor <close>",
        "<open> for m in messages if <bool> <close><body>{{ m.<key> }}<open> else <close><body><open> endfor"
        " <close>",
        "<open> for k, v in <dict>.items() <close>{{ k }}<body>{% if not loop.last %},{% endif %}<open> endf"
        "or <close>",
        "<open> for x in messages <close><open> if <bool> <close>{% <jump> %}<open> endif <close><body><open"
        "> endfor <close>",
        "<open> for x in nested.b recursive <close>{{ loop(x) if x is sequence else x }}{{ loop.depth }}<ope"
        "n> endfor <close>", "<open> set x = <any> <close>", "<open> set x, y = <any>, <str> <close>{{ y }}",
        "<open> set x | <text_filter> <close><body><open> endset <close>{{ x }}",
        "{% set ns = namespace(a=<any>) %}{% for x in <list> %}{% set ns.a = <any> %}{% endfor %}{{ ns.a }}",
        "<open> macro mac(x, y='d') <close><body>{{ varargs }}{{ kwargs }}<open> endmacro <close>{{ mac(<any"
        ">, z=<int>) }}",
        "<open> macro mac(x) <close>[{{ caller(x) }}]<open> endmacro <close>{% call(y) mac(<any>) %}<body>{{"
        " y }}{% endcall %}", "<open> filter <text_filter> <close><body><open> endfilter <close>",
        "<open> with x = <any>, y = x <close><body>{{ y }}<open> endwith <close>",
        "{% raw %}{{ x }}{% if %}{%- endraw %}", "<open> autoescape <bool> <close><body><open> endautoescape <close>",
        "<open> generation <close><body><open> endgeneration <close>",
        "<open> block b <close><body><open> endblock <close>",
        "{% set c = cycler('a', <str>) %}{{ c.next() }}{{ c.current }}{% set j = joiner() %}{{ j() }}{{ j() }}",
        "{% print <any> %}", "{% bad %}", "{{ <str> ",
    ],
    "loop": [
        "loop.index", "loop.index0", "loop.revindex", "loop.first", "loop.last", "loop.length", "loop.previtem",
        "loop.nextitem.role", "loop.cycle('a', 'b')", "loop.changed(x)", "loop.depth0", "(loop | default(1)).index",
    ],
    "key": [
        "role", "content", "items is callable", "nothing", "nothing.x", "tool_calls[0].function.name", "content | trim",
        "get('role')",
    ],
    "jump": ["break", "continue"],
    "template": ["<stmt><stmt><stmt>", "<stmt>", "<stmt><stmt><stmt><stmt><stmt>"],
}  # fmt: skip

# What has no holes, for where the depth ends.
_ENDS = {name: [one for one in given if not _HOLE.search(one)] for name, given in GRAMMAR.items()}
_ENDS |= {
    "any": ["s", "n", "l", "d", "none"],
    "stmt": ["{{ s }}", "\n", "x"],
    "body": ["x"],
    "out": ["{{ s }}"],
    "percent": ["'%s' % s"],
    "formatted": ["'{}'.format(s)"],
}
# Rare: they end the render, and hide what comes after.
_RARE = {
    "{% bad %}",
    "{{ <str> ",
    "raise_exception(<str>)",
    "<str>.__class__.__mro__",
    "nothing.x",
    "<str>[<int>]",
    "<dict>[<str>]",
}
_RARE |= {
    "(<any> + <any>)",
    "<list>.append(1)",
    "<dict>.update(d)",
    "<str> % <any>",
    "index(<quoted>)",
    "nothing()",
    "loop.index",
}


def random_template(choose: random.Random, symbol: str = "template", depth: int = 7) -> str:
    """Return a random template, or another symbol of the grammar."""
    choices = GRAMMAR[symbol] if depth > 0 else _ENDS[symbol] or GRAMMAR[symbol]
    chosen = choose.choice(choices)
    if chosen in _RARE and choose.random() < 0.95:
        chosen = choose.choice(choices)
    return _HOLE.sub(lambda hole: random_template(choose, hole[1], depth - 1), chosen)
