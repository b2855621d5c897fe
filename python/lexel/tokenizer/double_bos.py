"""What becomes of a text that begins with the bos token, where the tokenizer writes one before every text."""

from __future__ import annotations

import logging
from typing import Literal, cast, get_args

__all__ = ["DoubleBos", "DoubleBosMode"]

_LOGGER = logging.getLogger(__name__)
_TOLD = "two-bos-tokens"

DoubleBosMode = Literal["warn", "ignore", "remove", "raise"]


class DoubleBos:
    """The setting `double_bos` of a tokenizer.

    Rendered chats begin with the bos token already. Encoded like any text they get a second one, which models were not
    trained with: "warn" logs it once, "ignore" says nothing, "remove" leaves out the one that would be added, and
    "raise" raises `ValueError`. `apply_chat_template` adds none, whatever is set.
    """

    bos_token: str | None
    deprecation_warnings: dict[str, bool]
    _double_bos: DoubleBosMode = "warn"

    @property
    def double_bos(self) -> DoubleBosMode:
        """What becomes of a second bos token: "warn", "ignore", "remove" or "raise"."""
        return self._double_bos

    @double_bos.setter
    def double_bos(self, value: str) -> None:
        if value not in get_args(DoubleBosMode):
            raise ValueError(f"double_bos is {value!r}; expected one of {', '.join(get_args(DoubleBosMode))}")
        self._double_bos = cast("DoubleBosMode", value)

    def _warn_two_bos(self) -> None:
        if self._double_bos == "warn" and not self.deprecation_warnings.get(_TOLD):
            self.deprecation_warnings[_TOLD] = True
            _LOGGER.warning(
                "The text begins with %r, and the tokenizer writes one more: encode it with add_special_tokens=False "
                "(chat templates write their own), or set double_bos to 'remove', 'raise' or 'ignore'",
                self.bos_token,
            )
