"""Requirements and commands in a form in which two spellings of one are equal."""

from __future__ import annotations

import re

from antivenom.model.coordinate import normalize_pypi
from antivenom.model.label import Metadata

MOST = 2000
_NAME = re.compile(r"\s{0,20}(@?[A-Za-z0-9][A-Za-z0-9._/-]{0,213})")


def needed(metadata: Metadata) -> frozenset[str]:
    """Return the projects needed, those of extras left out."""
    found = set()
    for spec in metadata.requires[:MOST]:
        hit = _NAME.match(spec[:300])
        if hit and "extra" not in spec.partition(";")[2]:
            found.add(normalize_pypi(hit[1]))
    return frozenset(found)


def entry_points(metadata: Metadata) -> frozenset[str]:
    """Return the declared entry points without blanks."""
    return frozenset("".join(entry.split()) for entry in metadata.entry_points[:MOST])
