"""An existing index, noted in chunks: every file of the projects it has, behind all that is new.

A backfill goes on where it stopped: the project done last is written in the transaction that notes
its files. It waits while enough of it waits for review, so that it never fills the tables faster
than workers empty them.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Iterator

from sqlalchemy import func, select

from antivenom.ecosystems.pypi import locate as pypi
from antivenom.ecosystems.pypi.feed import read_projects
from antivenom.errors import AntivenomError, NotFoundError
from antivenom.model.moments import stamp
from antivenom.service import priorities, uploads
from antivenom.service.clock import Clock
from antivenom.service.sources import PyPI
from antivenom.service.uploads import Arrival
from antivenom.store import Store, upserts
from antivenom.store.schema_uploads import feeds
from antivenom.store.schema_uploads import uploads as table

logger = logging.getLogger(__name__)
NAME = "backfill:pypi"
WAITING = 5000
"""Uploads of a backfill that may wait for review before it pauses."""
_PAUSE = 5.0
_LIST_BYTES = 256 << 20


class Backfill:
    """Notes the files of many projects."""

    def __init__(
        self,
        store: Store,
        source: PyPI,
        clock: Clock,
        *,
        newest: int = 0,
        waiting: int = WAITING,
    ) -> None:
        """Take only the `newest` releases of each project; 0 takes all."""
        self._store = store
        self._source = source
        self._clock = clock
        self._newest = newest
        self._waiting = waiting

    def everything(self) -> list[str]:
        """Return the projects of the whole index, sorted, those that are done left out."""
        url = self._source.index.endpoints.indexes[0]
        answer = self._source.door.get(url, accept=pypi.ACCEPT, limit_bytes=_LIST_BYTES)
        names = sorted(set(read_projects(answer.body)))
        done = self.position()
        return [name for name in names if name > done]

    def position(self) -> str:
        """Return the project that was done last, "" before the first."""
        with self._store.reading() as connection:
            return connection.scalar(select(feeds.c.position).where(feeds.c.name == NAME)) or ""

    def run(self, projects: Iterable[str], stop: threading.Event, *, remember: bool) -> int:
        """Note projects until they end or we are told to stop; return how many files.

        With `remember` their order is that of their names, and the next run goes on after the last.
        """
        total = 0
        for project in projects:
            while self._enough() and not stop.is_set():
                self._clock.sleep(_PAUSE)
            if stop.is_set():
                break
            try:
                arrivals = list(self._files(project))
            except NotFoundError:
                arrivals = []
            except AntivenomError as problem:
                # Not remembered as done: said, and left to the next run.
                logger.warning("%s was left out: %s", project, problem)
                remember = False
                continue
            total += self._note(project, arrivals, remember=remember)
        return total

    def _files(self, project: str) -> Iterator[Arrival]:
        listed = self._source.index.history(project, "")
        versions = pypi.versions(listed.project, project)
        wanted = set(versions[: self._newest] if self._newest else versions)
        for file in listed.project:
            version = pypi.version_of(file.filename, project)
            if version in wanted:
                yield Arrival(
                    ecosystem="pypi",
                    project=project,
                    version=version,
                    filename=file.filename,
                    source="backfill",
                    uploaded_at=file.uploaded,
                    size=file.size or 0,
                    priority=priorities.BACKFILL,
                )

    def _note(self, project: str, arrivals: list[Arrival], *, remember: bool) -> int:
        now = stamp(self._clock.now())
        with self._store.writing() as connection:
            uploads.record_all(connection, arrivals, now)
            if remember:
                row = {"name": NAME, "position": project, "checked_at": now, "cursor": 0}
                upserts.put(connection, feeds, row)
        return len(arrivals)

    def _enough(self) -> bool:
        query = select(func.count()).where(
            table.c.state == uploads.WAITING, table.c.priority >= priorities.BACKFILL
        )
        with self._store.reading() as connection:
            return (connection.scalar(query) or 0) >= self._waiting
