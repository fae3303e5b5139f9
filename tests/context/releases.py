"""Small releases in memory, observed."""

from __future__ import annotations

from collections.abc import Mapping

from antivenom.context.changes import mark
from antivenom.context.changes_release import release_changes
from antivenom.context.matching import match_members
from antivenom.intake.files import from_bytes
from antivenom.model.fact import Fact
from antivenom.model.profile import Profile
from antivenom.pipeline import observe
from tests.builders import archives

Text = str | bytes


def wheel(files: Mapping[str, Text], version: str = "1.0", metadata: str = "") -> Profile:
    data = archives.wheel(dict(files), name="demo", version=version, metadata=metadata)
    return observe(from_bytes(data, f"demo-{version}-py3-none-any.whl"))


def sdist(files: Mapping[str, Text], version: str = "1.0") -> Profile:
    return observe(from_bytes(archives.sdist(dict(files), name="demo", version=version), "d.tgz"))


def marked(new: Profile, old: Profile) -> list[Fact]:
    return list(mark(new.facts, new, old, match_members(new, old)))


def news(new: Profile, old: Profile) -> set[str]:
    return {fact.id for fact in marked(new, old) if fact.change == "new"}


def changes(new: Profile, old: Profile) -> dict[str, str]:
    return {f.id: f.value for f in release_changes(new, old, match_members(new, old))}
