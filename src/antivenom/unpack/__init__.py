"""Archive bytes -> `Tree`: members on demand, hostile shapes as anomalies, losses said aloud.

`unpack` never raises. Decompression is the standard library's; the reading of every header, and
the comparison of the readings that different clients prefer, is done here.
"""

from __future__ import annotations

from dataclasses import replace

from antivenom.model.artifact import Artifact, ArtifactKind
from antivenom.model.limits import Limits
from antivenom.model.tree import AnomalyKind, Member, MemberError, MemberKind, Tree
from antivenom.unpack.blob import Blob, Shelf, given
from antivenom.unpack.formats import ARCHIVES, HEAD, NATIVE, STREAMS, Format, sniff
from antivenom.unpack.kinds import announced, decide
from antivenom.unpack.ledger import Ledger
from antivenom.unpack.links import settle
from antivenom.unpack.opening import NESTED_BYTES, Opener, begins_archive

__all__ = ["ARCHIVES", "NATIVE", "STREAMS", "Format", "sniff", "unpack"]


def unpack(artifact: Artifact, limits: Limits) -> Tree:
    """Return the members of an artifact, in order, with what is odd and what is missing."""
    data = memoryview(artifact.data)
    ledger = Ledger(limits, max(len(data), artifact.size if artifact.files is not None else 0))
    opener = Opener(ledger, Shelf())
    if artifact.files is not None:
        kind = _files(artifact, opener)
    else:
        kind = _bytes(artifact, data, opener)
    settle(ledger)
    anomalies, losses = ledger.close()
    return Tree(
        kind=kind,
        members=tuple(ledger.members),
        anomalies=(*artifact.anomalies, *anomalies),
        losses=(*artifact.losses, *losses),
    )


def _bytes(artifact: Artifact, data: memoryview, opener: Opener) -> ArtifactKind:
    """Open uploaded bytes: an archive, or one file."""
    ledger = opener.ledger
    promised = announced(artifact.filename)
    found = opener.attempt(given(opener.shelf, data), "", 0, artifact.filename)
    if promised and (found or sniff(data)) not in promised:
        detail = f"named {artifact.filename[-60:]}, but it is {found or sniff(data)}"
        ledger.note(AnomalyKind.MISLABELLED, "", detail)
    if found is not None:
        hidden = (a.member for a in ledger.anomalies if a.kind is AnomalyKind.HIDDEN_ENTRY)
        return decide(ledger.members, artifact.ecosystem, hidden)
    if promised or not len(data):
        ledger.note(AnomalyKind.UNREADABLE, "", "it is not an archive")
        ledger.lose("", "it is not an archive" if len(data) else "it is empty")
    _single(artifact, data, ledger)
    return ArtifactKind.FILE


def _single(artifact: Artifact, data: memoryview, ledger: Ledger) -> None:
    """Add the one member of an artifact that is no archive."""
    limit = ledger.limits.member_bytes
    if len(data) > limit:
        ledger.note(AnomalyKind.OVERSIZE, artifact.filename, f"{len(data)} bytes")
        ledger.lose(artifact.filename, f"larger than {limit} bytes")

    def read() -> bytes:
        if len(data) > limit:
            raise MemberError(f"larger than {limit} bytes", kind=AnomalyKind.OVERSIZE)
        return bytes(data)

    path = artifact.filename or "file"
    ledger.add(Member(path=path, size=len(data), kind=MemberKind.FILE, read=read))


def _files(artifact: Artifact, opener: Opener) -> ArtifactKind:
    """Take the files of a source tree, opening the archives among them."""
    ledger = opener.ledger
    for file in artifact.files or ():
        if not ledger.admit(file.path):
            break
        member = ledger.add(replace(file))
        if file.kind is MemberKind.FILE and 21 < file.size <= NESTED_BYTES:
            _maybe_open(member, opener)
    return ArtifactKind.TREE


def _maybe_open(member: Member, opener: Opener) -> None:
    """Open a file of a source tree when its bytes begin like an archive."""
    try:
        head = member.read()[:HEAD]
        if begins_archive(head):
            blob = Blob(opener.shelf, member.read, keep=True)
            opener.attempt(blob, f"{member.path}!/", 1, member.path)
    except MemberError as error:
        opener.ledger.note(error.kind, member.path, str(error))
