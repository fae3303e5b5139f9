"""Build a data set: list, observe, judge, check for leaks, write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from antivenom.judge import load_knowledge
from antivenom.lab import dataset, extraction, splits
from antivenom.lab.dataset import Card, Row
from antivenom.lab.extraction import Observed
from antivenom.lab.sample import Sample


def build(
    samples: Sequence[Sample],
    *,
    noise: Path | None = None,
    given: Mapping[str, Observed] | None = None,
    jobs: int = 0,
    tell: Callable[[int, int], None] | None = None,
) -> tuple[list[Row], Card]:
    """Return the rows of samples and their card; clusters where nothing is hostile stay out.

    `given` are profiles that need no observing: those a catalog has of this very engine.
    A project of the widening set that the listed sets hold as well is left out of the former.
    Raises `ValueError` when anything ties what may be learnt from to what is checked.
    """
    from antivenom.analysis import engine

    listed = dataset.noise(noise) if noise is not None else frozenset()
    harmless = dataset.harmless(samples, listed)
    wanted = [s for s in once(samples) if not (s.hostile and s.cluster in harmless)]
    known = load_knowledge()
    observed = extraction.profiles(wanted, given=given, jobs=jobs, tell=tell)
    rows = dataset.judged(wanted, observed, known)
    aside = _refuse_leaks(rows)
    hostile = [row for row in rows if row.sample.hostile]
    card = Card(
        digest=dataset.digest(rows),
        engine=engine.digest(),
        rulebook=known.book.digest,
        rows=len(rows),
        specimens=len(hostile),
        clusters=len({row.sample.cluster for row in hostile}),
        ordinary=dict(
            sorted(Counter(r.sample.stratum for r in rows if not r.sample.hostile).items())
        ),
        set_aside=len(aside),
        lost=sum(bool(row.error) for row in rows),
        processor_seconds=round(sum(row.seconds for row in rows), 1),
    )
    return rows, card


def _refuse_leaks(rows: Sequence[Row]) -> frozenset[str]:
    """Return what is set aside, and make sure that nothing else ties the parts."""
    aside = splits.set_aside(rows)
    checked = [row for row in rows if row.sample.part == "check"]
    rest = [r for r in rows if r.sample.part != "check" and r.sample.key not in aside]
    left = splits.leaks(rest, checked)
    if left:
        raise ValueError(f"the splits leak: {dict(left)}")
    return aside


def once(samples: Iterable[Sample]) -> list[Sample]:
    """Return samples with each ordinary project of the widening set once, and only there."""
    ordered = list(samples)
    seen = {s.name for s in ordered if s.part != "wide"}
    found = []
    for one in ordered:
        if one.part == "wide":
            if one.name in seen:
                continue
            seen.add(one.name)
        found.append(one)
    return found


def lock(rows: Iterable[Row]) -> str:
    """Return the widening set as text: name, version, hash, one a line, no addresses."""
    lines = set()
    for row in rows:
        one = row.sample
        if one.part == "wide" and one.locator is not None:
            lines.add(f"{one.name} {one.version or '-'} {row.sha256} {one.stratum}")
    return "".join(f"{line}\n" for line in sorted(lines))
