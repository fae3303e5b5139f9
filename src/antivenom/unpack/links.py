"""Links and modes: noted when all members are known, and made readable where they lead inside."""

from __future__ import annotations

from functools import partial

from antivenom.model.tree import AnomalyKind, Member, MemberError, MemberKind
from antivenom.unpack.ledger import Ledger
from antivenom.unpack.names import escapes, resolve

_LINKS = frozenset({MemberKind.SYMLINK, MemberKind.HARDLINK})
_HOPS = 16
_SETUID = 0o6000


def settle(ledger: Ledger) -> None:
    """Note links, devices and set-user-id files; a link to a member reads as that member."""
    for member in ledger.members:
        if member.kind in _LINKS:
            _link(ledger, member)
        elif member.kind is MemberKind.DEVICE:
            ledger.note(AnomalyKind.DEVICE, member.path, "a device or pipe")
            member.read = partial(_refuse, "a device has no contents")
        elif member.kind is MemberKind.FOLDER and not member.size:
            member.read = bytes
        elif member.mode & _SETUID and member.kind is MemberKind.FILE:
            detail = "it would run with its owner's or group's rights"
            ledger.note(AnomalyKind.SETUID, member.path, detail)


def _link(ledger: Ledger, member: Member) -> None:
    prefix, _, inner = (member.given or member.path).rpartition("!/")
    hard = member.kind is MemberKind.HARDLINK
    if escapes(inner, member.target, from_top=hard):
        detail = f"a link to {member.target[:200]}, outside the tree"
        ledger.note(AnomalyKind.LINK_ESCAPE, member.path, detail)
    elif member.depth == 0:  # no installer unpacks inner archives, and time zone data is all links
        ledger.note(AnomalyKind.LINK, member.path, f"a link to {member.target[:200]}")
    found = _follow(ledger, member, prefix + "!/" if prefix else "", inner)
    if found is None:
        member.read = partial(_refuse, f"a link to {member.target[:200]}, which is not here")
    else:
        member.read, member.size = found.read, found.size


def _follow(ledger: Ledger, member: Member, prefix: str, inner: str) -> Member | None:
    """Return the file a chain of links ends at."""
    at: Member | None = member
    for _ in range(_HOPS):
        if at is None or at.kind not in _LINKS:
            break
        path = resolve(inner, at.target, from_top=at.kind is MemberKind.HARDLINK)
        inner = path or ""
        at = ledger.find(prefix + path) if path else None
    return at if at is not None and at.kind is MemberKind.FILE else None


def _refuse(reason: str) -> bytes:
    raise MemberError(reason)
