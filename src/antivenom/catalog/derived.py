"""What a profile and its review amount to in the catalog: plain rows, no bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from antivenom.catalog.specimen import Behavior, Decoded, Indicator, IndicatorKind, MemberCode
from antivenom.model.fact import Fact
from antivenom.model.label import STRENGTH
from antivenom.model.profile import Profile
from antivenom.model.review import Review

_OWN_HOST = frozenset({"unknown", "oast", "tunnel", "free-hosting", "dyndns"})
"""Classes whose host itself belongs to somebody; elsewhere only the whole address does."""
_TOKEN = re.compile(r"/bot(\d{6,12}:[A-Za-z0-9_-]{30,40})")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]{1,9}://", re.IGNORECASE)
_MOST = 200
"""Indicators of one specimen."""


class Observed(Struct, frozen=True, kw_only=True):
    """What observing and judging one specimen gave."""

    sha256: str
    ecosystem: str
    filename: str
    size: int
    kind: str
    engine: str
    name: str = ""
    """As declared inside."""
    version: str = ""
    activations: tuple[str, ...] = ()
    layers: int = 0
    facts: int = 0
    verdict: str = ""
    score: float = 0.0
    problem: str = ""
    behaviors: tuple[Behavior, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    members: tuple[MemberCode, ...] = ()
    decoded: tuple[Decoded, ...] = ()
    profile: bytes = b""
    """Packed, see `store.packing`."""


def derive(profile: Profile, review: Review, packed: bytes) -> Observed:
    """Return the rows of one specimen."""
    blocked = (p for p in profile.coverage.problems if p.blocking)
    return Observed(
        sha256=profile.sha256,
        ecosystem=profile.ecosystem or "",
        filename=profile.filename,
        size=profile.size,
        kind=profile.kind,
        engine=profile.engine,
        name=profile.metadata.name,
        version=profile.metadata.version,
        activations=activations(review),
        layers=len(profile.layers),
        facts=len(profile.facts),
        verdict=review.verdict.value,
        score=review.score,
        problem=next((f"{p.member or 'the archive'}: {p.reason}" for p in blocked), ""),
        behaviors=tuple(sorted(behaviors(profile.facts))),
        indicators=tuple(sorted(indicators(profile, review))),
        members=tuple(members(profile)),
        decoded=tuple(decoded(profile)),
        profile=packed,
    )


def activations(review: Review) -> tuple[str, ...]:
    """Return when what was found runs, strongest first."""
    found = {finding.activation for finding in review.findings if finding.weight > 0}
    return tuple(sorted(found, key=lambda a: -STRENGTH.get(a, 0)))


def behaviors(facts: Iterable[Fact]) -> Iterator[Behavior]:
    """Yield each distinct fact id once, with its strongest activation; flows as their chain."""
    seen: dict[str, tuple[str, int]] = {}
    for fact in facts:
        key = "->".join(fact.via) if fact.kind == "flow" and fact.via else fact.id
        activation, count = seen.get(key, ("never", 0))
        if STRENGTH.get(fact.activation, 0) > STRENGTH.get(activation, 0):
            activation = fact.activation
        seen[key] = activation, count + 1
    for key, (activation, count) in seen.items():
        yield Behavior(id=key, activation=activation, count=count)


def members(profile: Profile) -> Iterator[MemberCode]:
    """Yield the files of a specimen."""
    for entry in profile.manifest:
        yield MemberCode(
            path=entry.path,
            sha256=entry.sha256,
            size=entry.size,
            kind=entry.kind,
            role=entry.role,
            lang=entry.lang,
            activation=entry.activation,
            skeleton=entry.skeleton,
            fingerprint=entry.fingerprint,
            functions=entry.functions,
        )


def decoded(profile: Profile) -> Iterator[Decoded]:
    """Yield the hidden texts of a specimen, without the texts."""
    prints = {one.layer: one for one in profile.layer_prints}
    for layer in profile.layers:
        known = prints.get(layer.id)
        yield Decoded(
            layer=layer.id,
            member=layer.member,
            sha256=layer.sha256,
            size=layer.size,
            parent=layer.parent,
            line=layer.line,
            via=layer.via,
            skeleton=known.skeleton if known else "",
            fingerprint=known.fingerprint if known else "",
        )


def indicators(profile: Profile, review: Review) -> Iterator[Indicator]:
    """Yield what may tie a specimen to others, each once, with the first place it was seen at.

    A host is one where code talks to it, or where it was hidden in a decoded layer: a library's
    documentation is full of addresses that mean nothing.
    """
    seen: set[tuple[str, str]] = set()
    for kind, value, fact in _of_facts(profile.facts):
        if value and (kind, value) not in seen and len(seen) < _MOST:
            seen.add((kind, value))
            yield Indicator(
                kind=kind, value=value, member=fact.member, line=fact.line, layer=fact.layer
            )
    named = {span.member for f in review.findings if f.weight > 0 for span in f.spans}
    for entry in profile.manifest:
        if entry.path in named:
            yield Indicator(kind="file-sha256", value=entry.sha256, member=entry.path)
            if entry.skeleton:
                yield Indicator(kind="skeleton", value=entry.skeleton, member=entry.path)


def _of_facts(facts: Iterable[Fact]) -> Iterator[tuple[IndicatorKind, str, Fact]]:
    for fact in facts:
        if fact.id == "text.wallet":
            yield "wallet", fact.value, fact
        if not fact.host or (fact.id == "text.endpoint" and not _telling(fact)):
            continue
        token = _TOKEN.search(fact.value)
        if token:
            yield "bot-token", token.group(1), fact
        if fact.hostclass == "raw-ip":
            yield "ip", fact.host, fact
        if fact.hostclass in _OWN_HOST:
            yield "host", fact.host.lower(), fact
        if _SCHEME.match(fact.value) and fact.hostclass not in {"service", "local", ""}:
            yield "webhook" if fact.hostclass == "webhook" else "url", fact.value, fact


def _telling(fact: Fact) -> bool:
    return fact.layer > 0 or fact.hostclass not in {"unknown", "code-host", "service", "local"}
