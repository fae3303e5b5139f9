"""Opening archives by content, and what is nested in them, within the budgets."""

from __future__ import annotations

from functools import partial
from pathlib import PurePosixPath

from antivenom.model.tree import AnomalyKind, Member, MemberError, MemberKind
from antivenom.unpack.blob import Blob, Shelf, nonzero
from antivenom.unpack.formats import ARCHIVES, HEAD, STREAMS, Format, sniff
from antivenom.unpack.ledger import Ledger
from antivenom.unpack.source import Expansion, Held, Source
from antivenom.unpack.tar_walk import TarWalk
from antivenom.unpack.zip_directory import directories
from antivenom.unpack.zip_walk import ZipWalk

NESTED_BYTES = 64 << 20
"""An archive inside an archive that is larger is one member, not opened further."""
FAULT = "our reader failed"
_FIRST = frozenset((b"P", b"\x1f", b"B", b"\xfd", b"\x28", b"\x5d"))
_ENDINGS = (".gz", ".bz2", ".xz", ".zst", ".lzma", ".z")


class Opener:
    """Opens one artifact's archives into one ledger."""

    def __init__(self, ledger: Ledger, shelf: Shelf) -> None:
        self.ledger = ledger
        self.shelf = shelf

    def open(self, blob: Blob, prefix: str, depth: int, name: str) -> Format | None:
        """Add the members of an archive; return its format, None when it is no archive."""
        view = blob.view()
        found = sniff(view[: 4 * HEAD])
        if found in STREAMS:
            self._stream(blob, found, prefix, depth, name)
        elif found is Format.TAR:
            self._tar(blob, prefix, depth)
        elif self._zip(blob, prefix, depth):
            return Format.ZIP
        else:
            return None
        return found

    def _zip(self, blob: Blob, prefix: str, depth: int) -> bool:
        inner = partial(self._inner, depth=depth)
        return ZipWalk(
            ledger=self.ledger, shelf=self.shelf, blob=blob, prefix=prefix, depth=depth,
            inner=inner, view=blob.view(),
        ).walk()  # fmt: skip

    def _also_zip(self, blob: Blob, prefix: str, depth: int, kind: Format) -> None:
        """Add the zip that the same bytes are as well: pip looks for that first."""
        detail = f"it begins as {kind} and ends as a zip"
        self.ledger.note(AnomalyKind.POLYGLOT, prefix.removesuffix("!/"), detail)
        self._zip(blob, prefix, depth)

    def _tar(self, blob: Blob, prefix: str, depth: int) -> None:
        walk = self._walk_tar(Held(blob), prefix, depth)
        readings = directories(blob.view())
        if readings and readings[0].base not in walk.starts:
            self._also_zip(blob, prefix, depth, Format.TAR)

    def _walk_tar(self, source: Source, prefix: str, depth: int) -> TarWalk:
        walk = TarWalk(
            ledger=self.ledger, shelf=self.shelf, source=source, prefix=prefix, depth=depth,
            inner=partial(self._inner, depth=depth),
        )  # fmt: skip
        walk.walk()
        return walk

    def _stream(self, blob: Blob, kind: Format, prefix: str, depth: int, name: str) -> None:
        """Open a compressed file: a tar, or one file."""
        where = prefix.removesuffix("!/")
        expansion = Expansion(blob, kind, self.ledger, self.shelf, where)
        source = expansion.open()
        head = source.slice(0, HEAD)
        tar = sniff(head) is Format.TAR
        if tar:
            self._walk_tar(source, prefix, depth)
        elif expansion.size:
            self._single(source, expansion, prefix, depth, name)
        self._stream_end(expansion, where, tar=tar)
        if directories(blob.view()):
            self._also_zip(blob, prefix, depth, kind)

    def _single(
        self, source: Source, expansion: Expansion, prefix: str, depth: int, name: str
    ) -> None:
        """Add the one file of a compressed stream; an archive in it is nested."""
        last = PurePosixPath(name.replace("\\", "/")).name
        ending = next((e for e in _ENDINGS if last.lower().endswith(e)), "")
        size = expansion.size
        path = prefix + (last[: len(last) - len(ending)] or "contents")
        if not self.ledger.admit(path):
            return
        member = Member(
            path=path,
            size=size,
            kind=MemberKind.FILE,
            read=partial(_read, source, size, self.ledger.limits.member_bytes),
            depth=depth,
        )
        self.ledger.add(member)
        blob = source.blob if isinstance(source, Held) else None
        if blob is not None:
            self._inner(member, blob, source.slice(0, HEAD), depth=depth)

    def _stream_end(self, expansion: Expansion, where: str, *, tar: bool) -> None:
        """Note how the compressed stream ended, and what follows it."""
        stream = expansion.stream
        if stream.problem is not None:
            kind, detail = stream.problem
            self.ledger.note(kind, where, detail)
            self.ledger.lose(where, detail)
        elif not expansion.capped and nonzero(stream.rest()) >= 0:
            detail = f"{len(stream.data) - stream.end} bytes follow the compressed stream"
            self.ledger.note(AnomalyKind.TRAILING_DATA, where, detail)
        if tar and stream.parts > 1 and stream.kind is Format.GZIP:
            detail = f"{stream.parts} gzip members: some clients stop after the first"
            self.ledger.note(AnomalyKind.HIDDEN_ENTRY, where, detail)

    def _inner(self, member: Member, blob: Blob, head: bytes, *, depth: int) -> None:
        """Open a member that is an archive by content."""
        if self.ledger.full or not begins_archive(head):
            return
        if depth >= self.ledger.limits.depth:
            detail = f"archives nested more than {self.ledger.limits.depth} deep"
            self.ledger.note(AnomalyKind.DEPTH, member.path, detail)
            self.ledger.lose(member.path, detail)
            return
        if member.size > NESTED_BYTES:
            self.ledger.lose(member.path, f"an inner archive of {member.size} bytes is not opened")
            return
        self.attempt(blob, f"{member.path}!/", depth + 1, member.path)

    def attempt(self, blob: Blob, prefix: str, depth: int, name: str) -> Format | None:
        """Open an archive; what keeps us from it is said, and what was read before is kept."""
        where = prefix.removesuffix("!/")
        try:
            return self.open(blob, prefix, depth, name)
        except MemberError as error:
            self.ledger.note(error.kind, where, str(error))
            self.ledger.lose(where, str(error))
        except Exception as error:  # our own fault, met on hostile bytes: a loss, not a way out
            reason = f"{FAULT}: {type(error).__name__}"
            self.ledger.note(AnomalyKind.UNREADABLE, where, reason)
            self.ledger.lose(where, reason)
        return None


def begins_archive(head: bytes) -> bool:
    """Tell whether bytes begin like an archive, or like a script or loader in front of a zip."""
    likely = head[:1] in _FIRST or b"\0" in head[148:156] or head[257:262] == b"ustar"
    return (likely and sniff(head) in ARCHIVES) or b"PK\x03\x04" in head


def _read(source: Source, size: int, limit: int) -> bytes:
    if size > limit:
        raise MemberError(f"larger than {limit} bytes", kind=AnomalyKind.OVERSIZE)
    return source.slice(0, size)
