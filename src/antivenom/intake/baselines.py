"""The file of the previous release that an artifact is compared with, found and fetched.

That there is none, or that it cannot be had, is a note in the review and never a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from antivenom.errors import AntivenomError, TargetError
from antivenom.intake.files import locate
from antivenom.intake.locator import AUTO, NAMES, NONE, Locator, Surroundings

if TYPE_CHECKING:
    from antivenom.ecosystems.pypi.locate import IndexFile
    from antivenom.intake.releases import Index, Release


def is_path(wanted: str) -> bool:
    """Whether ``--baseline`` names something on this machine."""
    try:
        return wanted not in {AUTO, NAMES, NONE} and Path(wanted).exists()
    except (OSError, ValueError):
        return False


def compared(locator: Locator, release: Release, file: IndexFile, index: Index) -> Locator:
    """Return a file of an index with the file it is compared with, fetched unless it is kept."""
    wanted = index.options.baseline
    if wanted == NONE or (release.dependency and wanted == NAMES):
        return locator
    if is_path(wanted):
        return _beside(locator, locate(wanted))
    try:
        return _before(locator, release, file.filename, index)
    except AntivenomError as error:
        return _noted(locator, f"not compared with another release: {error}")


def compared_locally(locator: Locator, index: Index) -> Locator:
    """Return a file or folder on this machine with what it is compared with, where one asked."""
    wanted = index.options.baseline
    if wanted in {NONE, NAMES}:
        return locator
    if is_path(wanted):
        return _beside(locator, locate(wanted))
    try:
        name, version = _says(locator.filename)
        release = index.history(name, version)
        return _before(locator, release, locator.filename, index)
    except AntivenomError as error:
        return _noted(locator, f"not compared with another release: {error}")


def _before(locator: Locator, release: Release, filename: str, index: Index) -> Locator:
    from antivenom.ecosystems.pypi.previous import counterpart

    wanted, name = index.options.baseline, release.coordinate.name
    if wanted in {AUTO, NAMES}:
        found = index.earlier(release)
        if found.note:
            return _noted(locator, found.note)
        version, files = found.version, found.files
    else:
        version, files = wanted, index.files_of(release, wanted)
    file = counterpart(filename, files)
    if file is None:
        return _noted(locator, f"{name} {version} has no file that can be compared")
    baseline = index.located(file, replace(release.coordinate, version=version))
    return _beside(locator, baseline, _unlike(filename, file.filename))


def _beside(locator: Locator, baseline: Locator, *notes: str) -> Locator:
    around = locator.around or Surroundings()
    noted = (*around.notes, *(note for note in notes if note))
    around = msgspec.structs.replace(around, baseline=baseline, notes=noted)
    return msgspec.structs.replace(locator, around=around)


def _noted(locator: Locator, note: str) -> Locator:
    around = locator.around or Surroundings()
    around = msgspec.structs.replace(around, notes=(*around.notes, note[:300]))
    return msgspec.structs.replace(locator, around=around)


def _unlike(ours: str, other: str) -> str:
    """Say that a file had to be compared with one of another kind."""
    kinds = [name.lower().endswith(".whl") for name in (ours, other)]
    return "" if kinds[0] == kinds[1] else f"compared with {other}: it had no file of this kind"


def _says(filename: str) -> tuple[str, str]:
    """Return the project and version that a file's name gives."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    try:
        if filename.lower().endswith(".whl"):
            name, version, *_ = parse_wheel_filename(filename)
        else:
            name, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        raise TargetError(
            f"the name {filename[:100]!a} does not say which release it is",
            hint="give the file of the previous release: --baseline FILE",
        ) from None
    return str(name), str(version)


def paired(new: Locator, old: Sequence[Locator]) -> Locator:
    """Return an artifact with the one of several others that it is best compared with."""
    from antivenom.ecosystems.pypi.locate import IndexFile
    from antivenom.ecosystems.pypi.previous import counterpart

    named = {f"{n}/{one.filename}": one for n, one in enumerate(old)}
    ours = _project(new)
    same = [key for key, one in named.items() if _project(one) == ours] or list(named)
    found = counterpart(new.filename, [IndexFile(filename=key, url="") for key in same])
    if found is None:
        return _noted(new, "nothing was given to compare it with")
    baseline = named[found.filename]
    return _beside(new, baseline, _unlike(new.filename, baseline.filename))


def _project(locator: Locator) -> str:
    if locator.coordinate is not None:
        return locator.coordinate.name
    try:
        return _says(locator.filename)[0]
    except TargetError:
        return ""
