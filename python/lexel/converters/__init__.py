"""From any vocabulary format to the one the core reads: each file here knows one format."""

from __future__ import annotations

from lexel.converters.detect import FileFormat, detect
from lexel.converters.merges import generate_merges

__all__ = ["FileFormat", "detect", "generate_merges"]
