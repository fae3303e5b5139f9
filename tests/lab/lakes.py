"""Reviews for lakes."""

from __future__ import annotations

from typing import Any

from antivenom.lab.lake_schema import Record
from antivenom.model.fact import Fact


def reviewed(name: str, *facts: Fact, **fields: Any) -> Record:
    """Return the record of a review with everything filled in that a test does not name."""
    given: dict[str, Any] = {
        "artifact": name * 64,
        "ecosystem": "pypi",
        "name": name,
        "version": "1",
        "filename": f"{name}-1.tar.gz",
        "engine": "e1",
        "verdict": "clean",
        "score": 0.1,
        "reviewed": "2026-11-21T10:00:00+00:00",
        **fields,
    }
    return Record(facts=facts, **given)
