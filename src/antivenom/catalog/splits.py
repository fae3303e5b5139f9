"""Which specimens one may learn from, tune on and test on: by family and by time.

A random split leaks: most specimens are copies of others. Whole families stay together (a campaign,
or what a source calls a family, either way), and later families are for testing. A family keeps
the split an earlier release gave it, so that figures of two releases can be compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from antivenom.catalog.specimen import Specimen

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
TEST, DEV = 0.2, 0.1
"""Shares of the families, the newest first."""
_UNDATED = "0000"


def split(specimens: Iterable[Specimen], before: Mapping[str, str]) -> dict[str, Split]:
    """Return the split of each specimen; `before` is what earlier releases gave them."""
    families = group(specimens)
    found: dict[str, Split] = {}
    new: list[list[Specimen]] = []
    for family in families:
        kept = next((s for s in SPLITS for one in family if before.get(one.id) == s), None)
        if kept is None:
            new.append(family)
        else:
            found |= dict.fromkeys((one.id for one in family), kept)
    new.sort(key=lambda family: (min(one.first_seen or _UNDATED for one in family), family[0].id))
    for n, family in enumerate(new):
        # The place among all new families, oldest first, decides: nothing is drawn by lot.
        place = (n + 1) / len(new)
        chosen: Split = (
            "train" if place <= 1 - TEST - DEV else "dev" if place <= 1 - TEST else "test"
        )
        found |= dict.fromkeys((one.id for one in family), chosen)
    return found


def group(specimens: Iterable[Specimen]) -> list[list[Specimen]]:
    """Return families: specimens tied by campaign, by a source's family, or by its cluster."""
    parents: dict[str, str] = {}

    def root(key: str) -> str:
        parents.setdefault(key, key)
        while parents[key] != key:
            parents[key] = parents[parents[key]]
            key = parents[key]
        return key

    ordered = sorted(specimens, key=lambda one: one.id)
    for one in ordered:
        for tie in _ties(one):
            parents[root(tie)] = root(f"specimen {one.id}")
    found: dict[str, list[Specimen]] = {}
    for one in ordered:
        found.setdefault(root(f"specimen {one.id}"), []).append(one)
    return list(found.values())


def _ties(one: Specimen) -> Iterable[str]:
    if one.membership:
        yield f"campaign {one.membership.campaign}"
    if one.project:
        yield f"project {one.project}"
    for claim in one.claims:
        if claim.family:
            yield f"family {claim.source} {claim.family}"
        if claim.cluster:
            yield f"cluster {claim.source} {claim.cluster}"
