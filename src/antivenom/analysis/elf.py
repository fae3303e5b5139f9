"""An ELF file as a loader reads it: what it imports, and where its code lies.

Read in place from the bytes of the member. The segments say where things are in memory and the
dynamic table what is imported, since nothing else decides what runs; the section table, which a
loader ignores, only tells where to look for packing. Every loop is bounded, nothing raises.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

MOST_SYMBOLS = 20_000
MOST_SECTIONS = 200
_MOST_SEGMENTS = 200
_MOST_DYNAMIC = 2000
_LONGEST = 300
"""Bytes of a name that are read."""

_LOAD, _DYNAMIC = 1, 2
_HASH, _STRTAB, _SYMTAB, _STRSZ, _GNU_HASH = 4, 5, 6, 10, 0x6FFFFEF5
_DYNSYM = 11
_EXECUTABLE = 4
_RUNS = 1
_IMPORTABLE = frozenset([1, 2])
"""Bindings, global and weak."""


class _Segment(NamedTuple):
    kind: int
    flags: int
    offset: int
    address: int
    size: int


class _Section(NamedTuple):
    name: int
    kind: int
    flags: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Elf:
    """What is needed of one file."""

    imports: tuple[str, ...]
    """Names of the symbols it takes from others."""
    sections: tuple[tuple[str, bool, int, int], ...]
    """(name, whether it holds code, offset, size); segments where there is no section table."""


def read_elf(data: bytes) -> Elf:
    """Read a file that begins with the magic number; what is damaged is left out."""
    return _Reader(data).read()


class _Reader:
    """One file in the layout that its own header proves."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._wide, self._order = _layout(data)
        header = self._row("HHIQQQIHHHHHH" if self._wide else "HHIIIIIHHHHHH", 16) or (0,) * 13
        self._segments_at, self._sections_at = header[4], header[5]
        self._segment_count, self._section_count, self._names = header[9], header[11], header[12]

    def read(self) -> Elf:
        """Return what the tables say."""
        segments = list(self._segments())
        sections = list(self._sections())
        found = tuple(self._named(sections))
        if not found:
            # Packers strip the section table; segments are what the kernel maps.
            found = tuple(("segment", bool(s.flags & _RUNS), s.offset, s.size) for s in segments)
        return Elf(imports=tuple(self._imports(segments, sections)), sections=found)

    # ------------------------------------------------------------------ tables

    def _row(self, shape: str, at: int) -> tuple[int, ...] | None:
        try:
            return struct.unpack_from(self._order + shape, self._data, at)
        except (struct.error, OverflowError):
            return None

    def _segments(self) -> Iterator[_Segment]:
        shape, size = ("IIQQQQQQ", 56) if self._wide else ("IIIIIIII", 32)
        for n in range(min(self._segment_count, _MOST_SEGMENTS)):
            row = self._row(shape, self._segments_at + n * size)
            if row is None:
                return
            if self._wide:
                yield _Segment(row[0], row[1], row[2], row[3], row[5])
            else:
                yield _Segment(row[0], row[6], row[1], row[2], row[4])

    def _sections(self) -> Iterator[_Section]:
        shape, size = ("IIQQQQIIQQ", 64) if self._wide else ("10I", 40)
        count = self._section_count if self._sections_at else 0
        for n in range(min(count, MOST_SECTIONS)):
            row = self._row(shape, self._sections_at + n * size)
            if row is None:
                return
            yield _Section(row[0], row[1], row[2], row[4], row[5], row[6])

    def _named(self, sections: list[_Section]) -> Iterator[tuple[str, bool, int, int]]:
        names = sections[self._names].offset if self._names < len(sections) else 0
        for section in sections:
            name = self._text(names + section.name) if names else ""
            yield name, bool(section.flags & _EXECUTABLE), section.offset, section.size

    def _text(self, at: int) -> str:
        end = self._data.find(b"\0", at, at + _LONGEST)
        return self._data[at : end if end >= 0 else at + _LONGEST].decode("latin-1")

    # ------------------------------------------------------------------ imports

    def _imports(self, segments: list[_Segment], sections: list[_Section]) -> Iterator[str]:
        symbols, strings, count = self._dynamic(segments) or self._dynsym(sections)
        shape, size = ("IBBHQQ", 24) if self._wide else ("IIIBBH", 16)
        for n in range(1, min(count, MOST_SYMBOLS)):
            row = self._row(shape, symbols + n * size)
            if row is None:
                return
            info, home = (row[1], row[3]) if self._wide else (row[3], row[5])
            if not home and info >> 4 in _IMPORTABLE and row[0]:
                name = self._text(strings + row[0])
                if name:
                    yield name

    def _dynamic(self, segments: list[_Segment]) -> tuple[int, int, int] | None:
        """Return where symbols and their names lie and how many there are."""
        table = self._tags(segments)
        symbols = self._place(segments, table.get(_SYMTAB, 0))
        strings = self._place(segments, table.get(_STRTAB, 0))
        if symbols is None or strings is None:
            return None
        counts = [self._counted(segments, table), self._sorted(segments, table)]
        known = [count for count in counts if count]
        if known:
            return symbols, strings, max(known)
        # No table to find symbols by name: the names mostly follow the symbols.
        between = (strings - symbols) // (24 if self._wide else 16)
        return symbols, strings, between if between > 0 else MOST_SYMBOLS

    def _tags(self, segments: list[_Segment]) -> dict[int, int]:
        shape, size = ("QQ", 16) if self._wide else ("II", 8)
        table: dict[int, int] = {}
        at = next((s.offset for s in segments if s.kind == _DYNAMIC), None)
        for n in range(_MOST_DYNAMIC if at is not None else 0):
            row = self._row(shape, (at or 0) + n * size)
            if row is None or not row[0]:
                break
            table[row[0]] = row[1]
        return table

    def _place(self, segments: list[_Segment], address: int) -> int | None:
        """Return where in the file an address of the loaded image is."""
        for s in segments if address else ():
            if s.kind == _LOAD and s.address <= address < s.address + s.size:
                return s.offset + address - s.address
        return None

    def _counted(self, segments: list[_Segment], table: dict[int, int]) -> int:
        """Return the number of symbols that the older hash table names."""
        at = self._place(segments, table.get(_HASH, 0))
        row = self._row("II", at) if at is not None else None
        return row[1] if row else 0

    def _sorted(self, segments: list[_Segment], table: dict[int, int]) -> int:
        """Return the first symbol of the newer hash table: what is imported stands before it."""
        at = self._place(segments, table.get(_GNU_HASH, 0))
        row = self._row("II", at) if at is not None else None
        return row[1] if row else 0

    def _dynsym(self, sections: list[_Section]) -> tuple[int, int, int]:
        """Return the same by the section table, which is all that an object file has."""
        for section in sections:
            if section.kind == _DYNSYM and section.link < len(sections):
                count = section.size // (24 if self._wide else 16)
                return section.offset, sections[section.link].offset, count
        return 0, 0, 0


def _layout(data: bytes) -> tuple[bool, str]:
    """Return whether addresses are wide, and the byte order.

    Kernels look at neither of the two bytes that say so, but at the size of a table's row.
    """
    wide, order = data[4:5] != b"\1", ">" if data[5:6] == b"\2" else "<"
    other = "<" if order == ">" else ">"
    for far, way in ((wide, order), (not wide, order), (wide, other), (not wide, other)):
        at, size = (54, 56) if far else (42, 32)
        if data[at : at + 2] == struct.pack(way + "H", size):
            return far, way
    return wide, order
