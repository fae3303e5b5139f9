"""From a profile and its surroundings to the facts that are judged."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from antivenom.context.identity import identities
from antivenom.context.known_names import KnownNames
from antivenom.context.resemblance import resemblances
from antivenom.model.context import Context
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile


def surround(profile: Profile, context: Context, names: KnownNames) -> tuple[Fact, ...]:
    """Return the profile's facts, marked by what changed, and those its surroundings add.

    Facts are only ever added or marked; nothing known about a release removes one.
    """
    first = len(profile.facts)
    added = (
        msgspec.structs.replace(fact, n=first + number)
        for number, fact in enumerate(_added(profile, context, names))
    )
    return (*profile.facts, *added)


def _added(profile: Profile, context: Context, names: KnownNames) -> Iterator[Fact]:
    """Yield what each observer of surroundings adds."""
    _ = context
    yield from resemblances(profile, names)
    yield from identities(profile, names)
