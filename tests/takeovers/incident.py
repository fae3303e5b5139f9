"""One takeover: which project, what was done to it, and after which real incident."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.takeovers.release import Release

SHARED = Path(__file__).parents[2].parent / "shared" / "corpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two consecutive releases of one project."""

    name: str
    old: Path
    new: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """A takeover as a function that alters a release."""

    id: str
    after: str
    """The incident it re-creates, as the catalogue of attacks numbers it."""
    project: str
    inject: Callable[[Release], None]
    source: bool = False
    """Whether it concerns the source distribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """A previous release and the one that was taken over, as archive bytes."""

    incident: Incident
    old: bytes
    new: bytes
    old_name: str
    new_name: str
    altered: dict[str, frozenset[int]]

    def is_injected(self, member: str, line: int) -> bool:
        """Whether a place, as uploaded, is one of those the attacker put there."""
        paths = (member, _plain(member), _plain(member).partition("/")[2])
        lines = next((self.altered[path] for path in paths if path in self.altered), None)
        return lines is not None and (not lines or not line or line in lines)


def _plain(member: str) -> str:
    """Return the path an archive gives a member that shares it with another."""
    return re.sub(r"#\d+", "", member)


def pairs(folder: Path = SHARED) -> Iterator[Pair]:
    """Yield the consecutive releases at hand; none where the corpus is not."""
    table = folder / "pairs-dev.csv"
    if not table.is_file():
        return
    with table.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            old = folder / "pairs-dev" / row["old_file"]
            new = folder / "pairs-dev" / row["new_file"]
            yield Pair(name=row["name"], old=old, new=new.resolve())


def build(incident: Incident, pair: Pair) -> TakenOver:
    """Return the pair of releases with the newer one taken over."""
    old, new = Release(pair.old), Release(pair.new)
    if incident.source:
        old.as_source()
        new.as_source()
    incident.inject(new)
    suffix = ".tar.gz" if incident.source else ".whl"
    old_name, new_name = (
        f"{r.filename.split('-py')[0]}{suffix}" if incident.source else r.filename
        for r in (old, new)
    )
    return TakenOver(
        incident=incident,
        old=old.sdist() if incident.source else old.wheel(),
        new=new.sdist() if incident.source else new.wheel(),
        old_name=old_name,
        new_name=new_name,
        altered=new.altered(),
    )
