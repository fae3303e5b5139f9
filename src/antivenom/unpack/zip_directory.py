"""The central directory of a zip: where it is, and what it lists.

Clients disagree on which end-of-directory record counts and from where offsets are counted. The
reading of Python's installers comes first; every other reading that holds together is kept too.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from antivenom.model.tree import AnomalyKind
from antivenom.unpack.ledger import Ledger
from antivenom.unpack.zip_extra import read_extra

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
CENTRAL = b"PK\x01\x02"
END = b"PK\x05\x06"
_TAIL = (64 << 10) + 22
_CANDIDATES = 16
_FULL32 = 0xFFFFFFFF
_FULL16 = 0xFFFF


@dataclass(slots=True)
class Entry:
    """One entry as the directory (or, when hidden, its local header) describes it."""

    raw: bytes
    flags: int
    method: int
    crc: int
    """-1 when nothing announces it."""
    packed: int
    size: int
    header: int
    """Where its local header stands."""
    mode: int = 0
    system: int = 0
    comment: int = 0
    data: int = -1
    """Where its compressed bytes start; -1 when the local header cannot be read."""
    end: int = -1
    oddities: list[tuple[AnomalyKind, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Directory:
    """One reading of the end of the archive."""

    start: int
    stop: int
    """End of the central directory."""
    base: int
    """Added to every offset: bytes in front of the archive."""
    count: int
    record: int
    """Where the records that end the archive begin, ZIP64 ones included."""
    end: int
    """Where the archive ends, its comment included."""
    comment: bytes = b""
    oddities: list[tuple[AnomalyKind, str]] = field(default_factory=list)


def directories(view: memoryview) -> list[Directory]:
    """Return every reading that holds together, the one of Python's zipfile first."""
    first = max(0, len(view) - _TAIL)
    tail = bytes(view[first:])
    found: list[Directory] = []
    at = tail.rfind(END)
    for _ in range(_CANDIDATES):
        if at < 0:
            break
        found.extend(_readings(view, first + at))
        at = tail.rfind(END, 0, at + 3)
    return found


def _readings(view: memoryview, at: int) -> Iterator[Directory]:
    """Yield the readings of one end record: counted back from it, and by its own offsets."""
    if at + _END.size > len(view):
        return
    _, disk, cd_disk, here, count, size, offset, comment = _END.unpack_from(view, at)
    stop = min(len(view), at + _END.size + comment)
    base = Directory(
        start=0,
        stop=0,
        base=0,
        count=count,
        record=at,
        end=stop,
        comment=bytes(view[at + 22 : stop]),
    )
    if at + _END.size + comment > len(view):
        base.oddities.append((AnomalyKind.HEADER_MISMATCH, "the comment ends behind the file"))
    wide = _zip64(view, at, base, (count, size, offset))
    if wide is not None:
        count, size, offset = wide
    elif (disk, cd_disk) != (0, 0) or here != count:
        base.oddities.append((AnomalyKind.HEADER_MISMATCH, "it claims to span several disks"))
    base.count = count
    yield from _placed(view, base, size, offset)


def _placed(view: memoryview, base: Directory, size: int, offset: int) -> Iterator[Directory]:
    """Yield the directory right before its end record, then at its announced offset."""
    starts = dict.fromkeys((base.record - size, offset))
    for number, start in enumerate(starts):
        if start >= 0 and start + size <= base.record and _plausible(view, start, size, base):
            yield Directory(
                start=start,
                stop=start + size,
                base=start - offset if number == 0 else 0,
                count=base.count,
                record=base.record,
                end=base.end,
                comment=base.comment,
                oddities=base.oddities,
            )


def _plausible(view: memoryview, start: int, size: int, base: Directory) -> bool:
    """An empty directory announces nothing; any other begins with its signature."""
    if size == 0:
        return base.count == 0
    return bytes(view[start : start + 4]) == CENTRAL


