"""MISP: one event with a ``malicious-package-report`` for each project, by MISP's own template."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from antivenom.catalog.export import osv
from antivenom.store import Store

_SPACE = uuid.UUID("2d3c0f0e-6a0b-5d2a-8a55-0c1f5f6b9c42")
_IOCS = {"domains": "ioc-domain", "urls": "ioc-url", "ips": "ioc-ip", "ip_addresses": "ioc-ip"}


def write(store: Store, place: Path, *, credit: str = "") -> int:
    """Write the event and return how many reports it holds."""
    from pymisp import MISPEvent, MISPObject

    event = MISPEvent()
    event.from_dict(info="Malicious packages", uuid=str(_SPACE), analysis=2, threat_level_id=1)
    count = 0
    newest = "1970-01-01"
    for _, document in osv.documents(store, credit=credit):
        report = MISPObject("malicious-package-report", strict=True, standalone=False)
        report.uuid = str(uuid.uuid5(_SPACE, document["id"]))
        for relation, value in attributes(document):
            attribute = report.add_attribute(relation, value=value)
            assert attribute is not None, relation
            attribute.uuid = str(uuid.uuid5(_SPACE, f"{document['id']}\0{relation}\0{value}"))
        event.add_object(report)
        newest = max(newest, str(document.get("modified", ""))[:10])
        count += 1
    event.set_date(newest)
    content = msgspec.json.decode(event.to_json())
    place.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")
    return count


def attributes(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the attributes of one report from its OSV record."""
    affected: dict[str, Any] = (document.get("affected") or [{}])[0]
    package = affected.get("package") or {}
    yield "report-id", document["id"]
    yield "package-name", package.get("name") or "unnamed"
    if package.get("ecosystem"):
        yield "ecosystem", package["ecosystem"]
    if package.get("purl"):
        yield "package-purl", package["purl"]
    yield "state", "withdrawn" if document.get("withdrawn") else "active"
    if document.get("modified"):
        yield "report-modified", document["modified"]
    if document.get("details"):
        yield "analysis", document["details"]
    for version in affected.get("versions") or []:
        yield "affected-version", version
    for one in affected.get("ranges") or []:
        events = ", ".join(f"{k} {v}" for e in one.get("events", []) for k, v in e.items())
        yield "affected-range", f"{one.get('type', '')} {events}".strip()
    yield from _around(document, affected)


def _around(document: dict[str, Any], affected: dict[str, Any]) -> Iterator[tuple[str, str]]:
    own: dict[str, Any] = document.get("database_specific") or {}
    inner: dict[str, Any] = affected.get("database_specific") or {}
    seen = set()
    for place in (own, inner):
        said: Any = place.get("iocs")
        for name, relation in _IOCS.items() if isinstance(said, dict) else ():
            seen |= {(relation, str(value)) for value in said.get(name) or ()}
    yield from sorted(seen)
    for origin in own.get("malicious-packages-origins") or []:
        yield "origin-source", str(origin.get("source", "unknown"))
        if origin.get("sha256"):
            yield "origin-sha256", str(origin["sha256"])
    for credit in document.get("credits") or []:
        yield "credit", str(credit.get("name", ""))
        yield "credit-role", str(credit.get("type", "OTHER"))
    for reference in document.get("references") or []:
        yield "reference", str(reference.get("url", ""))
        yield "reference-type", str(reference.get("type", "WEB"))
