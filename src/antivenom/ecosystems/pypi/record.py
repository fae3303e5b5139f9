"""RECORD against contents: what a wheel says it holds, and what it holds.

Installers check RECORD only after unpacking or not at all, and PyPI answers a mismatch with an
e-mail; a file added to a finished wheel shows here.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from antivenom.ecosystems.pypi.headers import decode
from antivenom.model.fact import Sighting
from antivenom.model.tree import Member, MemberError, MemberKind, Tree

RECORD_BYTES = 32 << 20
MOST = 200
"""Sightings of each kind; one more says how many were left out."""
_EXEMPT = ("RECORD", "RECORD.jws", "RECORD.p7s")
"""Below the metadata folder: cannot list themselves, or sign the list."""

Seen = tuple[str, int, Sighting]
Read = Callable[[Member], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of RECORD."""

    path: str
    algorithm: str
    digest: str
    size: int | None
    line: int


def parse_record(data: bytes) -> list[Row]:
    """Read RECORD; rows that are no rows are left out and then show as files not listed."""
    rows = []
    lines = decode(data[:RECORD_BYTES]).splitlines()
    try:
        for number, cells in enumerate(csv.reader(lines, strict=False), 1):
            if cells and cells[0]:
                algorithm, _, digest = (cells[1] if len(cells) > 1 else "").partition("=")
                size = cells[2] if len(cells) > 2 else ""
                rows.append(
                    Row(
                        path=cells[0],
                        algorithm=algorithm.lower(),
                        digest=digest.rstrip("="),
                        size=int(size) if size.isdecimal() and len(size) < 16 else None,
                        line=number,
                    )
                )
    except csv.Error:
        return rows
    return rows


def compare_record(
    tree: Tree, read: Read, sha256: Mapping[str, str] | None = None
) -> tuple[Seen, ...]:
    """Return what a wheel's RECORD and its files disagree about.

    `sha256` holds hex digests by member path where the caller has them already, and then a member
    without one was not read; otherwise members are read and hashed here.
    """
    members = {
        m.given or m.path: m
        for m in tree.members
        if m.depth == 0 and m.kind is not MemberKind.FOLDER
    }
    records = [p for p in members if p.endswith(".dist-info/RECORD") and p.count("/") == 1]
    seen: list[Seen] = []
    for record in records[:1]:
        try:
            rows = parse_record(read(members[record]))
        except MemberError:
            continue
        folder = record.partition("/")[0]
        seen += _capped(_unlisted(members, rows, folder, record))
        seen += _capped(_different(members, rows, record, read, sha256))
    return tuple(seen)


def _capped(found: Iterator[Seen]) -> list[Seen]:
    kept: list[Seen] = []
    more = 0
    for one in found:
        if len(kept) < MOST:
            kept.append(one)
        else:
            more += 1
    if more:
        member, _, sighting = kept[-1]
        value = f"and {more} more"
        kept.append((member, 0, Sighting(id=sighting.id, kind="archive", value=value)))
    return kept


def _unlisted(
    members: dict[str, Member], rows: list[Row], folder: str, record: str
) -> Iterator[Seen]:
    """Yield files RECORD does not list, and rows without a file."""
    listed = {row.path for row in rows}
    exempt = {f"{folder}/{name}" for name in _EXEMPT}
    for path in members:
        if path not in listed and path not in exempt:
            args = ("what=file not listed",)
            sighting = Sighting(
                id="archive.record-missing", kind="archive", value=path[:256], args=args
            )
            yield members[path].path, 0, sighting
    for row in rows:
        if row.path not in members and row.path not in exempt and not row.path.endswith("/"):
            args = ("what=listed file absent",)
            sighting = Sighting(
                id="archive.record-missing", kind="archive", value=row.path[:256], args=args
            )
            yield record, row.line, sighting


def _different(
    members: dict[str, Member],
    rows: list[Row],
    record: str,
    read: Read,
    sha256: Mapping[str, str] | None,
) -> Iterator[Seen]:
    """Yield files whose bytes are not the ones RECORD announces."""
    for row in rows:
        member = members.get(row.path)
        if member is None or row.path == record or not row.digest:
            continue
        if row.size is not None and row.size != member.size:
            what = f"size {row.size} announced, {member.size} found"
        else:
            what = _hash_difference(member, row, read, sha256)
        if what:
            args = (f"what={what}",)
            sighting = Sighting(
                id="archive.record-mismatch", kind="archive", value=row.path[:256], args=args
            )
            yield member.path, 0, sighting


def _hash_difference(member: Member, row: Row, read: Read, sha256: Mapping[str, str] | None) -> str:
    if row.algorithm not in ("sha256", "sha384", "sha512"):
        return f"hash {row.algorithm[:20]} is none that counts"
    if sha256 is not None and member.path not in sha256:
        return ""  # unread: the pipeline's coverage says so
    try:
        if row.algorithm == "sha256" and sha256 is not None:
            found = bytes.fromhex(sha256[member.path])
        else:
            found = hashlib.new(row.algorithm, read(member)).digest()
    except MemberError:
        return ""
    text = base64.urlsafe_b64encode(found).rstrip(b"=").decode()
    return "" if _same(text, found, row.digest) else "hash differs"


def _same(text: str, found: bytes, digest: str) -> bool:
    """Whether a written digest is this one; old tools wrote hex or the other alphabet."""
    if digest == text:
        return True
    try:
        return bytes.fromhex(digest) == found
    except (ValueError, binascii.Error):
        return digest.replace("+", "-").replace("/", "_") == text
