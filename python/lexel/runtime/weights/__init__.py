"""Checkpoints: tensors out of files, into modules, and back into files."""
