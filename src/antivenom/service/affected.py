"""Which releases an OSV record speaks of."""

from __future__ import annotations

import re
from typing import Any

from antivenom.catalog.purls import ecosystem_of, normal_name

_NUMBERS = re.compile(
    r"v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(-[0-9A-Za-z.-]{1,100})?(?:\+.*)?"
)
Key = tuple[Any, ...]


def affects(document: dict[str, Any], ecosystem: str, name: str, version: str) -> bool:
    """Whether a record speaks of a release; without a version, of the project at all."""
    return any(
        _is(one.get("package"), ecosystem, name)
        and (not version or _covers(one, ecosystem, version))
        for one in document.get("affected") or ()
        if isinstance(one, dict)
    )


def same_version(ecosystem: str, one: str, other: str) -> bool:
    """Whether two spellings are one version to the registry."""
    if one == other:
        return True
    if ecosystem != "pypi":
        return False
    first, second = _key(ecosystem, one), _key(ecosystem, other)
    return first is not None and first == second


def _is(package: object, ecosystem: str, name: str) -> bool:
    if not isinstance(package, dict):
        return False
    theirs = str(package.get("ecosystem") or ""), str(package.get("name") or "")
    return ecosystem_of(theirs[0]) == ecosystem and (
        normal_name(ecosystem, theirs[1]) == normal_name(ecosystem, name)
    )


def _covers(affected: dict[str, Any], ecosystem: str, version: str) -> bool:
    versions = affected.get("versions") or ()
    ranges = [one for one in affected.get("ranges") or () if isinstance(one, dict)]
    if any(same_version(ecosystem, str(one), version) for one in versions):
        return True
    ranges = [one for one in ranges if one.get("type") != "GIT"]
    if not ranges:
        return not versions
    return any(_within(one.get("events") or (), ecosystem, version) for one in ranges)


def _within(events: Any, ecosystem: str, version: str) -> bool:  # noqa: ANN401  of a record
    """Follow OSV's evaluation: the last event at or before a version decides."""
    at = _key(ecosystem, version)
    if at is None:
        # Nobody can say where it stands; a range over everything holds it all the same.
        return all(str(v) == "0" for event in events for v in event.values())
    inside = False
    for kind, limit in sorted(_events(events, ecosystem), key=lambda one: (one[1] or (), one[0])):
        if kind == "introduced" and (limit is None or at >= limit):
            inside = True
        elif limit is not None and (
            (kind == "fixed" and at >= limit) or (kind == "last_affected" and at > limit)
        ):
            inside = False
    return inside


def _events(events: Any, ecosystem: str) -> list[tuple[str, Key | None]]:  # noqa: ANN401
    found: list[tuple[str, Key | None]] = []
    for event in events:
        for kind, text in event.items() if isinstance(event, dict) else ():
            key = None if text == "0" else _key(ecosystem, str(text))
            if text == "0" or key is not None:
                found.append((kind, key))
    return found


def _key(ecosystem: str, version: str) -> Key | None:
    """Return something that sorts as the registry sorts versions."""
    if ecosystem == "pypi":
        from packaging.version import InvalidVersion, Version

        try:
            return (Version(version[:200]),)
        except InvalidVersion:
            return None
    found = _NUMBERS.fullmatch(version[:200])
    if not found:
        return None
    numbers = tuple(int(one or 0) for one in found.groups()[:3])
    return *numbers, *_before(found[4])


def _before(tag: str | None) -> Key:
    """A version with a tag comes before the same without; numbers in it before words."""
    if not tag:
        return (1, ())
    parts = tag[1:].split(".")
    return (0, tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in parts))
