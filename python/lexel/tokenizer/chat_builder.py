"""A conversation that grows message by message, with ids that are only ever added to: `tok.chat()`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

from lexel.chat_templates.plain import plain_message
from lexel.chat_templates.prefix import (
    GrowingIds,
    Mark,
    Plan,
    PrefixChange,
    PrefixChangedError,
    common_length,
    shortened,
)
from lexel.chat_templates.sandbox.errors import template_error
from lexel.tokenizer.chat_options import BoundChat, fences_of
from lexel.tokenizer.ids import rows_of_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["ChatBuilder", "GeneratedTurn"]

OnChange = Literal["raise", "reencode"]
_SYSTEM = ("system", "developer")
# So many ids before an answer are decoded with it: what it says may depend on them.
_RECENT = 16
# Stands for the text of an answer, to see what a template writes around it.
_ANSWER = "LEXEL_THE_ANSWER_STANDS_HERE"


@dataclass(frozen=True, slots=True)
class GeneratedTurn:
    """What became of ids a model wrote.

    Attributes:
        message: the message they are.
        text: what they say, control tokens included.
        kept: how many of them stand in the conversation as the model wrote them.
        given: how many there were; a last control token that the template does not write is not kept.
        canonical: whether encoding the conversation's text gives the same ids. Models may write a text with other
            tokens than the tokenizer would; these stay, because the model has them in its cache.
    """

    message: dict[str, Any]
    text: str
    kept: int
    given: int
    canonical: bool

    def __str__(self) -> str:
        how = "as encoding gives them" if self.canonical else "as the model wrote them"
        return f"{self.kept} of {self.given} ids kept, {how}: {shortened(self.text, 0)!r}"


class ChatBuilder:
    """A conversation with the ids of what was said so far; `tok.chat()` makes one.

    Each step renders the conversation and encodes what is new. At every moment `ids` are those of
    `tok.apply_chat_template(messages)`, but for turns a model wrote in other tokens (see `extend_ids`).

    Attributes:
        kept: how many leading ids were valid before the last step, and are so now. A cache of keys and values is cut to
            this length, then goes on with `new_ids`.
        change: what the last step changed of what was there before; None: nothing.
    """

    def __init__(self, bound: BoundChat, messages: Iterable[Any] | None = None, *, on_change: OnChange = "raise"):
        if on_change not in ("raise", "reencode"):
            raise ValueError(f"on_change is {on_change!r}; expected 'raise' or 'reencode'")
        self._bound, self._on_change = bound, on_change
        self._messages: list[Any] = []
        self._state, fences = fences_of(bound.tokenizer)
        self._grown = GrowingIds(bound.encode, fences)
        # With the generation prompt; whoever asked for it is taken to have read it.
        self._prompt: Plan | None = None
        # Where the text of how many messages ended.
        self._ends: list[tuple[int, int]] = []
        self._refused: Exception | None = None
        self.kept = 0
        self.change: PrefixChange | None = None
        given = [] if messages is None else list(messages)
        if given:
            self.add(*given)

    # --- what there is ------------------------------------------------------------------------------------------------

    @property
    def messages(self) -> list[Any]:
        """The messages so far."""
        return list(self._messages)

    @property
    def ids(self) -> list[int]:
        """The ids of the conversation, without a generation prompt."""
        return list(self._present().ids)

    @property
    def new_ids(self) -> list[int]:
        """What the last step added: `ids[kept:]`."""
        return self._present().ids[self.kept :]

    @property
    def text(self) -> str:
        """The text of the conversation, without a generation prompt."""
        grown = self._present()
        return grown.text if self._bound.template is not None else self._decoded(grown.ids)

    @property
    def canonical(self) -> bool:
        """Whether encoding `text` gives `ids`: not if a model wrote something in other tokens."""
        return self._grown.canonical

    @property
    def encoded_chars(self) -> int:
        """How many characters were encoded so far, again ones included."""
        return self._grown.encoded_chars

    @property
    def whole_encodings(self) -> int:
        """How many steps had to encode the whole text again: 0 if a control token stands where turns meet."""
        return self._grown.whole

    def __len__(self) -> int:
        return len(self._present().ids)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        count = len(self._messages)
        said = f"{count} message{'' if count == 1 else 's'}, {len(self._grown.ids)} ids, {self.kept} kept"
        return f"ChatBuilder({said})" if self.change is None else f"ChatBuilder({said}, changed: {self.change})"

    def _present(self) -> GrowingIds:
        if self._refused is not None:
            raise self._refused
        return self._grown

    # --- what is added ------------------------------------------------------------------------------------------------

    def add(self, message: Any, *more: Any) -> Self:
        """Add a message, or several in one step.

        Args:
            message: a dict with `role` and `content`, or anything else `apply_chat_template` takes.
            *more: further messages of the same step, for templates that refuse what lies between.

        Raises:
            PrefixChangedError: what was there before is no longer what the conversation begins with, and `on_change` is
                "raise"; says where. Nothing was added then.
            TemplateError: the template refuses the conversation. Nothing was added. System messages alone are kept
                all the same: with the next message they are rendered together.
            TypeError: something that is no message.
        """
        added = [dict(one) if isinstance(one, dict) else one for one in (message, *more)]
        messages = [*self._messages, *added]
        base = self._base()
        try:
            plan = self._planned(base, messages)
        except template_error() as error:
            if any(plain_message(one, at).get("role") not in _SYSTEM for at, one in enumerate(messages)):
                raise
            self._messages, self._refused = messages, error
            return self
        read = self._prompt or Plan(self._end(), self._grown.text, [], ())
        self._take(messages, base, plan, read)
        return self

    def system(self, content: Any, **fields: Any) -> Self:
        """Add a system message; further fields of it by name."""
        return self.add({"role": "system", "content": content, **fields})

    def user(self, content: Any, **fields: Any) -> Self:
        """Add what the user says; further fields of the message by name."""
        return self.add({"role": "user", "content": content, **fields})

    def assistant(self, content: Any = None, **fields: Any) -> Self:
        """Add what the assistant says; `tool_calls=`, `reasoning_content=` and other fields by name."""
        return self.add({"role": "assistant", "content": content, **fields})

    def tool(self, content: Any, **fields: Any) -> Self:
        """Add the result of a tool; `tool_call_id=`, `name=` and other fields by name."""
        return self.add({"role": "tool", "content": content, **fields})

    def prompt(self) -> list[int]:
        """Return the ids for the model to answer: those of the conversation and of the generation prompt.

        They count as read: `kept` and `new_ids` of the next step say what of them, the generation prompt included, is
        still valid when the answer is there.

        Raises:
            PrefixChangedError: with the generation prompt the conversation is another one, and `on_change` is "raise".
        """
        plan = self._prompted()
        return self._grown.ids[: plan.mark.ids] + plan.ids

    @property
    def generation_ids(self) -> list[int]:
        """What `prompt()` has behind the ids they share."""
        ids = self.prompt()
        return ids[common_length(self._grown.ids, ids) :]

    def _prompted(self) -> Plan:
        present = self._present()
        if self._prompt is None:
            base = self._base()
            plan = self._planned(base, self._messages, prompt=True)
            _, change = self._compared(base, plan, Plan(self._end(), present.text, [], ()))
            if change is not None and self._on_change == "raise":
                raise _refusal("the generation prompt is not only added", change)
            self._prompt = plan
        return self._prompt

    def extend_ids(self, generated: Any, *, message: Mapping[str, Any] | None = None) -> GeneratedTurn:
        """Add the answer a model wrote behind `prompt()`, as the ids it wrote.

        They are kept if their text is what the template writes for the message; otherwise the message is encoded.

        Args:
            generated: ids, a list or an array, with or without the token that ends the turn.
            message: the message they are. None: as `parse_response` reads them, if the tokenizer has a response
                template; otherwise the text up to the end of the turn is the content of an assistant message.

        Returns:
            What was kept, and whether encoding would have given the same ids.

        Raises:
            PrefixChangedError: the template does not write the message as the model did, and `on_change` is "raise".
            TemplateError: as `add`.
        """
        prompt = self._prompted()
        rows, many = rows_of_ids(generated)
        if many:
            raise ValueError("extend_ids takes one row of ids: the answer to one conversation")
        ids = [int(index) for index in rows[0]]
        text = self._text_behind(prompt, ids)
        if message is not None:
            turns = [dict(message)]
        elif self._bound.tokenizer.response_template is not None:
            parsed = self._bound.tokenizer.parse_response(ids, prefix=self.prompt())
            turns = [{"role": "assistant", **parsed}]
        else:
            turns = [{"role": "assistant", "content": content} for content in self._contents(prompt, ids, text)]
        base = self._base()
        for turn in turns:
            plan, given = self._planned_turn(base, prompt, ids, [*self._messages, turn])
            if given is not None:
                break
        else:
            # None of them is what the template writes: the first is the plain reading.
            turn = turns[0]
            plan, given = self._planned(base, [*self._messages, turn]), None
        read = ids if given is None else given
        read_text = prompt.text + self._text_behind(prompt, read)
        self._take([*self._messages, turn], base, plan, Plan(prompt.mark, read_text, [*prompt.ids, *read], ()))
        kept = min(max(self.kept - prompt.mark.ids - len(prompt.ids), 0), len(read))
        return GeneratedTurn(turn, text, kept, len(ids), plan.given_at is None)

    def _planned_turn(
        self, base: GrowingIds, prompt: Plan, ids: list[int], messages: list[Any]
    ) -> tuple[Plan, list[int] | None]:
        """Return the plan of a conversation that ends in what a model wrote, and how much of that is in it."""
        rows = self._shorter(ids)
        if self._bound.template is not None:
            return base.plan_given(prompt, rows, self._bound.text(messages), self._decoded)
        plan = self._planned(base, messages)
        there = (row for row in rows if plan.ids[: len(prompt.ids) + len(row)] == [*prompt.ids, *row])
        return plan, next(there, None)

    def fork(self) -> ChatBuilder:
        """Return an independent copy, to try how the conversation may go on."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made._messages, made._ends = list(self._messages), list(self._ends)
        made._grown = self._grown.fork()
        return made

    # --- the steps ----------------------------------------------------------------------------------------------------

    def _base(self) -> GrowingIds:
        """Return what there is; nothing, if the tokenizer is not what it was."""
        state, fences = fences_of(self._bound.tokenizer)
        if state == self._state:
            return self._grown
        made = GrowingIds(self._bound.encode, fences)
        made.encoded_chars, made.whole = self._grown.encoded_chars, self._grown.whole + bool(self._grown.text)
        return made

    def _end(self) -> Mark:
        return Mark(len(self._grown.text), len(self._grown.ids), "")

    def _planned(self, base: GrowingIds, messages: list[Any], *, prompt: bool = False) -> Plan:
        if self._bound.template is None:
            ids = self._bound.ids(messages, add_generation_prompt=prompt)
            return Plan(Mark(0, 0, ""), "", ids, ())
        return base.plan(self._bound.text(messages, add_generation_prompt=prompt))

    def _take(self, messages: list[Any], base: GrowingIds, plan: Plan, read: Plan) -> None:
        """Make a step, if what was read stays."""
        kept, change = self._compared(base, plan, read)
        if change is not None and self._on_change == "raise":
            raise _refusal("this step does not only add to the conversation", change)
        base.apply(plan)
        if base is not self._grown:
            self._grown, self._state = base, fences_of(self._bound.tokenizer)[0]
        self._messages, self._prompt, self._refused = messages, None, None
        self._ends = [end for end in self._ends if change is None or end[0] <= change.at]
        self._ends.append((len(plan.text), len(messages)))
        self.kept, self.change = kept, change

    def _compared(self, base: GrowingIds, plan: Plan, read: Plan) -> tuple[int, PrefixChange | None]:
        """Return how many of the ids that were read are still those of a plan, and what is not."""
        # Up to the mark nothing was touched.
        shared = min(plan.mark.ids, read.mark.ids) if base is self._grown else 0
        old = self._grown.ids[shared : read.mark.ids] + read.ids
        new = self._grown.ids[shared : plan.mark.ids] + plan.ids
        same = common_length(old, new)
        if same == len(old):
            return shared + same, None
        return shared + same, self._change(plan.text, read.text, old[same:], new[same:], shared + same)

    def _change(self, text: str, read: str, lost: list[int], ids: list[int], kept: int) -> PrefixChange:
        """Say where what was read is no longer what there is."""
        at = common_length(read, text)
        if self._bound.template is None or at == len(read):
            # The texts agree, their ids do not: what follows became one token with what was there.
            at = len(self._decoded(self._grown.ids[:kept])) if self._bound.template is None else at
            before, after = shortened(self._decoded(lost), 0), shortened(self._decoded(ids), 0)
            return PrefixChange(at, None, kept >= len(self._grown.ids), None, before, after, len(lost))
        pieces = self._bound.trace(self._messages, add_generation_prompt=self._prompt is not None)
        piece = next((piece for piece in pieces if at < piece.end), None)
        line, message = (piece.line, piece.message) if piece is not None else (None, None)
        in_prompt = at >= len(self._grown.text)
        if in_prompt:
            message = None
        elif message is None and self._told_apart():
            message = next((count - 1 for chars, count in self._ends if at < chars), None)
        return PrefixChange(at, message, in_prompt, line, shortened(read, at), shortened(text, at), len(lost))

    def _told_apart(self) -> bool:
        """Whether every message came in a step of its own."""
        return [count for _, count in self._ends] == list(range(1, len(self._messages) + 1))

    # --- what a model wrote -------------------------------------------------------------------------------------------

    def _decoded(self, ids: list[int]) -> str:
        text: str = self._bound.tokenizer.decode(ids, clean_up_tokenization_spaces=False)
        return text

    def _text_behind(self, prompt: Plan, ids: list[int]) -> str:
        """Return the text ids have behind the prompt, where no decoder takes a first space away."""
        fence = max(prompt.mark.ids - 1, 0)
        before = (self._grown.ids[fence : prompt.mark.ids] + prompt.ids)[-_RECENT:]
        start, whole = self._decoded(before), self._decoded([*before, *ids])
        return whole[len(start) :] if whole.startswith(start) else self._decoded(ids)

    def _shorter(self, ids: list[int]) -> list[list[int]]:
        """Return a row, and what is left of it without the last control token, the last two …"""
        tokenizer = self._bound.tokenizer
        special = set(tokenizer.all_special_ids)
        if self._bound.template is not None:
            special |= {index for index, token in tokenizer.added_tokens_decoder.items() if token.special}
        rows = [ids]
        while rows[-1] and rows[-1][-1] in special:
            rows.append(rows[-1][:-1])
        return rows

    def _contents(self, prompt: Plan, ids: list[int], text: str) -> list[str]:
        """Return what the content of an answer may be."""
        content = self._text_behind(prompt, self._shorter(ids)[-1])
        if self._bound.template is not None:
            probe = self._bound.text([*self._messages, {"role": "assistant", "content": _ANSWER}])
            before, _, after = probe.rpartition(_ANSWER)
            space = after[: len(after) - len(after.lstrip())]
            end = self._grown.fence_at_start(after.lstrip())
            if end and end in text:
                # What the template writes between the answer and the end of the turn is not part of the answer.
                content = text[: text.index(end)].removesuffix(space)
            lead = before[len(prompt.text) :] if before.startswith(prompt.text) else ""
            content = content.removeprefix(lead)
        # Some tokenizers write a space behind every control token, and decode it.
        return [content, content[1:]] if content.startswith(" ") else [content]


def _refusal(what: str, change: PrefixChange) -> PrefixChangedError:
    return PrefixChangedError(
        f"{what}: {change}. Build the chat with on_change='reencode' to go on all the same: chat.kept then says how "
        "many leading ids stay",
        change,
    )
