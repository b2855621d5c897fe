"""Findings from rendering: the probes in order, and what became of those that raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lexel.chat_templates.lint.content import check_content, roles
from lexel.chat_templates.lint.growing import check_growth
from lexel.chat_templates.lint.marking import check_marking
from lexel.chat_templates.lint.probes import Prober
from lexel.chat_templates.lint.report import Finding, clip
from lexel.chat_templates.lint.tokens import check_tokens, written_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lexel.chat_templates.lint.tokens import TokenFacts
    from lexel.chat_templates.lint.tree import Tree

__all__ = ["Learnt", "check_rendering"]

# Where no tokenizer says what its special tokens are.
_STAND_INS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


class Learnt(NamedTuple):
    """What the probes told beside findings."""

    roles: dict[str, str]
    control_tokens: tuple[str, ...]


def check_rendering(
    tree: Tree,
    findings: list[Finding],
    *,
    options: tuple[str, ...],
    special_tokens: Mapping[str, str] | None,
    variables: Mapping[str, object],
    tokens: TokenFacts | None,
    has_block: bool,
) -> Learnt:
    """Render conversations of every kind.

    Args:
        tree: the template.
        findings: those so far; grows, also where a probe runs away.
        options: names the template gives no value.
        special_tokens: the tokenizer's; None for stand-ins.
        variables: what callers will pass.
        tokens: what is known of the tokenizer's tokens.
        has_block: whether there is a generation block.

    Raises:
        OverBudget: a probe ran away.
    """
    special = _STAND_INS if special_tokens is None else special_tokens
    prober = Prober(tree.source, {**special, **variables})
    known_roles = roles(prober)
    while not prober.succeeded and (name := _wanted(prober, options)):
        # What is worse than a missing value is said instead of it.
        findings[:] = [one for one in findings if one.code != "unknown-variable" or f" {name}=" not in one.message]
        findings.append(_needed(prober, name))
        prober = Prober(prober.source, {**prober.variables, name: f"Zqvariable{len(prober.variables)}x"})
        known_roles = roles(prober)
    if known_roles["user"] != "written":
        # Templates of models that see pictures often know lists of blocks only.
        blocks = Prober(prober.source, prober.variables, as_blocks=True)
        if (as_blocks := roles(blocks))["user"] == "written":
            findings.append(_needs_blocks(known_roles["user"]))
            prober, known_roles = blocks, as_blocks
    if not prober.succeeded:
        findings.append(_fails_always(prober))
        return Learnt(known_roles, ())
    findings += check_content(prober, tree, known_roles)
    findings += check_marking(prober, tree, has_block=has_block, special_tokens=special_tokens or {})
    findings += check_growth(prober, tree)
    written = written_tokens(prober, tree.literals)
    findings += check_tokens(prober, tree, special, written, tokens)
    findings += _crashes(prober)
    return Learnt(known_roles, written[1])


def _wanted(prober: Prober, options: tuple[str, ...]) -> str | None:
    """Return the variable whose absence makes everything fail, None if it is something else."""
    message = prober.failures[0].error.message
    names = [name for name in options if name not in prober.variables]
    return next((name for name in names if message == f"{name!r} is undefined"), None)


def _needed(prober: Prober, name: str) -> Finding:
    error = prober.failures[0].error
    return Finding(
        "needs-variable",
        "warning",
        error.lineno,
        f"no conversation renders unless the caller passes {name}=",
        f"give it a default: {{% if {name} is not defined %}}{{% set {name} = … %}}{{% endif %}}",
        error.message,
    )


def _needs_blocks(what: str) -> Finding:
    raised = "raises" if what == "refused" else "does not come out"
    return Finding(
        "needs-blocks",
        "warning",
        None,
        f"content that is a str {raised}: only lists of blocks are written",
        "write {{ message.content }} where it is a string, or pass [{'type': 'text', 'text': …}]",
    )


def _fails_always(prober: Prober) -> Finding:
    failure = prober.failures[0]
    return Finding(
        "renders-nothing",
        "error",
        failure.error.lineno,
        "every conversation that was tried raises, a single question too",
        "correct the line, or pass the variables it needs: check_template(…, variables={…})",
        f"{failure.what}: {failure.error.message}",
    )


def _crashes(prober: Prober) -> Iterator[Finding]:
    """Report what raised without the template having said so, once for each line."""
    seen = set()
    for failure in prober.failures:
        if not failure.refused and (failure.error.lineno, failure.error.message) not in seen:
            seen.add((failure.error.lineno, failure.error.message))
            yield Finding(
                "crashes",
                "warning",
                failure.error.lineno,
                f"{failure.what} raises, and the template does not say why",
                "ask for what is read before it is read, or raise_exception with a reason",
                clip(failure.error.message, 200),
            )
