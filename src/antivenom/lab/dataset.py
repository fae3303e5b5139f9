"""A data set: samples with the facts rules and model see, hashed, split, and checked for leaks."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom import pipeline
from antivenom.errors import TargetError
from antivenom.judge import Knowledge
from antivenom.judge.features import Evidence, seen
from antivenom.lab.extraction import Observed
from antivenom.lab.sample import Sample
from antivenom.model.context import NOTHING
from antivenom.model.review import RankReason


class Row(Struct, frozen=True, kw_only=True):
    """One archive: what the rules say of it alone, and what a model learns from."""

    sample: Sample
    sha256: str = ""
    kind: str = ""
    """wheel, sdist, tree and so on."""
    size: int = 0
    """Bytes of the archive; of a tree those of its files."""
    skeletons: tuple[str, ...] = ()
    """Of its code members: what near-duplicates are known by."""
    verdict: str = "inconclusive"
    """By the rules alone."""
    rules: float = 0.0
    """Score of the rules alone."""
    hits: dict[str, float] = {}
    """Rule -> weight of its heaviest finding, rules in evaluation with 0."""
    features: dict[str, float] = {}
    """Of the package."""
    files: tuple[dict[str, float], ...] = ()
    """Features of its files; of those that are alike only one."""
    error: str = ""
    """How the child ended, when it did not answer."""
    seconds: float = 0.0
    peak: int = 0
    """Bytes resident while it was observed, 0 unknown."""

    @property
    def inconclusive(self) -> bool:
        """Whether no verdict was possible: never a hit."""
        return self.verdict == "inconclusive"

    @property
    def seen(self) -> Sequence[Mapping[str, float]]:
        """What a model sees: the package with each of its files, at least one row."""
        return [self.features | one for one in self.files] or [self.features]


class Recorder:
    """Stands where a scorer stands and keeps what it would have seen: no skew is possible."""

    digest = ""
    ceiling = math.inf
    asks: frozenset[str] | None = None

    def __init__(self) -> None:
        self.found: dict[str, float] = {}
        self.files: tuple[dict[str, float], ...] = ()

    def score(self, evidence: Evidence) -> float:
        """Keep the features; lift nothing."""
        found = seen(evidence)
        self.found = found.package
        distinct = {tuple(sorted(one.items())): one for one in found.files.values()}
        self.files = tuple(distinct.values())
        return 0.0

    def explain(self, evidence: Evidence) -> tuple[RankReason, ...]:
        """Nothing was raised."""
        return ()


def judged(samples: Sequence[Sample], observed: Sequence[Observed], known: Knowledge) -> list[Row]:
    """Judge every profile by the rules alone, and take its features on the way."""
    recorder = Recorder()
    seeing = dataclasses.replace(known, scorer=recorder)
    found = []
    for sample, one in zip(samples, observed, strict=True):
        if one.profile is None:
            found.append(Row(sample=sample, sha256=sample.sha256, error=one.error or "lost"))
            continue
        review = pipeline.judge(one.profile, NOTHING, seeing)
        weights: dict[str, float] = {}
        for finding in review.findings:
            weights[finding.rule] = max(finding.weight, weights.get(finding.rule, 0.0))
        found.append(
            Row(
                sample=sample,
                sha256=one.profile.sha256,
                kind=one.profile.kind,
                size=one.profile.size,
                skeletons=tuple(sorted({e.skeleton for e in one.profile.manifest if e.skeleton})),
                verdict=review.verdict.value,
                rules=review.score,
                hits=weights,
                features=recorder.found,
                files=recorder.files,
                seconds=one.seconds,
                peak=one.peak,
            )
        )
    return found


class Card(Struct, frozen=True, kw_only=True):
    """What a data set is: the file ``dataset.json`` in its folder."""

    version: int = 1
    digest: str
    engine: str
    rulebook: str
    rows: int
    specimens: int
    clusters: int
    ordinary: dict[str, int]
    """Of each stratum."""
    set_aside: int
    """Rows nobody learns from, since they are tied to a checked one."""
    lost: int
    processor_seconds: float = 0.0
    """That observing took, however many processors shared them."""


def digest(rows: Sequence[Row]) -> str:
    """Return a hash over what was learnt from: samples, their groups and features."""
    total = hashlib.sha256()
    for row in sorted(rows, key=lambda one: one.sample.key):
        one = row.sample
        head = (row.sha256, one.part, one.stratum, one.cluster, one.family, one.tags)
        inside = [sorted(found.items()) for found in row.files]
        total.update(msgspec.json.encode((head, sorted(row.features.items()), inside)))
    return total.hexdigest()


def write(folder: Path, rows: Sequence[Row], card: Card) -> None:
    """Write a data set into a folder: one Parquet file of rows, and its card."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    columns = {
        "key": [row.sample.key for row in rows],
        "part": [row.sample.part for row in rows],
        "stratum": [row.sample.stratum for row in rows],
        "cluster": [row.sample.cluster for row in rows],
        "verdict": [row.verdict for row in rows],
        "rules": [row.rules for row in rows],
        "row": [msgspec.json.encode(row) for row in rows],
    }
    pq.write_table(pa.table(columns), folder / "rows.parquet", compression="zstd")
    (folder / "dataset.json").write_bytes(msgspec.json.format(msgspec.json.encode(card)) + b"\n")


def read(folder: Path) -> tuple[list[Row], Card]:
    """Return what `write` wrote. Raises `TargetError`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    decode = msgspec.json.Decoder(Row).decode
    try:
        card = msgspec.json.decode((folder / "dataset.json").read_bytes(), type=Card)
        table = pq.read_table(folder / "rows.parquet", columns=["row"])
        return [decode(one) for one in table.to_pydict()["row"]], card
    except (OSError, msgspec.DecodeError, pa.ArrowException) as error:
        raise TargetError(f"{folder}: no data set: {error}") from None


def noise(path: Path) -> frozenset[str]:
    """Return the sha256 of specimens in which a person found nothing hostile."""
    if not path.is_file():
        return frozenset()
    with path.open(newline="", encoding="utf-8") as file:
        return frozenset(row["sha256"] for row in csv.DictReader(file))


def harmless(samples: Sequence[Sample], listed: frozenset[str]) -> frozenset[str]:
    """Return the clusters in which nothing hostile was seen: tagged ``N``, or listed."""
    return frozenset(
        s.cluster for s in samples if s.cluster and ("N" in s.tags or s.sha256 in listed)
    )
