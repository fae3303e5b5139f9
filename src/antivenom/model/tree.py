"""What unpacking an artifact gives: members read on demand, and the hostile shapes met there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from antivenom.model.artifact import ArtifactKind


class MemberKind(StrEnum):
    """What an archive entry is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    DEVICE = "device"
    OTHER = "other"


class AnomalyKind(StrEnum):
    """A hostile or broken shape in an archive; each is also the fact ``archive.<kind>``."""

    TRAVERSAL = "traversal"
    ABSOLUTE_PATH = "absolute-path"
    LINK = "link"
    LINK_ESCAPE = "link-escape"
    DEVICE = "device"
    SPARSE = "sparse"
    DUPLICATE_NAME = "duplicate-name"
    CASE_COLLISION = "case-collision"
    HEADER_MISMATCH = "header-mismatch"
    HIDDEN_ENTRY = "hidden-entry"
    UNLISTED_BYTES = "unlisted-bytes"
    TRAILING_DATA = "trailing-data"
    POLYGLOT = "polyglot"
    BOMB = "bomb"
    FLOOD = "flood"
    DEPTH = "depth"
    NAME_ENCODING = "name-encoding"
    CONTROL_IN_NAME = "control-in-name"
    RECORD_MISMATCH = "record-mismatch"
    RECORD_MISSING = "record-missing"
    ENCRYPTED = "encrypted"
    OVERSIZE = "oversize"
    TRUNCATED = "truncated"
    CHECKSUM = "checksum"
    COMPRESSION_METHOD = "compression-method"
    MISLABELLED = "mislabelled"
    UNREADABLE = "unreadable"
    SETUID = "setuid"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly:
    """One hostile or broken shape, as data."""

    kind: AnomalyKind
    member: str
    """The member it concerns, or "" for the archive as a whole."""
    detail: str
    """One short sentence for a person; hostile text inside is escaped by whoever prints it."""


class MemberError(Exception):
    """A member's bytes cannot be had; the message says why. Raised by `Member.read` only."""

    def __init__(
        self, message: str, *, kind: AnomalyKind = AnomalyKind.UNREADABLE, data: bytes = b""
    ) -> None:
        super().__init__(message)
        self.kind = kind
        """The anomaly it amounts to: some lies only show when the bytes are decompressed."""
        self.data = data
        """What could be read all the same; worth reviewing, never complete."""


@dataclass(slots=True, kw_only=True)
class Member:
    """One file of a tree. `read` decompresses on each call: callers keep what they need."""

    path: str
    """Inside the artifact, with ``!/`` between an archive and what is nested in it."""
    size: int
    """Bytes after decompression as announced; `read` never returns more than the limits allow."""
    kind: MemberKind
    read: Callable[[], bytes] = field(repr=False)
    """Return all bytes, or raise `MemberError`."""
    mode: int = 0o644
    target: str = ""
    """Where a link points."""
    depth: int = 0
    """How many archives deep: 0 is directly in the artifact."""
    given: str = ""
    """The path the archive gives it, where `path` had to differ since another member has it:
    ``pkg/a#2.py`` is the second ``pkg/a.py``. Which of the two a client writes is its choice, so
    both deserve the labels of `given`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Something that could not be unpacked: a member, or with ``member=""`` the archive itself."""

    member: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """All members of an artifact, in the archive's order, nested archives after their container."""

    kind: ArtifactKind
    members: tuple[Member, ...]
    anomalies: tuple[Anomaly, ...] = ()
    losses: tuple[Loss, ...] = ()
    """What was not unpacked and why: becomes coverage, never silence."""
