"""Keeps a profile within its size: what says least goes first, and what goes is counted.

A profile is stored for every upload, so no upload may make it large. Leaving out a fact or a
member is `Profile.overflow`, which a later comparison takes for "not known"; leaving out hashes is
`Profile.unhashed`; a shorter list of members or problems is said in the coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from msgspec import structs

from antivenom.model.fact import Excerpt, Fact
from antivenom.model.label import STRENGTH, Activation, Role
from antivenom.model.profile import Coverage, ManifestEntry, Problem, Profile

_ASIDE = frozenset([Role.TEST.value, Role.DOCS.value, Role.EXAMPLE.value])
_ROOM = 300
"""Bytes kept free for the sentences that say what is missing."""
_FEWEST_PROBLEMS = 100

_size = msgspec.json.Encoder().encode


def fitted(profile: Profile, most: int) -> Profile:
    """Return the profile, shortened until its JSON has at most `most` bytes.

    Metadata and layers, which have limits of their own, are kept as they are.
    """
    steps: tuple[Callable[[Profile, int], Profile], ...] = (
        lambda profile, excess: _unhash(profile, excess, aside=True),
        lambda profile, excess: _unlist(profile, excess, never=True),
        _unquote,
        lambda profile, excess: _unhash(profile, excess, aside=False),
        lambda profile, excess: _unsay(profile, excess, kept=most // 3),
        _sum_up,
        lambda profile, excess: _unlist(profile, excess, never=False),
        lambda profile, excess: _unsay(profile, excess, kept=0),
    )
    for shorten in steps:
        excess = len(_size(profile)) - most
        if excess <= 0:
            break
        profile = shorten(profile, excess + _ROOM)
    return profile


def _weakest(
    items: Sequence[Any], excess: int, size: Callable[[Any], int], order: Callable[[Any], Any]
) -> frozenset[int]:
    """Return the positions of the weakest items that together hold the excess."""
    gone: set[int] = set()
    for n in sorted(range(len(items)), key=lambda n: (order(items[n]), -n)):
        if excess <= 0:
            break
        saved = size(items[n])
        excess -= saved
        if saved > 0:
            gone.add(n)
    return frozenset(gone)


def _without(items: Sequence[Any], gone: frozenset[int]) -> tuple[Any, ...]:
    return tuple(item for n, item in enumerate(items) if n not in gone)


def _bytes(item: object) -> int:
    return len(_size(item)) + 1


# --------------------------------------------------------------------------- hashes


def _hashes(entry: ManifestEntry) -> int:
    return _bytes(entry.functions) + _bytes(entry.names) if entry.functions or entry.names else 0


def _unhash(profile: Profile, excess: int, *, aside: bool) -> Profile:
    """Leave out the hashes of functions; with `aside`, of code that only tests and docs hold."""

    def size(entry: ManifestEntry) -> int:
        return _hashes(entry) if not aside or entry.role in _ASIDE else 0

    gone = _weakest(profile.manifest, excess, size, _strength)
    lost = sum(len(e.functions) + len(e.names) for n, e in enumerate(profile.manifest) if n in gone)
    manifest = tuple(
        structs.replace(entry, functions={}, names=()) if n in gone else entry
        for n, entry in enumerate(profile.manifest)
    )
    return structs.replace(profile, manifest=manifest, unhashed=profile.unhashed + lost)


def _strength(entry: ManifestEntry) -> tuple[bool, int]:
    return entry.role not in _ASIDE, STRENGTH[entry.activation]


# --------------------------------------------------------------------------- members


def _unlist(profile: Profile, excess: int, *, never: bool) -> Profile:
    """Leave out members; with `never`, those that nothing runs."""

    def size(entry: ManifestEntry) -> int:
        runs = entry.activation != Activation.NEVER.value
        return 0 if never and runs else _bytes(entry)

    gone = _weakest(profile.manifest, excess, size, _strength)
    if not gone:
        return profile
    reason = f"{len(gone)} of {len(profile.manifest)} members are read but not listed: too many"
    return structs.replace(
        profile,
        manifest=_without(profile.manifest, gone),
        overflow=profile.overflow + len(gone),
        coverage=_said(profile.coverage, reason),
    )


def _said(coverage: Coverage, reason: str) -> Coverage:
    said = Problem(member="", status="partial", reason=reason)
    return structs.replace(
        coverage, partial=coverage.partial + 1, problems=(*coverage.problems, said)
    )


# --------------------------------------------------------------------------- facts, lines, problems


def _unquote(profile: Profile, excess: int) -> Profile:
    """Leave out source lines, those first at which nothing but text was seen."""
    told = {(f.member, f.layer, f.line) for f in profile.facts if f.kind != "text"}

    def order(excerpt: Excerpt) -> bool:
        return (excerpt.member, excerpt.layer, excerpt.line) in told

    gone = _weakest(profile.excerpts, excess, _bytes, order)
    return structs.replace(profile, excerpts=_without(profile.excerpts, gone))


def _unsay(profile: Profile, excess: int, *, kept: int) -> Profile:
    """Leave out facts down to so many bytes: of text alone first, then what needs most help."""
    excess = min(excess, len(_size(profile.facts)) - kept)

    def order(fact: Fact) -> tuple[bool, bool, int]:
        return fact.kind != "text", fact.kind == "flow", STRENGTH[fact.activation]

    gone = _weakest(profile.facts, excess, _bytes, order)
    left = _without(profile.facts, gone)
    facts = tuple(structs.replace(fact, n=n) for n, fact in enumerate(left))
    return structs.replace(profile, facts=facts, overflow=profile.overflow + len(gone))


def _sum_up(profile: Profile, excess: int) -> Profile:
    """Leave out problems that others say as well, those first that block nothing."""
    coverage = profile.coverage
    spare = len(coverage.problems) - _FEWEST_PROBLEMS
    if spare <= 0:
        return profile
    gone = _weakest(coverage.problems, excess, _bytes, lambda problem: problem.blocking)
    gone = frozenset(sorted(gone)[-spare:])
    blocking = sum(p.blocking for n, p in enumerate(coverage.problems) if n in gone)
    left = structs.replace(coverage, problems=_without(coverage.problems, gone))
    said = Problem(
        member="",
        status="partial",
        reason=f"{len(gone)} more members were not read completely",
        blocking=bool(blocking),
    )
    left = structs.replace(left, partial=left.partial + 1, problems=(*left.problems, said))
    return structs.replace(profile, coverage=left)
