"""Our own reviews and people's decisions into the catalog, as JSON Lines.

A review that is malicious or suspicious is a statement of the engine; others are counted and left
out, since this is a catalog of malware. A decision is a statement by a person:
``{"specimen", "label", "author", "reason"}`` and, if known, ``confidence``, ``said_at``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom.catalog import linking, writing
from antivenom.catalog.entry import Entry, Word
from antivenom.catalog.importing import Options, Report
from antivenom.catalog.purls import parse as parse_purl
from antivenom.catalog.specimen import Behavior, Claim
from antivenom.catalog.statement import Confidence, Kind, Label
from antivenom.errors import TargetError
from antivenom.model.label import STRENGTH
from antivenom.report.escape import visible
from antivenom.store import Store

ENGINE = "antivenom"


class _Artifact(Struct, frozen=True, kw_only=True):
    sha256: str
    size: int = 0
    filename: str = ""
    ecosystem: str | None = None
    name: str | None = None
    version: str | None = None
    kind: str = ""


class _Finding(Struct, frozen=True, kw_only=True):
    rule: str
    activation: str = "call"
    chain: list[str] = []


class _Review(Struct, frozen=True, kw_only=True):
    artifact: _Artifact
    verdict: str
    kind: str | None = None
    score: float = 0.0
    reasons: list[str] = []
    findings: list[_Finding] = []


class _Decision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    specimen: str
    label: Label
    author: str
    reason: str = ""
    confidence: Confidence = "high"
    kind: Kind = "person"
    said_at: str = ""
    withdraws: str = ""


def import_judgements(store: Store, place: Path, options: Options) -> Report:
    """Import reviews and decisions, one JSON object a line. Raises `TargetError`."""
    report = Report(source=options.source)
    entries: list[Entry] = []
    left_out = 0
    for number, line in _lines(place):
        report.listed += 1
        try:
            entry = _entry(line, options)
        except (ValueError, RecursionError) as error:
            report.broken.append((f"line {number}", str(error)))
            continue
        if entry is None:
            left_out += 1
        else:
            entries.append(entry)
    with store.writing() as connection:
        writing.add_source(connection, options.source, options.url, options.licence)
        report.new = writing.put(connection, entries, options.source)
        linking.link(connection)
    report.known = len({entry.id for entry in entries}) - report.new
    if left_out:
        report.notes.append(f"{left_out:,} reviews that found nothing were left out")
    return report


def _lines(place: Path) -> Iterator[tuple[int, bytes]]:
    try:
        with place.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except OSError as error:
        raise TargetError(f"{place}: cannot be read: {error}") from None


def _entry(line: bytes, options: Options) -> Entry | None:
    fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    if "artifact" in fields:
        return _of_review(msgspec.json.decode(line, type=_Review), options)
    return _of_decision(msgspec.json.decode(line, type=_Decision))


def _of_decision(said: _Decision) -> Entry:
    word = Word(
        label=said.label,
        author=said.author,
        kind=said.kind,
        confidence=said.confidence,
        said_at=said.said_at,
        reason=said.reason,
    )
    if said.specimen.startswith("pkg:"):
        ecosystem, name, version = parse_purl(said.specimen)
        return Entry(
            id=said.specimen, ecosystem=ecosystem, name=name, version=version, words=(word,)
        )
    if len(said.specimen) != 64 or set(said.specimen) - set("0123456789abcdef"):
        raise ValueError("specimen is neither a sha256 nor a package URL")
    return Entry(id=said.specimen, words=(word,))


def _of_review(review: _Review, options: Options) -> Entry | None:
    if review.verdict not in {"malicious", "suspicious"} or not review.artifact.sha256:
        return None
    artifact = review.artifact
    return Entry(
        id=artifact.sha256,
        ecosystem=artifact.ecosystem or "",
        name=artifact.name or "",
        version=artifact.version or "",
        filename=artifact.filename,
        size=artifact.size,
        kind=artifact.kind,
        behaviors=tuple(_behaviors(review.findings)),
        claim=Claim(source=options.source, origin=visible(artifact.filename)),
        words=(
            Word(
                label=_label(review),
                author=ENGINE,
                kind="engine",
                confidence="medium" if review.verdict == "malicious" else "low",
                reason=visible("; ".join(review.reasons[:3]), 500),
            ),
        ),
    )


def _label(review: _Review) -> Label:
    if review.verdict != "malicious":
        return "unknown"
    if review.kind == "spam":
        return "spam"
    return "policy" if review.kind == "policy" else "malware"


def _behaviors(findings: list[_Finding]) -> Iterator[Behavior]:
    seen: dict[str, str] = {}
    for finding in findings:
        key = "->".join(finding.chain)
        known = seen.get(key, "never")
        if key and STRENGTH.get(finding.activation, 0) >= STRENGTH.get(known, 0):
            seen[key] = finding.activation
    for key, activation in sorted(seen.items()):
        yield Behavior(id=key, activation=activation)
