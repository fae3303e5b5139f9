"""Facts about a release as a whole: where they are said to stand, and how they are made."""

from __future__ import annotations

from antivenom.model.fact import Fact, FactKind
from antivenom.model.profile import Profile

_DECLARING = ("METADATA", "PKG-INFO", "package.json", "pyproject.toml", "setup.cfg", "setup.py")


def declared_at(profile: Profile) -> str:
    """Return the member that says whose release this is, "" when none does."""
    paths = [entry.path for entry in profile.manifest]
    for name in _DECLARING:
        found = [p for p in paths if p.rpartition("/")[2] == name]
        if found:
            return min(found, key=lambda path: (path.count("/"), path))
    return ""


def fact(
    profile: Profile,
    name: str,
    value: str,
    *args: str,
    member: str | None = None,
    sure: bool = True,
) -> Fact:
    """Return a fact about the release; its id is ``kind.name``, it runs never."""
    kind: FactKind = {"name": "name", "meta": "meta", "change": "change"}[name.partition(".")[0]]  # type: ignore[assignment]
    return Fact(
        id=name,
        kind=kind,
        value=value[:256],
        args=args,
        member=declared_at(profile) if member is None else member,
        activation="never",
        certainty="high" if sure else "low",
        observer="context",
        artifact=profile.sha256,
    )
