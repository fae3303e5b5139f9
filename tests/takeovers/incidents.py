"""All incidents, and the releases they make."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.takeovers import at_build, at_import, quiet, theft
from tests.takeovers.incident import SHARED, Incident, TakenOver, build, pairs

INCIDENTS: tuple[Incident, ...] = (
    *at_build.INCIDENTS,
    *at_import.INCIDENTS,
    *theft.INCIDENTS,
    *quiet.INCIDENTS,
)


def taken_over(folder: Path = SHARED) -> Iterator[TakenOver]:
    """Yield every taken-over release; none where the corpus is not at hand."""
    known = {pair.name: pair for pair in pairs(folder)}
    for incident in INCIDENTS if known else ():
        yield build(incident, known[incident.project])
