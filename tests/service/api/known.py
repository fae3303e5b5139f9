"""A catalog that knows something: what people of the service called malware, and records."""

from __future__ import annotations

from typing import Any

from antivenom.catalog import writing
from antivenom.catalog.entry import Entry, Word
from antivenom.catalog.specimen import Claim
from antivenom.service.casework.labels import SOURCE
from antivenom.store import Store


def call_malware(store: Store, name: str, *versions: str, ecosystem: str = "pypi") -> None:
    """Say in the name of a person that releases are malware."""
    word = Word(
        label="malware",
        author="ada",
        kind="person",
        confidence="high",
        said_at="2026-11-21T10:00:00Z",
        reason="reads keys and sends them",
    )
    entries = [
        Entry(
            id=f"{n:02}" * 32,
            ecosystem=ecosystem,
            name=name,
            version=version,
            filename=f"{name}-{version}.tar.gz",
            size=3,
            claim=Claim(source=SOURCE, origin="case 1"),
            words=(word,),
        )
        for n, version in enumerate(versions, 1)
    ]
    with store.writing() as connection:
        writing.add_source(connection, SOURCE)
        writing.put(connection, entries, SOURCE)


def record(id: str, name: str, **affected: Any) -> dict[str, Any]:
    """Return an OSV record about a project."""
    package = {"ecosystem": "PyPI", "name": name}
    return {
        "schema_version": "1.7.5",
        "id": id,
        "modified": "2026-11-20T00:00:00Z",
        "published": "2026-11-20T00:00:00Z",
        "summary": f"Malicious code in {name} (PyPI)",
        "affected": [{"package": package, **affected}],
    }
