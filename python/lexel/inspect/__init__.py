"""What a person looks at: tokens as coloured text and as a table."""

from lexel.inspect.terminal import coloured, token_table

__all__ = ["coloured", "token_table"]
