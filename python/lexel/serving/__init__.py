"""Where tokenizer and runtime meet."""
