"""Which release came before another, and which of its files is the counterpart of a file.

By version among those that were uploaded earlier: a fix of an old series follows that series, not
the newest one. Withdrawn releases are no measure, and a pre-release only for pre-releases. One
that has been out for a day is preferred: takeovers publish several releases within the hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from packaging.version import InvalidVersion, Version

from antivenom.ecosystems.pypi.locate import IndexFile, version_of

SETTLED = timedelta(days=1)
"""How long a release has to be out before it is preferred as a measure."""
_SKIPPED = (".exe", ".msi", ".rpm", ".deb", ".dmg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The release before another, or why there is none."""

    version: str = ""
    files: tuple[IndexFile, ...] = ()
    note: str = ""
    """For people, where there is none."""


@dataclass(frozen=True, slots=True)
class _Release:
    text: str
    version: Version | None
    files: tuple[IndexFile, ...]

    @property
    def uploaded(self) -> datetime | None:
        times = [t for t in map(_time, self.files) if t is not None]
        return min(times, default=None)

    @property
    def withdrawn(self) -> bool:
        return all(file.yanked is not None for file in self.files)


def earlier(files: Iterable[IndexFile], project: str, version: str) -> Earlier:
    """Return the release that was the newest when this one was made."""
    releases = _releases(files, project)
    ours = releases.pop(_key(version), None)
    if not releases:
        return Earlier(note=f"the index has no other release of {project} to compare with")
    uploaded = ours.uploaded if ours else None
    before = [r for r in releases.values() if _is_before(r, version, uploaded)]
    if not before:
        return Earlier(note=f"the index has no earlier release of {project} to compare with")
    standing = [r for r in before if not r.withdrawn]
    if not standing:
        return Earlier(note=f"every earlier release of {project} was withdrawn (yanked)")
    found = _newest(_settled(_finished(standing, version), uploaded))
    return Earlier(version=found.text, files=found.files)


def counterpart(filename: str, files: Sequence[IndexFile]) -> IndexFile | None:
    """Return the file of another release that was built like this one; None when there is none."""
    readable = [f for f in files if not f.filename.lower().endswith(_SKIPPED)]
    if not readable:
        return None
    tags = _tags(filename)
    return max(readable, key=lambda f: (_alike(tags, _tags(f.filename)), f.filename))


def _releases(files: Iterable[IndexFile], project: str) -> dict[Version | str, _Release]:
    grouped: dict[Version | str, tuple[str, list[IndexFile]]] = {}
    for file in files:
        text = version_of(file.filename, project)
        if text:
            grouped.setdefault(_key(text), (text, []))[1].append(file)
    return {
        key: _Release(text, _version(text), tuple(group)) for key, (text, group) in grouped.items()
    }


def _is_before(release: _Release, version: str, uploaded: datetime | None) -> bool:
    """Whether it was there first; by version where the index gives no times."""
    if uploaded is not None and release.uploaded is not None:
        return release.uploaded < uploaded
    ours = _version(version)
    return ours is not None and release.version is not None and release.version < ours


def _finished(found: list[_Release], version: str) -> list[_Release]:
    """Keep lower versions if there are any, and of those no pre-releases unless asked about one."""
    ours = _version(version)
    if ours is None:
        return found
    lower = [r for r in found if r.version is not None and r.version < ours] or found
    if ours.is_prerelease:
        return lower
    return [r for r in lower if r.version is not None and not r.version.is_prerelease] or lower


def _settled(found: list[_Release], uploaded: datetime | None) -> list[_Release]:
    if uploaded is None:
        return found
    until = uploaded - SETTLED
    return [r for r in found if r.uploaded is not None and r.uploaded <= until] or found


def _newest(found: list[_Release]) -> _Release:
    """Return the highest version; without versions, the last upload."""
    lowest = Version("0.dev0")
    return max(found, key=lambda r: (r.version or lowest, _seconds(r.uploaded), r.text))


def _seconds(time: datetime | None) -> float:
    return time.timestamp() if time else 0.0


def _tags(filename: str) -> tuple[str, ...]:
    """Return what a wheel was built for; an sdist has one tag."""
    name = filename.rpartition("/")[2].lower()
    if not name.endswith(".whl"):
        return ("egg",) if name.endswith(".egg") else ("sdist",)
    return tuple(name.removesuffix(".whl").split("-")[-3:])


def _alike(ours: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, int]:
    """Rank how much of what a file was built for is the same, kind of file first."""
    if len(ours) != len(other):
        # Without a counterpart the plainest file says most: code, for any system.
        return 0, int(other[-1] in ("any", "sdist"))
    same = sum(a == b for a, b in zip(ours, other, strict=True))
    return 1, same


def _key(text: str) -> Version | str:
    """Return what all spellings of one version share: 1.2 is 1.2.0."""
    return _version(text) or text


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def _time(file: IndexFile) -> datetime | None:
    try:
        found = datetime.fromisoformat(file.uploaded)
    except ValueError:
        return None
    return found if found.tzinfo else None
