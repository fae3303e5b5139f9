"""Reviews the corpus in killable children, exactly as the command does, and keeps the numbers.

A child opens the archive of specimens itself and reads one member into memory; the parent holds
no specimen, and only verdicts, numbers and names of rules come back.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct, structs

from antivenom import pipeline
from antivenom.intake import from_bytes, open_artifact
from antivenom.isolate import Bounds, Done, Pool, Result
from antivenom.judge import Knowledge, load_knowledge
from antivenom.model.artifact import Artifact
from antivenom.model.context import NOTHING
from antivenom.model.profile import Profile
from antivenom.model.review import Finding, Review
from antivenom.rules.book import make_book
from antivenom.store.sealed import SealedZip
from bench import corpus
from bench.corpus import Sample

_WARM = b"import os, base64\nexec(base64.b64decode(os.environ['A']))\n"
"""A program of our own that makes the pipeline load everything it imports late."""
_BOUNDS = Bounds(recycle_after=5000)
_HITS_PER_RULE = 3


class Hit(Struct, frozen=True, kw_only=True):
    """One finding, as far as a measurement needs it."""

    rule: str
    weight: float
    activation: str
    member: str
    line: int
    layer: int
    reason: str


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one archive."""

    verdict: str
    score: float = 0.0
    hits: tuple[Hit, ...] = ()
    has_setup: bool = False
    """Whether a setup.py lies in the archive."""
    facts: int = 0
    size: int = 0
    """Bytes of the profile."""
    cpu: float = 0.0
    """Seconds of `observe` and `judge`."""
    peak: int = 0
    """Resident bytes of the child at its worst during this archive, without what the bench had
    gathered when it forked the child: the parent of a real review keeps no results."""
    blocked: str = ""
    """What was not read, when that blocks a verdict."""
    error: str = ""
    """How the child ended, when it did not answer."""
    digest: str = ""
    """Hash of the review, for comparing runs."""
    profile: Profile | None = None
    """Without lines of the upload; only when asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A sample and what became of it."""

    sample: Sample
    outcome: Outcome


def knowledge(*, evaluation: bool = False) -> Knowledge:
    """Return what ships; with `evaluation`, pages not yet enabled weigh as if they were."""
    known = load_knowledge()
    if not evaluation:
        return known
    rules = [
        structs.replace(rule, state="enabled") if rule.state == "evaluation" else rule
        for rule in known.book.rules
    ]
    return dataclasses.replace(known, book=make_book(rules))


def measure(
    samples: Sequence[Sample],
    known: Knowledge,
    *,
    jobs: int = 0,
    profiles: bool = False,
    tell: Callable[[int], None] | None = None,
) -> list[Measured]:
    """Review samples in children and return what became of each, in order."""
    jobs = jobs or len(os.sched_getaffinity(0))
    found = []
    with Pool(worker(known, profiles=profiles), jobs=jobs, bounds=_BOUNDS) as pool:
        for sample, result in zip(samples, pool.run(_requests(samples)), strict=True):
            found.append(Measured(sample=sample, outcome=_outcome(result)))
            if tell:
                tell(len(found))
    return found


def worker(known: Knowledge, *, profiles: bool = False) -> Callable[[bytes], bytes]:
    """Return the work of a child; what it needs late is loaded here, before it is forked."""
    review(from_bytes(_WARM, "ours.py"), known)
    decode = msgspec.json.Decoder(Sample).decode
    own = _status("VmRSS")

    def work(request: bytes) -> bytes:
        gathered = _gathered(os.getpid(), own)
        artifact = _open(decode(request))
        _forget_peak()
        started = time.process_time()
        profile, judged = review(artifact, known)
        taken = time.process_time() - started
        outcome = _measured(profile, judged, taken, _status("VmHWM") - gathered)
        if profiles:
            outcome = structs.replace(outcome, profile=_bare(profile))
        return msgspec.json.encode(outcome)

    return work


def review(artifact: Artifact, known: Knowledge) -> tuple[Profile, Review]:
    """Run the pipeline."""
    profile = pipeline.observe(artifact)
    return profile, pipeline.judge(profile, NOTHING, known)


def _requests(samples: Iterable[Sample]) -> Iterator[bytes]:
    for sample in samples:
        yield msgspec.json.encode(sample)


@cache
def _specimens(_process: int) -> SealedZip:
    """Open the archive once in each child: forked ones would share one file position."""
    return corpus.open_specimens()


def _open(sample: Sample) -> Artifact:
    """Return the artifact; its bytes are checked so that no figure rests on other data."""
    if sample.hostile:
        data = _specimens(os.getpid()).read(sample.path)
        artifact = from_bytes(data, sample.path.rpartition("/")[2])
    else:
        artifact = open_artifact(corpus.ordinary_path(sample))
    if artifact.sha256 != sample.sha256:
        raise ValueError(f"{sample.path}: not the bytes the index names")
    return dataclasses.replace(artifact, filename=sample.filename or artifact.filename)


def _outcome(result: Result) -> Outcome:
    if isinstance(result, Done):
        return msgspec.json.decode(result.data, type=Outcome)
    return Outcome(verdict="inconclusive", error=f"{result.reason}: {result.detail}")


def _measured(profile: Profile, judged: Review, taken: float, peak: int) -> Outcome:
    blocked = (p for p in judged.coverage.problems if p.blocking)
    return Outcome(
        verdict=judged.verdict.value,
        score=judged.score,
        hits=hits(judged),
        has_setup=any(e.path.rpartition("/")[2] == "setup.py" for e in profile.manifest),
        facts=len(profile.facts),
        size=len(msgspec.json.encode(profile)),
        cpu=taken,
        peak=peak,
        blocked=next((f"{p.member or 'the archive'}: {p.reason}" for p in blocked), ""),
        digest=hashlib.sha256(msgspec.json.encode(judged)).hexdigest(),
    )


def hits(judged: Review) -> tuple[Hit, ...]:
    """Return a review's findings, heaviest first, a few of each rule."""
    seen: Counter[str] = Counter()
    kept = []
    for finding in judged.findings:
        seen[finding.rule] += 1
        if seen[finding.rule] <= _HITS_PER_RULE:
            kept.append(_hit(finding))
    return tuple(kept)


def _bare(profile: Profile) -> Profile:
    """Leave out what judging does not need, lines of the upload above all."""
    layers = tuple(structs.replace(layer, excerpt="") for layer in profile.layers)
    return structs.replace(profile, excerpts=(), layers=layers)


def _hit(finding: Finding) -> Hit:
    span = finding.spans[0]
    return Hit(
        rule=finding.rule,
        weight=finding.weight,
        activation=finding.activation,
        member=span.member,
        line=span.line,
        layer=span.layer,
        reason=finding.reason,
    )


def _forget_peak() -> None:
    """Start the kernel's high-water mark again, where it lets us."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


@cache
def _gathered(_process: int, own: int) -> int:
    """Return what a child was born with beyond its `own`; asked before its first archive."""
    return max(0, _status("VmRSS") - own)


def _status(name: str) -> int:
    """Return a figure that the kernel gives of this process, in bytes; 0 where it gives none."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next(
        (int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith(name)), 0
    )
