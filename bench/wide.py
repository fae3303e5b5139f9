"""Ordinary packages of kinds the corpus lacks: hardware, security tools, installers, bots, wallets.

    python -m bench wide            measure those of `wide.lock` that lie in BENCH_WIDE_CACHE
    python -m bench wide --write    and write the section of docs/benchmarks.md

The lock names releases by name, version and hash and no place. A file of the folder counts when
its hash is listed, whatever it is called; nothing is fetched, and what is absent is said.
"""

from __future__ import annotations

import csv
import hashlib
import os
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom.intake import from_bytes, open_artifact
from antivenom.isolate import Bounds, Done, Pool
from antivenom.judge import Knowledge
from bench import corpus, measure
from bench.tables import Table

LOCK = corpus.HERE / "wide.lock"
EXPLAINED = corpus.HERE / "wide_explained.csv"
CACHE = Path(os.environ.get("BENCH_WIDE_CACHE") or Path.home() / ".cache" / "antivenom-wide")
_WARM = b"import os, base64\nexec(base64.b64decode(os.environ['A']))\n"
_BOUNDS = Bounds(recycle_after=5000, seconds=600.0)
_HELD = ("malicious", "suspicious")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One line of the lock."""

    name: str
    version: str
    sha256: str


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one package."""

    verdict: str
    cpu: float = 0.0
    """Seconds of observe and judge."""
    rules: tuple[str, ...] = ()
    """Those that weigh enough to be shown, heaviest first."""
    error: str = ""


def releases() -> list[Release]:
    """Return what is to be measured."""
    rows = (line.split() for line in LOCK.read_text("utf-8").splitlines() if line[:1] != "#")
    return [Release(name=row[0], version=row[1], sha256=row[2]) for row in rows if len(row) == 3]


def explained() -> Mapping[str, str]:
    """Return why a package is held up, by its name, where a person looked."""
    with EXPLAINED.open(newline="", encoding="utf-8") as file:
        return {row["name"]: row["reason"] for row in csv.DictReader(file)}


def present(folder: Path = CACHE) -> dict[str, Path]:
    """Return the files of a folder by their hash."""
    if not folder.is_dir():
        return {}
    return {_hash(path): path for path in sorted(folder.iterdir()) if path.is_file()}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def measured(
    known: Knowledge, files: Sequence[Path], *, jobs: int = 0
) -> Iterator[tuple[Path, Outcome]]:
    """Review files in killable children, as the command does."""
    jobs = jobs or len(os.sched_getaffinity(0))
    with Pool(_worker(known), jobs=jobs, bounds=_BOUNDS) as pool:
        results = pool.run(os.fsencode(path) for path in files)
        for path, result in zip(files, results, strict=True):
            if isinstance(result, Done):
                yield path, msgspec.json.decode(result.data, type=Outcome)
            else:
                yield path, Outcome(verdict="inconclusive", error=result.reason)


def _worker(known: Knowledge) -> Callable[[bytes], bytes]:
    measure.review(from_bytes(_WARM, "ours.py"), known)

    def work(request: bytes) -> bytes:
        artifact = open_artifact(Path(os.fsdecode(request)))
        began = time.process_time()
        _, found = measure.review(artifact, known)
        rules = dict.fromkeys(f.rule for f in found.findings if f.weight >= 0.25)
        outcome = Outcome(
            verdict=found.verdict.value, cpu=time.process_time() - began, rules=tuple(rules)
        )
        return msgspec.json.encode(outcome)

    return work


def tables(known: Knowledge, folder: Path = CACHE, *, jobs: int = 0) -> list[Table]:
    """Return how many of the packages at hand are held up, and which."""
    wanted, have = releases(), present(folder)
    chosen = [one for one in wanted if one.sha256 in have]
    outcomes = measured(known, [have[one.sha256] for one in chosen], jobs=jobs)
    found = [(one, outcome) for one, (_, outcome) in zip(chosen, outcomes, strict=True)]
    return [_summary(wanted, found), _held(found)]


def _summary(wanted: Sequence[Release], found: Sequence[tuple[Release, Outcome]]) -> Table:
    counts = Counter(outcome.verdict for _, outcome in found)
    cpu = sorted(outcome.cpu for _, outcome in found) or [0.0]
    rows: list[tuple[str, ...]] = [
        ("listed", str(len(wanted))),
        ("at hand and reviewed", str(len(found))),
        *((verdict, str(counts[verdict])) for verdict in (*_HELD, "inconclusive", "clean")),
        ("CPU, median", f"{statistics.median(cpu) * 1e3:.0f} ms"),
        ("CPU, most", f"{cpu[-1]:.1f} s"),
    ]
    note = (
        "Wheels of kinds that the corpus lacks, chosen before they were reviewed. Their false "
        "alarms were repaired by reason, so that this is no unseen set any more."
    )
    return Table(
        title="A wider ordinary set", header=("what", "packages"), rows=rows, notes=(note,)
    )


def _held(found: Sequence[tuple[Release, Outcome]]) -> Table:
    reasons = explained()
    rows: list[tuple[str, ...]] = [
        (
            f"{one.name} {one.version}",
            outcome.verdict,
            outcome.error or ", ".join(outcome.rules[:3]),
            reasons.get(one.name, "not explained"),
        )
        for one, outcome in found
        if outcome.verdict != "clean"
    ]
    header = ("package", "verdict", "rules", "why")
    return Table(title="Held up in the wider set", header=header, rows=rows)
