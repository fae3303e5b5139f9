"""Local headers of a zip against its directory, and the bytes that no entry describes.

A client that reads the archive front to back believes local headers; one that starts at the end
believes the directory. Where the two differ, code can hide from whoever reads the other one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator

from antivenom.model.tree import AnomalyKind
from antivenom.unpack.blob import find_all, nonzero, pieces
from antivenom.unpack.zip_directory import Entry
from antivenom.unpack.zip_extra import read_extra

_LOCAL = struct.Struct("<4s5H3L2H")
LOCAL = b"PK\x03\x04"
_SIGNED = b"PK\x07\x08"
_FULL32 = 0xFFFFFFFF
ENCRYPTED = 0x0001
DESCRIBED_LATER = 0x0008
UTF8 = 0x0800
MASKED = 0x2000
_COMPARED = ENCRYPTED | DESCRIBED_LATER
_PIECE = 64 << 10
_MEASURED = 64 << 20


def local_entry(view: memoryview, at: int) -> Entry | None:
    """Return the entry a local header describes, None when there is none at `at`."""
    if at < 0 or at + _LOCAL.size > len(view):
        return None
    signature, _, flags, method, _, _, crc, packed, size, names, extras = _LOCAL.unpack_from(
        view, at
    )
    if signature != LOCAL:
        return None
    name_end = at + _LOCAL.size + names
    data = name_end + extras
    if data > len(view):
        return None
    entry = Entry(bytes(view[at + 30 : name_end]), flags, method, crc, packed, size, at)
    entry.data = data
    if extras:
        _widen(entry, bytes(view[name_end:data]))
    entry.end = data + entry.packed
    return entry


def _widen(entry: Entry, extra: bytes) -> None:
    wanted = (entry.size == _FULL32, entry.packed == _FULL32, False)
    found = read_extra(extra, entry.raw, wanted)
    entry.oddities += found.oddities
    size, packed, _ = found.wide
    entry.size = entry.size if size is None else size
    entry.packed = entry.packed if packed is None else packed


def check(view: memoryview, entry: Entry) -> Entry | None:
    """Compare an entry with its local header; return the local reading when it is another one."""
    local = local_entry(view, entry.header)
    if local is None:
        entry.oddities.append((AnomalyKind.HEADER_MISMATCH, "it has no local header"))
        return None
    entry.data = local.data
    entry.end = local.data + entry.packed
    if entry.end > len(view):
        entry.oddities.append((AnomalyKind.TRUNCATED, "its bytes end behind the file"))
    entry.oddities += [odd for odd in local.oddities if odd not in entry.oddities]
    other = _differences(entry, local)
    if entry.flags & DESCRIBED_LATER:
        _descriptor(view, entry)
    return local if other else None


def _differences(entry: Entry, local: Entry) -> bool:
    """Note each field on which the two headers disagree; True when the contents may differ."""
    differing = []
    if entry.raw != local.raw:
        differing.append("name")
    if entry.method != local.method:
        differing.append("method")
    if (entry.flags ^ local.flags) & _COMPARED:
        differing.append("flags")
    later = local.flags & DESCRIBED_LATER
    for label, mine, theirs in (
        ("checksum", entry.crc, local.crc),
        ("packed size", entry.packed, local.packed),
        ("size", entry.size, local.size),
    ):
        if mine != theirs and not (later and theirs in (0, _FULL32)):
            differing.append(label)
    if differing:
        detail = f"local header and directory disagree: {', '.join(differing)}"
        entry.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
    return not {"name", "method", "packed size"}.isdisjoint(differing)


def _descriptor(view: memoryview, entry: Entry) -> None:
    """Find the data descriptor behind an entry and compare it with the directory."""
    block = bytes(view[entry.end : entry.end + 24])
    narrow = struct.pack("<3L", entry.crc, entry.packed & _FULL32, entry.size & _FULL32)
    wide = struct.pack("<LQQ", entry.crc, entry.packed, entry.size)
    for form in (_SIGNED + wide, _SIGNED + narrow, wide, narrow):
        if block.startswith(form):
            entry.end += len(form)
            return
    if entry.packed or block.startswith(_SIGNED):
        detail = "its data descriptor is missing or disagrees"
        entry.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))


def gaps(entries: Iterable[Entry], taken: Iterable[tuple[int, int]], end: int) -> tuple[
    list[tuple[int, int]], list[Entry]
]:  # fmt: skip
    """Return the ranges nothing describes, and the entries that share bytes with others."""
    ranges: list[tuple[int, int, Entry | None]] = [(a, b, None) for a, b in taken]
    ranges += [(e.header, e.end, e) for e in entries if e.data >= 0]
    ranges.sort(key=lambda r: (r[0], r[1]))
    empty: list[tuple[int, int]] = []
    shared: list[Entry] = []
    at = 0
    for start, stop, entry in ranges:
        if start > at:
            empty.append((at, start))
        elif start < at and entry is not None:
            shared.append(entry)
        at = max(at, stop)
    if at < end:
        empty.append((at, end))
    return empty, shared


def is_padding(view: memoryview, start: int, end: int) -> bool:
    """Tell whether a range holds nothing but zero bytes."""
    return nonzero(pieces(view, start, end)) < 0


def hidden(view: memoryview, start: int, end: int, go_on: Callable[[], bool]) -> Iterator[Entry]:
    """Yield the entries whose local headers stand in a range no entry describes."""
    at = start
    for spot in find_all(view, LOCAL, start, end):
        if spot < at:
            continue
        if not go_on():
            return
        entry = local_entry(view, spot)
        if entry is None or not entry.raw or entry.data > end:
            continue
        if entry.flags & DESCRIBED_LATER and not entry.packed:
            _measure(view, entry, end)
        entry.end = min(end, entry.data + entry.packed)
        yield entry
        at = entry.end


def _measure(view: memoryview, entry: Entry, end: int) -> None:
    """Find where an entry without sizes ends, by its own end mark; its checksum stays unknown."""
    entry.crc = -1
    if entry.method == 0:
        stop = next(find_all(view, _SIGNED, entry.data, end), end)
        entry.packed = entry.size = stop - entry.data
        return
    engine, at, size, feed = zlib.decompressobj(-15), entry.data, 0, b""
    try:
        while not engine.eof and size <= _MEASURED and (feed or at < end):
            if not feed:
                feed = bytes(view[at : min(end, at + _PIECE)])
                at += len(feed)
            size += len(engine.decompress(feed, _PIECE))
            feed = engine.unconsumed_tail
    except zlib.error:
        feed = b""
    rest = len(engine.unused_data) if engine.eof else len(feed)
    entry.packed, entry.size = max(0, at - rest - entry.data), size
