"""Versions as npm orders them: semantic versioning 2.0, read tolerantly."""

from __future__ import annotations

import re

_FORM = re.compile(
    r"[v=\s]{0,5}(\d{1,16})(?:\.(\d{1,16}))?(?:\.(\d{1,16}))?(?:-?([0-9A-Za-z.-]{1,200}))?"
)
_MOST_PARTS = 20
Order = tuple[tuple[int, int, int], tuple[tuple[int, int, str], ...]]


def order(version: str) -> Order | None:
    """Return what versions are compared by; None for a text that is none.

    A pre-release comes before its release; its parts compare as numbers where they are numbers,
    which come before words. What follows a ``+`` says nothing.
    """
    found = _FORM.fullmatch(version.strip()[:256].partition("+")[0])
    if found is None:
        return None
    numbers = (int(found[1]), int(found[2] or 0), int(found[3] or 0))
    if not found[4]:
        return numbers, ((2, 0, ""),)
    parts = found[4].split(".")[:_MOST_PARTS]
    return numbers, tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts)


def is_prerelease(version: str) -> bool:
    """Return whether a version says that it is not finished."""
    found = order(version)
    return found is not None and found[1] != ((2, 0, ""),)
