"""The source of the places that changed, of both releases, read again for whoever looks at them.

A profile holds no source. Only the members of a few places are read, within a budget; whatever
cannot be read is simply not shown.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from antivenom.context.hunks import Compared, Run
from antivenom.model.artifact import Artifact
from antivenom.model.changes import ChangedPlace, Changes, ShownLine
from antivenom.model.limits import Limits
from antivenom.model.tree import Member, MemberError
from antivenom.unpack import unpack

SHOWN_LINES = 14
"""Lines of one place, of each release."""
_MEMBER_BYTES = 2 << 20
_ALL_BYTES = 16 << 20
_WIDTH = 400


def with_source(changes: Changes, new: Artifact, old: Artifact, limits: Limits) -> Changes:
    """Return the changes with the lines of their places."""
    here = _Texts(new, [place.member for place in changes.places], limits)
    there = _Texts(old, [place.was for place in changes.places if place.was], limits)
    places = tuple(_shown(place, here, there) for place in changes.places)
    return msgspec.structs.replace(changes, places=places)


class _Texts:
    """The texts of some members, each read once."""

    def __init__(self, artifact: Artifact, wanted: Sequence[str], limits: Limits) -> None:
        names = set(wanted)
        tree = unpack(artifact, limits)
        self._members = {m.path: m for m in tree.members if m.path in names}
        self._room = _ALL_BYTES
        self._texts: dict[str, str] = {}

    def text(self, path: str) -> str:
        if path not in self._texts:
            self._texts[path] = self._read(self._members.get(path))
        return self._texts[path]

    def _read(self, member: Member | None) -> str:
        if member is None or not 0 < member.size <= min(_MEMBER_BYTES, self._room):
            return ""
        try:
            data = member.read()
        except MemberError as error:
            data = error.data
        self._room -= len(data)
        return "" if b"\0" in data[:1000] else data.decode("utf-8", "replace")


def _shown(place: ChangedPlace, here: _Texts, there: _Texts) -> ChangedPlace:
    new = here.text(place.member)
    if place.layer or not new:
        return place
    compared = Compared(there.text(place.was) if place.was else "", new)
    run = _chosen(place, compared)
    if run is None:
        return place
    stood = compared.stood(run) if place.was else []
    line = place.line or _named(place, compared, run) or run[0] + 1
    first = min(max(run[0], line - 4), run[1])
    after = range(first, min(run[1], first + SHOWN_LINES - 1) + 1)
    return msgspec.structs.replace(
        place,
        line=line,
        end_line=place.end_line or run[1] + 1,
        before=_lines(compared.old, stood[:SHOWN_LINES]),
        after=_lines(compared.new, after),
    )


def _chosen(place: ChangedPlace, compared: Compared) -> Run | None:
    """Return the run a place lies in; without a line the one it names, else the longest."""
    runs = compared.runs
    if not place.line:
        longest = max(runs, key=lambda run: run[1] - run[0], default=None)
        return next((run for run in runs if _named(place, compared, run)), longest)
    first, last = place.line - 1, max(place.end_line, place.line) - 1
    near = [run for run in runs if run[0] <= last and run[1] >= first]
    return near[0] if near else None


def _named(place: ChangedPlace, compared: Compared, run: Run) -> int:
    """Return the line of a run with a declaration whose value is in what is said; 0 for none."""
    for number in range(run[0], run[1] + 1) if place.said else ():
        value = compared.new[number].partition(":")[2].strip()
        if value and f" {value};" in f"{place.said};":
            return number + 1
    return 0


def _lines(texts: Sequence[str], numbers: Sequence[int]) -> tuple[ShownLine, ...]:
    return tuple(ShownLine(number=n + 1, text=texts[n][:_WIDTH]) for n in numbers)
