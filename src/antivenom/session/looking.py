"""One member of an upload as a person reads it, and the list of all: the work of a child.

Archives are hostile, so they are opened where nothing can be harmed; what comes back is text.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import Struct

from antivenom.model.artifact import Artifact
from antivenom.model.coordinate import Ecosystem
from antivenom.model.limits import DEFAULT_LIMITS
from antivenom.model.tree import Member, MemberError, MemberKind
from antivenom.unpack import unpack

LISTED, TEXT_BYTES, LINES, DUMPED = 3_000, 4 << 20, 200_000, 8 << 10
"""Members listed; bytes and lines of a text that is shown; bytes shown of what is no text."""
_PATH, _ROW = 1_000, 16


class Look(Struct, frozen=True, kw_only=True):
    """A question: the bytes of an upload, and which of its members."""

    data: bytes
    sha256: str
    filename: str
    ecosystem: str = ""
    path: str = ""
    """Of the member; "" leaves it to `number`."""
    number: int = -1
    """Its position in the archive; -1 asks for the list alone."""


class Listed(Struct, frozen=True, kw_only=True):
    """A member in the list."""

    number: int
    path: str
    size: int
    kind: str


class Seen(Struct, frozen=True, kw_only=True):
    """What there is to see."""

    members: tuple[Listed, ...] = ()
    left: int = 0
    """Members beyond those listed."""
    member: Listed | None = None
    """The one asked for; None when the upload has no such member."""
    form: Literal["text", "bytes", "nothing"] = "nothing"
    text: str = ""
    """Its text, or its first bytes in rows of sixteen."""
    cut: bool = False
    """Whether there is more of it than is shown."""
    problem: str = ""
    """Why it could not be read completely."""


_LOOK = msgspec.msgpack.Decoder(Look)
_READY = Look(data=b"PK\x05\x06" + bytes(18), sha256="", filename="ready.zip")
"""An archive of nothing, to load what reads archives before somebody waits for it."""


def answer(request: bytes) -> bytes:
    """Answer a `Look` with a `Seen`, both encoded; an empty request only makes the child ready."""
    return msgspec.msgpack.encode(look(_LOOK.decode(request) if request else _READY))


def look(asked: Look) -> Seen:
    """Open an upload and return one of its members."""
    artifact = Artifact(
        path=asked.filename,
        filename=asked.filename,
        sha256=asked.sha256,
        size=len(asked.data),
        data=asked.data,
        ecosystem=Ecosystem(asked.ecosystem) if asked.ecosystem else None,
    )
    members = unpack(artifact, DEFAULT_LIMITS).members
    number = asked.number
    if asked.path:
        number = next((n for n, one in enumerate(members) if one.path == asked.path), -1)
    files = [n for n, one in enumerate(members) if one.kind is not MemberKind.FOLDER]
    seen = Seen(
        members=tuple(_listed(n, members[n]) for n in files[:LISTED]),
        left=max(len(files) - LISTED, 0),
    )
    return _read(seen, number, members[number]) if 0 <= number < len(members) else seen


def _listed(number: int, member: Member) -> Listed:
    path = member.path[:_PATH].encode("utf-8", "backslashreplace").decode()
    return Listed(number=number, path=path, size=member.size, kind=member.kind.value)


def _read(seen: Seen, number: int, member: Member) -> Seen:
    seen = msgspec.structs.replace(seen, member=_listed(number, member))
    if member.kind is not MemberKind.FILE:
        target = member.target.encode("utf-8", "backslashreplace").decode()
        return msgspec.structs.replace(seen, problem=f"a {member.kind} to {target[:_PATH]}")
    problem = ""
    try:
        data = member.read()
    except MemberError as error:
        data, problem = error.data, str(error)
    return _shown(msgspec.structs.replace(seen, problem=problem), data)


def _shown(seen: Seen, data: bytes) -> Seen:
    if not data:
        return seen
    if b"\0" in data[:1000]:
        cut = len(data) > DUMPED
        return msgspec.structs.replace(seen, form="bytes", text=_dump(data[:DUMPED]), cut=cut)
    # Lines are counted as the excerpts of a profile count them.
    text = data[:TEXT_BYTES].decode("utf-8", "replace").replace("\r\n", "\n")
    lines = text.split("\n", LINES)
    cut = len(data) > TEXT_BYTES or len(lines) > LINES
    return msgspec.structs.replace(seen, form="text", text="\n".join(lines[:LINES]), cut=cut)


def _dump(data: bytes) -> str:
    rows = []
    for at in range(0, len(data), _ROW):
        part = data[at : at + _ROW]
        plain = "".join(chr(one) if 32 <= one < 127 else "." for one in part)
        rows.append(f"{at:06x}  {part.hex(' '):<47}  {plain}")
    return "\n".join(rows)
