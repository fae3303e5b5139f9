"""OSV 1.7.5 in the layout of OSSF's malicious-packages, under its rules.

One record per project that is called malware. Records that came from elsewhere leave as they
came; for the others one is composed. Projects whose label was taken back become withdrawn records.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import select

from antivenom.catalog import queries
from antivenom.catalog.export import wording
from antivenom.catalog.purls import OSV_NAMES, normal_name, purl_of
from antivenom.catalog.specimen import Specimen
from antivenom.store import Store, schema
from antivenom.store.packing import unpack

VERSION = "1.7.5"
_SEMVER = frozenset({"npm", "crates", "go", "hex"})
"""Ecosystems in which a range may be one of semantic versions; elsewhere OSSF refuses it."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EPOCH = "1970-01-01T00:00:00Z"


def write(store: Store, folder: Path, *, credit: str = "", submission: bool = False) -> int:
    """Write the records below ``osv/`` of a folder and return how many these are."""
    count = 0
    for path, document in documents(store, credit=credit, submission=submission):
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
        count += 1
    return count


def documents(
    store: Store, *, credit: str = "", submission: bool = False
) -> Iterator[tuple[PurePosixPath, dict[str, Any]]]:
    """Yield path and record, kept ones first. With `submission`, without what OSSF assigns."""
    yield from _kept(store)
    for specimens in _projects(store):
        document = compose(specimens, credit=credit)
        path = _path(document)
        if submission:
            document = {k: v for k, v in document.items() if k not in {"id", "summary"}}
        yield path, document


def compose(specimens: list[Specimen], *, credit: str = "") -> dict[str, Any]:
    """Return the record of one project from its specimens."""
    first = specimens[0]
    name = normal_name(first.ecosystem, first.name)
    bad = [one for one in specimens if one.label == "malware"]
    said = [s for one in specimens for s in one.statements]
    document: dict[str, Any] = {
        "schema_version": VERSION,
        "id": id_of(first.project),
        "modified": max((_time(s.said_at) for s in said), default=_EPOCH),
        "published": min(_time(one.first_seen or one.added_at) for one in specimens),
        "summary": f"Malicious code in {name} ({OSV_NAMES[first.ecosystem]})",
        "details": wording.details(bad or specimens),
        "affected": [_affected(bad or specimens, name)],
        "credits": _credits(specimens, credit),
    }
    if not bad:
        withdrawn = (_time(s.said_at) for s in said if s.withdraws or s.label != "malware")
        document["withdrawn"] = max(withdrawn, default=document["modified"])
    found = wording.iocs(bad or specimens)
    if found:
        document["database_specific"] = {"iocs": found}
    return document


def id_of(project: str) -> str:
    """Return the id of the record composed for a project, a package URL without version."""
    return f"MAL-0000-antivenom-{hashlib.sha256(project.encode()).hexdigest()[:12]}"


def publishable(specimens: list[Specimen]) -> bool:
    """Whether a record says something: one is malware, or it was called so and taken back."""
    return any(one.label == "malware" for one in specimens) or _taken_back(specimens)


def _affected(specimens: list[Specimen], name: str) -> dict[str, Any]:
    first = specimens[0]
    found: dict[str, Any] = {
        "package": {
            "ecosystem": OSV_NAMES[first.ecosystem],
            "name": name,
            "purl": purl_of(first.ecosystem, name),
        },
        "versions": sorted({one.version for one in specimens if one.version}),
        "database_specific": {
            "cwes": [{"cweId": "CWE-506", "name": "Embedded Malicious Code"}],
        },
    }
    if any(not one.version for one in specimens):
        kind = "SEMVER" if first.ecosystem in _SEMVER else "ECOSYSTEM"
        found["ranges"] = [{"type": kind, "events": [{"introduced": "0"}]}]
    return found


def _credits(specimens: list[Specimen], credit: str) -> list[dict[str, str]]:
    sources = sorted({one.source for one in specimens})
    names = [{"name": source, "type": "FINDER"} for source in sources]
    return [{"name": credit, "type": "REPORTER"}, *names] if credit else names


def _kept(store: Store) -> Iterator[tuple[PurePosixPath, dict[str, Any]]]:
    with store.reading() as connection:
        table = schema.reports
        for row in connection.execute(select(table).order_by(table.c.id)).mappings():
            document = unpack(row["document"], dict[str, Any])
            yield _path(document), document


def _projects(store: Store) -> Iterator[list[Specimen]]:
    """Yield the specimens of each project without a record that are, or were, called malware."""
    table = schema.specimens
    reported = select(schema.specimen_reports.c.specimen)
    called = select(schema.statements.c.specimen).where(schema.statements.c.label == "malware")
    query = (
        select(table.c.project, table.c.id)
        .where(table.c.project != "", table.c.ecosystem.in_(sorted(OSV_NAMES)))
        .where(table.c.id.in_(called), table.c.id.not_in(reported))
        .order_by(table.c.project, table.c.version, table.c.id)
    )
    with store.reading() as connection:
        projects: dict[str, list[str]] = {}
        for project, id in connection.execute(query):
            projects.setdefault(project, []).append(id)
        for ids in projects.values():
            specimens = list(queries.load(connection, ids))
            if publishable(specimens):
                yield specimens


def _taken_back(specimens: list[Specimen]) -> bool:
    """Whether a label was withdrawn or decided otherwise; merely disputed is not published."""
    return all(
        any(s.withdraws for s in one.statements) or one.label == "benign" for one in specimens
    )


def _path(document: dict[str, Any]) -> PurePosixPath:
    """Return where OSSF puts a record; nothing of its text can leave the folder."""
    state = "withdrawn" if document.get("withdrawn") else "malicious"
    package = (document.get("affected") or [{}])[0].get("package") or {}
    ecosystem = str(package.get("ecosystem") or "other").lower()
    parts = [ecosystem, *str(package.get("name") or "unnamed").split("/"), str(document["id"])]
    safe = [_safe(part) for part in parts]
    return PurePosixPath("osv", state, *safe[:-1], f"{safe[-1]}.json")


def _safe(part: str) -> str:
    quoted = quote(part, safe="@+ ")[:150]
    return quoted if quoted.strip(". ") else quoted.replace(".", "%2E") or "%20"


def _time(text: str) -> str:
    """Return a time as OSV wants it."""
    if _DAY.fullmatch(text):
        return f"{text}T00:00:00Z"
    return text if text.endswith("Z") and "T" in text else _EPOCH
