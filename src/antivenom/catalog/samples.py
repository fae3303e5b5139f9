"""Sample sets as they are: a folder or a zip, sealed or not, of ``name/version/file``.

Runs in killable children wherever bytes are looked into; the parent only lists. A file that is an
encrypted zip itself (as the large public sets have them) is opened with the same password; what
lies inside is one archive, or the files of one package, which become a source tree.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import Literal

from msgspec import Struct

from antivenom.errors import TargetError
from antivenom.intake import from_bytes
from antivenom.intake.locator import printable
from antivenom.intake.trees import tree_digest
from antivenom.model.artifact import Artifact
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.tree import Member, MemberKind
from antivenom.store.sealed import SealedZip

_LISTINGS = (".csv", ".tsv", ".json", ".jsonl", ".md", ".txt", ".parquet", ".yml", ".yaml")
"""Beside samples, such files describe them."""
_VERSION = re.compile(r"v?\d[\w.+!-]*")
_MOST = 256 << 20
"""Bytes of one sample."""


class Item(Struct, frozen=True, kw_only=True):
    """One sample, as data that a child opens."""

    kind: Literal["zip", "folder"]
    place: bytes
    """The zip or the folder, absolute."""
    path: str
    """Inside it; identifies the sample in its source."""
    stamp: str
    """Changes when the bytes do, as far as that shows without reading them."""
    password: bytes = b""
    sha256: str = ""
    """Expected identity, "" when nobody says."""
    coordinate: Coordinate | None = None


def listed(source: Path, password: bytes, ecosystem: str = "") -> Iterator[Item]:
    """Yield the samples of a folder or zip, sorted by path. Raises `TargetError`."""
    try:
        found = _of_folder(source) if source.is_dir() else _of_zip(source)
        pairs = sorted(found)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise TargetError(f"{source}: cannot be read: {error}") from None
    for path, stamp in pairs:
        yield Item(
            kind="folder" if source.is_dir() else "zip",
            place=os.fsencode(source.absolute()),
            path=path,
            stamp=stamp,
            password=password,
            coordinate=coordinate_of(path, ecosystem),
        )


def coordinate_of(path: str, ecosystem: str) -> Coordinate | None:
    """Read ``[@scope/]name/version/file``; anything else says nothing."""
    parts = path.split("/")
    if len(parts) < 3 or not _VERSION.fullmatch(parts[-2]):
        return None
    name = parts[-3].strip()  # folders of sample sets carry stray blanks
    if len(parts) > 3 and parts[-4].startswith("@"):
        name = f"{parts[-4]}/{name}"
    known = Ecosystem(ecosystem) if ecosystem else Ecosystem.PYPI
    return Coordinate(ecosystem=known, name=name, version=parts[-2].strip())


def read(item: Item) -> bytes:
    """Return the bytes of a sample. Raises `ValueError` or `OSError` with the reason."""
    if item.kind == "folder":
        place = Path(os.fsdecode(item.place)) / os.fsdecode(item.path)
        if place.stat().st_size > _MOST:
            raise ValueError("larger than anything we keep")
        return place.read_bytes()
    return read_member(_opened(item.place, item.password, os.getpid()), item.path, item.password)


def artifact(item: Item, limits: Limits = DEFAULT_LIMITS) -> Artifact:
    """Return a sample as what is reviewed."""
    data = read(item)
    name = item.path.rpartition("/")[2]
    inner = _sealed_inside(data)
    if inner is None:
        return _checked(from_bytes(data, name, coordinate=item.coordinate), item)
    archive = SealedZip(io.BytesIO(data), item.password)
    members = _members(archive, inner, item.password, limits)
    if len(members) == 1:
        path, (whole,) = members[0].path, [members[0].read()]
        return from_bytes(whole, path.rpartition("/")[2], coordinate=item.coordinate)
    return _tree(members, name, item)


def read_member(archive: SealedZip, name: str, password: bytes) -> bytes:
    """Return a member of a zip, whichever way it is encrypted or not."""
    info = archive.zip.getinfo(name)
    if info.compress_type == 99:
        return archive.read(name)
    if info.file_size > _MOST:
        raise ValueError("larger than anything we keep")
    try:
        with archive.zip.open(info, pwd=password if info.flag_bits & 1 else None) as file:
            data = file.read(_MOST + 1)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, EOFError) as error:
        raise ValueError(str(error)) from None
    if len(data) > _MOST:
        raise ValueError("larger than anything we keep")
    return data


def _checked(found: Artifact, item: Item) -> Artifact:
    if item.sha256 and found.sha256 != item.sha256:
        raise ValueError("not the bytes its listing names")
    return found


@cache
def _opened(place: bytes, password: bytes, _process: int) -> SealedZip:
    """Open a zip once in each process: forked ones would share one file position."""
    return SealedZip(Path(os.fsdecode(place)), password)


def _of_folder(source: Path) -> Iterator[tuple[str, str]]:
    for folder, folders, names in os.walk(source):
        folders[:] = sorted(f for f in folders if f != ".git")
        for name in names:
            place = Path(folder) / name
            if place.is_symlink() or not place.is_file() or _describes(name):
                continue
            status = place.stat()
            path = printable(place.relative_to(source)).replace(os.sep, "/")
            yield path, f"{status.st_size}-{status.st_mtime_ns}"


def _of_zip(source: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(source) as archive:
        for info in archive.infolist():
            if not info.is_dir() and not _describes(info.filename):
                yield info.filename, f"{info.file_size}-{info.CRC:08x}-{info.header_offset}"


def _describes(name: str) -> bool:
    return name.lower().endswith(_LISTINGS)


def _sealed_inside(data: bytes) -> list[zipfile.ZipInfo] | None:
    """Return the files of an encrypted zip, or None where it is anything else."""
    if not data.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError):
        return None
    # A sample that is hostile in being encrypted has parts in the clear, or it could not be used.
    return files if files and all(info.flag_bits & 1 for info in files) else None


def _members(
    archive: SealedZip, infos: list[zipfile.ZipInfo], password: bytes, limits: Limits
) -> list[Member]:
    if len(infos) > limits.members or sum(i.file_size for i in infos) > _MOST:
        raise ValueError("larger than anything we keep")
    top = os.path.commonpath([i.filename for i in infos]) if len(infos) > 1 else ""
    found = []
    for info in infos:
        data = read_member(archive, info.filename, password)
        path = info.filename[len(top) :].lstrip("/") if top else info.filename
        found.append(
            Member(path=path, size=len(data), kind=MemberKind.FILE, read=partial(bytes, data))
        )
    return found


def _tree(members: list[Member], name: str, item: Item) -> Artifact:
    pairs = [(m.path, hashlib.sha256(m.read()).hexdigest()) for m in members]
    return Artifact(
        path=name,
        filename=name.removesuffix(".zip"),
        sha256=tree_digest(pairs),
        size=sum(m.size for m in members),
        files=tuple(members),
        ecosystem=item.coordinate.ecosystem if item.coordinate else None,
        coordinate=item.coordinate,
    )
