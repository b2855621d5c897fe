"""The linter: every finding on a template made for it, none on templates without its cause."""

# ruff: noqa: E501

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lexel
from lexel.chat_templates.lint.check import check_template
from lexel.chat_templates.lint.tokens import TokenFacts
from lexel.chat_templates.shipped import shipped_template

if TYPE_CHECKING:
    from lexel.chat_templates.lint.report import Finding, TemplateReport

HEADER = "{{- '<|im_start|>' ~ m.role ~ '\\n' -}}"
TEXT = "{{- m.content if m.content is string else m.content | map(attribute='text') | join if m.content else '' -}}"
ANSWER = f"{{%- generation -%}}{TEXT}{{{{- '<|im_end|>' -}}}}{{%- endgeneration -%}}{{{{- '\\n' -}}}}"
OTHER = f"{TEXT}{{{{- '<|im_end|>\\n' -}}}}"
PROMPT = "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{% endif -%}"


def template(
    *, top: str = "", header: str = HEADER, answer: str = ANSWER, other: str = OTHER, prompt: str = PROMPT
) -> str:
    """Return a template that is right but for what a test puts in."""
    turn = f"{header}{{%- if m.role == 'assistant' -%}}{answer}{{%- else -%}}{other}{{%- endif -%}}"
    return f"{top}{{%- for m in messages -%}}{turn}{{%- endfor -%}}{prompt}"


def check(source: str, **options: Any) -> TemplateReport:
    return check_template(source, **options)


def found(source: str, code: str, **options: Any) -> Finding:
    findings = [finding for finding in check(source, **options).findings if finding.code == code]
    assert len(findings) == 1, [str(finding) for finding in findings]
    return findings[0]


# What is said of a template that does less than it might, and nothing wrong.
FINE = {"tools-ignored", "reasoning-ignored", "text-beside-control-tokens"}


def test_a_template_without_mistakes() -> None:
    report = check(template())
    assert report.codes == FINE
    assert report.ok
    assert report.roles == dict.fromkeys(["system", "developer", "user", "assistant", "tool"], "written")
    assert report.fields == ("content", "role")
    assert report.control_tokens == ("<|im_start|>", "<|im_end|>")


@pytest.mark.parametrize("name", ["chatml", "llama", "plain"])
def test_templates_that_come_with_lexel_have_no_mistakes(name: str) -> None:
    report = check(shipped_template(name))
    assert report.codes <= {"text-beside-control-tokens"}, str(report)
    assert set(report.roles.values()) == {"written"}
    assert len(report.refusals) >= 3


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("{% for m in messages %}\n{{ m.content }", 2, "unexpected '}'"),
        ("\n{% if true %}", 2, "Unexpected end of template"),
        ("{% for m in messages %}\n{% do m %}{% endfor %}", 2, "unknown tag 'do'"),
        ("\n\n{{ messages | nonsense }}", 3, "No filter named 'nonsense'"),
        ("{% generation %}", 1, "Unexpected end of template"),
    ],
)
def test_syntax_errors_have_a_line(source: str, line: int, message: str) -> None:
    finding = found(source, "syntax-error")
    assert (finding.level, finding.line) == ("error", line)
    assert message in finding.message


