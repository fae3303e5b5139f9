"""What a person asked for, in the order asked: locators of artifacts on disk, and failures.

Files are fetched a few ahead of the review, by threads that only wait for the network.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from antivenom.ecosystems.pypi.locate import IndexFile, requires_dist
from antivenom.ecosystems.pypi.requirements import Wanted
from antivenom.errors import AntivenomError
from antivenom.intake import dependencies
from antivenom.intake.locator import Failure, Locator, Options
from antivenom.intake.releases import Index, Release
from antivenom.intake.targets import Item, expand

_AHEAD = 4


@dataclass(frozen=True, slots=True)
class _Pending:
    """A file of a release that is still to be fetched."""

    release: Release
    file: IndexFile


def gather(
    requests: Sequence[str], options: Options | None = None, *, index: Index | None = None
) -> Iterator[Locator | Failure]:
    """Yield the artifacts that targets mean, in input order; one bad target stops no other."""
    options = options or Options()
    asked = index or Index(options)
    pool = ThreadPoolExecutor(_AHEAD, thread_name_prefix="antivenom-fetch")
    try:
        yield from _fetched(pool, asked, _steps(requests, options, asked))
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        if index is None:
            asked.close()


def _steps(
    requests: Sequence[str], options: Options, index: Index
) -> Iterator[Locator | Failure | _Pending]:
    """Turn targets into files to fetch, then their dependencies where asked for."""
    releases: list[Release] = []
    wheels: list[list[str]] = []
    for request in requests:
        for item in _expanded(request, options):
            if isinstance(item, str):
                _tell(options, item)
                continue
            found = _resolve(item, index)
            if isinstance(found, Release):
                releases.append(found)
            elif isinstance(found, Locator) and options.deps:
                wheels += _local(found)
            yield from _files(found, options)
    if options.deps:
        for step in dependencies.follow(index, wheels, releases, options):
            if isinstance(step, str):
                _tell(options, step)
            else:
                yield from _files(step, options)


def _expanded(request: str, options: Options) -> Iterator[Item]:
    try:
        yield from expand(request, options)
    except AntivenomError as error:
        yield Failure(target=request, error=error)


def _resolve(item: Locator | Wanted | Failure, index: Index) -> Locator | Release | Failure:
    if not isinstance(item, Wanted):
        return item
    try:
        return index.release(item)
    except AntivenomError as error:
        return Failure(target=str(item), error=error)


def _files(
    found: Locator | Release | Failure, options: Options
) -> Iterator[Locator | Failure | _Pending]:
    if not isinstance(found, Release):
        yield found
        return
    named = f"{found.coordinate.name}=={found.coordinate.version}"
    for note in found.notes:
        _tell(options, f"{named}: {note}")
    for file in found.files:
        yield _Pending(found, file)


def _local(locator: Locator) -> list[list[str]]:
    if not locator.filename.lower().endswith(".whl"):
        return []
    metadata = dependencies.wheel_metadata(locator.place)
    return [requires_dist(metadata)] if metadata else []


def _fetched(
    pool: ThreadPoolExecutor, index: Index, steps: Iterator[Locator | Failure | _Pending]
) -> Iterator[Locator | Failure]:
    """Keep a few downloads running ahead of whoever consumes, and the order as it was."""
    waiting: deque[Locator | Failure | Future[Locator | Failure]] = deque()
    for step in steps:
        waiting.append(pool.submit(_fetch, index, step) if isinstance(step, _Pending) else step)
        if len(waiting) > _AHEAD:
            yield _ready(waiting.popleft())
    while waiting:
        yield _ready(waiting.popleft())


def _ready(item: Locator | Failure | Future[Locator | Failure]) -> Locator | Failure:
    return item.result() if isinstance(item, Future) else item


def _fetch(index: Index, pending: _Pending) -> Locator | Failure:
    try:
        return index.locator(pending.release, pending.file)
    except AntivenomError as error:
        return Failure(target=pending.file.filename, error=error)


def _tell(options: Options, sentence: str) -> None:
    if options.tell:
        options.tell(sentence)
