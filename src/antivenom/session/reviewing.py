"""The loop: gather targets, hand them to killable children, give reviews in the order asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from antivenom import intake
from antivenom.analysis import engine
from antivenom.intake import Failure, Locator
from antivenom.intake.baselines import paired
from antivenom.intake.locator import NAMES, NONE
from antivenom.isolate import DEFAULT_BOUNDS, Bounds, Killed, Pool
from antivenom.model.fact import Fact
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.review import Review
from antivenom.session.answer import Answer, reviewer
from antivenom.session.cases import Case, Cases, reviewed
from antivenom.session.profiles import Profiles
from antivenom.session.task import facts_of
from antivenom.session.unread import unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How targets are reviewed."""

    deps: bool = False
    """Also review the dependencies named in wheel metadata."""
    offline: bool = False
    """Ask no index; use what was fetched before."""
    baseline: str = NAMES
    """What to compare with: "auto", "none", a path, a version; "" is "auto" for names alone."""
    jobs: int = 0
    """Reviewing processes; 0 is one for each processor we may use."""
    facts: bool = False
    """Whether each review brings the facts that were judged."""
    limits: Limits = DEFAULT_LIMITS
    bounds: Bounds = DEFAULT_BOUNDS
    tell: Callable[[str], None] | None = field(default=None, repr=False)
    """Receives sentences about the whole request: what was left out, and why."""
    starting: Callable[[str], None] | None = field(default=None, repr=False)
    """Receives the name of each artifact when a process takes it."""

    @property
    def processes(self) -> int:
        """How many processes may run."""
        if self.jobs > 0:
            return self.jobs
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """One artifact's review."""

    review: Review
    members: Mapping[str, str] = field(default_factory=dict)
    """Path -> sha256 of the members that findings name; "" is the artifact."""
    notes: tuple[str, ...] = ()
    """What the person should know: yanked, not hashed by the index."""
    facts: tuple[Fact, ...] = field(default=(), repr=False)
    """What was judged, where it was asked for; none of an artifact whose child was lost."""


Outcome = Reviewed | Failure


def run(requests: Sequence[str], options: Options | None = None) -> Iterator[Outcome]:
    """Yield what became of each target, in input order; one bad target stops no other."""
    options = options or Options()
    found = intake.gather(requests, _gathering(options, options.baseline))
    yield from _reviewed(found, options, fetches=not all(map(_on_disk, requests)))


def compare(old: str, new: str, options: Options | None = None) -> Iterator[Outcome]:
    """Yield the reviews of what `new` means, each against what `old` means.

    Both are targets: files, folders, or releases by name and version.
    """
    options = options or Options()
    yield from _reviewed(_pairs(old, new, options), options, fetches=True, show=True)


def _pairs(old: str, new: str, options: Options) -> Iterator[Locator | Failure]:
    before = list(intake.gather([old], _gathering(options, NONE)))
    failures = [item for item in before if isinstance(item, Failure)]
    yield from failures
    if failures:
        return
    measures = [item for item in before if isinstance(item, Locator)]
    for item in intake.gather([new], _gathering(options, NONE)):
        yield paired(item, measures) if isinstance(item, Locator) else item


def _gathering(options: Options, baseline: str) -> intake.Options:
    return intake.Options(
        deps=options.deps,
        offline=options.offline,
        limits=options.limits,
        tell=options.tell,
        baseline=baseline,
    )


def _reviewed(
    found: Iterator[Locator | Failure], options: Options, *, fetches: bool, show: bool = False
) -> Iterator[Outcome]:
    with Pool(reviewer(options.limits), jobs=options.processes, bounds=options.bounds) as pool:
        if fetches:
            # Fetching starts threads, and children are better made before them.
            pool.prepare()
        cases = Cases(
            found,
            pool,
            jobs=options.processes,
            offline=options.offline,
            # Other limits see other things; what they see is not kept for anybody else.
            profiles=Profiles(engine.digest()) if options.limits == DEFAULT_LIMITS else None,
            show=show,
            facts=options.facts,
            starting=options.starting,
        )
        yield from map(_outcome, cases.run())


def _on_disk(request: str) -> bool:
    try:
        return Path(request).exists()
    except (OSError, ValueError):
        return False


def _outcome(case: Case) -> Outcome:
    found = reviewed(case)
    if isinstance(found, Failure):
        return found
    answer = case.answer if isinstance(case.answer, Answer) else Answer()
    try:
        facts = facts_of(answer.facts)
    except msgspec.DecodeError:
        lost = Killed(reason="oversized", detail="its facts are none")
        facts, found = (), unread(case.locator, lost)
    return Reviewed(review=found, members=answer.members, notes=case.locator.notes, facts=facts)