# --- what the source says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "code", "level", "line"),
    [
        (template(top="\n{% if false %}{% include 'other' %}{% endif %}"), "other-files", "error", 2),
        (
            template(top="{% set x = [] %}\n{% if false %}{{ x.append(1) }}{% endif %}{{- x | join -}}"),
            "changes-a-value",
            "error",
            2,
        ),
        (template(top="{% if false %}{{ messages.__class__ }}{% endif -%}"), "internal-attribute", "error", 1),
        (template(top="\n\n{{- strftime_now('%d') -}}"), "not-reproducible", "warning", 3),
        (template(top="{{- (tools or []) | tojson(ensure_ascii=true) -}}"), "ascii-json", "warning", 1),
        (template(top="{% if true %}\n{% endif -%}"), "needs-trimmed-blocks", "hint", None),
        (template(top="\n{%- macro never() %}{% endmacro -%}"), "unused", "hint", 2),
        (template(top="{%- set never = 1 -%}"), "unused", "hint", 1),
        (template(header="{% for n in messages %}{% endfor %}" + HEADER), "quadratic", "hint", 1),
        (
            template(header="{% set u = messages | selectattr('role', 'eq', 'user') | list %}{{- '' if u }}" + HEADER),
            "quadratic",
            "hint",
            1,
        ),
        (template(top="{{- bos_tokne -}}"), "misspelt-variable", "error", 1),
        (template(top="{{- eot_tokens -}}"), "unknown-variable", "warning", 1),
        (template(top="{{- cos_token -}}"), "unknown-variable", "warning", 1),
        (template(top="{{- bo_token -}}"), "misspelt-variable", "warning", 1),
        (template(prompt="\n{%- if add_generation_promt %}{{- 'x' }}{% endif -%}"), "misspelt-variable", "error", 2),
        (template(top="{{- persona -}}"), "unknown-variable", "warning", 1),
        (
            template(top="{%- for i in [1] %}{% set last = i %}{% endfor %}\n{{- last -}}"),
            "set-in-loop-is-lost",
            "warning",
            2,
        ),
    ],
)
def test_what_reading_finds(source: str, code: str, level: str, line: int | None) -> None:
    finding = found(source, code)
    assert (finding.level, finding.line) == (level, line)
    assert finding.advice


@pytest.mark.parametrize(
    "top",
    [
        "{%- if enable_thinking -%}x{%- endif -%}",
        "{%- if enable_thinking is defined and enable_thinking == 2 -%}x{%- endif -%}",
        "{{- enable_thinking | default('') -}}",
        "{{- enable_thinking or '' -}}",
        "{{- enable_thinking.a if enable_thinking -}}",
        "{%- set enable_thinking = enable_thinking if enable_thinking is defined else true -%}{{- '' if enable_thinking -}}",
        "{%- if enable_thinking is not defined %}{% set enable_thinking = true %}{% endif -%}{{- '' if enable_thinking -}}",
        "{%- for i in [1] if enable_thinking -%}{%- endfor -%}",
    ],
)
def test_options_are_listed_and_no_mistakes(top: str) -> None:
    report = check(template(top=top))
    assert report.options == ("enable_thinking",)
    assert report.codes == FINE
    assert check(template(top=top), variables={"enable_thinking": False}).options in ((), ("enable_thinking",))


@pytest.mark.parametrize(
    "top",
    [
        "{%- set a = 1 -%}{%- if a -%}{%- set b = a -%}{%- endif -%}{{- b if b is defined and false -}}",
        "{%- macro say(x, y=1) -%}{{- x ~ y ~ caller is defined ~ varargs -}}{%- endmacro -%}{{- say(1)[:0] -}}",
        "{%- for a, b in {'k': 1}.items() if a -%}{{- (a ~ b ~ loop.index)[:0] -}}{%- endfor -%}",
        "{%- set ns = namespace(n=1) -%}{%- for i in [1] -%}{%- set ns.n = i -%}{%- endfor -%}{{- '' if ns.n -}}",
        "{%- set x -%}a{%- endset -%}{{- x[:0] -}}",
        "{%- with y = 1 -%}{{- (y ~ '')[:0] -}}{%- endwith -%}",
        "{%- macro wrap() -%}{{- caller(1) -}}{%- endmacro -%}{%- call(z) wrap() -%}{{- (z ~ '')[:0] -}}{%- endcall -%}",
        "{{- (range(2) | list ~ dict(a=1) ~ eos_token ~ cls_token)[:0] -}}",
    ],
)
def test_names_with_a_value_are_no_options(top: str) -> None:
    report = check(template(top=top))
    assert report.options == ()
    assert report.codes == FINE, str(report)


def test_special_tokens_the_tokenizer_lacks() -> None:
    finding = found(
        template(top="{{- bos_token -}}"), "special-token-unset", special_tokens={"eos_token": "<|im_end|>"}
    )
    assert "reads bos_token, which the tokenizer does not have" in finding.message
    guarded = template(top="{%- if bos_token is defined -%}{{- bos_token -}}{%- endif -%}")
    assert "special-token-unset" not in check(guarded, special_tokens={}).codes
    own = template(top="{{- image_token -}}")
    assert "unknown-variable" in check(own).codes
    assert "unknown-variable" not in check(own, special_tokens={"image_token": "<image>"}).codes


