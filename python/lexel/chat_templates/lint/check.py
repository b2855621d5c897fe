"""The linter itself: what it looks at, in which order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lexel.chat_templates.lint.report import LEVELS, Finding, TemplateReport
from lexel.chat_templates.render import has_generation
from lexel.chat_templates.sandbox.errors import require_jinja, template_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lexel.chat_templates.lint.tokens import TokenFacts

__all__ = ["check_template"]


def check_template(
    source: str,
    *,
    special_tokens: Mapping[str, str] | None = None,
    variables: Mapping[str, Any] | None = None,
    tokens: TokenFacts | None = None,
    name: str = "chat template",
) -> TemplateReport:
    """Look for what goes wrong with a chat template.

    The template is read, and renders small conversations in the sandbox: nothing it does reaches outside.
    `Tokenizer.check_chat_template` also asks the tokenizer about the tokens the template writes.

    Args:
        source: the template.
        special_tokens: the tokenizer's, by name (``bos_token`` …); None for stand-ins.
        variables: what callers will pass beside the arguments, such as ``{"enable_thinking": False}``.
        tokens: what is known of the tokenizer's tokens; None leaves them out.
        name: what the report calls the template.

    Returns:
        The findings; ``report.ok`` says that there is no error among them.

    Raises:
        TypeError: the source is not a str.
        MissingDependencyError: jinja2 is absent or too old.

    Example:
        >>> report = check_template("{{ bos_token }}{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}")
        >>> report.ok, "bos-twice" in report.codes
        (False, True)
    """
    require_jinja()
    try:
        has_block = has_generation(source)
    except template_error() as error:
        return TemplateReport(name, (_syntax(error),))
    # These need jinja2, and are needed by the linter alone.
    from lexel.chat_templates.lint.probes import OverBudget
    from lexel.chat_templates.lint.reading import check_source
    from lexel.chat_templates.lint.rendering import check_rendering
    from lexel.chat_templates.lint.tree import Tree
    from lexel.chat_templates.lint.variables import ARGUMENTS, SPECIAL_TOKENS, check_variables, options

    tree = Tree(source)
    given = dict(variables or {})
    known = frozenset([*ARGUMENTS, *SPECIAL_TOKENS, *(special_tokens or ()), *given])
    unset = frozenset(SPECIAL_TOKENS) - special_tokens.keys() if special_tokens is not None else frozenset()
    names = options(tree, known - unset)
    findings = [*check_source(tree), *check_variables(tree, names, known, unset)]
    own = tuple(option for option in names if option not in unset)
    report = TemplateReport(name, (), own, tree.fields, {}, tree.refusals)
    try:
        learnt = check_rendering(
            tree,
            findings,
            options=own,
            special_tokens=special_tokens,
            variables=given,
            tokens=tokens,
            has_block=has_block,
        )
        report = replace(report, roles=learnt.roles, control_tokens=learnt.control_tokens)
    except OverBudget as error:
        findings.append(_runs_away(error))
    return replace(report, findings=_in_order(findings))


def _runs_away(error: Exception) -> Finding:
    return Finding(
        "runs-away",
        "error",
        None,
        "a conversation of a few messages takes more work than a whole chat may",
        "look for loops that do not end, or multiply texts",
        str(error),
    )


def _syntax(error: Any) -> Finding:
    from lexel.chat_templates.lint.reading import syntax_advice

    return Finding("syntax-error", "error", error.lineno, error.message, syntax_advice(error.message))


def _in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    unique = list(dict.fromkeys(findings))
    return tuple(sorted(unique, key=lambda one: (LEVELS.index(one.level), one.line or 0, one.code)))
