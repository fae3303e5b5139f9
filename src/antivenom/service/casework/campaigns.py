"""What joins cases: the same payload, file, address or uploader, or a family the catalog knows.

A key says what a case could share. The first other case with the same key names a campaign; who
rules on one of them sees the others, and rules on all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, insert, select, update

from antivenom.analysis import hosts
from antivenom.model.profile import Profile
from antivenom.model.review import Finding, Review
from antivenom.report import words
from antivenom.report.escape import visible
from antivenom.report.layers import Layers
from antivenom.store import packing, schema
from antivenom.store.schema_cases import case_keys, cases

KEYS = ("campaign", "specimen", "payload", "file", "code", "host", "uploader")
"""Kinds of keys, the surest first."""
Key = tuple[str, str]

_MOST = 40
_CARRYING = 5
_PAYLOAD_FROM = 40
"""Bytes; what is shorter is alike by chance."""
_CODE_FROM = 250
"""Bytes of a file whose code is compared; one-liners of strangers are alike."""
_LONGEST = 200
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]{1,15}://[^\s\"'<>`\\)\]}]{3,400}")
_CAMPAIGN = re.compile(r"\bcampaign ([^\s(]{1,80})")
_SPECIMEN = re.compile(r"\bknown malware ([0-9a-f]{12,64})")
_NOBODYS = frozenset({"", "local", "service"})
"""Classes of hosts that say nothing about who is behind them."""
_OWN = frozenset({"unknown", "raw-ip", "dyndns", "tunnel", "oast", "free-hosting"})
"""Classes in which the host alone tells one attacker from another."""


def keys_of(
    review: Review,
    members: Mapping[str, str],
    publisher: str,
    skeletons: Mapping[str, str] | None = None,
) -> tuple[Key, ...]:
    """Return what a review could share with others, the surest kind first.

    `skeletons` are, by path, the hashes of code with its names and literals masked.
    """
    found = dict.fromkeys(_keys(review, members, skeletons or {}))
    if publisher:
        found["uploader", f"{review.artifact.ecosystem or ''}/{visible(publisher, 100)}"] = None
    return tuple(sorted(found, key=lambda key: KEYS.index(key[0]))[:_MOST])


def skeletons_of(connection: Connection, review: Review) -> dict[str, str]:
    """Return the skeletons of a review's members, from its profile where that was kept."""
    table = schema.profiles
    found = connection.scalar(
        select(table.c.document).where(
            table.c.sha256 == review.artifact.sha256,
            table.c.ecosystem == (review.artifact.ecosystem or ""),
            table.c.engine == review.digests.engine,
        )
    )
    if found is None:
        return {}
    manifest = packing.unpack(found, Profile).manifest
    return {one.path: one.skeleton for one in manifest if one.skeleton and one.size >= _CODE_FROM}


def _keys(
    review: Review, members: Mapping[str, str], skeletons: Mapping[str, str]
) -> Iterator[Key]:
    layers = Layers(review)
    hidden = {layer.id: layer for layer in review.layers}
    for finding in words.carrying(review, _CARRYING):
        yield from _known(finding)
        inner = {span.layer for span in finding.spans if span.layer}
        inner |= {layer.id for layer in layers.hidden_in(finding)}
        for id in sorted(inner & hidden.keys()):
            if hidden[id].size >= _PAYLOAD_FROM:
                yield "payload", hidden[id].sha256
        for span in finding.spans[:20]:
            sha256 = members.get(span.member, "")
            if sha256 and span.member:
                yield "file", sha256
            if span.member in skeletons:
                yield "code", skeletons[span.member]
            yield from _addresses(span.excerpt)


def _known(finding: Finding) -> Iterator[Key]:
    """Yield what the catalog's likeness index said, which a finding tells in its reason."""
    for id, kind, pattern in (
        ("like.campaign", "campaign", _CAMPAIGN),
        ("like.specimen", "specimen", _SPECIMEN),
    ):
        said = pattern.search(finding.reason) if id in finding.chain else None
        if said:
            yield kind, said[1].rstrip(".,:")


def _addresses(text: str) -> Iterator[Key]:
    for url in _URL.findall(text)[:10]:
        host, hostclass = hosts.classify(url)
        if hostclass in _NOBODYS:
            continue
        yield "host", visible(host if hostclass in _OWN else url, _LONGEST)


def join(connection: Connection, case: int, keys: tuple[Key, ...]) -> str:
    """Note the keys of a case; return the campaign it belongs to, "" when it stands alone."""
    table = case_keys
    query = select(table.c.kind, table.c.value).where(table.c.case == case)
    known = {(kind, value) for kind, value in connection.execute(query)}
    fresh = [key for key in keys if key not in known][: max(_MOST - len(known), 0)]
    if fresh:
        rows = [{"case": case, "kind": kind, "value": value} for kind, value in fresh]
        connection.execute(insert(table), rows)
    mine = connection.scalar(select(cases.c.campaign).where(cases.c.id == case)) or ""
    return mine or _joined(connection, case, keys)


def _joined(connection: Connection, case: int, keys: tuple[Key, ...]) -> str:
    for kind, value in keys:
        other = _other(connection, case, kind, value)
        if other is None:
            continue
        id, theirs = other
        name = theirs or f"{kind}:{value}"
        both = cases.c.id.in_([case] if theirs else [case, id])
        connection.execute(update(cases).where(both).values(campaign=name))
        return name
    return ""


def _other(connection: Connection, case: int, kind: str, value: str) -> tuple[int, str] | None:
    """Return the newest other case with a key, unless people found it harmless."""
    query = (
        select(cases.c.id, cases.c.campaign)
        .join(case_keys, case_keys.c.case == cases.c.id)
        .where(case_keys.c.kind == kind, case_keys.c.value == value, cases.c.id != case)
        .where(cases.c.decision != "not-malicious", cases.c.state != "lapsed")
        .order_by(cases.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return (int(row[0]), str(row[1])) if row else None
