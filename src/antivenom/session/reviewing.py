"""The loop: gather targets, hand them to killable children, give reviews in the order asked."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from antivenom import intake
from antivenom.intake import Failure, Locator
from antivenom.isolate import DEFAULT_BOUNDS, Bounds, Killed, Pool, Result
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.review import Review
from antivenom.session.answer import Answer, reviewer
from antivenom.session.unread import unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How targets are reviewed."""

    deps: bool = False
    """Also review the dependencies named in wheel metadata."""
    offline: bool = False
    """Ask no index; use what was fetched before."""
    jobs: int = 0
    """Reviewing processes; 0 is one for each processor we may use."""
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


Outcome = Reviewed | Failure


def run(requests: Sequence[str], options: Options | None = None) -> Iterator[Outcome]:
    """Yield what became of each target, in input order; one bad target stops no other."""
    options = options or Options()
    gathering = intake.Options(
        deps=options.deps, offline=options.offline, limits=options.limits, tell=options.tell
    )
    found = intake.gather(requests, gathering)
    work = reviewer(options.limits, offline=options.offline)
    with Pool(work, jobs=options.processes, bounds=options.bounds) as pool:
        if not all(map(_on_disk, requests)):
            # Fetching starts threads, and children are better made before them.
            pool.prepare()
        yield from _Line(found, options).through(pool)


def _on_disk(request: str) -> bool:
    try:
        return Path(request).exists()
    except (OSError, ValueError):
        return False


class _Line:
    """Keeps failures in their place among the reviews while these are under way."""

    def __init__(self, found: Iterator[Locator | Failure], options: Options) -> None:
        self._found = found
        self._options = options
        self._under_way: deque[Locator | Failure] = deque()

    def through(self, pool: Pool) -> Iterator[Outcome]:
        for result in pool.run(self._requests()):
            yield from self._failures()
            locator = self._under_way.popleft()
            assert isinstance(locator, Locator)
            yield _outcome(locator, result)
        yield from self._failures()

    def _requests(self) -> Iterator[bytes]:
        for item in self._found:
            self._under_way.append(item)
            if isinstance(item, Locator):
                if self._options.starting:
                    self._options.starting(item.filename)
                yield msgspec.json.encode(item)

    def _failures(self) -> Iterator[Failure]:
        while self._under_way and isinstance(self._under_way[0], Failure):
            failure = self._under_way.popleft()
            assert isinstance(failure, Failure)
            yield failure


def _outcome(locator: Locator, result: Result) -> Outcome:
    if isinstance(result, Killed):
        return Reviewed(review=unread(locator, result), notes=locator.notes)
    try:
        answer = msgspec.json.decode(result.data, type=Answer)
    except msgspec.DecodeError:
        broken = Killed(reason="oversized", detail="its answer is not one")
        return Reviewed(review=unread(locator, broken), notes=locator.notes)
    if answer.trouble is not None:
        return Failure(target=locator.display, error=answer.trouble.error())
    assert answer.review is not None
    return Reviewed(review=answer.review, members=answer.members, notes=locator.notes)
