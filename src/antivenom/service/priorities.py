"""Which upload is reviewed sooner; smaller is sooner."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from antivenom.context.names import PopularNames

ASKED = 1
"""A person or the registry itself waits for the answer."""
NEW_PROJECT = 10
"""Nobody knows it, and most malware is one."""
POPULAR = 10
"""A takeover of it reaches many."""
UPDATE = 50
AGAIN = 500
"""Judged before, by other rules."""
BACKFILL = 1000
POPULAR_RANK = 5000


def of_upload(ecosystem: str, project: str, *, new: bool) -> int:
    """Return the priority of a file that a feed announced."""
    if new:
        return NEW_PROJECT
    return POPULAR if 0 < rank(ecosystem, project) <= POPULAR_RANK else UPDATE


def rank(ecosystem: str, project: str) -> int:
    """Return a project's place among the popular ones, 0 when it is none of them."""
    names = _names(ecosystem)
    return 0 if names is None else names.rank(project)


@cache
def _names(ecosystem: str) -> PopularNames | None:
    from antivenom.context.known_names import KnownNames

    return KnownNames().of(ecosystem)
