"""From a profile and its surroundings to the facts that are judged."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from antivenom.context.changes import mark
from antivenom.context.changes_release import release_changes
from antivenom.context.identity import identities
from antivenom.context.known_names import KnownNames
from antivenom.context.matching import match_members
from antivenom.context.registry import registry_facts
from antivenom.context.resemblance import resemblances
from antivenom.context.siblings import disagreements, undeclared
from antivenom.model.context import Context, Imitated
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile


def surround(profile: Profile, context: Context, names: KnownNames) -> tuple[Fact, ...]:
    """Return the profile's facts, marked by what changed, and those its surroundings add.

    Facts are only ever added or marked; nothing known about a release removes one.
    """
    facts = (*profile.facts, *_added(profile, context, names))
    if context.baseline is not None:
        facts = _changed(facts, profile, context.baseline, names)
    first = len(profile.facts)
    numbered = enumerate(facts[first:], first)
    return (*facts[:first], *(msgspec.structs.replace(fact, n=n) for n, fact in numbered))


def _added(profile: Profile, context: Context, names: KnownNames) -> Iterator[Fact]:
    """Yield what each observer of surroundings adds."""
    yield from _named(profile, names, context.imitated)
    yield from disagreements(profile, context)
    yield from undeclared(profile, context)
    yield from registry_facts(profile, context)


def _named(
    profile: Profile, names: KnownNames, imitated: tuple[Imitated, ...] = ()
) -> Iterator[Fact]:
    yield from resemblances(profile, names)
    yield from identities(profile, names, imitated)


def _changed(
    facts: tuple[Fact, ...], profile: Profile, baseline: Profile, names: KnownNames
) -> tuple[Fact, ...]:
    """Return the facts marked by what the previous release had, and what changed as a whole."""
    known = (*baseline.facts, *_named(baseline, names))
    old = msgspec.structs.replace(baseline, facts=known)
    matches = match_members(profile, old)
    return (*mark(facts, profile, old, matches), *release_changes(profile, old, matches))
