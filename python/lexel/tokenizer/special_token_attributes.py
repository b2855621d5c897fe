"""The special tokens of a tokenizer as attributes: `tok.eos_token`, `tok.eos_token_id`, `tok.image_token` and so on.

The base of the tokenizer class that knows names and texts; ids come from what the tokenizer itself brings.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self, cast

from lexel.added_token import AddedToken, SpecialToken, as_added_token, is_special_value
from lexel.errors import UnsupportedError
from lexel.tokenizer.backend_contract import BackendContract
from lexel.tokenizer.deprecated import explain_missing, former_member, name_of_today
from lexel.tokenizer.special_tokens import NAMED, SpecialTokens, token_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["SpecialTokenAttributes"]

_LOGGER = logging.getLogger(__name__)


class SpecialTokenAttributes(BackendContract):
    """Named and extra special tokens, readable and writable as attributes.

    For every known name `X`: `X` is its text and `X_id` its id, None where unset. Writing a text does not add it to the
    vocabulary; `add_special_tokens` does.
    """

    # The known names; an instance has its own list, which grows with names of the model's own.
    SPECIAL_TOKENS_ATTRIBUTES: list[str] = list(NAMED)  # noqa: RUF012
    # Hints given once; a dictionary on the instance from the constructor's end on.
    deprecation_warnings: dict[str, bool]
    _special: SpecialTokens

    def __new__(cls, *_args: Any, **_options: Any) -> Self:
        """Prepare the names: subclasses set attributes before they call the constructor of this class."""
        self = super().__new__(cls)
        self.__dict__["_special"] = SpecialTokens(cls.SPECIAL_TOKENS_ATTRIBUTES)
        return self

    def __getattr__(self, key: str) -> Any:
        special: SpecialTokens | None = self.__dict__.get("_special")
        if special is not None:
            name = token_name(key)
            if name in special.named:
                value = special.named[name]
                if value is None:
                    if self.__dict__.get("verbose"):
                        _LOGGER.error("%s is asked for but not set", key)
                    return None
                return str(value) if key == name else self.convert_tokens_to_ids(str(value))
            if name == "extra_special_tokens":
                tokens = [str(token) for token in special.extra]
                return tokens if key == name else self.convert_tokens_to_ids(tokens)
        found = former_member(self, key)
        if found is None:
            raise AttributeError(explain_missing(self, key))
        return found

    def __setattr__(self, key: str, value: Any) -> None:
        key = name_of_today(key, stacklevel=2)
        name = token_name(key)
        if name in self._special.named:
            if key != name and value is not None:
                value = self.convert_ids_to_tokens(value)
            self._special.set_named(name, value)
            self._hint_unknown(name)
        elif name == "extra_special_tokens":
            if key != name and isinstance(value, (list, tuple)):
                value = [self.convert_ids_to_tokens(index) for index in value]
            self._special.set_extra(value)
        else:
            object.__setattr__(self, key, value)

    def _hint_unknown(self, name: str) -> None:
        """Tell once that a token which is not in the vocabulary was made special: its id is the unknown one's."""
        text = self._special.as_map().get(name)
        told = self.__dict__.get("deprecation_warnings")
        if text is None or told is None or f"unknown-{name}" in told:
            return
        index = self.convert_tokens_to_ids(text)
        if index is None or self.convert_ids_to_tokens(index) != text:
            told[f"unknown-{name}"] = True
            _LOGGER.warning(
                "%s is now %r, which is not in the vocabulary, so its id is that of the unknown token (%s); "
                "add_special_tokens({%r: %r}) adds it",
                *(name, text, index, name, text),
            )

    @property
    def _special_tokens_map(self) -> dict[str, SpecialToken | None]:
        return self._special.named

    @property
    def _extra_special_tokens(self) -> list[SpecialToken]:
        return self._special.extra

    @property
    def special_tokens_map(self) -> dict[str, str]:
        """Name → text of the named special tokens; the others are in `extra_special_tokens`."""
        return self._special.as_map()

    @property
    def all_special_tokens(self) -> list[str]:
        """The text of every special token once: the named first, then the extra."""
        return self._special.texts()

    @property
    def all_special_ids(self) -> list[int]:
        """The ids of `all_special_tokens`."""
        return cast("list[int]", self.convert_tokens_to_ids(self.all_special_tokens))

    def get_added_vocab(self) -> dict[str, int]:
        """Return the added tokens, token → id, ascending by id."""
        return {token.content: index for index, token in self.added_tokens_decoder.items()}

    @property
    def added_tokens_encoder(self) -> dict[str, int]:
        """The added tokens, token → id, ascending by id."""
        return self.get_added_vocab()

    def add_tokens(self, new_tokens: SpecialToken | Sequence[SpecialToken], special_tokens: bool = False) -> int:
        """Add tokens to the vocabulary; each is then found in texts as a whole.

        Args:
            new_tokens: one token or several; empty and known ones are skipped.
            special_tokens: whether they are special (skipped by `decode(..., skip_special_tokens=True)`).

        Returns:
            How many ids did not exist before.
        """
        if not new_tokens:
            return 0
        tokens = list(new_tokens) if isinstance(new_tokens, (list, tuple)) else [cast("SpecialToken", new_tokens)]
        return self._add_tokens(tokens, special_tokens=special_tokens)

    def add_special_tokens(
        self, special_tokens_dict: Mapping[str, Any], replace_extra_special_tokens: bool = True
    ) -> int:
        """Name special tokens, and add to the vocabulary those that are not in it.

        Args:
            special_tokens_dict: name → token; "extra_special_tokens" → a list of tokens.
            replace_extra_special_tokens: whether that list replaces the present one or is appended to it.

        Returns:
            How many ids did not exist before.

        Raises:
            ValueError: an unknown name, or a value that is no token.
        """
        given = dict(special_tokens_dict or {})
        if "additional_special_tokens" in given and not given.get("extra_special_tokens"):
            given["extra_special_tokens"] = given.pop("additional_special_tokens")
        valid = [*self._special.names, "extra_special_tokens"]
        fresh: list[AddedToken] = []
        for key, value in given.items():
            if key not in valid:
                raise ValueError(f"key {key} is not a valid special token; valid keys are: {valid}")
            if key == "extra_special_tokens":
                fresh += self._new_extra_tokens(value, replace_extra_special_tokens)
            elif is_special_value(value):
                self._special.set_named(key, as_added_token(value, special=True))
                fresh.append(as_added_token(value, special=isinstance(value, str)))
            else:
                raise ValueError(f"token {value!r} for key {key} should be a str or an AddedToken")
        return self.add_tokens(fresh, special_tokens=True)

    def _new_extra_tokens(self, value: Any, replace: bool) -> list[AddedToken]:
        """Store tokens without a name; return those that are to be added."""
        if not isinstance(value, (list, tuple)) or not all(is_special_value(token) for token in value):
            raise ValueError(f"extra_special_tokens should be a list of str or AddedToken, not {value!r}")
        present = set() if replace else {str(token) for token in self._special.extra}
        fresh = [as_added_token(token, special=isinstance(token, str)) for token in value if str(token) not in present]
        stored = [as_added_token(token, special=True) for token in fresh]
        if replace and fresh:
            # As in the reference, replaced tokens stay in the vocabulary, and stay special there: a decoded text does
            # not begin to show control tokens because another token was added.
            self._special.extra = list(stored)
        else:
            self._special.extra.extend(stored)
        return fresh

    def get_special_tokens_mask(
        self,
        token_ids_0: Sequence[int],
        token_ids_1: Sequence[int] | None = None,
        already_has_special_tokens: bool = False,
    ) -> list[int]:
        """Return 1 for every special token of a finished row, 0 for the others."""
        if not already_has_special_tokens:
            raise UnsupportedError(
                f"{type(self).__name__} gives this mask for finished rows only (already_has_special_tokens=True); "
                "for texts, call the tokenizer with return_special_tokens_mask=True"
            )
        if token_ids_1 is not None:
            raise ValueError("a finished row is one sequence: token_ids_1 must be None with already_has_special_tokens")
        special = set(self.all_special_ids)
        return [1 if int(index) in special else 0 for index in token_ids_0]
