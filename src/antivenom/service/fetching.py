"""Bytes of an upload in the spool: named by sha256, readable by nobody else, removed afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from antivenom.errors import IntegrityError, NetworkError, NotFoundError
from antivenom.http import Door
from antivenom.store.blobs import Blobs

KEPT = "blob:"
"""A location of bytes that are kept here already."""
_LEFT_SECONDS = 86_400.0
ALGORITHMS = ("sha512", "sha384", "blake2b", "sha1", "md5")


class Fetched(NamedTuple):
    """A file on this machine's disk."""

    path: Path
    sha256: str
    blake2b: str
    """256 bits, as PyPI's inspector names files."""
    size: int


class Spool:
    """A folder for one life of a worker; what a killed one left is cleared by the next."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._root = folder
        self._folder = folder / owner

    def prepare(self) -> None:
        """Make the folder, for this user alone, and clear those whose processes are gone."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder.chmod(0o700)
        for other in self._root.glob("*-*-*"):
            if other != self._folder and self._left(other):
                shutil.rmtree(other, ignore_errors=True)

    def _left(self, other: Path) -> bool:
        """Whether nobody works in another worker's folder any more.

        Machines, and containers, may share the spool: the processes of another are not ours to
        judge, and only a folder that nothing was put into for a day is taken for left.
        """
        mine, theirs = (place.name.rsplit("-", 2) for place in (self._folder, other))
        if not theirs[1].isdecimal():
            return False
        if theirs[0] != mine[0]:
            with contextlib.suppress(OSError):
                return time.time() - other.stat().st_mtime > _LEFT_SECONDS
            return False
        # A process of our own number is a former life of ours, where a container starts again.
        return int(theirs[1]) == os.getpid() or not _alive(int(theirs[1]))

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def room(self, job: str) -> Iterator[Path]:
        """Give a folder for one job's files; it goes when the block ends."""
        place = self._folder / hashlib.sha256(job.encode()).hexdigest()[:16]
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            yield place
        finally:
            shutil.rmtree(place, ignore_errors=True)


def fetch(
    door: Door, url: str, hashes: Mapping[str, str], size: int | None, room: Path, most: int
) -> Fetched:
    """Stream a file into a job's room and check it by every hash that was announced.

    Raises `NotFoundError`, `IntegrityError`, `NetworkError`; a full disk is a `NetworkError` too:
    all of them leave the upload to another attempt.
    """
    partial = room / "partial"
    wanted = {name: value.lower() for name, value in hashes.items() if value}
    checked = tuple(name for name in wanted if name in ALGORITHMS and name != "blake2b")
    try:
        got = door.fetch(url, partial, limit_bytes=most, algorithms=checked)
        partial.chmod(0o600)
        found = _named(partial, room)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or "unknown error"
        raise NetworkError(f"the file cannot be kept while it is read ({reason})") from None
    if size is not None and size > 0 and got.size < size:
        raise IntegrityError(f"cut off, {got.size:,} of {size:,} bytes arrived")
    digests = {**got.digests, "sha256": found.sha256, "blake2b": found.blake2b}
    for name, value in wanted.items():
        if name in digests and digests[name] != value:
            raise IntegrityError(f"the {name} of what arrived is not the one announced")
    return found


def place(data: bytes, room: Path) -> Fetched:
    """Put bytes into a job's room."""
    partial = room / "partial"
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        return _named(partial, room)
    except OSError as error:
        reason = error.strerror or "unknown error"
        raise NetworkError(f"the file cannot be kept while it is read ({reason})") from None


def kept(blobs: Blobs, sha256: str, room: Path) -> Fetched:
    """Bring kept bytes into a job's room. Raises `NotFoundError` when they are kept no longer."""
    try:
        return place(blobs.get(sha256), room)
    except KeyError:
        raise NotFoundError(f"the bytes {sha256[:16]} are not kept here any more") from None
    except (ValueError, OSError) as error:
        raise IntegrityError(f"the kept bytes {sha256[:16]} cannot be read: {error}") from None


def _named(partial: Path, room: Path) -> Fetched:
    main, other = hashlib.sha256(), hashlib.blake2b(digest_size=32)
    size = 0
    with partial.open("rb") as file:
        while chunk := file.read(1 << 20):
            main.update(chunk)
            other.update(chunk)
            size += len(chunk)
    found = room / main.hexdigest()
    partial.replace(found)
    return Fetched(found, main.hexdigest(), other.hexdigest(), size)


def _alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError, PermissionError, OverflowError):
        os.kill(pid, 0)
        return True
    return Path(f"/proc/{pid}").exists()