def test_what_the_template_refuses_is_listed_with_its_condition() -> None:
    top = "\n{%- if messages[0].role == 'tool' -%}\n{{ raise_exception('no ' ~ messages[0].role ~ ' first') }}{% endif -%}"
    (refusal,) = check(template(top=top)).refusals
    assert (refusal.line, refusal.message) == (3, "no … first")
    assert refusal.condition == "{%- if messages[0].role == 'tool' -%}"
    assert "  raises at line 3, behind {%- if messages[0].role == 'tool' -%}: no … first" in str(
        check(template(top=top))
    )
    one_line = "{% if tools %}{% endif %}{% if documents %}{% else %}{{ raise_exception('a') }}{% endif %}{{ raise_exception('b') if false }}"
    assert [(refusal.message, refusal.condition) for refusal in check(one_line).refusals] == [
        ("a", "{% if documents %}"),
        ("b", "{% if documents %}"),
    ]


# --- the generation block ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (template(answer=OTHER), "generation-missing"),
        (
            template(answer=f"{{%- generation -%}}{TEXT}{{%- endgeneration -%}}{{{{- '<|im_end|>\\n' -}}}}"),
            "generation-without-end",
        ),
        (
            template(
                header="",
                answer=f"{{%- generation -%}}{HEADER}{TEXT}{{{{- '<|im_end|>' -}}}}{{%- endgeneration -%}}{{{{- '\\n' -}}}}",
                other=HEADER + OTHER,
            ),
            "generation-has-header",
        ),
        (
            template(answer="{%- if loop.last -%}" + ANSWER + "{%- else -%}" + OTHER + "{%- endif -%}"),
            "generation-without-content",
        ),
        (template(other=f"{{%- generation -%}}{OTHER}{{%- endgeneration -%}}"), "generation-has-user"),
        (template(answer="{{- m.reasoning_content -}}" + ANSWER), "generation-without-part"),
        ("{%- macro all() -%}" + template() + "{%- endmacro -%}{{- all() | reverse -}}", "generation-moved"),
        (template(answer=f"{{%- generation -%}}{TEXT}{{%- endgeneration -%}}"), "no-end-of-turn"),
    ],
)
def test_what_is_wrong_with_the_block(source: str, code: str) -> None:
    finding = found(source, code)
    assert finding.level == ("hint" if code == "no-end-of-turn" else "warning")


def test_an_end_that_does_not_stop_generation() -> None:
    assert "end-is-not-eos" not in check(template()).codes
    assert "end-is-not-eos" not in check(template(), special_tokens={"eos_token": "<|im_end|>"}).codes
    finding = found(template(), "end-is-not-eos", special_tokens={"eos_token": "</s>"})
    assert finding.message == (
        "an answer ends with <|im_end|>, and eos_token is </s>: generation does not stop there by itself"
    )


# --- growing conversations --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "message", "line"),
    [
        (
            template(answer="{%- if loop.last and m.reasoning_content -%}{{- m.reasoning_content -}}{%- endif -%}" + ANSWER),
            "the reasoning of an earlier answer is left out as soon as another message follows; probably because of loop.last",
            1,
        ),
        (
            template(header="\n{%- if m == messages[-1] and tools -%}{{- tools | tojson -}}{%- endif -%}" + HEADER),
            "the list of tools moves when the conversation grows; probably because of messages[-…]",
            2,
        ),
        (
            template(header="{%- if loop.revindex == 1 and messages[0].role == 'system' -%}{{- messages[0].content -}}{%- endif -%}" + HEADER, other="{%- if m.role != 'system' -%}" + OTHER + "{%- endif -%}"),
            "the system message moves when the conversation grows; probably because of loop.revindex",
            1,
        ),
        (
            template(other=TEXT + "{{- '<|im_end|>\\n' if not loop.last else '<|end|>' -}}"),
            "the end of a message is written differently when another one follows; probably because of loop.last",
            1,
        ),
        (
            template(top="{%- set n = messages | length -%}", header="{{- n -}}" + HEADER),
            "earlier messages are written differently when another one follows; probably because of messages | length",
            1,
        ),
        (
            template(other="{{- m.content if messages[:-1] | length < 2 else '…' -}}<|im_end|>"),
            "earlier messages are written differently when another one follows; probably because of messages | length",
            1,
        ),
    ],
)  # fmt: skip
def test_templates_that_rewrite_what_they_wrote(source: str, message: str, line: int) -> None:
    finding = found(source, "not-prefix-stable")
    assert (finding.message, finding.line, finding.level) == (message, line, "warning")
    assert "shorter: " in finding.detail
    assert "longer: " in finding.detail


