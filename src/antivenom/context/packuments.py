"""What npm's registry shows of a release against what lies in its tarball.

The two are separate inputs of one upload and nobody compares them. Scripts run from the tarball,
dependencies and names are taken from what the registry shows, people and tools look there. Fields
of `meta.mismatch`, all with ``where=index``: requires, script, name, version. ``how=form`` stands
in the tarball alone, ``how=shown`` on the page alone: build steps before publishing leave
dependencies out of the tarball, none adds what nobody shall see.
"""

from __future__ import annotations

from collections.abc import Iterator

from antivenom.context.adding import declared_at, fact
from antivenom.context.requirements import needed
from antivenom.model.fact import Fact
from antivenom.model.label import Metadata
from antivenom.model.profile import Profile

MOST = 40
"""Differences of one kind that are told."""
_EVENTS = ("preinstall", "install", "postinstall")
"""Scripts that run wherever a package is installed from its registry."""


def hidden(profile: Profile, shown: Metadata) -> Iterator[Fact]:
    """Yield where a tarball and what its registry shows differ, as far as clients act on it."""
    mine = profile.metadata
    for name in sorted(needed(mine) - needed(shown))[:MOST]:
        yield _differs(profile, "requires", f"{name} is not declared to the registry", "form")
    for name in sorted(needed(shown) - needed(mine))[:MOST]:
        yield _differs(profile, "requires", f"{name} is declared to the registry alone", "shown")
    yield from _scripts(profile, shown)
    yield from _identity(profile, shown)


def _scripts(profile: Profile, shown: Metadata) -> Iterator[Fact]:
    """Yield install scripts of the tarball that the registry shows differently or not at all."""
    told = _commands(shown)
    for event, command in _commands(profile.metadata).items():
        other = told.get(event, "")
        if command == other:
            continue
        instead = f"another {event} script" if other else f"no {event} script"
        value = f"{event} runs {command[:150]!a}, the registry shows {instead}"
        yield _differs(profile, "script", value, "form")


def _commands(metadata: Metadata) -> dict[str, str]:
    """Return event -> command of the scripts that run on install."""
    found: dict[str, str] = {}
    for entry in metadata.entry_points:
        event, _, command = entry.removeprefix("scripts:").partition(" = ")
        if event in _EVENTS:
            found.setdefault(event, " ".join(command.split()))
    return found


def _identity(profile: Profile, shown: Metadata) -> Iterator[Fact]:
    mine = profile.metadata
    if mine.name and shown.name and mine.name.strip() != shown.name.strip():
        value = f"the file says {mine.name[:80]}, the registry {shown.name[:80]}"
        yield _differs(profile, "name", value)
    elif mine.version and shown.version and _plain(mine.version) != _plain(shown.version):
        value = f"the file says {mine.version[:80]}, the registry {shown.version[:80]}"
        yield _differs(profile, "version", value)


def _plain(version: str) -> str:
    """Return a version without what registries leave out of it."""
    return version.strip().lstrip("=v ").partition("+")[0]


def _differs(profile: Profile, field: str, value: str, how: str = "") -> Fact:
    args = (f"field={field}", "where=index", *((f"how={how}",) if how else ()))
    return fact(profile, "meta.mismatch", value, *args, member=declared_at(profile))
