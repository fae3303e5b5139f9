"""What a person asked for, in the order asked: locators of artifacts on disk, and failures.

Files are fetched a few ahead of the review, by threads that only wait for the network.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from antivenom.errors import AntivenomError
from antivenom.intake.baselines import compared, compared_locally
from antivenom.intake.files import refusal
from antivenom.intake.forms import Filed, filed, with_form
from antivenom.intake.grouping import marked, release_of, shared, with_release
from antivenom.intake.histories import with_history
from antivenom.intake.imitations import imitations, with_imitated
from antivenom.intake.locator import NAMES, NONE, Failure, Locator, Options
from antivenom.intake.targets import Item, expand
from antivenom.model.coordinate import Ecosystem

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from antivenom.ecosystems.npm.locate import Wanted as NpmWanted
    from antivenom.ecosystems.pypi.locate import IndexFile
    from antivenom.ecosystems.pypi.requirements import Wanted
    from antivenom.intake.npm_releases import Registry
    from antivenom.intake.releases import Index, Release
    from antivenom.model.context import Imitated, RegistryInfo

_AHEAD = 4


@dataclass(frozen=True, slots=True)
class _Pending:
    """A file of a release that is still to be fetched."""

    release: Release
    file: IndexFile
    registry: RegistryInfo | None = None
    """What the index knows of the project, looked up once for all files of the release."""
    imitated: tuple[Imitated, ...] = ()
    notes: tuple[str, ...] = ()
    filed: Future[Filed] | None = None
    """What the index keeps of the release, asked for once and before its files."""


class _Desk:
    """The index and the fetching threads; neither is loaded while all targets are paths."""

    def __init__(self, options: Options, index: Index | None) -> None:
        self.options = options
        self.given = index

    @cached_property
    def index(self) -> Index:
        from antivenom.intake.releases import Index

        return self.given or Index(self.options)

    @cached_property
    def registry(self) -> Registry:
        from antivenom.intake.npm_releases import Registry

        return Registry(self.options, environ=getattr(self.given, "_environ", None))

    @cached_property
    def pool(self) -> ThreadPoolExecutor:
        from concurrent.futures import ThreadPoolExecutor

        return ThreadPoolExecutor(_AHEAD, thread_name_prefix="antivenom-fetch")

    @property
    def compares(self) -> bool:
        """Whether files and folders on this machine are compared with something."""
        return self.options.baseline not in {NAMES, NONE}

    def tell(self, sentence: str) -> None:
        if self.options.tell:
            self.options.tell(sentence)

    def submit(self, pending: _Pending) -> Future[Locator | Failure]:
        return self.pool.submit(_fetch, self.source(pending.release), pending)

    def source(self, release: Release) -> Index:
        """Return where a release comes from."""
        npm = release.coordinate.ecosystem is Ecosystem.NPM
        return self.registry if npm else self.index

    def close(self) -> None:
        if "pool" in self.__dict__:
            self.pool.shutdown(wait=True, cancel_futures=True)
        if "index" in self.__dict__ and self.given is None:
            self.index.close()
        if "registry" in self.__dict__:
            self.registry.close()


def gather(
    requests: Sequence[str], options: Options | None = None, *, index: Index | None = None
) -> Iterator[Locator | Failure]:
    """Yield the artifacts that targets mean, in input order; one bad target stops no other."""
    desk = _Desk(options or Options(), index)
    try:
        yield from _fetched(desk, _steps(requests, desk))
    finally:
        desk.close()


def _steps(requests: Sequence[str], desk: _Desk) -> Iterator[Locator | Failure | _Pending]:
    """Turn targets into files to fetch, then their dependencies where asked for."""
    releases: list[Release] = []
    wheels: list[list[str]] = []
    several = shared(requests)
    for request in requests:
        for item in _expanded(request, desk.options):
            if isinstance(item, str):
                desk.tell(item)
            elif isinstance(item, Locator):
                wheels += _local(item) if desk.options.deps else []
                found = marked(item, release_of(request), several) if several else item
                yield compared_locally(found, desk.index) if desk.compares else found
            elif isinstance(item, Failure):
                yield item
            else:
                yield from _released(item, desk, releases)
    if desk.options.deps:
        yield from _dependencies(desk, wheels, releases)


def _released(
    wanted: Wanted | NpmWanted, desk: _Desk, releases: list[Release]
) -> Iterator[Failure | _Pending]:
    from antivenom.ecosystems.pypi.requirements import Wanted as Required

    try:
        if not isinstance(wanted, Required):
            yield from _files(desk.registry.tarball(wanted), desk)
            return
        found = desk.index.release(wanted)
    except AntivenomError as error:
        yield Failure(target=str(wanted), error=error)
        return
    releases.append(found)
    yield from _files(found, desk)


def _dependencies(
    desk: _Desk, wheels: list[list[str]], releases: list[Release]
) -> Iterator[Failure | _Pending]:
    from antivenom.intake.dependencies import follow

    for step in follow(desk.index, wheels, releases, desk.options):
        if isinstance(step, str):
            desk.tell(step)
        elif isinstance(step, Failure):
            yield step
        else:
            yield from _files(replace(step, dependency=True), desk)


def _expanded(request: str, options: Options) -> Iterator[Item]:
    try:
        yield from expand(request, options)
    except AntivenomError as error:
        yield Failure(target=request, error=error)
    except OSError as error:
        yield Failure(target=request, error=refusal(error, request))


def _files(found: Release, desk: _Desk) -> Iterator[_Pending]:
    named = f"{found.coordinate.name}=={found.coordinate.version}"
    for note in found.notes:
        desk.tell(f"{named}: {note}")
    index = desk.source(found)
    known = index.about(found)
    imitated, notes = imitations(found.coordinate.name, index)
    pypi = found.coordinate.ecosystem is Ecosystem.PYPI
    record = desk.pool.submit(filed, found, desk.index) if pypi else None
    for file in found.files:
        yield _Pending(found, file, known, imitated, notes, record)


def _local(locator: Locator) -> list[list[str]]:
    from antivenom.ecosystems.pypi.locate import requires_dist
    from antivenom.intake.dependencies import wheel_metadata

    if not locator.filename.lower().endswith(".whl"):
        return []
    metadata = wheel_metadata(locator.place)
    return [requires_dist(metadata)] if metadata else []


def _fetched(
    desk: _Desk, steps: Iterator[Locator | Failure | _Pending]
) -> Iterator[Locator | Failure]:
    """Keep a few downloads running ahead of whoever consumes, and the order as it was."""
    waiting: deque[Locator | Failure | Future[Locator | Failure]] = deque()
    for step in steps:
        waiting.append(desk.submit(step) if isinstance(step, _Pending) else step)
        if len(waiting) > _AHEAD:
            yield _ready(waiting.popleft())
    while waiting:
        yield _ready(waiting.popleft())


def _ready(item: Locator | Failure | Future[Locator | Failure]) -> Locator | Failure:
    return item if isinstance(item, Locator | Failure) else item.result()


def _fetch(index: Index, pending: _Pending) -> Locator | Failure:
    try:
        locator = index.locator(pending.release, pending.file)
        if len(pending.release.files) > 1:
            locator = with_release(locator, pending.release.coordinate.purl)
        upload = index.upload(pending.release, pending.file)
        locator = with_history(locator, upload, pending.registry)
        locator = with_imitated(locator, pending.imitated, pending.notes)
        if pending.filed is not None:
            locator = with_form(locator, pending.file, pending.filed.result(), index)
        return compared(locator, pending.release, pending.file, index)
    except AntivenomError as error:
        return Failure(target=pending.file.filename, error=error)
