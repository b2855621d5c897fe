"""What a person looks at: tokens as coloured text, as a table, as HTML."""

from lexel.inspect.terminal import coloured, token_table
from lexel.inspect.view import Shown, TokenView

__all__ = ["Shown", "TokenView", "coloured", "token_table"]
