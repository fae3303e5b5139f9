"""What only the registry knows of a release: `change.*` facts about its coming, not its contents.

All of it raises. That a release carries provenance, or comes from an old project, lowers nothing:
takeovers had both.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from antivenom.context.adding import fact
from antivenom.model.context import Context, RegistryInfo
from antivenom.model.fact import Fact
from antivenom.model.moments import moment
from antivenom.model.profile import Profile

BURST = 3
"""Releases in the hour before this one; build systems publish one, worms as many as they can."""
SILENCE = timedelta(days=540)


def registry_facts(profile: Profile, context: Context) -> Iterator[Fact]:
    """Yield what is odd about how a release came."""
    known = context.registry
    if known is None:
        return
    uploaded = context.upload.uploaded if context.upload else ""
    yield from _silence(profile, known, uploaded)
    if known.recent_releases >= BURST:
        value = f"{known.recent_releases} releases in the hour before"
        yield fact(profile, "change.burst", value, f"count={known.recent_releases}")
    if known.attested is False and known.attested_before:
        yield fact(profile, "change.provenance-lost", "the previous release had provenance")
    for owner in known.new_owners[:10]:
        yield fact(profile, "change.maintainer", owner, "how=owner")


def _silence(profile: Profile, known: RegistryInfo, uploaded: str) -> Iterator[Fact]:
    now, before = moment(uploaded), moment(known.previous_release)
    if now is None or before is None or now - before < SILENCE:
        return
    days = (now - before).days
    yield fact(profile, "change.long-silence", f"{days} days after the one before", f"count={days}")
