"""Outcomes of a bench, made up."""

from __future__ import annotations

from bench.corpus import Sample
from bench.measure import Hit, Measured, Outcome


def measured(
    path: str,
    verdict: str,
    *rules: str,
    part: str = "study",
    cluster: str = "",
    family: str = "f",
    tags: tuple[str, ...] = (),
    stratum: str = "",
) -> Measured:
    """One archive; with a cluster it is a specimen."""
    sample = Sample(
        path=path,
        sha256=path,
        part=part,
        stratum=stratum or ("malware" if cluster else "popular"),
        cluster=cluster,
        family=family,
        tags=tags,
    )
    hits = tuple(
        Hit(rule=r, weight=0.93, activation="import", member="m.py", line=1, layer=0, reason="why")
        for r in rules
    )
    return Measured(sample=sample, outcome=Outcome(verdict=verdict, hits=hits))
