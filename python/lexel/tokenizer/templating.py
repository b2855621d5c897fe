"""What a tokenizer does with templates themselves: checking them, taking one of those that come with lexel."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lexel.tokenizer.backend_contract import BackendContract

if TYPE_CHECKING:
    from lexel.chat_templates import TemplateReport
    from lexel.tokenizer.chosen_template import ChosenTemplate
    from lexel.tokenizer.control_tokens import ControlTokenReport
    from lexel.tokenizer.tokenizer import Tokenizer

__all__ = ["Templating"]


class Templating(BackendContract):
    """The methods of a tokenizer that are about chat templates; the steps are imported with the first call."""

    def check_chat_template(self, chat_template: str | None = None) -> TemplateReport:
        """Look for what goes wrong with a chat template on this tokenizer.

        Beside what `lexel.check_template` finds, the tokens the template writes are looked up: whether they are in the
        vocabulary and special, and whether the beginning token comes out twice, or never.

        Args:
            chat_template: a template, or the name of one of the tokenizer's; None for the one conversations are
                rendered with.

        Raises:
            ValueError: there is no template, or there are several and nothing says which.
        """
        from lexel.tokenizer.control_tokens import check_chat_template

        return check_chat_template(cast("Tokenizer", self), chat_template)

    def chat_control_report(self, chat_template: str | None = None) -> ControlTokenReport:
        """Say of every control token a template writes what it is, and whether a user can forge it. Print the result.

        Args:
            chat_template: as in `check_chat_template`.

        Raises:
            TemplateError: the template does not compile.
            ValueError: there is no template, or there are several and nothing says which.
        """
        from lexel.tokenizer.control_tokens import control_report

        return control_report(cast("Tokenizer", self), chat_template)

    def use_chat_template(self, name: str, *, add_tokens: bool = False) -> ChosenTemplate:
        """Take a template that comes with lexel, for what there was; `lexel.shipped_templates()` lists them.

        The tokens it writes must be special tokens of the vocabulary. Where calls of the tokenizer begin every text
        with a bos token, so does the template.

        Args:
            name: "chatml", "llama" or "plain".
            add_tokens: add the tokens that are missing. The model's embedding must grow with them, and be trained.

        Returns:
            What was done, and what is left to do: the token at which generation stops, the size of the embedding.

        Raises:
            ValueError: there is no such template, or it needs an eos token and the tokenizer has none.
            VocabularyError: tokens are missing, and `add_tokens` is False; names them. Nothing was changed.
            UnsupportedError: a tokenizer whose conversations a library encodes, without templates.
        """
        from lexel.tokenizer.chosen_template import use_template

        return use_template(cast("Tokenizer", self), name, add_tokens=add_tokens)
