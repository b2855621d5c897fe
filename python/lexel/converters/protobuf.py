"""The wire format of protobuf messages, as far as model files need it: read, changed, written.

A message is its fields: number → values as the wire has them. Nothing is known here of what the numbers mean, so fields
this package has no use for are kept and written again. Every length is checked against the bytes that are there before
anything is made of it.

Source: the protobuf encoding, proto2.
"""

from __future__ import annotations

import struct
from typing import NoReturn

from lexel.errors import FormatError

__all__ = ["BYTES", "FIXED32", "Message", "decode", "read_float", "read_varint", "write_varint"]

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_NAMES = {VARINT: "a varint", FIXED64: "8 fixed bytes", BYTES: "bytes with a length", FIXED32: "4 fixed bytes"}
_WIDTHS = {FIXED64: 8, FIXED32: 4}
_MAX_VARINT_BYTES = 10
_MAX_TAG = (1 << 32) - 1


class Message:
    """The fields of one message.

    Attributes:
        fields: number → (wire type, value) in the order of the file; a varint is an `int`, all else `bytes`.
        name: what errors call it.
    """

    __slots__ = ("fields", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.fields: dict[int, list[tuple[int, int | bytes]]] = {}

    def read(self, data: bytes, start: int = 0, end: int | None = None) -> None:
        """Add the fields that a part of some bytes holds; of a field that was there, later values follow.

        Raises:
            FormatError: the bytes are no message; says where.
        """
        at, end = start, len(data) if end is None else end
        while at < end:
            began = at
            tag, at = read_varint(data, at, end, self.name)
            number, wire = tag >> 3, tag & 7
            if tag > _MAX_TAG or not number:
                raise FormatError(f"{self.name}, byte {began}: {tag} names no field")
            value: int | bytes
            if wire == VARINT:
                value, at = read_varint(data, at, end, self.name)
            else:
                if wire == BYTES:
                    width, at = read_varint(data, at, end, self.name)
                elif wire in _WIDTHS:
                    width = _WIDTHS[wire]
                else:
                    raise FormatError(f"{self.name}, byte {began}: field {number} has the wire type {wire}, not used")
                if width > end - at:
                    raise FormatError(
                        f"{self.name}, byte {began}: field {number} is to have {width} bytes, and {end - at} are left"
                    )
                value = data[at : at + width]
                at += width
            self.fields.setdefault(number, []).append((wire, value))

    def last(self, number: int, wire: int) -> int | bytes | None:
        """Return the value of a field that stands once; of several the last one, None without any.

        Raises:
            FormatError: the field is there with another wire type.
        """
        values = self.all(number, wire)
        return values[-1] if values else None

    def all(self, number: int, wire: int) -> list[int | bytes]:
        """Return all values of a field.

        Raises:
            FormatError: the field is there with another wire type.
        """
        values = []
        for found, value in self.fields.get(number, ()):
            if found != wire:
                raise FormatError(
                    f"{self.name}: field {number} is {_NAMES[found]}, and {_NAMES[wire]} was expected; the file is "
                    "damaged, or of another format"
                )
            values.append(value)
        return values

    def text(self, number: int) -> str | None:
        """Return the value of a field that holds text, None without one.

        Raises:
            FormatError: it is no text.
        """
        value = self.last(number, BYTES)
        return decode(value, f"{self.name}, field {number}") if isinstance(value, bytes) else None

    def number(self, number: int) -> int | None:
        """Return the value of a field that holds a signed 32-bit number, None without one.

        Raises:
            FormatError: it is no number.
        """
        value = self.last(number, VARINT)
        if not isinstance(value, int):
            return None
        value &= (1 << 32) - 1
        return value - (1 << 32) if value >> 31 else value

    def part(self, number: int, name: str) -> Message | None:
        """Return the message a field holds, None without one; where it stands several times, they are one message.

        Raises:
            FormatError: it is no message.
        """
        values = self.all(number, BYTES)
        if not values:
            return None
        made = Message(name)
        for value in values:
            if isinstance(value, bytes):
                made.read(value)
        return made

    def put(self, number: int, value: int | bytes | str | None) -> None:
        """Give a field one value, or none."""
        if value is None:
            self.fields.pop(number, None)
        elif isinstance(value, int):
            self.fields[number] = [(VARINT, value & ((1 << 64) - 1))]
        else:
            self.fields[number] = [(BYTES, value.encode() if isinstance(value, str) else value)]

    def write(self) -> bytes:
        """Return the bytes of the message: fields by their number."""
        parts = []
        for number in sorted(self.fields):
            for wire, value in self.fields[number]:
                parts.append(write_varint(number << 3 | wire))
                if isinstance(value, int):
                    parts.append(write_varint(value))
                else:
                    if wire == BYTES:
                        parts.append(write_varint(len(value)))
                    parts.append(value)
        return b"".join(parts)


def read_varint(data: bytes, at: int, end: int, name: str) -> tuple[int, int]:
    """Return a number of variable length and where it ends.

    Raises:
        FormatError: it has no end.
    """
    value = 0
    for step, byte in enumerate(data[at : min(end, at + _MAX_VARINT_BYTES)]):
        value |= (byte & 0x7F) << 7 * step
        if byte < 0x80:
            return value & ((1 << 64) - 1), at + step + 1
    _no_end(name, at, end)


def write_varint(value: int) -> bytes:
    """Return the bytes of a number from 0 on."""
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


def read_float(value: bytes) -> float:
    """Return the number that four fixed bytes are."""
    return float(struct.unpack("<f", value)[0])


def decode(value: bytes, name: str) -> str:
    """Return bytes as text.

    Raises:
        FormatError: they are no UTF-8.
    """
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"{name}: expected UTF-8 text, found {value[:24]!r} ({error.reason})") from None


def _no_end(name: str, at: int, end: int) -> NoReturn:
    if end - at >= _MAX_VARINT_BYTES:
        raise FormatError(f"{name}, byte {at}: a number has more than {_MAX_VARINT_BYTES} bytes")
    raise FormatError(f"{name} is cut off at byte {end}, inside a number")
