"""Dependencies as wheels name them. Nothing is resolved and nothing is built.

Each requirement gives the newest release that matches it alone; two that contradict each other
give two releases, and both are reviewed.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement

from antivenom.ecosystems.pypi.locate import IndexFile, requires_dist
from antivenom.ecosystems.pypi.requirements import Wanted
from antivenom.errors import AntivenomError
from antivenom.intake.locator import Failure, Options
from antivenom.intake.releases import METADATA_BYTES, Index, Release
from antivenom.model.coordinate import Coordinate, normalize_pypi

_DIRECTORY_BYTES = 16 << 20
_REQUIREMENTS = 2000
Key = tuple[str, str]


def follow(
    index: Index, wheels: list[list[str]], releases: list[Release], options: Options
) -> Iterator[Release | Failure | str]:
    """Yield the releases that releases need, nearest first, each once, up to the caps."""
    seen = {key_of(release.coordinate) for release in releases}
    asked: set[str] = set()
    level = [needed(lines, frozenset()) for lines in wheels]
    level += [_needs(index, release) for release in releases]
    for release in releases:
        yield from _unknown(release)
    for _ in range(options.dependency_depth):
        wanted, level = list(_new(level, asked)), []
        for one in wanted:
            found = _release(index, one)
            if isinstance(found, Failure):
                yield found
                continue
            if key_of(found.coordinate) in seen:
                continue
            if len(seen) >= options.dependency_count + len(releases):
                yield f"dependencies: stopped after {options.dependency_count} releases"
                return
            seen.add(key_of(found.coordinate))
            yield found
            yield from _unknown(found)
            level.append(_needs(index, found))
    if any(level):
        yield f"dependencies: stopped {options.dependency_depth} steps from the targets"


def key_of(coordinate: Coordinate) -> Key:
    """Return what makes two releases the same."""
    return normalize_pypi(coordinate.name), coordinate.version


def needed(lines: list[str], extras: frozenset[str]) -> list[Wanted]:
    """Return the requirements that hold on this machine for the extras asked for."""
    found = []
    for line in lines[:_REQUIREMENTS]:
        try:
            requirement = Requirement(line)
        except (InvalidRequirement, RecursionError):
            continue
        if requirement.url is None and _holds(requirement, extras):
            found.append(
                Wanted(
                    name=requirement.name,
                    specifier=str(requirement.specifier),
                    extras=frozenset(requirement.extras),
                )
            )
    return found


def wheel_metadata(path: Path) -> bytes | None:
    """Return METADATA out of a wheel, or None; bounded, and never an exception."""
    try:
        if not _small_directory(path):
            return None
        with zipfile.ZipFile(path) as archive:
            name = next((n for n in archive.namelist() if _is_metadata(n)), None)
            if name is None:
                return None
            with archive.open(name) as file:
                return file.read(METADATA_BYTES)
    except (OSError, ValueError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError):
        return None
    except (NotImplementedError, struct.error, KeyError, IndexError, OverflowError):
        return None


def _needs(index: Index, release: Release) -> list[Wanted]:
    """Return what any wheel of a release asks for; wheels of one release may differ."""
    lines: dict[str, None] = {}
    known: set[str] = set()
    for file in _wheels(release):
        served = (file.metadata or {}).get("sha256", "")
        if served and served in known:
            continue
        known.add(served)
        metadata = index.metadata(file) or _inside(index, release, file)
        lines.update(dict.fromkeys(requires_dist(metadata) if metadata else []))
    return needed(list(lines), release.extras)


def _inside(index: Index, release: Release, file: IndexFile) -> bytes | None:
    try:
        path, _ = index.fetch(file, release.pins)
    except AntivenomError:
        return None
    return wheel_metadata(path)


def _wheels(release: Release) -> list[IndexFile]:
    return [file for file in release.files if file.filename.lower().endswith(".whl")]


def _unknown(release: Release) -> Iterator[str]:
    if not _wheels(release):
        coordinate = release.coordinate
        yield (
            f"{coordinate.name}=={coordinate.version}: no wheel, "
            "so its dependencies are not known without building it"
        )


def _release(index: Index, wanted: Wanted) -> Release | Failure:
    try:
        return index.release(wanted)
    except AntivenomError as error:
        return Failure(target=str(wanted), error=error)


def _new(groups: list[list[Wanted]], asked: set[str]) -> Iterator[Wanted]:
    """Yield the requirements that were not followed before."""
    for wanted in (one for group in groups for one in group):
        key = f"{normalize_pypi(wanted.name)}{sorted(wanted.extras)}{wanted.specifier}"
        if key not in asked:
            asked.add(key)
            yield wanted


def _holds(requirement: Requirement, extras: frozenset[str]) -> bool:
    if requirement.marker is None:
        return True
    try:
        return any(requirement.marker.evaluate({"extra": e}) for e in {"", *extras})
    except (UndefinedComparison, UndefinedEnvironmentName, ValueError):
        return True


def _is_metadata(name: str) -> bool:
    return name.count("/") == 1 and name.endswith(".dist-info/METADATA")


def _small_directory(path: Path) -> bool:
    """Tell whether the central directory is of a size worth reading outside a killable child."""
    with path.open("rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - 66_000))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 16:
        return False
    return bool(struct.unpack_from("<I", tail, at + 12)[0] <= _DIRECTORY_BYTES)
