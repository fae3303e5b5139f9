"""Which files belong to one release: by folder and by what their names say.

Names lie; what they join is only compared, never believed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from antivenom.intake.locator import Locator, Surroundings
from antivenom.model.coordinate import normalize_pypi

_SDIST = re.compile(r"(.{1,200})-(v?\d[^-]{0,100})\.(?:tar\.(?:gz|bz2|xz|zst)|tgz|zip)$")


def release_of(path: str) -> str:
    """Return a text that files of one release in one folder share, "" for any other file."""
    folder, _, name = path.replace("\\", "/").rpartition("/")
    if name.endswith((".whl", ".egg")):
        parts = name.rpartition(".")[0].split("-")
        project, version = parts[:2] if len(parts) >= 2 else ("", "")
    else:
        found = _SDIST.match(name)
        project, version = (found[1], found[2]) if found else ("", "")
    if not project or not version:
        return ""
    return f"{folder}/{normalize_pypi(project)}=={version.lower()}"


def shared(paths: Iterable[str]) -> frozenset[str]:
    """Return the releases of which more than one file is among these."""
    counted = Counter(filter(None, map(release_of, paths)))
    return frozenset(release for release, count in counted.items() if count > 1)


def joined(locators: Sequence[Locator]) -> list[Locator]:
    """Return the locators with those of one release beside each other, and marked as such."""
    several = shared(one.display for one in locators)
    if not several:
        return list(locators)
    places: dict[str, int] = {}
    for number, one in enumerate(locators):
        release = release_of(one.display)
        if release in several:
            places.setdefault(release, number)
    numbered = enumerate(locators)
    ordered = sorted(numbered, key=lambda pair: places.get(release_of(pair[1].display), pair[0]))
    return [marked(one, release_of(one.display), several) for _, one in ordered]


def marked(locator: Locator, release: str, several: frozenset[str]) -> Locator:
    """Return a locator that says of which release it is, where the release has several files."""
    if release not in several or locator.kind != "file":
        return locator
    return with_release(locator, release)


def with_release(locator: Locator, release: str) -> Locator:
    """Return a locator that says of which release it is."""
    around = msgspec.structs.replace(locator.around or Surroundings(), release=release)
    return msgspec.structs.replace(locator, around=around)
