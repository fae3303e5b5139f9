"""What lies beside samples and describes them: a csv of rows, a JSON manifest of names.

A csv is recognized by a column ``path``. Other columns that are read: sha256, label, confidence,
reason, description, tags or behaviour_tags, cluster or cluster_id, family or family_id, part,
first_seen or added_date. Unknown columns are left alone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom.catalog.statement import LABELS, Confidence, Label
from antivenom.errors import UsageError
from antivenom.report.escape import visible

_ALSO: Mapping[str, tuple[str, ...]] = {
    "tags": ("behaviour_tags", "behavior_tags"),
    "cluster": ("cluster_id",),
    "family": ("family_id",),
    "first_seen": ("added_date", "date"),
}


class Row(Struct, frozen=True, kw_only=True):
    """What a listing says of one sample."""

    path: str
    sha256: str = ""
    label: str = ""
    confidence: str = ""
    reason: str = ""
    description: str = ""
    tags: str = ""
    cluster: str = ""
    family: str = ""
    part: str = ""
    first_seen: str = ""

    @property
    def said(self) -> tuple[Label, Confidence] | None:
        """The row's own label, if it has a valid one."""
        if self.label not in LABELS:
            return None
        sure = self.confidence if self.confidence in {"low", "medium", "high"} else "medium"
        return msgspec.convert(self.label, Label), msgspec.convert(sure, Confidence)


def read_csv(path: Path) -> dict[str, Row]:
    """Return the rows of a listing by the path of their sample. Raises `UsageError`."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if "path" not in (reader.fieldnames or ()):
        raise UsageError(f"{path}: has no column called path")
    try:
        return {row.path: row for row in map(_row, reader) if row.path}
    except csv.Error as error:
        raise UsageError(f"{path}: {error}") from None


def _row(cells: Mapping[str, str | None]) -> Row:
    values = {}
    for name in Row.__struct_fields__:
        spellings = (name, *_ALSO.get(name, ()))
        found = (cells.get(spelling) for spelling in spellings)
        said = next((cell.strip() for cell in found if cell), "")
        # The path finds the sample and stays as it is; the rest is only ever shown.
        values[name] = said if name == "path" else visible(said)
    return Row(**values)


class Named(Struct, frozen=True, kw_only=True, order=True):
    """A release a manifest lists; version "" is the whole project."""

    ecosystem: str
    name: str
    version: str = ""


def read_manifest(data: bytes, ecosystem: str) -> list[Named]:
    """Return what ``{"name": null | [versions]}`` lists. Raises `ValueError` for anything else."""
    found = msgspec.json.decode(data, type=dict[str, list[str] | None])
    return [
        Named(ecosystem=ecosystem, name=name, version=version)
        for name, versions in sorted(found.items())
        for version in versions or [""]
    ]


def manifests(source: Path, ecosystem: str) -> Iterator[Named]:
    """Yield what every manifest.json of a folder lists; its folder's name says the ecosystem."""
    if not source.is_dir():
        return
    for path in sorted(source.rglob("manifest.json")):
        of = path.parent.name if path.parent.name in {"pypi", "npm", "crates", "maven"} else ""
        try:
            yield from read_manifest(path.read_bytes(), of or ecosystem or "pypi")
        except (OSError, ValueError):
            continue  # a manifest.json of something else
