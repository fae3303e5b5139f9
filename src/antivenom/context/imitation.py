"""What a release shares with the project its name resembles, where that one's metadata is known."""

from __future__ import annotations

import re
from collections.abc import Iterator

from antivenom.model.label import Metadata

WORDS = 3000
"""Words of a README that are compared."""
RUN = 4
"""Words in a row that count as one thing said."""
COPIED = 0.5
"""Share of a README that is found in the other from which it is a copy."""
LEAST = 20
"""Runs that a README must have before a share of it means anything."""
_WORD = re.compile(r"[a-z0-9]{1,40}")
_ADDRESS = re.compile(r"https?://([^\s,;]{4,300})")


def shared_signs(mine: Metadata, theirs: Metadata) -> Iterator[str]:
    """Yield `readme` where texts were taken over, `address` where both live in one place.

    Authors are not compared: whoever takes over a README takes the author's name with it.
    """
    if copied(mine.description, theirs.description) or _same_summary(mine, theirs):
        yield "readme"
    if _addresses(mine) & _addresses(theirs):
        yield "address"


def copied(mine: str, theirs: str) -> bool:
    """Whether at least half of a README stands in the other, however it was cut and rejoined."""
    ours, other = _runs(mine), _runs(theirs)
    return len(ours) >= LEAST and len(ours & other) >= COPIED * len(ours)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.lower())[:WORDS]
    return {tuple(words[at : at + RUN]) for at in range(len(words) - RUN + 1)}


def _same_summary(mine: Metadata, theirs: Metadata) -> bool:
    ours, other = (_WORD.findall(one.summary.lower()[:500]) for one in (mine, theirs))
    return len(ours) >= RUN and ours == other


def _addresses(metadata: Metadata) -> set[str]:
    """Return the addresses with a path: a host alone is shared by many."""
    texts = "\n".join((metadata.home_page, *metadata.urls))[:8000]
    found = (hit.lower().rstrip("/").removesuffix(".git") for hit in _ADDRESS.findall(texts))
    return {one.removeprefix("www.") for one in found if one.count("/") >= 2}
