"""STIX 2.1: a bundle of malware, files, software, indicators and attack patterns.

Ids are derived from what they name, so that the same catalog gives the same bundle. Specimens are
``malware``, campaigns ``campaign``, what they share ``indicator``; ATT&CK techniques are
``attack-pattern`` with their external id.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import select

from antivenom.catalog import queries
from antivenom.catalog.export import wording
from antivenom.catalog.queries import Wanted
from antivenom.catalog.specimen import Indicator, Specimen
from antivenom.model.attack import load_attack
from antivenom.store import Store, schema

_SPACE = uuid.UUID("8d8b2a64-2f0e-5f0d-9a0b-6f2b8f0e7c11")
"""Of our ids; made up once."""
_PATTERNS = {
    "host": "domain-name:value",
    "ip": "ipv4-addr:value",
    "url": "url:value",
    "webhook": "url:value",
    "file-sha256": "file:hashes.'SHA-256'",
}


def write(store: Store, place: Path) -> int:
    """Write the bundle and return how many specimens it holds."""
    objects: dict[str, dict[str, Any]] = {}
    count = 0
    with store.reading() as connection:
        for row in connection.execute(select(schema.campaigns).order_by("id")).mappings():
            for one in _campaign(dict(row)):
                objects[one["id"]] = one
        for specimen in queries.find(connection, Wanted(label="malware")):
            count += 1
            for one in of_specimen(specimen):
                objects.setdefault(one["id"], one)
    bundle = {
        "type": "bundle",
        "id": _id("bundle", *sorted(objects)),
        "objects": [*objects.values()],
    }
    place.write_bytes(msgspec.json.format(msgspec.json.encode(bundle), indent=1) + b"\n")
    return count


def of_specimen(one: Specimen) -> Iterator[dict[str, Any]]:
    """Yield the objects of one specimen and what ties them, each checked by the library."""
    import stix2

    made = {"created": one.added_at, "modified": one.added_at}
    name = one.purl or one.filename or one.id
    software = stix2.Software(
        id=_id("software", one.purl or one.id), name=one.name or name, version=one.version or None
    )
    samples = None
    yield _plain(software)
    if one.sha256:
        file = stix2.File(
            id=_id("file", one.sha256),
            name=one.filename or None,
            size=one.size,
            hashes={"SHA-256": one.sha256},
        )
        samples = [file.id]
        yield _plain(file)
    malware = stix2.Malware(
        id=_id("malware", one.id),
        name=name,
        is_family=False,
        description=wording.details([one]),
        sample_refs=samples,
        external_references=[{"source_name": "osv", "external_id": r} for r in one.reports] or None,
        **made,
    )
    yield _plain(malware)
    yield from _tied(one, malware.id, made)


def _tied(one: Specimen, malware: str, made: dict[str, str]) -> Iterator[dict[str, Any]]:
    for indicator in one.indicators:
        if indicator.kind in _PATTERNS:
            found = _indicator(indicator, made)
            yield found
            yield _relation(found["id"], "indicates", malware, made)
    for technique in _techniques(one):
        pattern = _attack_pattern(technique)
        yield pattern
        yield _relation(malware, "uses", pattern["id"], made)
    if one.membership:
        campaign = _id("campaign", one.membership.campaign)
        yield _relation(campaign, "uses", malware, made)


def _indicator(one: Indicator, made: dict[str, str]) -> dict[str, Any]:
    import stix2

    quoted = one.value.replace("\\", "\\\\").replace("'", "\\'")
    found = stix2.Indicator(
        id=_id("indicator", one.kind, one.value),
        name=f"{one.kind} {one.value}"[:250],
        indicator_types=["malicious-activity"],
        pattern=f"[{_path(one)} = '{quoted}']",
        pattern_type="stix",
        valid_from=made["created"],
        **made,
    )
    return _plain(found)


def _path(one: Indicator) -> str:
    return "ipv6-addr:value" if one.kind == "ip" and ":" in one.value else _PATTERNS[one.kind]


def _techniques(one: Specimen) -> list[str]:
    of = load_attack().behaviors
    steps = {step for behavior in one.behaviors for step in behavior.id.split("->")}
    return sorted({technique for step in steps for technique in of.get(step, ())})


def _attack_pattern(technique: str) -> dict[str, Any]:
    import stix2

    found = stix2.AttackPattern(
        id=_id("attack-pattern", technique),
        name=load_attack().title(technique),
        created="2025-10-28T00:00:00Z",
        modified="2025-10-28T00:00:00Z",
        external_references=[{"source_name": "mitre-attack", "external_id": technique}],
    )
    return _plain(found)


def _campaign(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    import stix2

    yield _plain(
        stix2.Campaign(
            id=_id("campaign", row["id"]),
            name=row["name"] or row["id"],
            description=row["description"] or None,
            created=row["made_at"],
            modified=row["made_at"],
        )
    )


def _relation(source: str, kind: str, target: str, made: dict[str, str]) -> dict[str, Any]:
    import stix2

    relation = stix2.Relationship(
        id=_id("relationship", source, kind, target),
        source_ref=source,
        relationship_type=kind,
        target_ref=target,
        **made,
    )
    return _plain(relation)


def _id(kind: str, *parts: str) -> str:
    return f"{kind}--{uuid.uuid5(_SPACE, chr(0).join((kind, *parts)))}"


def _plain(made: Any) -> dict[str, Any]:  # noqa: ANN401  the library has no types
    return msgspec.json.decode(made.serialize(), type=dict[str, Any])
