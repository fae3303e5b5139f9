"""Tar headers: the 512-byte block, the pax records that override it, numbers in two bases."""

from __future__ import annotations

from dataclasses import dataclass, field

from antivenom.model.tree import AnomalyKind
from antivenom.unpack.formats import is_tar
from antivenom.unpack.names import decode_utf8

BLOCK = 512
LONG_NAME, LONG_LINK = b"L", b"K"
PAX, PAX_GLOBAL, PAX_SUN = b"x", b"g", b"X"
SPARSE = b"S"
FILES = frozenset({b"0", b"\0", b"7", b"S"})
HARD_LINK, SYMLINK, FOLDER = b"1", b"2", b"5"
DEVICES = frozenset({b"3", b"4", b"6"})
WITHOUT_DATA = DEVICES | {HARD_LINK, SYMLINK, FOLDER}
"""Python's tarfile passes over no data for these, whatever size they announce."""
_SIZE_LIMIT = 1 << 60


@dataclass(slots=True)
class Header:
    """One header block."""

    name: str
    kind: bytes
    size: int
    mode: int
    link: str
    valid_name: bool
    sparse_more: bool = False
    sparse_size: int = 0
    oddities: list[tuple[AnomalyKind, str]] = field(default_factory=list)


def parse(block: bytes) -> Header | None:
    """Return the header, or None when the block is none."""
    if not is_tar(block):
        return None
    size, mode = number(block[124:136]), number(block[100:108])
    if size is None or not 0 <= size < _SIZE_LIMIT:
        return None
    raw = _cut(block[0:100])
    if block[257:262] == b"ustar" and block[257:265] != b"ustar  \0":
        lead = _cut(block[345:500])
        raw = lead + b"/" + raw if lead else raw
    name, valid = decode_utf8(raw)
    kind = block[156:157]
    if kind == b"\0" and name.endswith("/"):
        kind = FOLDER
    header = Header(name, kind, size, mode or 0, decode_utf8(_cut(block[157:257]))[0], valid)
    if kind == SPARSE:
        header.sparse_more = bool(block[482])
        header.sparse_size = number(block[483:495]) or 0
    return header


def number(raw: bytes) -> int | None:
    """Read an octal or base-256 number; None when it is neither."""
    if raw[0] in (0x80, 0xFF):
        value = int.from_bytes(raw[1:], "big")
        return value if raw[0] == 0x80 else value - (1 << 8 * (len(raw) - 1))
    text = _cut(raw).strip()
    if not text:
        return 0
    try:
        return int(text, 8)
    except ValueError:
        return None


def _cut(raw: bytes) -> bytes:
    at = raw.find(b"\0")
    return raw if at < 0 else raw[:at]


def pax_records(body: bytes) -> tuple[dict[str, str], list[str]]:
    """Return the records of a pax header, the last of a key winning, and what is wrong."""
    records: dict[str, str] = {}
    wrong: list[str] = []
    at = 0
    while at < len(body) and body[at] != 0:
        space = body.find(b" ", at, at + 20)
        digits = body[at:space] if space > at else b""
        if not digits.isdigit():
            return records, [*wrong, "a pax record is malformed"]
        end = at + int(digits)
        record = body[space + 1 : end]
        key, equals, value = record.partition(b"=")
        if end > len(body) or not equals or not value.endswith(b"\n") or end <= space:
            return records, [*wrong, "a pax record is malformed"]
        _keep(records, wrong, decode_utf8(key)[0], decode_utf8(value[:-1])[0])
        at = end
    return records, wrong


def _keep(records: dict[str, str], wrong: list[str], key: str, value: str) -> None:
    if key in ("path", "size", "linkpath") and records.get(key, value) != value:
        wrong.append(f"pax gives two values for {key}")
    records[key] = value
