"""What people wait for: whole programs and whole days, by the clock and by the processor."""

from __future__ import annotations

import fnmatch
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from antivenom.errors import AntivenomError
from antivenom.intake.locator import Options
from antivenom.judge import Knowledge
from antivenom.session import Options as SessionOptions
from antivenom.session import Reviewed, run
from bench import corpus, estimates, measure
from bench.corpus import Sample
from bench.tables import Table

_ROOT = corpus.HERE.parent
_LARGE = (
    ("scipy==1.18.1", "*cp312-cp312-manylinux*x86_64.whl"),
    ("pyarrow==26.0.1", "*cp312-cp312-manylinux*x86_64.whl"),
    ("playwright==1.65.2", "*manylinux*x86_64.whl"),
)
"""More than 100 MB unpacked each: much Python, much native code, a bundled runtime."""
_COLD_RUNS = 5
_SAME_ARCHIVES = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How a process ended and what it used."""

    status: int
    output: str
    wall: float
    cpu: float
    peak: int
    """Resident bytes at its worst."""


def program(command: Sequence[str], **environment: str) -> Program:
    """Run a program of ours or of a peer to its end and account for it alone."""
    with tempfile.TemporaryFile() as output:
        started = time.monotonic()
        process = subprocess.Popen(  # noqa: S603  our own interpreter or a peer's, by full path
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={**os.environ, **environment},
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        return Program(
            status=process.returncode,
            output=output.read().decode("utf-8", "replace"),
            wall=time.monotonic() - started,
            cpu=usage.ru_utime + usage.ru_stime,
            peak=usage.ru_maxrss << 10,
        )


def whole(known: Knowledge) -> Table:
    """Return throughput, a cold start and the large wheels."""
    rows: list[tuple[str, ...]] = [_throughput(), _cold(), *_large(known), _same()]
    return Table(
        title="Speed",
        header=("what", "reach", "measured"),
        rows=rows,
        notes=(
            "Throughput is the session behind the command on two processes, from bytes on disk to "
            "reviews, children started included. Cold is the median of "
            f"{_COLD_RUNS} new interpreters. The large wheels are fetched by name through the "
            "index this machine is configured with, kept in the user's cache, and each is reviewed "
            "by a new process.",
        ),
    )


def _throughput() -> tuple[str, str, str]:
    paths = [str(corpus.ordinary_path(sample)) for sample in corpus.benign()]
    before = os.times()
    started = time.monotonic()
    done = list(run(paths, SessionOptions(jobs=2, offline=True)))
    wall = time.monotonic() - started
    after = os.times()
    used = after.children_user + after.children_system + after.user + after.system
    used -= before.children_user + before.children_system + before.user + before.system
    verdicts = Counter(
        one.review.verdict.value if isinstance(one, Reviewed) else "failed" for one in done
    )
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
    rate = f"{len(done) / wall:.1f} archives a second ({len(done)} in {wall:.1f} s, {told}); "
    return (
        "throughput on 2 cores, benign-dev",
        ">= 15 a second",
        rate + f"{used:.1f} s CPU, so {2 * len(done) / used:.1f} a second with both cores free",
    )


def small_wheel() -> Path:
    """Return an ordinary wheel of an ordinary small size."""
    wheels = [corpus.ordinary_path(s) for s in corpus.benign() if s.part == "study"]
    wheels = [path for path in wheels if path.suffix == ".whl"]
    return min(wheels, key=lambda path: (abs(path.stat().st_size - 50_000), path.name))


def _cold() -> tuple[str, str, str]:
    path = small_wheel()
    command = [sys.executable, "-m", "antivenom", "review", str(path)]
    source = {"PYTHONPATH": str(_ROOT / "src")}
    program(command, **source)
    runs = [program(command, **source) for _ in range(_COLD_RUNS)]
    walls, cpu = [one.wall for one in runs], [one.cpu for one in runs]
    failed = sum(one.status != 0 for one in runs)
    ended = f"; {failed} ended with an error" if failed else ""
    told = f"{estimates.median(walls):.2f} s wall, {estimates.median(cpu):.2f} s CPU"
    return (
        f"cold `antivenom review` of {path.stat().st_size >> 10} KB",
        "<= 0.6 s",
        f"{told}{ended}",
    )


def _large(known: Knowledge) -> list[tuple[str, str, str]]:
    rows = []
    for target, pattern in _LARGE:
        try:
            told = _one_large(_fetch(target, pattern), known)
        except AntivenomError as error:
            told = f"not measured: {error}"
        rows.append((target, "clean, <= 3 s CPU, <= 300 MB", told))
    return rows


def _fetch(target: str, pattern: str) -> Sample:
    """Take one file of a release by name, as the command does."""
    from antivenom.ecosystems.pypi.requirements import Wanted
    from antivenom.intake.releases import Index

    name, _, version = target.partition("==")
    index = Index(Options())
    try:
        release = index.release(Wanted(name=name, specifier=f"=={version}"))
        files = [f for f in release.files if fnmatch.fnmatch(f.filename, pattern)]
        if not files:
            raise AntivenomError(f"{target} has no file like {pattern}")
        locator = index.locator(release, files[0])
    finally:
        index.close()
    return Sample(
        path=str(locator.place),
        filename=locator.filename,
        sha256=locator.sha256,
        part="",
        stratum="large",
    )


def _one_large(sample: Sample, known: Knowledge) -> str:
    with zipfile.ZipFile(sample.path) as archive:
        unpacked = sum(info.file_size for info in archive.infolist())
    outcome = measure.measure([sample], known, jobs=1)[0].outcome
    if outcome.error:
        return outcome.error
    carried = ", ".join(dict.fromkeys(hit.rule for hit in outcome.hits if hit.weight >= 0.25))
    verdict = f"{outcome.verdict} ({carried or outcome.blocked})"
    if outcome.verdict == "clean":
        verdict = "clean"
    told = f"{verdict}, {outcome.cpu:.2f} s CPU, {outcome.peak >> 20} MB resident"
    return f"{told} ({unpacked / 1e6:.0f} MB unpacked)"


def _same() -> tuple[str, str, str]:
    """Compare whole reviews of two interpreters that hash differently."""
    command = [sys.executable, "-m", "bench", "digests"]
    path = os.pathsep.join([str(_ROOT / "src"), str(_ROOT)])
    one, two = (program(command, PYTHONHASHSEED=seed, PYTHONPATH=path) for seed in ("1", "2"))
    told = _agreement(one.output.splitlines(), two.output.splitlines())
    failed = " (a run failed)" if one.status or two.status else ""
    return ("the same review under two hash seeds", "all", f"{told}{failed}")


def _agreement(one: Sequence[str], two: Sequence[str]) -> str:
    if one[:1] != two[:1]:
        return "not measured: the code was edited between the two runs"
    equal = sum(a == b for a, b in zip(one[1:], two[1:], strict=False))
    return f"{equal} of {max(len(one), len(two)) - 1} archives"


def same_samples() -> list[Sample]:
    """Return the archives of the determinism check: a spread over both kinds."""
    chosen = []
    for samples in (corpus.benign(), corpus.malware()):
        study = sorted((s for s in samples if s.part == "study"), key=lambda s: s.sha256)
        chosen += study[:_SAME_ARCHIVES]
    return chosen
