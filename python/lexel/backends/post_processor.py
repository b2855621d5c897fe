"""Beginning and end tokens, as a view on the post-processor: does it write them, and make it write them.

The stage is edited, not replaced: a template keeps what else it says. `RobertaProcessing` and `BertProcessing` become
the equal template first.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["with_ends", "writes_ends"]

_PLAIN = {
    "type": "TemplateProcessing",
    "single": [{"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {},
}


def writes_ends(stage: str | None, bos: str | None, eos: str | None) -> tuple[bool, bool]:
    """Return whether a post-processor begins a text with the bos token and ends it with the eos token."""
    template = _template_in(_as_templates(json.loads(stage))) if stage is not None else None
    if template is None:
        return False, False
    single = template["single"]
    return bos is not None and _name(single[0]) == bos, eos is not None and _name(single[-1]) == eos


def with_ends(
    stage: str | None, bos: tuple[str, int] | None, eos: tuple[str, int] | None, want: tuple[bool, bool]
) -> str:
    """Return the post-processor that writes bos and eos, or does not.

    Args:
        stage: the present one, None for none.
        bos: text and id.
        eos: text and id.
        want: whether bos and eos are to be written; without a token nothing can be.
    """
    content = _as_templates(json.loads(stage)) if stage is not None else None
    template = _template_in(content)
    if template is None:
        template = json.loads(json.dumps(_PLAIN))
        content = template if content is None else {"type": "Sequence", "processors": [content, template]}
    for token, wanted, first in ((bos, want[0], True), (eos, want[1], False)):
        if token is not None:
            _put(template, token, wanted, first)
    return json.dumps(content, ensure_ascii=False)


def _template_in(content: Any) -> Any:
    if content is None or content["type"] == "TemplateProcessing":
        return content
    return next((inner for inner in map(_template_in, content.get("processors", ())) if inner is not None), None)


def _as_templates(content: Any) -> Any:
    """Return a stage with the two old fixed processors written as templates."""
    kind = content["type"]
    if kind == "Sequence":
        return {**content, "processors": [_as_templates(inner) for inner in content["processors"]]}
    if kind not in ("BertProcessing", "RobertaProcessing"):
        return content
    cls, sep = content["cls"], content["sep"]
    second = 1 if kind == "BertProcessing" else 0
    pair = [_special(cls[0], 0), _text("A", 0), _special(sep[0], 0)]
    if kind == "RobertaProcessing":
        pair.append(_special(sep[0], 0))
    pair += [_text("B", second), _special(sep[0], second)]
    template = {
        "type": "TemplateProcessing",
        "single": [_special(cls[0], 0), _text("A", 0), _special(sep[0], 0)],
        "pair": pair,
        "special_tokens": {token: {"id": token, "ids": [index], "tokens": [token]} for token, index in (cls, sep)},
    }
    if kind == "BertProcessing" or not content.get("trim_offsets", True):
        return template
    trim = {
        "type": "ByteLevel",
        "add_prefix_space": content.get("add_prefix_space", True),
        "trim_offsets": True,
        "use_regex": True,
    }
    return {"type": "Sequence", "processors": [trim, template]}


def _special(token: str, type_id: int) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": type_id}}


def _text(name: str, type_id: int) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": type_id}}


def _name(piece: dict[str, Any]) -> str | None:
    found: dict[str, Any] = piece.get("SpecialToken") or {}
    return found.get("id")


def _put(template: dict[str, Any], token: tuple[str, int], wanted: bool, first: bool) -> None:
    """Write a token before (or after) each text of a template, or take it away from there."""
    text, index = token
    for key, sequences in (("single", ("A",)), ("pair", ("A", "B"))):
        pieces = template[key]
        for name in sequences:
            place = next((i for i, piece in enumerate(pieces) if piece.get("Sequence", {}).get("id") == name), None)
            if place is None:
                continue
            type_id = pieces[place]["Sequence"]["type_id"]
            there, insert = (place - 1, place) if first else (place + 1, place + 1)
            present = 0 <= there < len(pieces) and _name(pieces[there]) == text
            if wanted and not present:
                pieces.insert(insert, _special(text, type_id))
            elif present and not wanted:
                del pieces[there]
    template["special_tokens"][text] = {"id": text, "ids": [index], "tokens": [text]}
    used = {_name(piece) for piece in template["single"] + template["pair"]}
    template["special_tokens"] = {name: entry for name, entry in template["special_tokens"].items() if name in used}