def _zip64(
    view: memoryview, at: int, base: Directory, narrow: tuple[int, int, int]
) -> tuple[int, int, int] | None:
    """Return count, size and offset of the ZIP64 record, None without one."""
    spot = at - _LOCATOR.size
    if spot < 0 or bytes(view[spot : spot + 4]) != b"PK\x06\x07":
        if _FULL32 in narrow[1:]:
            base.oddities.append((AnomalyKind.HEADER_MISMATCH, "its ZIP64 record is missing"))
        return None
    _, disk, offset, disks = _LOCATOR.unpack_from(view, spot)
    record = _end64(view, spot, offset)
    if record is None:
        base.oddities.append((AnomalyKind.HEADER_MISMATCH, "its ZIP64 record is not where it says"))
        return None
    where, wide = record
    base.record = where
    if where != offset and where != offset + (where - wide[1] - wide[2]):
        base.oddities.append((AnomalyKind.HEADER_MISMATCH, "two places for one ZIP64 record"))
    if disk or disks > 1:
        base.oddities.append((AnomalyKind.HEADER_MISMATCH, "it claims to span several disks"))
    for small, full, large in zip(narrow, (_FULL16, _FULL32, _FULL32), wide, strict=True):
        if small not in (full, large):
            detail = "the ZIP64 record and the end record disagree"
            base.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
            break
    return wide


def _end64(view: memoryview, spot: int, offset: int) -> tuple[int, tuple[int, int, int]] | None:
    """Look for the ZIP64 record before its locator, as Python does, then where it is announced."""
    for where in (spot - _END64.size, offset):
        if 0 <= where <= spot - _END64.size and bytes(view[where : where + 4]) == b"PK\x06\x06":
            values = _END64.unpack_from(view, where)
            return where, (values[7], values[8], values[9])
    return None


def entries(view: memoryview, directory: Directory, ledger: Ledger, where: str) -> list[Entry]:
    """Return what the directory lists, up to the limits; what is odd is noted on each entry."""
    found: list[Entry] = []
    at = directory.start
    while at + _CENTRAL.size <= directory.stop:
        if len(found) + ledger.entries >= ledger.limits.members + 1:
            break
        values = _CENTRAL.unpack_from(view, at)
        if values[0] != CENTRAL:
            directory.oddities.append((AnomalyKind.UNREADABLE, "the directory is damaged"))
            ledger.lose(where, "the central directory is damaged")
            break
        entry, at = _entry(view, at, values, directory)
        found.append(entry)
    else:
        _check_end(directory, len(found), at)
    return found


def _check_end(directory: Directory, listed: int, at: int) -> None:
    """Compare the directory's announced count and size with what was found."""
    if listed != directory.count:
        detail = f"{directory.count} entries are announced and {listed} listed"
        directory.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
    if at != directory.stop:
        detail = "the directory's size is not that of its entries"
        directory.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))


def _entry(
    view: memoryview, at: int, v: tuple[bytes | int, ...], directory: Directory
) -> tuple[Entry, int]:
    """Return the entry at `at` and where the next one starts."""
    _, made, _, flags, method, _, _, crc, packed, size, names, extras, comments = v[:13]
    disk, _, outer, header = v[13:]
    name_end = at + 46 + int(names)
    extra_end = name_end + int(extras)
    entry = Entry(
        bytes(view[at + 46 : name_end]),
        int(flags), int(method), int(crc), int(packed), int(size), int(header),
        int(outer) >> 16, int(made) >> 8, int(comments),
    )  # fmt: skip
    if extras:
        _widen(entry, bytes(view[name_end:extra_end]), int(disk))
    entry.header += directory.base
    return entry, extra_end + int(comments)


def _widen(entry: Entry, extra: bytes, disk: int) -> None:
    """Take 64-bit values from the extra field, and note what is wrong with it."""
    wanted = (entry.size == _FULL32, entry.packed == _FULL32, entry.header == _FULL32)
    found = read_extra(extra, entry.raw, wanted, disk=disk == _FULL16)
    entry.oddities += found.oddities
    size, packed, header = found.wide
    entry.size = entry.size if size is None else size
    entry.packed = entry.packed if packed is None else packed
    entry.header = entry.header if header is None else header
