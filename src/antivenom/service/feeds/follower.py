"""One feed, followed for ever: ask, keep, move the cursor; when it fails, say so and wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy import Connection, RowMapping, select, update
from sqlalchemy.exc import DBAPIError

from antivenom.errors import AntivenomError, ConfigError, NetworkError
from antivenom.model.moments import moment, stamp
from antivenom.service import events, priorities, uploads
from antivenom.service.clock import Clock
from antivenom.service.feeds.adapter import Adapter, Batch
from antivenom.service.settings import Settings
from antivenom.service.uploads import Arrival
from antivenom.store import Store, upserts
from antivenom.store.schema_uploads import feeds

logger = logging.getLogger(__name__)
LONGEST_WAIT = 300.0
FALL_BACK_AFTER = 3
"""Failures in a row before another way is tried."""


class Follower:
    """Follows one registry. Several may run: what two bring is kept once."""

    def __init__(
        self,
        adapter: Adapter,
        store: Store,
        settings: Settings,
        clock: Clock,
        *,
        since: int | None = None,
    ) -> None:
        self._adapter = adapter
        self._store = store
        self._feed = settings.feed(adapter.name)
        self._clock = clock
        self._since = since

    def run(self, stop: threading.Event) -> None:
        """Follow until told to stop, whatever happens: a feed that ends in silence is the worst."""
        while not stop.is_set():
            try:
                wait = self.round()
            except Exception:
                logger.exception("%s: following it failed, and goes on", self._adapter.name)
                wait = min(self._feed.every_seconds, LONGEST_WAIT)
            stop.wait(wait)

    def round(self) -> float:
        """Ask once, keep what came, and return how many seconds to wait before the next time."""
        try:
            row = self._row()
            if row is None:
                row = self._begin()
            if row["stopped"]:
                return self._feed.every_seconds
            batch = self._adapter.after(row["cursor"], moment(row["checked_at"]))
            self._keep(row["cursor"], batch)
            return 0.0 if batch.more else self._feed.every_seconds
        except AntivenomError as problem:
            return self._failed(problem)
        except DBAPIError as problem:
            said = type(problem.orig).__name__
            logger.warning("%s: the database did not answer: %s", self._adapter.name, said)
            return min(self._feed.every_seconds, 5.0)

    def _row(self) -> RowMapping | None:
        with self._store.reading() as connection:
            query = select(feeds).where(feeds.c.name == self._adapter.name)
            return connection.execute(query).mappings().first()

    def _begin(self) -> RowMapping:
        """Start where the feed stands now, or where somebody said."""
        cursor = self._adapter.newest() if self._since is None else self._since
        with self._store.writing() as connection:
            upserts.insert_new(connection, feeds, {"name": self._adapter.name, "cursor": cursor})
        logger.info("%s is followed from %d on", self._adapter.name, cursor)
        row = self._row()
        assert row is not None
        return row

    def _keep(self, cursor: int, batch: Batch) -> None:
        """Write what came and where it ended in one transaction."""
        now = self._clock.now()
        with self._store.writing() as connection:
            record(connection, self._adapter.name, batch, self._clock)
            values = {"checked_at": stamp(now), "problem": "", "failures": 0}
            where = feeds.c.name == self._adapter.name, feeds.c.cursor <= batch.cursor
            connection.execute(update(feeds).where(*where).values(cursor=batch.cursor, **values))
        if batch.arrivals:
            logger.info(
                "%s: %d files up to %d", self._adapter.name, len(batch.arrivals), batch.cursor
            )

    def _failed(self, problem: AntivenomError) -> float:
        """Note a failure, try the other way once there have been several, and return the wait."""
        row = self._row()
        failures = (row["failures"] if row is not None else 0) + 1
        logger.warning("%s: %s (%d in a row)", self._adapter.name, problem, failures)
        if row is not None:
            with self._store.writing() as connection:
                self._note(connection, problem=str(problem)[:1000], failures=failures)
            if failures >= FALL_BACK_AFTER and isinstance(problem, NetworkError):
                self._fall_back(row)
        asked = problem.retry_after if isinstance(problem, NetworkError) else None
        wait = self._feed.every_seconds * 2.0 ** min(failures - 1, 10)
        return min(max(wait, asked or 0.0), LONGEST_WAIT)

    def _fall_back(self, row: RowMapping) -> None:
        try:
            batch = self._adapter.fallback(row["cursor"], row["etag"])
        except AntivenomError as problem:
            logger.warning("%s: nor the other way: %s", self._adapter.name, problem)
            return
        if batch is None:
            return
        with self._store.writing() as connection:
            record(connection, self._adapter.name, batch, self._clock)
            self._note(connection, etag=batch.etag)

    def _note(self, connection: Connection, **values: object) -> None:
        where = feeds.c.name == self._adapter.name
        connection.execute(update(feeds).where(where).values(values))


def record(connection: Connection, ecosystem: str, batch: Batch, clock: Clock) -> list[int]:
    """Keep what a feed told: events first, since they say which projects are new."""
    now = clock.now()
    events.record_all(connection, batch.events, stamp(now))
    names = {uploads.key(one).project for one in batch.arrivals}
    new = events.new_projects(connection, ecosystem, names, now)
    ranked = [_ranked(one, new) for one in batch.arrivals]
    return uploads.record_all(connection, ranked, stamp(now))


def _ranked(arrival: Arrival, new: set[str]) -> Arrival:
    project = uploads.key(arrival).project
    priority = priorities.of_upload(arrival.ecosystem, project, new=project in new)
    return msgspec.structs.replace(arrival, priority=priority)


def watch(
    store: Store,
    settings: Settings,
    clock: Clock,
    stop: threading.Event,
    *,
    names: Sequence[str],
    since: int | None = None,
    adapters: Mapping[str, Adapter] | None = None,
) -> None:
    """Follow registries, each in a thread of its own, until told to stop."""
    from antivenom.service.feeds.registries import adapter

    chosen = [adapters[name] if adapters else adapter(name, settings, clock) for name in names]
    if since is not None and len(chosen) != 1:
        raise ConfigError("--since is a place in one feed: name one registry")
    threads = []
    for one in chosen:
        follower = Follower(one, store, settings, clock, since=since)
        threads.append(threading.Thread(target=follower.run, args=(stop,), name=one.name))
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        stop.set()
        for one in chosen:
            one.close()
