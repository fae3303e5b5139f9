"""What one unpacking has spent, found and lost: the one mutable thing of this package."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from antivenom.model.limits import Limits
from antivenom.model.tree import Anomaly, AnomalyKind, Loss, Member, MemberKind
from antivenom.unpack.names import folded, numbered, oddities

_PER_KIND = 50
"""Anomalies kept of one kind; what is beyond is counted, since it says nothing new."""
_LOSSES = 500
_HEADERS_PER_MEMBER = 4


@dataclass(slots=True)
class Ledger:
    """Budgets, members, anomalies and losses of one artifact, nested archives included."""

    limits: Limits
    compressed: int
    """Bytes of the artifact as uploaded: what the ratio is measured against."""
    members: list[Member] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    spent: int = 0
    entries: int = 0
    headers: int = 0
    full: bool = False
    """A limit of the whole artifact was hit: nothing more is decompressed or opened."""
    flooded: bool = False
    """There are too many entries: nothing more is listed."""
    _noted: Counter[AnomalyKind] = field(default_factory=Counter)
    _lost: int = 0
    _paths: dict[str, Member] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)
    _copies: Counter[str] = field(default_factory=Counter)

    def note(self, kind: AnomalyKind, member: str, detail: str) -> None:
        """Keep an anomaly, or count it when its kind has said enough."""
        self._noted[kind] += 1
        if self._noted[kind] <= _PER_KIND:
            self.anomalies.append(Anomaly(kind=kind, member=member, detail=detail))

    def lose(self, member: str, reason: str) -> None:
        """Say that something was not unpacked."""
        self._lost += 1
        if self._lost <= _LOSSES:
            self.losses.append(Loss(member=member, reason=reason))

    def cut(self, kind: AnomalyKind, where: str, detail: str) -> None:
        """Stop unpacking the artifact: a limit of the whole was hit."""
        if not self.full:
            self.full = True
            self.note(kind, where, detail)
            self.lose("", detail)

    @property
    def allowance(self) -> int:
        """How many more decompressed bytes this artifact may cost."""
        limits = self.limits
        by_ratio = max(limits.ratio_floor, limits.ratio * self.compressed)
        return max(0, min(limits.total_bytes, by_ratio) - self.spent)

    def charge(self, size: int, where: str) -> bool:
        """Spend decompressed bytes; False, and the whole is cut, when they are not there."""
        if self.full:
            return False
        if size > self.allowance:
            self.cut(AnomalyKind.BOMB, where, self._bomb(size))
            return False
        self.spent += size
        return True

    def admit(self, where: str) -> bool:
        """Count one more entry; False when the artifact has too many."""
        self.entries += 1
        if self.entries > self.limits.members:
            self.flooded = True
            self.cut(AnomalyKind.FLOOD, where, f"more than {self.limits.members} entries")
        return not self.flooded

    def header(self, where: str) -> bool:
        """Count one header block that names nothing by itself; False when there are too many."""
        self.headers += 1
        if self.headers > _HEADERS_PER_MEMBER * self.limits.members:
            self.flooded = True
            self.cut(AnomalyKind.FLOOD, where, "too many headers without an entry")
        return not self.flooded

    def _bomb(self, size: int) -> str:
        total = self.spent + size
        if total > self.limits.total_bytes:
            return f"unpacks to more than {self.limits.total_bytes} bytes"
        return f"unpacks {self.compressed} bytes to {total} or more"

    def add(self, member: Member, *, spelled: str | None = None) -> Member:
        """Keep a member under a path of its own; `spelled` is its name as the archive has it."""
        inner = member.path.rpartition("!/")[2]
        for kind, detail in oddities(inner if spelled is None else spelled):
            self.note(kind, member.path, detail)
        self._make_room(member)
        self.members.append(member)
        return member

    def _make_room(self, member: Member) -> None:
        """Give the second member of one path a number, and note names that collide."""
        path = member.path
        other = self._paths.setdefault(path, member)
        if other is member:
            self._note_collision(path)
            return
        if MemberKind.FOLDER not in (other.kind, member.kind) or other.kind is not member.kind:
            self.note(AnomalyKind.DUPLICATE_NAME, path, "a second entry has the same name")
        while member.path in self._paths:
            self._copies[path] += 1
            member.path = numbered(path, self._copies[path] + 1)
        member.given = path
        self._paths[member.path] = member

    def _note_collision(self, path: str) -> None:
        key = folded(path)
        other = self._folded.setdefault(key, path)
        if other != path:
            detail = "differs from another name only by case or Unicode form"
            self.note(AnomalyKind.CASE_COLLISION, path, detail)

    def find(self, path: str) -> Member | None:
        """Return the member at a path."""
        return self._paths.get(path)

    def close(self) -> tuple[tuple[Anomaly, ...], tuple[Loss, ...]]:
        """Return anomalies and losses, with a line for each kind that was cut short."""
        for kind, count in self._noted.items():
            if count > _PER_KIND:
                detail = f"{count - _PER_KIND} more of this kind"
                self.anomalies.append(Anomaly(kind=kind, member="", detail=detail))
        if self._lost > _LOSSES:
            self.losses.append(Loss(member="", reason=f"{self._lost - _LOSSES} more losses"))
        return tuple(self.anomalies), tuple(self.losses)
