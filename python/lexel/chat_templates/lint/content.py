"""What becomes of what callers pass: roles, white space, lists of blocks, tools, reasoning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lexel.chat_templates.lint.probes import TOOLS, Prober, answer, call, result, system, user
from lexel.chat_templates.lint.report import Finding, clip
from lexel.chat_templates.plain import REASONING_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lexel.chat_templates.lint.tree import Tree

__all__ = ["check_content", "roles"]


def roles(prober: Prober) -> dict[str, str]:
    """Return what becomes of each role: "written", "dropped" or "refused"."""
    conversations = {
        "system": ([system(), user(0)], "Zqsystem0x", {}),
        "developer": ([system(role="developer"), user(0)], "Zqsystem0x", {}),
        "user": ([user(0)], "Zquser0x", {}),
        "assistant": ([user(0), answer(0), user(1)], "Zqanswer0x", {}),
        "tool": ([user(0), call(0), result(0)], "Zqresult0x", {"tools": TOOLS}),
    }
    found = {}
    for role, (messages, word, options) in conversations.items():
        text = prober.text(messages, f"the role {role}", keep=role in {"user", "assistant"}, **options)
        if text is None and role == "tool":
            messages = [user(0), call(0, as_text=True), result(0)]
            text = prober.text(messages, f"the role {role}", keep=False, **options)
        found[role] = "refused" if text is None else "written" if word in text else "dropped"
    return found


def check_content(prober: Prober, tree: Tree, known_roles: dict[str, str]) -> Iterator[Finding]:
    """Render contents of every kind."""
    yield from _check_roles(known_roles)
    yield from _check_space(prober)
    yield from _check_blocks(prober)
    yield from _check_tools(prober, tree, known_roles)
    yield from _check_reasoning(prober, tree)


def _check_roles(known_roles: dict[str, str]) -> Iterator[Finding]:
    for role, what in known_roles.items():
        if what == "dropped":
            yield Finding(
                "role-dropped",
                # Few models know this role; for the others it is another word for system.
                "hint" if role == "developer" else "warning",
                None,
                f"messages of the role {role} do not come out, and nothing is said about it",
                f"write them, or raise_exception for the role {role}",
            )
        elif what == "refused" and role != "developer":
            yield Finding(
                "role-refused",
                "hint",
                None,
                f"conversations with the role {role} raise",
                f"leave the role {role} out, or put its text into the first user message",
            )


def _check_space(prober: Prober) -> Iterator[Finding]:
    text = prober.text([user(0)], "a question", keep=False)
    if text is not None and text[:1].isspace():
        yield Finding(
            "leading-whitespace",
            "warning",
            None,
            f"the text begins with white space: {clip(text, 20)}",
            "put {%- before and -%} behind what stands at the top of the template",
        )
    trimmed = []
    for role, messages in (
        ("system", [{**system(), "content": " \n Zqspaced  \n"}, user(0)]),
        ("user", [{**user(0), "content": " \n Zqspaced  \n"}]),
        ("assistant", [user(0), {**answer(0), "content": " \n Zqspaced  \n"}]),
    ):
        text = prober.text(messages, f"spaces around a text of the role {role}", keep=False)
        if text is not None and "Zqspaced" in text and " \n Zqspaced  \n" not in text:
            trimmed.append(role)
    if trimmed:
        loses = ", and continue_final_message loses the spaces a text ends with" if "assistant" in trimmed else ""
        yield Finding(
            "content-trimmed",
            "hint",
            None,
            f"white space around texts is removed ({', '.join(trimmed)}): what comes out is not what went in{loses}",
            "write {{ message.content }} without | trim, unless the model was trained so",
        )


def _check_blocks(prober: Prober) -> Iterator[Finding]:
    if prober.as_blocks:
        return
    blocks = [{"type": "text", "text": "Zqblock1x"}, {"type": "text", "text": "Zqblock2x"}]
    text = prober.text([{"role": "user", "content": blocks}], "content as a list of blocks", keep=False)
    advice = "join the texts of the blocks: {% for block in message.content %}{{ block.text }}{% endfor %}"
    if text is None:
        yield Finding("blocks-refused", "hint", None, "content that is a list of blocks raises", advice)
    elif "'text': 'Zqblock1x'" in text:
        yield Finding(
            "blocks-as-python",
            "warning",
            None,
            "content that is a list of blocks is written as Python shows it: [{'type': 'text', …}]",
            advice,
        )
    elif "Zqblock1x" not in text or "Zqblock2x" not in text:
        yield Finding("blocks-dropped", "warning", None, "content that is a list of blocks does not come out", advice)


def _check_tools(prober: Prober, tree: Tree, known_roles: dict[str, str]) -> Iterator[Finding]:
    text = prober.text([system(), user(0)], "tools", keep=False, tools=TOOLS)
    if text is None:
        text = prober.text([user(0)], "tools", tools=TOOLS)
    if text is None:
        return
    if "Zqdescribed" not in text:
        yield Finding(
            "tools-ignored",
            "hint",
            None,
            "the tools do not come out: a model asked with this template does not know them",
            "take the model's template for tools, if it has one, or describe the tools in the system message",
        )
        return
    if "'description': 'Zqdescribed" in text:
        yield Finding(
            "tools-as-python",
            "warning",
            None,
            "tools are written as Python shows them, with single quotes and None, not as JSON",
            "write {{ tool | tojson }}",
        )
    if "Zqdescribed \\u00e9" in text and "ensure_ascii" not in tree.source:
        yield Finding(
            "ascii-json",
            "warning",
            None,
            "tools are written with é as \\u00e9: text that is not English becomes many tokens",
            "leave ensure_ascii out of tojson: the default writes text as it is",
        )
    yield from _check_calls(prober, known_roles)


def _check_calls(prober: Prober, known_roles: dict[str, str]) -> Iterator[Finding]:
    turns = [user(0), call(0), result(0)]
    text = prober.text(turns, "a call with its arguments as a dict", keep=False, tools=TOOLS)
    as_text = prober.text([turns[0], call(0, as_text=True), turns[2]], "a call", keep=False, tools=TOOLS)
    if text is None and as_text is not None:
        yield Finding(
            "arguments-as-text-only",
            "hint",
            None,
            "calls whose arguments are a dict raise; arguments that are JSON text do not",
            "pass arguments as JSON text, or write {{ arguments if arguments is string else arguments | tojson }}",
        )
    elif text is not None and "'zqcity': 'Zqargument0x'" in text:
        yield Finding(
            "arguments-as-python",
            "warning",
            None,
            "arguments of calls are written as Python shows them, with single quotes, not as JSON",
            "write {{ arguments | tojson }}",
        )
    elif as_text is not None and '\\"zqcity\\"' in as_text:
        yield Finding(
            "arguments-quoted-twice",
            "hint",
            None,
            "arguments that are JSON text already are quoted again",
            "pass arguments as a dict, or write {{ arguments if arguments is string else arguments | tojson }}",
        )
    written = text or as_text
    if written is not None and "Zqargument0x" not in written and known_roles.get("tool") == "written":
        yield Finding(
            "calls-dropped",
            "warning",
            None,
            "tools and results come out, and the calls between them do not",
            "write message.tool_calls in the assistant's message",
        )
    bare = [turns[0], call(0, content=None), turns[2]]
    if text is not None:
        without = prober.text(bare, "a call without content", keep=False, tools=TOOLS)
        if without is None or without.count("None") > text.count("None"):
            raised = "raises" if without is None else "writes None"
            yield Finding(
                "call-needs-content",
                "warning",
                None,
                f"a call without content, as APIs send it, {raised}",
                "ask first: {% if message.content %}",
            )


def _check_reasoning(prober: Prober, tree: Tree) -> Iterator[Finding]:
    read = [name for name in REASONING_FIELDS if name in tree.fields]
    if read == ["reasoning"]:
        yield Finding(
            "reasoning-field",
            "hint",
            tree.line_of("reasoning"),
            "the reasoning is read from message.reasoning alone, a name other templates do not read",
            "read message.reasoning_content, which lexel fills whichever name the caller used",
        )
        return
    message: Any = answer(0, reasoning=True)
    text = prober.text([user(0), message], "an answer with reasoning", keep=False)
    if text is not None and "Zqreason0x" not in text and "Zqanswer0x" in text:
        yield Finding(
            "reasoning-ignored",
            "hint",
            None,
            "the reasoning of an answer does not come out, not even of the last one",
            "write message.reasoning_content, if the model was trained with reasoning",
        )
