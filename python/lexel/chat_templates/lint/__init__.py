"""Looks for what goes wrong with a chat template, by reading it and by rendering small conversations with it."""