def test_prompts() -> None:
    assert found(template(prompt=""), "generation-prompt-ignored").level == "warning"
    direct = (
        "{%- for m in messages -%}{{- '[I]' ~ m.content ~ '[/I]' if m.role == 'user' else m.content -}}{%- endfor -%}"
    )
    assert found(direct, "generation-prompt-ignored").level == "hint"
    assert found(template(prompt="{{- '<|im_start|>assistant\\n' -}}"), "generation-prompt-ignored").level == "warning"
    finding = found(template(prompt=PROMPT.replace("\\n'", "\\n<think>'")), "generation-prompt-differs")
    assert finding.detail == "prompt: '<think>'\nanswer: 'Zqanswer0x<|im_end|>\\n'"


# --- contents ---------------------------------------------------------------------------------------------------------

TOOLS = "{%- for tool in tools or [] -%}{{- tool | tojson -}}{%- endfor -%}"
CALLS = "{%- for c in m.tool_calls or [] -%}{{- c.function.name ~ (c.function.arguments if c.function.arguments is string else c.function.arguments | tojson) -}}{%- endfor -%}"


@pytest.mark.parametrize(
    ("source", "code", "level"),
    [
        (template(header="{%- if m.role == 'system' %}{% continue %}{% endif -%}" + HEADER), "role-dropped", "warning"),
        (template(header="{%- if m.role == 'developer' %}{% continue %}{% endif -%}" + HEADER), "role-dropped", "hint"),
        (template(header="{%- if m.role == 'tool' %}{{ raise_exception('no') }}{% endif -%}" + HEADER), "role-refused", "hint"),
        ("\n{{ '' }}" + template(), "leading-whitespace", "warning"),
        (template().replace(TEXT, TEXT.replace("{{-", "{{- (").replace(" -}}", ") | trim -}}")), "content-trimmed", "hint"),
        (template().replace(TEXT, "{{- m.content -}}"), "blocks-as-python", "warning"),
        (template().replace(TEXT, "{{- '' ~ m.content if m.content is string -}}"), "blocks-dropped", "warning"),
        (template().replace(TEXT, "{{- '' + m.content -}}"), "blocks-refused", "hint"),
        (template().replace(TEXT, "{{- m.content | map(attribute='text') | join -}}"), "needs-blocks", "warning"),
        (template(top="{%- for tool in tools or [] -%}{{- tool -}}{%- endfor -%}", answer=CALLS + ANSWER), "tools-as-python", "warning"),
        (template(top="{{- (tools or []) | tojson | replace('é', '\\\\u00e9') -}}", answer=CALLS + ANSWER), "ascii-json", "warning"),
        (template(top=TOOLS), "calls-dropped", "warning"),
        (template(top=TOOLS, answer=CALLS.replace("| tojson", "| string") + ANSWER), "arguments-as-python", "warning"),
        (template(top=TOOLS, answer=CALLS.replace("c.function.arguments if c.function.arguments is string else ", "") + ANSWER), "arguments-quoted-twice", "hint"),
        (template(top=TOOLS, answer=CALLS.replace("| tojson", "+ ''") + ANSWER), "arguments-as-text-only", "hint"),
        (template(top=TOOLS, answer="{{- '' + m.content -}}" + CALLS + ANSWER), "call-needs-content", "warning"),
        (template(answer="{{- m.reasoning -}}" + ANSWER), "reasoning-field", "hint"),
        (template(), "reasoning-ignored", "hint"),
        (template(), "tools-ignored", "hint"),
        (template(top="{%- for tool in tools -%}{%- endfor -%}"), "crashes", "warning"),
        (template(top="{{- 'x' + persona -}}"), "needs-variable", "warning"),
        (template(top="{{- bos_token -}}{{- bos_token -}}"), "bos-twice", "error"),
        ("{{ raise_exception('never') }}", "renders-nothing", "error"),
        ("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "runs-away", "error"),
    ],
)  # fmt: skip
def test_what_rendering_finds(source: str, code: str, level: str) -> None:
    finding = found(source, code)
    assert finding.level == level
    assert finding.advice


def test_a_template_with_all_of_it_has_no_mistakes() -> None:
    report = check(template(top=TOOLS, answer="{%- generation -%}{{- m.reasoning_content -}}" + CALLS + TEXT + "{{- '<|im_end|>' -}}{%- endgeneration -%}{{- '\\n' -}}"))  # fmt: skip
    assert report.codes == {"text-beside-control-tokens"}, str(report)
    assert report.fields == ("content", "reasoning_content", "role", "tool_calls")


def test_a_template_of_blocks_is_checked_with_blocks() -> None:
    only_blocks = template(answer=ANSWER.replace("{{- '<|im_end|>' -}}", "") + "{{- '<|im_end|>' -}}").replace(
        TEXT, "{%- for block in m.content -%}{{- block.text -}}{%- endfor -%}"
    )
    report = check(only_blocks)
    assert {"needs-blocks", "generation-without-end"} <= report.codes
    assert not {"role-dropped", "blocks-dropped"} & report.codes
    assert report.roles["user"] == "written"


def test_a_missing_variable_does_not_end_the_check() -> None:
    report = check(template(top="{{- ('x' + persona)[:0] -}}", answer=OTHER))
    assert {"needs-variable", "generation-missing"} <= report.codes
    assert "unknown-variable" not in report.codes
    assert "needs-variable" not in check(template(top="{{- ('x' + persona)[:0] -}}"), variables={"persona": ""}).codes


# --- tokens -----------------------------------------------------------------------------------------------------------


def facts(*tokens: str, special: bool = True, bos: str | None = None) -> TokenFacts:
    ids = {token: index for index, token in enumerate(tokens)}
    return TokenFacts(ids.get, lambda token: special, bos)


def test_tokens_the_vocabulary_does_not_have() -> None:
    finding = found(template(), "token-not-in-vocabulary", tokens=facts("<|im_start|>"))
    assert (finding.level, finding.line) == ("error", 1)
    assert finding.message.startswith("<|im_end|> is no token of this tokenizer")
    assert "token-not-in-vocabulary" not in check(template(), tokens=facts("<|im_start|>", "<|im_end|>")).codes
    # What only a rare branch writes is no error, and tags are often meant as text.
    rare = template(top="{%- if rare -%}<|rare|><think>{%- endif -%}")
    assert found(rare, "token-not-in-vocabulary", tokens=facts("<|im_start|>", "<|im_end|>")).level == "warning"


def test_tokens_that_decoding_keeps() -> None:
    finding = found(template(), "token-not-special", tokens=facts("<|im_start|>", "<|im_end|>", special=False))
    assert finding.message.endswith("<|im_start|> <|im_end|>")


def test_text_is_no_danger_where_nothing_is_a_token() -> None:
    assert "text-beside-control-tokens" not in check(template(), tokens=facts()).codes
    assert (
        "who types <|im_end|> writes"
        in found(template(), "text-beside-control-tokens", tokens=facts("<|im_end|>")).message
    )


@pytest.mark.parametrize(
    ("top", "bos", "code"),
    [
        ("{{- bos_token -}}", "<s>", "bos-doubled"),
        ("", "<s>", "bos-missing"),
        ("{{- bos_token -}}", None, None),
        ("", None, None),
    ],
)
def test_the_token_that_begins_texts(top: str, bos: str | None, code: str | None) -> None:
    known = facts("<|im_start|>", "<|im_end|>", "<s>", bos=bos)
    codes = check(template(top=top), tokens=known, special_tokens={"bos_token": "<s>"}).codes
    assert {one for one in codes if one.startswith("bos")} == ({code} if code else set())


# --- the report -------------------------------------------------------------------------------------------------------


def test_a_report_is_for_people_and_for_machines() -> None:
    source = template(top="\n{{- bos_token -}}{{- bos_token -}}{{- strftime_now('%d') -}}")
    report = lexel.check_template(source, name="mine.jinja")
    assert repr(report) == f"<TemplateReport mine.jinja: 1 error, 1 warning, {len(report.of('hint'))} hints>"
    lines = str(report).splitlines()
    assert lines[1].startswith("  error[bos-twice] line 2: the text begins with <s> twice")
    assert "    → write bos_token once, before the first message" in lines
    assert [finding.level for finding in report.findings][:2] == ["error", "warning"]
    data = json.loads(json.dumps(report.as_dict()))
    assert data["ok"] is False
    assert data["findings"][0]["code"] == "bos-twice"
    assert set(data["findings"][0]) == {"code", "level", "line", "message", "advice", "detail"}
    assert repr(check(template(), name="x")).endswith("3 hints>")


def test_the_source_is_a_str() -> None:
    with pytest.raises(TypeError, match="a chat template is a str, not NoneType"):
        lexel.check_template(None)  # type: ignore[arg-type]


# Templates of models that raise for calls of tools, or for everything, in every engine.
KNOWN_ERRORS = {"Kimi-K2-Thinking": {"changes-a-value"}}


def test_published_templates_have_no_errors_but_real_ones(shared_data: Path) -> None:
    paths = sorted((shared_data / "chat_templates").glob("*.jinja"))
    assert len(paths) >= 72
    errors = {path.stem: {one.code for one in check(path.read_text("utf-8")).of("error")} for path in paths}
    assert {name: codes for name, codes in errors.items() if codes} == KNOWN_ERRORS


def test_the_page_lists_every_kind_of_finding() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = [path.read_text("utf-8") for path in (root / "python/lexel/chat_templates/lint").glob("*.py")]
    named = {
        node.args[0].value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
        if isinstance(node.args[0], ast.Constant)
    }
    page = (root / "docs" / "chat.md").read_text("utf-8").split("## Checking a template")[1].split("\n## ")[0]
    listed = {
        code
        for row in re.findall(r"^\| (`.*?) \| (?:error|warning|hint)", page, re.MULTILINE)
        for code in re.findall(r"`(.*?)`", row)
    }
    assert listed == named


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("".join(f"{{% set a{i} = a{i + 1} %}}" for i in range(600)), None),
        ("{{ " + "+".join(["messages"] * 3000) + " }}", "syntax-error"),
        ("{% for m in messages %}" * 90 + "{% endfor %}" * 90, "syntax-error"),
        ("{{ '' " + "".join(f"~ n{i}" for i in range(500)) + " }}", None),
        ("{{ (messages[-1].content ~ 'y') * 100000 }}", "runs-away"),
        ("{% macro f(n) %}{{ f(n + 1) }}{% endmacro %}{{ f(0) }}", "runs-away"),
        ("{% for i in range(20) %}{{ 'x' * 190000 }}{% endfor %}", None),
    ],
    ids=["chain", "sum", "nest", "names", "product", "recursion", "output"],
)
def test_hostile_templates_end_in_a_report(source: str, error: str | None) -> None:
    report = check(source)
    assert {finding.code for finding in report.of("error")} == ({error} if error else set())


PIECES = st.sampled_from(
    [
        "{% for m in messages %}",
        "{% endfor %}",
        "{% if tools %}",
        "{% endif %}",
        "{% else %}",
        "{{ m.content }}",
        "{{ m }}",
        "{% generation %}",
        "{% endgeneration %}",
        "{{ messages[0].role }}",
        "{% set x = messages[1:] %}",
        "{{ x[-1] }}",
        "{{ raise_exception(m.role) }}",
        "{{ loop.last }}",
        "{% macro f(m) %}",
        "{% endmacro %}",
        "{{ f(messages) }}",
        "a",
        "{% set ns.y = 1 %}",
        "{{ bos_token }}",
        "{{ x.get('content') }}",
        "{% set y %}",
        "{% endset %}",
        "{{ 1 // 0 }}",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=9).map("".join))
def test_any_template_gets_a_report(source: str) -> None:
    report = check(source)
    assert report.findings
    assert json.loads(json.dumps(report.as_dict()))["name"] == "chat template"
    assert all(finding.advice and finding.message for finding in report.findings)
