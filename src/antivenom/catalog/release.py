"""A version of the dataset: a folder that can be published, checked and compared.

It holds Parquet tables, JSON Lines, OSV records, splits, a data card, the changes since the last
release, and checksums of all of it. It never holds bytes of specimens.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from pathlib import Path

import msgspec
from msgspec import Struct
from sqlalchemy import select

from antivenom.catalog import card, queries, splits, writing
from antivenom.catalog.batches import batched
from antivenom.catalog.export import jsonl, osv, parquet
from antivenom.catalog.specimen import Specimen
from antivenom.errors import UsageError
from antivenom.store import Store, schema

_VERSION = re.compile(r"\d[\w.+-]{0,40}")
CHECKSUMS = "SHA256SUMS"


class Change(Struct, frozen=True, kw_only=True):
    """One specimen that a release has otherwise than the last."""

    specimen: str
    what: str
    """``added``, ``removed``, or ``malware -> benign``."""


class Release(Struct, frozen=True, kw_only=True):
    """What was written."""

    version: str
    made_at: str
    specimens: int
    digest: str
    """sha256 of the checksum file: names the whole content."""
    since: str
    """The version it was compared with, "" for the first."""
    changes: tuple[Change, ...]


def make(store: Store, version: str, folder: Path, *, licence: str = "") -> Release:
    """Write a release into an empty folder and note it. Raises `UsageError`."""
    if not _VERSION.fullmatch(version):
        raise UsageError(f"{version!a} is not a version", hint="such as 2026.11.0")
    since, before = _last(store)
    with store.reading() as connection:
        known = connection.scalar(
            select(schema.releases.c.version).where(schema.releases.c.version == version)
        )
        specimens = list(queries.load(connection))
    if known:
        raise UsageError(f"{version} was released before", hint="releases never change")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty")
    chosen = splits.split(specimens, {id: split for id, (_, split) in before.items()})
    changes = _changes({id: label for id, (label, _) in before.items()}, specimens)
    moment = writing.now()
    _write(store, folder, specimens, chosen)
    counts = Counter(chosen.values())
    about = card.About(
        version=version,
        made_at=moment,
        licence=licence,
        splits={str(name): count for name, count in counts.items()},
    )
    _describe(store, folder, specimens, about, since, changes)
    digest = _sum(folder)
    _note(store, version, moment, digest, specimens, chosen)
    return Release(
        version=version,
        made_at=moment,
        specimens=len(specimens),
        digest=digest,
        since=since,
        changes=tuple(changes),
    )


def verify(folder: Path) -> list[str]:
    """Return what of a release's folder is not as its checksums say; nothing when it is."""
    found = []
    named = {CHECKSUMS}
    for line in (folder / CHECKSUMS).read_text("utf-8").splitlines():
        digest, _, name = line.partition("  ")
        named.add(name)
        place = folder / name
        if not place.is_file():
            found.append(f"{name}: missing")
        elif _hash(place) != digest:
            found.append(f"{name}: changed")
    found += [f"{n}: not listed" for n in _names(folder) if n not in named]
    return found


def _write(
    store: Store, folder: Path, specimens: list[Specimen], chosen: dict[str, splits.Split]
) -> None:
    parquet.write(store, folder)
    jsonl.write(store, folder / "catalog.jsonl")
    osv.write(store, folder)
    with (folder / "splits.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("specimen", "label", "first_seen", "split"))
        for one in specimens:
            rows.writerow((one.id, one.label, one.first_seen, chosen[one.id]))


def _describe(
    store: Store,
    folder: Path,
    specimens: list[Specimen],
    about: card.About,
    since: str,
    changes: list[Change],
) -> None:
    (folder / "README.md").write_text(card.readme(store, specimens, about), encoding="utf-8")
    lines = [
        f"# {about.version}",
        "",
        f"Compared with {since or 'nothing: the first release'}.",
        "",
    ]
    counts = Counter(change.what for change in changes)
    lines += [f"- {count:,} {what}" for what, count in sorted(counts.items())]
    lines += ["", *(f"- {change.what}: `{change.specimen}`" for change in changes if since)]
    (folder / "CHANGELOG.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    machine = msgspec.json.format(msgspec.json.encode(about), indent=2)
    (folder / "dataset.json").write_bytes(machine + b"\n")


def _last(store: Store) -> tuple[str, dict[str, tuple[str, str]]]:
    """Return the last release and the label and split it gave each specimen."""
    table, members = schema.releases, schema.release_members
    with store.reading() as connection:
        query = select(table.c.version).order_by(table.c.made_at.desc(), table.c.version.desc())
        last = connection.scalar(query.limit(1)) or ""
        rows = connection.execute(select(members).where(members.c.version == last))
        return last, {row.specimen: (row.label, row.split) for row in rows}


def _changes(before: dict[str, str], specimens: list[Specimen]) -> list[Change]:
    found = []
    now = {one.id: one.label for one in specimens}
    for id, label in now.items():
        if id not in before:
            found.append(Change(specimen=id, what="added"))
        elif before[id] != label:
            found.append(Change(specimen=id, what=f"{before[id]} -> {label}"))
    found += [Change(specimen=id, what="removed") for id in sorted(set(before) - set(now))]
    return found


def _sum(folder: Path) -> str:
    lines = [f"{_hash(folder / name)}  {name}" for name in _names(folder)]
    place = folder / CHECKSUMS
    place.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return _hash(place)


def _names(folder: Path) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != CHECKSUMS)
    return sorted(path.relative_to(folder).as_posix() for path in files)


def _hash(place: Path) -> str:
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(
    store: Store,
    version: str,
    moment: str,
    digest: str,
    specimens: list[Specimen],
    chosen: dict[str, splits.Split],
) -> None:
    release = {
        "version": version,
        "made_at": moment,
        "digest": digest,
        "specimens": len(specimens),
    }
    rows = [
        {"version": version, "specimen": one.id, "label": one.label, "split": chosen[one.id]}
        for one in specimens
    ]
    with store.writing() as connection:
        writing.add(connection, schema.releases, [release])
        for some in batched(rows, 1000):
            writing.add(connection, schema.release_members, some)
