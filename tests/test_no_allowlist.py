"""Nothing depends on who a package says it is: under a random name the verdict is the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bench import corpus, kept, measure, tally
from bench.corpus import Sample
from tests.builders.renamed import random_name, renamed

pytestmark = pytest.mark.skipif(
    not corpus.present(), reason="the development corpus is not beside the project"
)
UNFLAGGED = 10


def chosen() -> list[tuple[Sample, str]]:
    """Every flagged ordinary package and ten others, with their verdicts."""
    known = measure.knowledge(evaluation=True)
    found = kept.measure(corpus.benign(), known)
    ones = [(one.sample, one.outcome.verdict) for one in found]
    flagged = [pair for pair, one in zip(ones, found, strict=True) if tally.suspicious(one)]
    quiet = [pair for pair in ones if pair not in flagged]
    # By hash: a spread over all strata that is the same in every run.
    quiet.sort(key=lambda pair: pair[0].sha256)
    trees = [pair for pair in quiet if pair[0].stratum == "setup-py-tree"][:2]
    return [*flagged, *trees, *quiet[: UNFLAGGED - len(trees)]]


def test_a_random_name_changes_no_verdict(tmp_path: Path) -> None:
    before = chosen()
    disguised = []
    for sample, _ in before:
        name = random_name(sample.sha256)
        data, filename = renamed(corpus.ordinary_path(sample).read_bytes(), sample.path, name)
        place = tmp_path / filename
        place.write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        disguised.append(Sample(path=str(place), sha256=sha256, part="", stratum="renamed"))
    after = measure.measure(disguised, measure.knowledge(evaluation=True), profiles=True)
    changed = [
        f"{verdict} became {one.outcome.verdict}"
        for (_, verdict), one in zip(before, after, strict=True)
        if one.outcome.verdict != verdict
    ]
    told = [one.outcome.profile.metadata.name for one in after if one.outcome.profile]
    wheels = [path.name.partition("-")[0] for path in tmp_path.glob("*.whl")]
    assert set(wheels) <= set(told)
    assert len(before) >= UNFLAGGED
    assert changed == []
