"""A zip as members and anomalies: what its directory lists, then what it does not."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from antivenom.model.tree import AnomalyKind, Member, MemberError, MemberKind
from antivenom.unpack import zip_read
from antivenom.unpack.blob import Blob, Shelf
from antivenom.unpack.formats import HEAD, Format, sniff
from antivenom.unpack.ledger import Ledger
from antivenom.unpack.names import decode_utf8, escapes, tidy
from antivenom.unpack.zip_directory import Directory, Entry, directories, entries
from antivenom.unpack.zip_local import (
    ENCRYPTED,
    MASKED,
    UTF8,
    check,
    gaps,
    hidden,
    is_padding,
    local_entry,
)

_COMMIT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DEFLATE_BEST = 1040
"""Deflate cannot shrink more than this many times."""
_UNIX = frozenset({3, 19})
_LINK_TARGET = 4096
_SEARCHED = 4

Inner = Callable[[Member, Blob, bytes], None]
"""Opens a member that is an archive itself."""


@dataclass(slots=True, kw_only=True)
class ZipWalk:
    """One zip, at one place in the artifact."""

    ledger: Ledger
    shelf: Shelf
    blob: Blob
    prefix: str
    depth: int
    inner: Inner
    view: memoryview
    known: set[tuple[int, bytes, int, int]] = field(default_factory=set)
    """Readings of local headers already given: offset, name, method, packed size."""
    searched: int = 0
    """Bytes searched for hidden entries: ranges may overlap, the search stays linear."""

    def walk(self) -> bool:
        """Add all members; False when this is no zip at all."""
        readings = directories(self.view)
        if readings:
            self._directory(readings)
            return True
        if local_entry(self.view, 0) is None:
            return False
        detail = "it has no central directory"
        self.ledger.note(AnomalyKind.TRUNCATED, self._where, detail)
        self.ledger.lose(self._where, detail)
        self._search(0, len(self.view), secret=False)
        return True

    @property
    def _where(self) -> str:
        return self.prefix.removesuffix("!/")

    def _directory(self, readings: list[Directory]) -> None:
        main = readings[0]
        listed = entries(self.view, main, self.ledger, self._where)
        others = [(e, o) for e in listed if (o := check(self.view, e)) is not None]
        for kind, detail in main.oddities:
            self.ledger.note(kind, self._where, detail)
        self._comments(main, listed)
        ends = [(main.start, main.stop), (main.record, main.end)]
        empty, shared = gaps(listed, ends, len(self.view))
        self._emit(listed, secret=False)
        for entry in shared:
            detail = "it shares bytes with another entry"
            self.ledger.note(AnomalyKind.HEADER_MISMATCH, self._path(entry), detail)
        for entry, other in others:
            self._other_reading(entry, other)
        for start, end in empty:
            self._gap(start, end, main)
        self._alternatives(readings, listed)

    def _comments(self, main: Directory, listed: list[Entry]) -> None:
        """Note comments, where a second archive could hide; a commit id is git's own habit."""
        if main.comment and not _COMMIT.fullmatch(main.comment):
            detail = f"the archive has a comment of {len(main.comment)} bytes"
            self.ledger.note(AnomalyKind.COMMENT, self._where, detail)
        for entry in listed:
            if entry.comment:
                detail = f"the entry has a comment of {entry.comment} bytes"
                self.ledger.note(AnomalyKind.COMMENT, self._path(entry), detail)

    def _other_reading(self, entry: Entry, other: Entry) -> None:
        """Add what a client reads that believes the local header."""
        if not other.packed and entry.packed:
            other.packed, other.size, other.crc = entry.packed, entry.size, entry.crc
        other.end = min(len(self.view), other.data + other.packed)
        self._emit([other], secret=True)
        if other.end < entry.end:
            self._search(other.end, entry.end)

    def _gap(self, start: int, end: int, main: Directory) -> None:
        """Say what stands in a range that no entry describes, and add entries hidden there."""
        if is_padding(self.view, start, end):
            return
        size, before = end - start, start == 0
        kind, detail = AnomalyKind.UNLISTED_BYTES, f"{size} bytes belong to no entry"
        if before:
            kind, detail = self._front(start, end)
        elif start >= main.end:
            kind, detail = AnomalyKind.TRAILING_DATA, f"{size} bytes follow the archive"
        self.ledger.note(kind, self._where, detail)
        self._search(start, end)

    def _search(self, start: int, end: int, *, secret: bool = True) -> None:
        """Add entries whose local headers stand in a range."""
        self.searched += end - start
        if self.searched > _SEARCHED * len(self.view):
            self.ledger.cut(AnomalyKind.FLOOD, self._where, "too many entries share their bytes")
            return
        go_on = partial(self.ledger.header, self._where)
        self._emit(hidden(self.view, start, end, go_on), secret=secret)

    def _front(self, start: int, end: int) -> tuple[AnomalyKind, str]:
        """Tell a second file in front of the archive from stray bytes."""
        found = sniff(self.view[start : min(end, start + HEAD)])
        if found in (Format.UNKNOWN, Format.ZIP):
            return AnomalyKind.UNLISTED_BYTES, f"{end} bytes stand before the first entry"
        return AnomalyKind.POLYGLOT, f"it begins as {found} and ends as a zip"

    def _alternatives(self, readings: list[Directory], listed: list[Entry]) -> None:
        """Add what another directory lists, unless it is the directory of a nested archive."""
        seen = {(readings[0].start, readings[0].base)}
        for other in readings[1:]:
            inside = any(e.data <= other.record < e.end for e in listed if e.data >= 0)
            if inside or (other.start, other.base) in seen:
                continue
            seen.add((other.start, other.base))
            detail = "a second central directory can be read"
            self.ledger.note(AnomalyKind.POLYGLOT, self._where, detail)
            extra = entries(self.view, other, self.ledger, self._where)
            for entry in extra:
                check(self.view, entry)
            self._emit(extra, secret=True)

    def _emit(self, found: Iterable[Entry], *, secret: bool) -> None:
        """Add entries as members while the budgets last."""
        for entry in found:
            reading = (entry.header, entry.raw, entry.method, entry.packed)
            if secret and reading in self.known:
                continue
            self.known.add(reading)
            path = self._path(entry)
            if not self.ledger.admit(path):
                return
            if not self._one(entry, path, secret=secret):
                return

    def _one(self, entry: Entry, path: str, *, secret: bool) -> bool:
        readable = self._readable(entry, path)
        if readable and not self.ledger.charge(max(0, entry.size), path):
            return False
        member = self.ledger.add(self._member(entry, path), spelled=self._spelled(entry))
        for kind, detail in entry.oddities:
            self.ledger.note(kind, member.path, detail)
        self._disguise(entry, member)
        if secret:
            detail = "the central directory does not list it like this"
            self.ledger.note(AnomalyKind.HIDDEN_ENTRY, member.path, detail)
        if readable and member.kind is MemberKind.FILE and entry.packed > 21:
            self._maybe_inner(entry, member)
        return True

    def _maybe_inner(self, entry: Entry, member: Member) -> None:
        """Hand a member on that begins like an archive."""
        start = zip_read.head(self.view, entry, HEAD)
        if entry.method == zip_read.STORED:
            outer, data, end = self.blob, entry.data, entry.data + entry.packed
            blob = Blob(self.shelf, lambda: outer.view()[data:end], keep=False)
        else:
            blob = Blob(self.shelf, member.read, keep=True)
        self.inner(member, blob, start)

    def _readable(self, entry: Entry, path: str) -> bool:
        """Note why an entry's bytes cannot be had; True when they probably can."""
        reason = self._obstacle(entry)
        if reason is None:
            return True
        kind, detail = reason
        self.ledger.note(kind, path, detail)
        self.ledger.lose(path, detail)
        return False

    def _obstacle(self, entry: Entry) -> tuple[AnomalyKind, str] | None:
        if entry.flags & (ENCRYPTED | MASKED):
            return AnomalyKind.ENCRYPTED, "it is encrypted"
        if entry.data < 0:
            return AnomalyKind.UNREADABLE, "its local header cannot be read"
        if entry.method not in zip_read.READABLE:
            detail = f"compression method {entry.method} cannot be read"
            return AnomalyKind.COMPRESSION_METHOD, detail
        if entry.size > self.ledger.limits.member_bytes:
            return AnomalyKind.OVERSIZE, f"it announces {entry.size} bytes"
        if entry.raw.endswith(b"/") and entry.size:
            detail = "named like a folder, yet it holds bytes"
            entry.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
        if entry.method == zip_read.STORED and entry.size != entry.packed:
            entry.oddities.append((AnomalyKind.HEADER_MISMATCH, "stored, yet of two sizes"))
            entry.size = entry.packed
        if entry.method == zip_read.DEFLATED and entry.size > _DEFLATE_BEST * (entry.packed + 1):
            detail = f"{entry.packed} compressed bytes cannot become {entry.size}"
            return AnomalyKind.OVERSIZE, detail
        if entry.method not in (zip_read.STORED, zip_read.DEFLATED):
            detail = f"compression method {entry.method} is unusual"
            entry.oddities.append((AnomalyKind.COMPRESSION_METHOD, detail))
        return None

    def _member(self, entry: Entry, path: str) -> Member:
        mode = entry.mode if entry.system in _UNIX else 0
        folder = entry.raw.endswith((b"/", b"\\")) and not entry.size
        return Member(
            path=path,
            size=max(0, entry.size),
            kind=MemberKind.FOLDER if folder else MemberKind.FILE,
            read=partial(zip_read.read, self.blob, entry, self.ledger.limits.member_bytes),
            mode=(mode or 0o644) & 0o7777,
            depth=self.depth,
        )

    def _disguise(self, entry: Entry, member: Member) -> None:
        """Note a file whose mode says that it is none.

        Installers of zips write the contents whatever the mode says, so they are read as a file:
        one bit would hide a module otherwise.
        """
        mode = entry.mode if entry.system in _UNIX else 0
        if member.kind is not MemberKind.FILE:
            return
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or stat.S_ISFIFO(mode):
            detail = "marked as a device or pipe, yet installers write a file"
            self.ledger.note(AnomalyKind.DEVICE, member.path, detail)
        elif stat.S_ISLNK(mode):
            target = _target(member, entry)
            if escapes(self._spelled(entry), target, from_top=False):
                detail = f"a link to {target[:200]}, outside the tree"
                self.ledger.note(AnomalyKind.LINK_ESCAPE, member.path, detail)
            elif self.depth == 0:
                detail = f"a link to {target[:200]}"
                self.ledger.note(AnomalyKind.LINK, member.path, detail)

    def _path(self, entry: Entry) -> str:
        return self.prefix + (tidy(self._spelled(entry)) or "?")

    def _spelled(self, entry: Entry) -> str:
        """Return the name as text, noting on the entry when clients will disagree on it."""
        if entry.raw.isascii():
            return entry.raw.decode("ascii")[: self.ledger.limits.name_bytes]
        text, valid = decode_utf8(entry.raw)
        odd = (AnomalyKind.NAME_ENCODING, "its name is not in a declared encoding")
        if not (valid and entry.flags & UTF8) and odd not in entry.oddities:
            entry.oddities.append(odd)
        return text[: self.ledger.limits.name_bytes]


def _target(member: Member, entry: Entry) -> str:
    """Return where a link points; its bytes are the path."""
    if entry.size > _LINK_TARGET:
        return "what no path can be"
    try:
        return decode_utf8(member.read())[0]
    except MemberError:
        return ""
