"""One file of named arrays, mapped into memory and read in place.

    magic (8) · header size (u32) · zero (u32) · header (JSON) · padding · sections

Sections are arrays of little-endian unsigned numbers (1, 4 or 8 bytes each) or plain bytes, each
beginning at a multiple of 8. Opening reads the header alone, whatever the size of the file.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import sys
from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from antivenom.errors import ConfigError

MAGIC = b"AVLIKE03"
_LENGTHS = {"B": 1, "I": 4, "Q": 8}
_PREFIX = 16
_MOST_HEADER = 1 << 20

Values: TypeAlias = "array[int] | bytes"


class Section(Struct, frozen=True):
    """Where an array lies in the file and what its items are."""

    offset: int
    count: int
    kind: Literal["B", "I", "Q"]
    """``B`` bytes, ``I`` 32-bit, ``Q`` 64-bit numbers."""


class Header(Struct, frozen=True):
    """What a file says of itself."""

    what: str
    """``likeness`` or ``known-good``."""
    digest: str
    """sha256 over the sections: two files with one digest answer alike."""
    sections: dict[str, Section]
    notes: dict[str, str] = {}


class Container:
    """A file of arrays, open for reading."""

    def __init__(self, header: Header, data: memoryview) -> None:
        self.header = header
        self.size = len(data)
        self._data = data

    @classmethod
    def open(cls, path: Path, what: str) -> Container:
        """Map a file into memory. Raises `ConfigError` for anything that is not such a file."""
        try:
            with path.open("rb") as file:
                data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path}: cannot be opened: {error}") from None
        return cls.of(data, what, str(path))

    @classmethod
    def of(cls, data: memoryview, what: str, name: str = "index") -> Container:
        """Read the header of a file that is in memory already."""
        try:
            header = _header(data)
            _check(header, len(data), what)
        except (ValueError, msgspec.DecodeError) as error:
            hint = "build it again with this version: antivenom catalog index build"
            raise ConfigError(f"{name}: not a {what} file: {error}", hint=hint) from None
        return cls(header, data)

    def numbers(self, name: str) -> memoryview:
        """Return an array; items are read from the file when somebody looks at them."""
        section = self.header.sections[name]
        end = section.offset + section.count * _LENGTHS[section.kind]
        return self._data[section.offset : end].cast(section.kind)

    def bytes(self, name: str) -> memoryview:
        """Return a section of plain bytes."""
        return self.numbers(name)


def _header(data: memoryview) -> Header:
    if sys.byteorder != "little":
        raise ValueError("this machine orders bytes the other way")
    if bytes(data[:8]) != MAGIC:
        raise ValueError("it begins with something else")
    size = int.from_bytes(data[8:12], "little")
    if size > _MOST_HEADER or _PREFIX + size > len(data):
        raise ValueError("it is cut off")
    return msgspec.json.decode(data[_PREFIX : _PREFIX + size], type=Header)


def _check(header: Header, size: int, what: str) -> None:
    if header.what != what:
        raise ValueError(f"it is a {header.what} file")
    for name, section in header.sections.items():
        width = _LENGTHS.get(section.kind, 0)
        end = section.offset + section.count * width
        if not width or section.offset % 8 or section.count < 0 or not 0 < section.offset <= end:
            raise ValueError(f"section {name} is nonsense")
        if end > size:
            raise ValueError(f"section {name} is cut off")


def pack(what: str, arrays: Mapping[str, Values], notes: Mapping[str, str] | None = None) -> bytes:
    """Return the bytes of a file; the same arrays give the same bytes."""
    blocks: list[tuple[str, Literal["B", "I", "Q"], bytes]] = []
    total = hashlib.sha256()
    for name, values in sorted(arrays.items()):
        block = values if isinstance(values, bytes) else values.tobytes()
        kind: Literal["B", "I", "Q"] = "B" if isinstance(values, bytes) else _kind(values)
        total.update(f"{name}\0{kind}\0{len(block)}\0".encode())
        total.update(block)
        blocks.append((name, kind, block))
    kept = dict(sorted((notes or {}).items()))
    room = 256 + sum(len(k) + len(v) for k, v in kept.items()) * 6 + 120 * len(blocks)
    sections, at = {}, _aligned(_PREFIX + room)
    for name, kind, block in blocks:
        sections[name] = Section(at, len(block) // _LENGTHS[kind], kind)
        at = _aligned(at + len(block))
    header = msgspec.json.encode(Header(what, total.hexdigest(), sections, kept)).ljust(room)
    out = bytearray(MAGIC + len(header).to_bytes(4, "little") + bytes(4) + header)
    for name, _, block in blocks:
        out += bytes(sections[name].offset - len(out)) + block
    return bytes(out)


def write(path: Path, data: bytes) -> None:
    """Put a file in its place in one step, so that who has the old one open keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)


def numbers(kind: str, values: Iterable[int]) -> array[int]:
    """Return an array of ``I`` or ``Q`` as files keep them."""
    return array(kind, values)


def _kind(values: array[int]) -> Literal["I", "Q"]:
    return "I" if values.itemsize == 4 else "Q"


def _aligned(size: int) -> int:
    return -(-size // 8) * 8
