"""The project that a name resembles, as its index describes it: one page and one small file.

Asked only of names that are a slip away from a popular one, and never offline; that it cannot be
had is a note in the review and no failure.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from antivenom.errors import AntivenomError
from antivenom.intake.locator import Locator, Surroundings
from antivenom.model.context import Imitated

if TYPE_CHECKING:
    from antivenom.context.names import PopularNames
    from antivenom.intake.releases import Index

MOST = 2
"""Resembled projects that are looked at."""
_NEAR = frozenset(["word-order", "affix", "number", "plural"])
"""Resemblances that are no slips but worth a look at the other's README."""


def resembled(name: str, ecosystem: str = "pypi") -> tuple[str, ...]:
    """Return the popular projects a project's name could be mistaken for."""
    from antivenom.context.names import CLOSE, normal

    names = _known(ecosystem)
    found = names.lookalikes(normal(name, ecosystem)) if names is not None else ()
    return tuple(one.name for one in found if one.how in CLOSE | _NEAR)[:MOST]


@cache
def _known(ecosystem: str) -> PopularNames | None:
    from antivenom.context.known_names import KnownNames

    return KnownNames().of(ecosystem)


def imitations(name: str, index: Index) -> tuple[tuple[Imitated, ...], tuple[str, ...]]:
    """Return what the index says of the projects a name resembles, and notes on those it cannot."""
    found, notes = [], []
    for other in () if index.options.offline else resembled(name, index.ecosystem):
        try:
            described = _described(other, index)
        except AntivenomError as error:
            described = None
            notes.append(
                f"{other}, whose name this resembles, could not be looked at: {error}"[:300]
            )
        if described is not None:
            found.append(described)
    return tuple(found), tuple(notes)


def _described(name: str, index: Index) -> Imitated | None:
    described = index.described(name)
    return Imitated(metadata=described) if described is not None else None


def with_imitated(
    locator: Locator, imitated: tuple[Imitated, ...], notes: tuple[str, ...]
) -> Locator:
    """Return a locator that says whom its project's name resembles."""
    if not imitated and not notes:
        return locator
    around = locator.around or Surroundings()
    noted = (*around.notes, *notes)
    around = msgspec.structs.replace(around, imitated=imitated, notes=noted)
    return msgspec.structs.replace(locator, around=around)
