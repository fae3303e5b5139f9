"""Which modules and packages a release puts at the top of the importable names."""

from __future__ import annotations

from antivenom.context.affixes import words
from antivenom.model.profile import Profile

_CODE = (".py", ".pyc", ".so", ".pyd")
_ROOTS = frozenset({"src", "lib", "python", "purelib", "platlib"})
_USUAL = words(
    """
    tests test testing docs doc examples example samples scripts script tools tool utils util
    setup conftest benchmarks benchmark bench build dist bin common core config configs main app
    server client api demo demos data models notebooks tasks fabfile versioneer noxfile
    """
)
"""Folders of sources beside the package, which are also names of projects."""
MOST = 2000
"""Members that are looked at."""


def top_modules(profile: Profile) -> frozenset[str]:
    """Return the top-level import names of a distribution, the usual side folders left out."""
    found: set[str] = set()
    for entry in profile.manifest[:MOST]:
        if not entry.path.endswith(_CODE) or "!/" in entry.path or entry.role != "code":
            continue
        parts = entry.path.split("/")
        if profile.kind == "sdist" and len(parts) > 1:
            parts = parts[1:]
        while len(parts) > 1 and parts[0] in _ROOTS:
            parts = parts[1:]
        name = parts[0].partition(".")[0]
        if name and name not in _USUAL:
            found.add(name)
    return frozenset(found)
