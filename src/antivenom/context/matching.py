"""Which member of a release was which member of the release before.

By path without what only a new version changes, then by content, then by functions that moved,
then by a file name that each release has once. Linear in the members of both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from antivenom.model.profile import ManifestEntry, Profile

_SOURCE_FOLDERS = ("src/", "lib/")
_MOST_FUNCTIONS = 400
"""Functions of one member that are looked for elsewhere."""
_NEAR = 20
"""Members with the same bytes among which one of the same name is looked for."""
_DIST_INFO = re.compile(r"^[^/]{1,200}\.(dist-info|egg-info)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Two manifests, member by member."""

    pairs: Mapping[str, str] = field(default_factory=dict)
    """Path in the new release -> path in the old one."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    """Paths in the new release whose bytes differ from those they had."""
    moved: tuple[str, ...] = ()
    """Paths in the new release that were somewhere else."""


def match_members(new: Profile, old: Profile) -> Matches:
    """Return which member of `new` stands for which of `old`."""
    before = {entry.path: entry for entry in old.manifest}
    after = {entry.path: entry for entry in new.manifest}
    bare_old, bare_new = _bare_paths(old), _bare_paths(new)
    places = {bare: path for path, bare in bare_old.items()}
    pairs = {path: places[bare] for path, bare in bare_new.items() if bare in places}
    for find in (_by_content, _by_functions, _by_name):
        taken = set(pairs.values())
        left = [entry for path, entry in after.items() if path not in pairs]
        free = [entry for path, entry in before.items() if path not in taken]
        if left and free:
            pairs.update(find(left, free))
    taken = set(pairs.values())
    return Matches(
        pairs=pairs,
        added=tuple(path for path in after if path not in pairs),
        removed=tuple(path for path in before if path not in taken),
        changed=tuple(p for p, q in pairs.items() if after[p].sha256 != before[q].sha256),
        moved=tuple(p for p, q in pairs.items() if bare_new[p] != bare_old[q]),
    )


def _bare_paths(profile: Profile) -> dict[str, str]:
    """Return path -> the path without root folder, source folder and version."""
    paths = [entry.path for entry in profile.manifest]
    root = _root(paths) if profile.kind != "wheel" else ""
    version = profile.metadata.version
    versioned = version if len(version) >= 3 else ""
    return {path: _bare(path[len(root) :], versioned) for path in paths}


def _root(paths: Iterable[str]) -> str:
    """Return the one folder everything stands in, with its slash."""
    tops = {path.partition("/")[0] if "/" in path else "" for path in paths}
    return f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""


def _bare(path: str, version: str) -> str:
    path = _DIST_INFO.sub(r"*.\1/", path)
    for folder in _SOURCE_FOLDERS:
        path = path.removeprefix(folder)
    return path.replace(version, "*") if version else path


def _by_content(left: list[ManifestEntry], free: list[ManifestEntry]) -> dict[str, str]:
    """Pair members with the same bytes, those of one name first."""
    places: dict[str, list[str]] = {}
    for entry in free:
        if entry.size:
            places.setdefault(entry.sha256, []).append(entry.path)
    found = {}
    for entry in left:
        same = places.get(entry.sha256)
        if same:
            # A flood of equal files is paired as it comes: a search would cost its square.
            name = _name(entry.path)
            near = range(max(len(same) - _NEAR, 0), len(same))
            found[entry.path] = same.pop(next((n for n in near if _name(same[n]) == name), -1))
    return found


def _by_functions(left: list[ManifestEntry], free: list[ManifestEntry]) -> dict[str, str]:
    """Pair members when at least half of the functions of one came from the other."""
    places: dict[str, str] = {}
    for entry in free:
        for hashed in _hashes(entry):
            places.setdefault(hashed, entry.path)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for entry in left:
        hashes = _hashes(entry)
        counted = Counter(places[h] for h in hashes if h in places)
        best, number = counted.most_common(1)[0] if counted else ("", 0)
        if best and best not in taken and 2 * number >= len(hashes):
            found[entry.path] = best
            taken.add(best)
    return found


def _hashes(entry: ManifestEntry) -> list[str]:
    return [h for name, h in list(entry.functions.items())[:_MOST_FUNCTIONS] if name]


def _by_name(left: list[ManifestEntry], free: list[ManifestEntry]) -> dict[str, str]:
    """Pair members whose file name each release has exactly once: moved and edited."""
    old = Counter(_name(entry.path) for entry in free)
    new = Counter(_name(entry.path) for entry in left)
    places = {_name(entry.path): entry for entry in free}
    found = {}
    for entry in left:
        name = _name(entry.path)
        if name != "__init__.py" and old[name] == new[name] == 1:
            if places[name].lang == entry.lang:
                found[entry.path] = places[name].path
    return found


def _name(path: str) -> str:
    return path.rpartition("/")[2]
