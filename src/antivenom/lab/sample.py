"""One archive of a data set: what its source says of it, and how a child opens it."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from antivenom.catalog.samples import Item, coordinate_of
from antivenom.errors import TargetError
from antivenom.intake import Failure, Locator, Options, gather
from antivenom.intake.files import locate
from antivenom.intake.installed import locate_environment
from antivenom.model.coordinate import Coordinate

Part = Literal["study", "check", "wide"]
_FIRST = "2003-01-01"
"""The index did not exist before."""
PARTS: tuple[Part, ...] = ("study", "check", "wide")
"""What is learnt from; what is only measured and never listed; more ordinary packages."""


class Kept(Struct, frozen=True, kw_only=True):
    """Bytes in the blob store of a catalog."""

    blobs: str
    """Its URL."""
    sha256: str
    filename: str
    coordinate: Coordinate | None = None


class Sample(Struct, frozen=True, kw_only=True):
    """A specimen or an ordinary package."""

    key: str
    """Unique in a data set: sha256 and path."""
    sha256: str
    """"" until it was opened, for what is installed."""
    name: str = ""
    """Of the project, normalised; only for the leakage check, never a feature."""
    version: str = ""
    part: Part
    stratum: str
    """``malware``, or a kind of ordinary package."""
    cluster: str = ""
    family: str = ""
    tags: tuple[str, ...] = ()
    date: str = ""
    """Day it was first seen, or of its newest file; "" unknown."""
    item: Item | None = None
    locator: Locator | None = None
    kept: Kept | None = None

    @property
    def hostile(self) -> bool:
        """Whether it is a specimen."""
        return self.stratum == "malware"


def specimens(archive: Path, listing: Path, password: bytes) -> list[Sample]:
    """Return the specimens of a sealed zip by its csv. Raises `TargetError`."""
    return [_specimen(archive, row, password) for row in rows(listing)]


def ordinary(folder: Path, listing: Path) -> list[Sample]:
    """Return the ordinary packages of a folder by its csv. Raises `TargetError`."""
    return [
        Sample(
            key=f"{row['sha256']} {row['filename']}",
            sha256=row["sha256"],
            name=plain(row["name"]),
            part=_part(row),
            stratum=row["stratum"],
            locator=locate(folder / row["filename"]),
        )
        for row in rows(listing)
    ]


def installed(environment: Path, stratum: str) -> list[Sample]:
    """Return what is installed in an environment as ordinary packages. Raises `TargetError`."""
    found = locate_environment(environment)
    return [_wide(locator, stratum) for locator in found if locator.kind == "installed"]


def folder(place: Path, stratum: str) -> list[Sample]:
    """Return the archives and source trees of a folder that somebody vouches for."""
    found = gather([str(place)], Options(offline=True))
    return [_wide(one, stratum) for one in found if not isinstance(one, Failure)]


def rows(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a csv file. Raises `TargetError`."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)
    except (OSError, csv.Error) as error:
        raise TargetError(f"{path}: cannot be read: {error}") from None


def plain(name: str) -> str:
    """Return a project's name as indexes compare it."""
    return name.lower().replace("_", "-").replace(".", "-")


def _specimen(archive: Path, row: Mapping[str, str], password: bytes) -> Sample:
    coordinate = coordinate_of(row["path"], "")
    item = Item(
        kind="zip",
        place=os.fsencode(archive.absolute()),
        path=row["path"],
        stamp="",
        password=password,
        sha256=row["sha256"],
        coordinate=None,
    )
    return Sample(
        key=f"{row['sha256']} {row['path']}",
        sha256=row["sha256"],
        name=plain(coordinate.name) if coordinate else "",
        part=_part(row),
        stratum="malware",
        cluster=row["cluster_id"],
        family=row["family_id"],
        tags=tuple(row["behaviour_tags"].split()),
        date=day(row.get("newest_mtime", ""), row.get("added_date", "")),
        item=item,
    )


def day(newest: str, listed: str) -> str:
    """Return the day an archive is from: that of its newest file, unless nobody can believe it.

    An attacker may write any date; one before the index existed or after the listing is not taken.
    """
    newest, listed = newest[:10], listed[:10]
    believed = _FIRST <= newest <= (listed or "9999")
    return newest if believed else listed


def _wide(locator: Locator, stratum: str) -> Sample:
    where = hashlib.sha256(locator.location).hexdigest()[:16]
    name, version = _named(locator)
    return Sample(
        key=f"{where} {locator.filename}",
        sha256=locator.sha256,
        name=plain(name),
        version=version,
        part="wide",
        stratum=stratum,
        locator=locator,
    )


def _named(locator: Locator) -> tuple[str, str]:
    """Return name and version as its coordinate or its file's name says them."""
    from packaging.utils import (
        InvalidSdistFilename,
        InvalidWheelFilename,
        parse_sdist_filename,
        parse_wheel_filename,
    )

    if locator.coordinate is not None:
        return locator.coordinate.name, locator.coordinate.version
    try:
        if locator.filename.endswith(".whl"):
            name, version, *_ = parse_wheel_filename(locator.filename)
        else:
            name, version = parse_sdist_filename(locator.filename)
    except (InvalidSdistFilename, InvalidWheelFilename):
        return locator.filename, ""
    return name, str(version)


def _part(row: Mapping[str, str]) -> Part:
    return "check" if row["part"] == "check" else "study"
