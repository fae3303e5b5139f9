"""Bytes on disk become an Artifact: memory-mapped, hashed once, never trusted for their name."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
from pathlib import Path

from antivenom.errors import IntegrityError, TargetError
from antivenom.intake.locator import Locator, printable
from antivenom.model.artifact import Artifact
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.limits import DEFAULT_LIMITS, Limits


def open_located(locator: Locator, limits: Limits = DEFAULT_LIMITS) -> Artifact:
    """Return the artifact a locator describes; meant for the process that will observe it."""
    from antivenom.intake import installed, trees

    if locator.kind == "tree":
        return trees.open_tree(locator, limits)
    if locator.kind == "installed":
        return installed.open_installed(locator, limits)
    artifact = _open_file(locator, limits)
    if locator.sha256 and artifact.sha256 != locator.sha256:
        raise IntegrityError(
            f"{locator.display}: the kept file changed on disk",
            hint="clear the cache folder and review it again",
        )
    return artifact


def open_artifact(path: str | Path, *, coordinate: Coordinate | None = None) -> Artifact:
    """Return the file or source tree at a path as an artifact."""
    return open_located(locate(path, coordinate=coordinate))


def from_bytes(data: bytes, filename: str, *, coordinate: Coordinate | None = None) -> Artifact:
    """Return bytes already in memory as an artifact."""
    return Artifact(
        path=filename,
        filename=filename,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        data=data,
        ecosystem=coordinate.ecosystem if coordinate else None,
        coordinate=coordinate,
    )


def locate(path: str | Path, *, display: str = "", coordinate: Coordinate | None = None) -> Locator:
    """Describe one file or folder on disk, or raise `TargetError` with the reason."""
    place = Path(path)
    shown = display or printable(place)
    mode = _mode(place, shown)
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise TargetError(f"{shown}: not a regular file or folder")
    ecosystem: Ecosystem | None = coordinate.ecosystem if coordinate else None
    return Locator(
        kind="tree" if stat.S_ISDIR(mode) else "file",
        location=os.fsencode(place.absolute()),
        display=shown,
        filename=printable(Path(os.path.normpath(place.absolute())).name),
        coordinate=coordinate,
        ecosystem=ecosystem,
    )


def refusal(error: OSError, shown: str) -> TargetError:
    """Turn what the operating system said into one sentence."""
    if isinstance(error, FileNotFoundError):
        return TargetError(f"{shown}: no such file or folder")
    if isinstance(error, PermissionError):
        return TargetError(f"{shown}: permission denied", hint="make it readable to this user")
    return TargetError(f"{shown}: cannot be read ({error.strerror or 'unknown error'})")


def _mode(place: Path, shown: str) -> int:
    try:
        return place.stat().st_mode
    except OSError as error:
        raise refusal(error, shown) from None
    except ValueError:
        raise TargetError(f"{shown!a}: not a path") from None


def _open_file(locator: Locator, limits: Limits) -> Artifact:
    data = _map(locator, limits)
    return Artifact(
        path=locator.display,
        filename=locator.filename,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        data=data,
        ecosystem=locator.ecosystem,
        coordinate=locator.coordinate,
    )


def _map(locator: Locator, limits: Limits) -> bytes | memoryview:
    """Map the file; the map closes when the last view of it goes."""
    shown = locator.display
    try:
        # O_NONBLOCK so that a pipe put in the file's place cannot make us wait for a writer.
        handle = os.open(locator.place, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise refusal(error, shown) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise TargetError(f"{shown}: not a regular file")
        if status.st_size > limits.total_bytes:
            raise TargetError(f"{shown}: {status.st_size:,} bytes are more than we read")
        if not status.st_size:
            return b""
        return memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise refusal(error, shown) from None
    finally:
        os.close(handle)
