"""A template that comes with lexel, given to a tokenizer that has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lexel.added_token import AddedToken
from lexel.chat_templates.shipped import shipped, shipped_template
from lexel.errors import VocabularyError
from lexel.tokenizer.control_tokens import special_id, written_bos

if TYPE_CHECKING:
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["ChosenTemplate", "use_template"]

_WRITE_BOS = "{{- bos_token -}}\n"


@dataclass(frozen=True, slots=True)
class ChosenTemplate:
    """What `use_chat_template` did. Printing it says what is left to do."""

    name: str
    added_tokens: tuple[str, ...]
    """Tokens that were added to the vocabulary, or made special in it."""
    end_of_turn: str
    """The token an answer ends with."""
    end_of_turn_id: int
    is_eos: bool
    """Whether the end of an answer is the tokenizer's eos token, at which generation stops by itself."""
    embedding_size: int
    """Rows the model's embedding needs at least."""

    def __str__(self) -> str:
        lines = [f"chat template {self.name!r}: answers end with {self.end_of_turn} (id {self.end_of_turn_id})"]
        if not self.is_eos:
            lines.append(
                f"  generation does not stop there by itself: pass eos_token_id={self.end_of_turn_id}, or set "
                f"tokenizer.eos_token = {self.end_of_turn!r}"
            )
        if self.added_tokens:
            lines.append(
                f"  added {' '.join(self.added_tokens)}: the model's embedding needs {self.embedding_size} rows "
                f"(model.resize_token_embeddings({self.embedding_size})), and training of the new ones"
            )
        return "\n".join(lines)


def use_template(tokenizer: Tokenizer, name: str, *, add_tokens: bool) -> ChosenTemplate:
    """See `Templating.use_chat_template`."""
    known = shipped(name)
    # A tokenizer whose conversations a library encodes refuses templates here, with the reason.
    tokenizer.get_chat_template(shipped_template(name))
    end = known.end_of_turn or tokenizer.eos_token
    if end is None:
        raise ValueError(f"the template {name!r} ends answers with the eos token: set tokenizer.eos_token first")
    with tokenizer._lock:
        missing = [token for token in known.control_tokens if special_id(tokenizer, token) is None]
        if missing and not add_tokens:
            raise VocabularyError(
                f"the template {name!r} writes {' '.join(missing)}, which this tokenizer does not have as special "
                "tokens: pass add_tokens=True to add them (the model's embedding must grow with them, and be trained), "
                "or take the template of this tokenizer's model"
            )
        if missing:
            tokenizer.add_tokens([AddedToken(token, special=True, normalized=False) for token in missing], True)
        begins = not known.writes_bos and written_bos(tokenizer) is not None
        tokenizer.chat_template = (_WRITE_BOS if begins else "") + shipped_template(name)
    index = tokenizer.convert_tokens_to_ids(end)
    return ChosenTemplate(
        name=name,
        added_tokens=tuple(missing),
        end_of_turn=end,
        end_of_turn_id=index,
        is_eos=end == tokenizer.eos_token,
        embedding_size=tokenizer.embedding_size(),
    )
