"""Beginning and end tokens, as a view on the post-processor: does it write them, and make it write them.

The stage is edited, not replaced: a template keeps what else it says. `RobertaProcessing` and `BertProcessing` become
the equal template first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["begins_with", "with_ends", "without_beginning", "writes_alike", "writes_any_ends", "writes_ends"]

_TEXTS = (("single", "A"), ("pair", "A"), ("pair", "B"))
_PLAIN: dict[str, Any] = {
    "type": "TemplateProcessing",
    "single": [{"Sequence": {"id": "A", "type_id": 0}}],
    "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
    "special_tokens": {},
}


def writes_ends(stage: str | None, bos: str | None, eos: str | None) -> tuple[bool, bool]:
    """Return whether a post-processor writes the bos token before a text, and the eos token after it."""
    template = _template_in(_as_templates(json.loads(stage))) if stage is not None else None
    if template is None:
        return False, False
    pieces = template["single"]
    place = _place(pieces, "A")
    before, after = set(map(_name, pieces[:place])), set(map(_name, pieces[place + 1 :]))
    return bos is not None and bos in before, eos is not None and eos in after


def writes_any_ends(stage: str | None) -> tuple[bool, bool]:
    """Return whether a post-processor writes any special token before a text, and after it."""
    template = _template_in(_as_templates(json.loads(stage))) if stage is not None else None
    if template is None:
        return False, False
    place = _place(template["single"], "A")
    return bool(_run(template["single"], place, -1)), bool(_run(template["single"], place, 1))


def writes_alike(stage: str | None, other: str | None) -> bool:
    """Return whether two post-processors write the same tokens around the same texts; one without a template: none."""
    first, second = ((text and _template_in(_as_templates(json.loads(text)))) or _PLAIN for text in (stage, other))
    return all(
        [_part(piece) for piece in first[key]] == [_part(piece) for piece in second[key]] for key in ("single", "pair")
    )


def begins_with(stage: str | None, bos: str) -> tuple[bool, bool, bool]:
    """Return whether a post-processor writes a token right before one text, before the first and the second of two."""
    template = _template_in(_as_templates(json.loads(stage))) if stage is not None else None
    if template is None:
        return False, False, False
    single, first, second = (_before(template[key], name, bos) for key, name in _TEXTS)
    return single is not None, first is not None, second is not None


def without_beginning(stage: str, bos: str, *, first: bool, second: bool) -> str:
    """Return the post-processor that does not write a token right before the first text, or the second of two."""
    content = _as_templates(json.loads(stage))
    template = _template_in(content)
    # From behind, so that places stay what they are.
    for key, name in reversed(_TEXTS):
        if second if name == "B" else first:
            place = _before(template[key], name, bos)
            if place is not None:
                del template[key][place]
    used = {_name(piece) for piece in template["single"] + template["pair"]}
    template["special_tokens"] = {name: entry for name, entry in template["special_tokens"].items() if name in used}
    return json.dumps(content, ensure_ascii=False)


def _before(pieces: list[dict[str, Any]], name: str, bos: str) -> int | None:
    """Return the place of a token that stands right before a text, None if another or none does."""
    place = _place(pieces, name) - 1
    return place if place >= 0 and _name(pieces[place]) == bos else None


def with_ends(
    stage: str | None,
    bos: tuple[tuple[str, int], bool] | None,
    eos: tuple[tuple[str, int], bool] | None,
    known: Collection[str],
) -> str:
    """Return the post-processor that writes bos and eos, or does not.

    Args:
        stage: the present one, None for none.
        bos: the token (text, id) and whether it is to be written; None leaves what is.
        eos: the same for the end.
        known: the special tokens of today; one the template writes that is not among them was a bos or eos before, and
            is replaced.
    """
    content = _as_templates(json.loads(stage)) if stage is not None else None
    template = _template_in(content)
    if template is None:
        template = json.loads(json.dumps(_PLAIN))
        content = template if content is None else {"type": "Sequence", "processors": [content, template]}
    for end, first in ((bos, True), (eos, False)):
        if end is None:
            continue
        token, wanted = end
        # A template that writes it already says itself where in a pair.
        if bool(_count(template["single"], token[0], first)) is not wanted:
            _put(template, token, wanted, first, known)
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


def _part(piece: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the special token or the text that stands at a place of a template."""
    return _name(piece), piece.get("Sequence", {}).get("id")


def _place(pieces: list[dict[str, Any]], name: str) -> int:
    """Return where a text stands in a template, -1 where it does not."""
    return next((i for i, piece in enumerate(pieces) if piece.get("Sequence", {}).get("id") == name), -1)


def _put(template: dict[str, Any], token: tuple[str, int], wanted: bool, first: bool, known: Collection[str]) -> None:
    """Write a token before (or after) each text of a template, or take it away from there."""
    text, index = token
    stale = {name for piece in template["single"] if (name := _name(piece)) is not None and name not in known}
    for key, sequences in (("single", ("A",)), ("pair", ("A", "B"))):
        pieces = template[key]
        for name in sequences:
            place = _place(pieces, name)
            if place < 0:
                continue
            type_id = pieces[place]["Sequence"]["type_id"]
            # What stands between this text and the one before it (after it) belongs to it, but for what that one wrote.
            around = _run(pieces, place, -1 if first else 1)
            there = [at for at in around if _name(pieces[at]) == text]
            if name == ("B" if first else "A") and key == "pair":
                there = there[: max(0, len(there) - _count(template["single"], text, not first))]
            if not wanted:
                for at in sorted(there, reverse=True):
                    del pieces[at]
            elif not there:
                old = next((at for at in around if _name(pieces[at]) in stale), None)
                if old is not None:
                    pieces[old] = _special(text, pieces[old]["SpecialToken"]["type_id"])
                else:
                    pieces.insert(place if first else place + 1, _special(text, type_id))
    template["special_tokens"][text] = {"id": text, "ids": [index], "tokens": [text]}
    used = {_name(piece) for piece in template["single"] + template["pair"]}
    template["special_tokens"] = {name: entry for name, entry in template["special_tokens"].items() if name in used}


def _count(pieces: list[dict[str, Any]], text: str, first: bool) -> int:
    """Return how often a token stands before (or after) the text of a template for one."""
    around = _run(pieces, _place(pieces, "A"), -1 if first else 1)
    return sum(_name(pieces[at]) == text for at in around)


def _run(pieces: list[dict[str, Any]], place: int, step: int) -> list[int]:
    """Return the places of the special tokens next to a text on one side, nearest first."""
    found = []
    at = place + step
    while 0 <= at < len(pieces) and "SpecialToken" in pieces[at]:
        found.append(at)
        at += step
    return found
