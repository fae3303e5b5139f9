"""A tar as members and anomalies: entries in order, then what stands behind the end mark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from antivenom.model.tree import AnomalyKind, Member, MemberError, MemberKind
from antivenom.unpack import tar_header as th
from antivenom.unpack.blob import Blob, Shelf, nonzero
from antivenom.unpack.formats import HEAD
from antivenom.unpack.ledger import Ledger
from antivenom.unpack.names import decode_utf8, tidy
from antivenom.unpack.source import Source
from antivenom.unpack.tar_header import BLOCK, Header

_STEP = 256 << 10
_PAX_BYTES = 1 << 20
_KINDS = {
    th.HARD_LINK: MemberKind.HARDLINK,
    th.SYMLINK: MemberKind.SYMLINK,
    th.FOLDER: MemberKind.FOLDER,
    **dict.fromkeys(th.DEVICES, MemberKind.DEVICE),
}

Inner = Callable[[Member, Blob, bytes], None]


@dataclass(slots=True)
class _Ahead:
    """What extension headers say about the entry that follows them."""

    name: str | None = None
    link: str | None = None
    pax: dict[str, str] = field(default_factory=dict)
    oddities: list[tuple[AnomalyKind, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class TarWalk:
    """One tar, at one place in the artifact."""

    ledger: Ledger
    shelf: Shelf
    source: Source
    prefix: str
    depth: int
    inner: Inner
    secret: bool = False
    """What is met now is not seen by a client that stops at the end mark."""
    everywhere: dict[str, str] = field(default_factory=dict)
    """Global pax records."""
    starts: set[int] = field(default_factory=set)
    """Where members' bytes begin."""
    end: int = 0

    def walk(self) -> None:
        """Add all members, then look behind the end."""
        at = self._run(0, None)
        while not self.ledger.flooded:
            again = self._behind(at)
            if again < 0:
                return
            self.secret = True
            at = self._run(again, None)

    @property
    def _where(self) -> str:
        return self.prefix.removesuffix("!/")

    def _note(self, kind: AnomalyKind, detail: str) -> None:
        self.ledger.note(kind, self._where, detail)

    def _run(self, at: int, stop: int | None) -> int:
        """Follow headers from `at` until an end mark, damage or `stop`; return where that is."""
        ahead = _Ahead()
        while (stop is None or at < stop) and not self.ledger.flooded:
            block = self.source.slice(at, BLOCK)
            if len(block) < BLOCK or not block.strip(b"\0"):
                self._ended(at, block, ahead)
                return at + len(block)
            header = th.parse(block)
            if header is None:
                self._damaged(at)
                return at
            after = self._extension(header, at + BLOCK, ahead)
            if after is None:
                after = self._entry(header, at + BLOCK, ahead)
                ahead = _Ahead()
            at = after
        return at

    def _ended(self, at: int, block: bytes, ahead: _Ahead) -> None:
        """Note an end that is not an end mark."""
        self.end = self.end or at
        if 0 < len(block) < BLOCK or ahead.pax or ahead.name is not None:
            self._note(AnomalyKind.TRUNCATED, "it ends within an entry")
            self.ledger.lose(self._where, "the tar ends within an entry")

    def _damaged(self, at: int) -> None:
        self.end = self.end or at
        if not self.secret:
            self._note(AnomalyKind.UNREADABLE, f"no header where one should be, at byte {at}")
            self.ledger.lose(self._where, "the tar is damaged")

    def _behind(self, at: int) -> int:
        """Return where entries go on behind the end, or -1; note bytes that are no padding."""
        found = nonzero(self._pieces(at))
        if found < 0:
            return -1
        again = found - found % BLOCK
        if th.parse(self.source.slice(again, BLOCK)) is not None:
            return again
        if not self.secret:
            self._note(AnomalyKind.TRAILING_DATA, "bytes follow the end of the archive")
        return self._next_header(again + BLOCK)

    def _pieces(self, at: int) -> Iterator[tuple[int, bytes]]:
        while chunk := self.source.slice(at, _STEP):
            yield at, chunk
            at += len(chunk)

    def _next_header(self, at: int) -> int:
        """Return the next block that is a header of the modern kind, or -1."""
        while chunk := self.source.slice(at, _STEP):
            spot = chunk.find(b"ustar")
            while spot >= 0:
                start = spot - 257
                if start >= 0 and start % BLOCK == 0 and th.parse(chunk[start : start + BLOCK]):
                    return at + start
                spot = chunk.find(b"ustar", spot + 5)
            at += len(chunk)
        return -1

    def _extension(self, header: Header, data: int, ahead: _Ahead) -> int | None:
        """Take in a header that describes the next entry; None when this is an entry."""
        if header.kind not in (th.LONG_NAME, th.LONG_LINK, th.PAX, th.PAX_GLOBAL, th.PAX_SUN):
            return None
        if not self.ledger.header(self._where):
            return data
        body = self.source.slice(data, min(header.size, _PAX_BYTES))
        if header.size > _PAX_BYTES:
            detail = f"a header extension announces {header.size} bytes"
            ahead.oddities.append((AnomalyKind.OVERSIZE, detail))
        if header.kind in (th.LONG_NAME, th.LONG_LINK):
            self._long(header.kind, body, ahead)
        else:
            records, wrong = th.pax_records(body)
            ahead.oddities += [(AnomalyKind.HEADER_MISMATCH, detail) for detail in wrong]
            (self.everywhere if header.kind == th.PAX_GLOBAL else ahead.pax).update(records)
        return data + _padded(header.size)

    def _long(self, kind: bytes, body: bytes, ahead: _Ahead) -> None:
        text, valid = decode_utf8(body.partition(b"\0")[0])
        if not valid:
            ahead.oddities.append((AnomalyKind.NAME_ENCODING, "its name is not UTF-8"))
        if kind == th.LONG_NAME:
            ahead.name = text
        else:
            ahead.link = text

    def _entry(self, header: Header, data: int, ahead: _Ahead) -> int:
        """Add one entry and return where the next header stands."""
        data = self._skip_sparse_map(header, data)
        size = self._size(header, ahead)
        spelled = self._name(header, ahead)
        self._between(data, header.size, size)
        carries = header.kind not in th.WITHOUT_DATA
        if not carries and size:
            detail = "an entry without contents announces a size"
            ahead.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
        if self.ledger.admit(self.prefix + spelled):
            self._add(header, ahead, spelled, data, size if carries else 0)
        return data + (_padded(size) if carries else 0)

    def _skip_sparse_map(self, header: Header, data: int) -> int:
        """Pass over the blocks that continue an old GNU sparse map."""
        more = header.kind == th.SPARSE and header.sparse_more
        while more and self.ledger.header(self._where):
            block = self.source.slice(data, BLOCK)
            data += BLOCK
            more = len(block) == BLOCK and bool(block[504])
        return data

    def _size(self, header: Header, ahead: _Ahead) -> int:
        """Return the size a client believes: pax overrides the header."""
        text = ahead.pax.get("size", self.everywhere.get("size", ""))
        if not (text.isascii() and text.isdigit() and len(text) < 19):
            return header.size
        if int(text) != header.size:
            detail = f"pax says {text} bytes, the header {header.size}"
            ahead.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
        return int(text)

    def _name(self, header: Header, ahead: _Ahead) -> str:
        """Return the name a client believes: pax, then GNU long name, then the header."""
        pax = ahead.pax.get("GNU.sparse.name") or ahead.pax.get("path")
        pax = pax or self.everywhere.get("path")
        if pax is None and ahead.name is None and not header.valid_name:
            ahead.oddities.append((AnomalyKind.NAME_ENCODING, "its name is not UTF-8"))
        chosen = pax or ahead.name or header.name
        if chosen is not header.name and _needless(chosen, header.name):
            detail = "a second header gives it another name"
            ahead.oddities.append((AnomalyKind.HEADER_MISMATCH, detail))
        return chosen[: self.ledger.limits.name_bytes]

    def _between(self, data: int, shorter: int, size: int) -> None:
        """Add what a client meets that believes the header's size and not the larger one of pax."""
        start = data + _padded(shorter)
        if self.secret or shorter >= size or th.parse(self.source.slice(start, BLOCK)) is None:
            return
        self.secret = True
        self._run(start, data + _padded(size))
        self.secret = False

    def _add(self, header: Header, ahead: _Ahead, spelled: str, data: int, size: int) -> None:
        member = Member(
            path=self.prefix + (tidy(spelled) or "?"),
            size=size,
            kind=_kind(header.kind, spelled, size),
            read=partial(self._read, data, size),
            mode=header.mode & 0o7777,
            target=ahead.pax.get("linkpath") or ahead.link or header.link,
            depth=self.depth,
        )
        self.ledger.add(member, spelled=spelled)
        self._describe(header, ahead, member)
        over = size > self.ledger.limits.member_bytes
        if over:
            detail = f"it announces {size} bytes"
            self.ledger.note(AnomalyKind.OVERSIZE, member.path, detail)
            self.ledger.lose(member.path, detail)
        if member.kind is MemberKind.FILE and size and not over:
            self._contents(member, data, size)

    def _contents(self, member: Member, data: int, size: int) -> None:
        """See whether the bytes are there, and hand on what begins like an archive."""
        self.starts.add(data)
        start = self.source.slice(data, HEAD)
        if size > 21:  # before looking at the end, since a replayed source only goes forward
            self.inner(member, Blob(self.shelf, member.read, keep=True), start[:size])
        if not self.source.slice(data + size - 1, 1) if size > HEAD else len(start) < size:
            self.ledger.note(AnomalyKind.TRUNCATED, member.path, "its bytes end behind the file")
            self.ledger.lose(member.path, "cut off")

    def _describe(self, header: Header, ahead: _Ahead, member: Member) -> None:
        """Note what is odd about an entry."""
        for kind, detail in ahead.oddities + header.oddities:
            self.ledger.note(kind, member.path, detail)
        if self.secret:
            detail = "some clients do not see it: it stands where others find the end or contents"
            self.ledger.note(AnomalyKind.HIDDEN_ENTRY, member.path, detail)
        if header.kind == th.SPARSE or any(key.startswith("GNU.sparse.") for key in ahead.pax):
            detail = "a sparse file: holes are not in the archive"
            self.ledger.note(AnomalyKind.SPARSE, member.path, detail)
        if member.kind is MemberKind.FILE and header.kind not in th.FILES:
            detail = f"unknown entry type {header.kind!r}"
            self.ledger.note(AnomalyKind.HEADER_MISMATCH, member.path, detail)

    def _read(self, data: int, size: int) -> bytes:
        """Return a member's bytes, or raise `MemberError`."""
        limit = self.ledger.limits.member_bytes
        if size > limit:
            raise MemberError(f"larger than {limit} bytes", kind=AnomalyKind.OVERSIZE)
        found = self.source.slice(data, size)
        if len(found) < size:
            detail = "its bytes end behind the file"
            raise MemberError(detail, kind=AnomalyKind.TRUNCATED, data=found)
        return found


def _kind(kind: bytes, spelled: str, size: int) -> MemberKind:
    """Return what an entry becomes; Python writes a file for every type it does not know."""
    if (kind == b"D" and spelled.endswith("/")) or (kind == b"V" and not size):
        return MemberKind.FOLDER  # an incremental backup's list of a folder; the name of a volume
    return _KINDS.get(kind, MemberKind.FILE)


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _needless(chosen: str, name: str) -> bool:
    """Tell whether a long name replaces a short one that would have fitted."""
    short = chosen.isascii() and len(chosen) <= 99
    return short and bool(name) and tidy(chosen) != tidy(name)
