"""Conversions of tokenizers to objects of the `tokenizers` library, the extension points of the reference.

Nothing here is needed to load a tokenizer; code that imports it may override a hook, or put a converter in the
registry. Start at `registry.py`.
"""
