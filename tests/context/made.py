"""Profiles made by hand: only what surroundings look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from antivenom.model.label import Metadata
from antivenom.model.profile import ManifestEntry, Profile

PLAIN = Metadata(name="demo", version="1.0")


def profile(*paths: str, ecosystem: str = "pypi", kind: str = "wheel", **declared: Any) -> Profile:
    """Return the profile of a release with these members, declaring this."""
    return Profile(
        sha256="0" * 64,
        filename="demo-1.0-py3-none-any.whl",
        ecosystem=ecosystem,
        kind=kind,
        size=1,
        engine="",
        metadata=replace(PLAIN, **declared),
        manifest=tuple(
            ManifestEntry(path=path, sha256=f"{n:064x}", size=1, kind="file")
            for n, path in enumerate(paths)
        ),
    )
