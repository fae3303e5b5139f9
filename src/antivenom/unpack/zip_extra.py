"""Extra fields of zip entries: 64-bit sizes and Unicode paths, where parsers part company."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from antivenom.model.tree import AnomalyKind

_ZIP64 = 0x0001
_UNICODE_PATH = 0x7075
_STRONG = 0x0017
_AES = 0x9901

Wide = tuple[int | None, int | None, int | None]


@dataclass(slots=True)
class Extra:
    """What an extra field says."""

    wide: Wide = (None, None, None)
    """Size, packed size and header offset in 64 bits, where the header had no room."""
    path: bytes | None = None
    """A Unicode path that some clients prefer to the name."""
    oddities: list[tuple[AnomalyKind, str]] = field(default_factory=list)


def read_extra(
    extra: bytes, name: bytes, wanted: tuple[bool, bool, bool], *, disk: bool = False
) -> Extra:
    """Read an extra field; `wanted` says which values the header left to it."""
    found = Extra()
    seen: set[int] = set()
    for tag, body in _fields(extra, found):
        if tag in (_ZIP64, _UNICODE_PATH) and tag in seen:
            found.oddities.append((AnomalyKind.HEADER_MISMATCH, "an extra field stands twice"))
            continue
        seen.add(tag)
        if tag == _ZIP64:
            _read_wide(body, wanted, found, disk=disk)
        elif tag == _UNICODE_PATH:
            _read_path(body, name, found)
    if any(wanted[:2]) and _ZIP64 not in seen:
        found.oddities.append((AnomalyKind.HEADER_MISMATCH, "its 64-bit sizes are missing"))
    return found


def _fields(extra: bytes, found: Extra) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, body); padding shorter than a header is common and harmless."""
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack_from("<HH", extra, at)
        body = extra[at + 4 : at + 4 + size]
        if len(body) < size:
            if tag or extra[at:].strip(b"\0"):
                detail = "an extra field is cut off"
                found.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
            return
        yield tag, body
        at += 4 + size


def _read_wide(body: bytes, wanted: tuple[bool, bool, bool], found: Extra, *, disk: bool) -> None:
    """Take the 64-bit values in their fixed order; only those the header left out are there."""
    need = 8 * sum(wanted)
    if len(body) < need:
        found.oddities.append((AnomalyKind.HEADER_MISMATCH, "its ZIP64 field is too short"))
        return
    values = iter(struct.unpack_from(f"<{sum(wanted)}Q", body))
    size, packed, header = (next(values) if want else None for want in wanted)
    found.wide = (size, packed, header)
    if len(body) not in (need, need + 4 * disk, 16, 24, 28):
        found.oddities.append((AnomalyKind.HEADER_MISMATCH, "its ZIP64 field has a wrong size"))


def _read_path(body: bytes, name: bytes, found: Extra) -> None:
    """A Unicode path counts for some clients when its checksum is that of the name."""
    if len(body) < 6 or body[0] != 1:
        found.oddities.append((AnomalyKind.NAME_ENCODING, "its Unicode path field is malformed"))
        return
    checksum = int.from_bytes(body[1:5], "little")
    if checksum == zlib.crc32(name):
        found.path = body[5:]
        if found.path != name and name.isascii():
            detail = "its Unicode path is another name"
            found.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
    else:
        detail = "its Unicode path belongs to another name"
        found.oddities.append((AnomalyKind.NAME_ENCODING, detail))
