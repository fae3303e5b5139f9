"""What a project's page says of how its releases came: times, their number, provenance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from packaging.version import InvalidVersion, Version

from antivenom.ecosystems.pypi.locate import IndexFile, version_of
from antivenom.model.context import RegistryInfo
from antivenom.model.moments import moment, stamp

RECENT = timedelta(hours=1)


@dataclass(slots=True)
class _Release:
    """The files of one version, as far as its history needs them."""

    first: datetime | None = None
    attested: bool | None = None

    def add(self, file: IndexFile) -> None:
        time = moment(file.uploaded)
        if time is not None and (self.first is None or time < self.first):
            self.first = time
        if file.attested is not None:
            self.attested = bool(self.attested) or file.attested


def registry_info(files: Iterable[IndexFile], project: str, version: str) -> RegistryInfo | None:
    """Return the history of a project as it was when a version came; None without any times."""
    releases = _releases(files, project)
    ours = releases.pop(_key(version), _Release())
    if ours.first is None:
        return None
    now = ours.first
    timed = ((one.first, one) for one in releases.values() if one.first is not None)
    before = sorted(((t, one) for t, one in timed if t < now), key=lambda pair: pair[0])
    previous = before[-1] if before else None
    return RegistryInfo(
        first_release=stamp(before[0][0] if before else now),
        releases=len(before) + 1,
        previous_release=stamp(previous[0]) if previous else "",
        recent_releases=sum(now - t <= RECENT for t, _ in before),
        attested=ours.attested,
        attested_before=previous[1].attested if previous else None,
    )


def _releases(files: Iterable[IndexFile], project: str) -> dict[Version | str, _Release]:
    found: dict[Version | str, _Release] = {}
    for file in files:
        text = version_of(file.filename, project)
        if text:
            found.setdefault(_key(text), _Release()).add(file)
    return found


def _key(text: str) -> Version | str:
    """Return what two spellings of one version share."""
    try:
        return Version(text)
    except InvalidVersion:
        return text
