"""What kind of source is this? Judged by what lies there; the person can say otherwise."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec

from antivenom.errors import TargetError

SourceKind = Literal["samples", "osv", "judgements", "jsonl", "parquet"]
KINDS: tuple[SourceKind, ...] = ("samples", "osv", "judgements", "jsonl", "parquet")

_LOOK = 400
"""Files that are looked at."""
_HEAD = 1 << 16


def kind_of(place: Path) -> SourceKind:
    """Return what a source is. Raises `TargetError` when it is nothing we know."""
    try:
        if place.is_dir():
            return _of_folder(place)
        if zipfile.is_zipfile(place):
            with zipfile.ZipFile(place) as archive:
                names = [i.filename for i in islice(archive.infolist(), _LOOK) if not i.is_dir()]
            return (
                "osv" if names and all(n.endswith((".json", ".md")) for n in names) else "samples"
            )
        return _of_file(place)
    except OSError as error:
        raise TargetError(f"{place}: cannot be read: {error.strerror or error}") from None


def _of_folder(place: Path) -> SourceKind:
    if (place / "specimens.parquet").is_file():
        return "parquet"
    files = [path for path in islice(_files(place), _LOOK) if not path.name.startswith(".")]
    records = [path for path in files if path.suffix == ".json" and path.name != "manifest.json"]
    if records and len(records) > len(files) // 2 and any(_is_record(p) for p in records[:5]):
        return "osv"
    return "samples"


def _files(place: Path) -> Iterator[Path]:
    for path in place.rglob("*"):
        if path.is_file():
            yield path


def _of_file(place: Path) -> SourceKind:
    with place.open("rb") as file:
        head = file.read(_HEAD)
    if place.suffix == ".json" and _is_record(place):
        return "osv"
    first = _keys(head.partition(b"\n")[0])
    if "type" in first:
        return "jsonl"
    if {"artifact", "specimen"} & set(first):
        return "judgements"
    raise TargetError(f"{place}: not a source we know", hint="say what it is with --as")


def _is_record(path: Path) -> bool:
    try:
        return {"modified", "affected"} <= set(_keys(path.read_bytes()))
    except OSError:
        return False


def _keys(line: bytes) -> Iterable[str]:
    try:
        return msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return ()
