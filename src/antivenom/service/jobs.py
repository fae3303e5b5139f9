"""The queue engine at arm's length: submit, work, stats, requeue.

DBOS hands work to workers and knows which of it was under way when one died. It is no record of
truth: what it forgets, `upkeep` submits again from the table of uploads. Its pitfalls are dealt
with here: JSON instead of pickle, a version of ours instead of a hash of the code, a write-ahead
log on SQLite, a name of its own for each life of a process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, func, select

from antivenom.errors import ConfigError, MissingDependencyError
from antivenom.model.coordinate import Ecosystem
from antivenom.model.moments import stamp
from antivenom.service import uploads
from antivenom.service.clock import Clock
from antivenom.service.settings import Settings
from antivenom.store import Store
from antivenom.store.database import busy_sqlite
from antivenom.store.schema_uploads import uploads as table

if TYPE_CHECKING:
    from dbos import DBOSClient
    from sqlalchemy import Engine

logger = logging.getLogger(__name__)
APPLICATION = "antivenom"
VERSION = "1"
"""Of the jobs' shape. Older jobs are not taken by newer workers: raise it only with that wish."""
QUEUE = "review"
WORKFLOW = "review"
_LIVE = ("ENQUEUED", "PENDING", "DELAYED")
_IDLE_SHARE = 10
_POOL = 6
"""Connections of the engine to PostgreSQL from each process."""

Work = Callable[[int, str], None]
"""What is done with an upload's id and the name of the job."""


class Depth(NamedTuple):
    """How many uploads of a registry are in a state, and since when."""

    ecosystem: str
    state: str
    priority: int
    number: int
    oldest: str
    """When the oldest of them was seen."""


class Jobs:
    """What hands uploads over and asks about them; every process has one."""

    def __init__(self, store: Store, settings: Settings) -> None:
        """Connect to nothing yet."""
        self.store = store
        self.settings = settings

    @cached_property
    def engine(self) -> Engine:
        """The engine's own connections to the same database."""
        return _engine(self.store)

    @cached_property
    def _client(self) -> DBOSClient:
        dbos = _dbos()
        client: DBOSClient = dbos.DBOSClient(
            system_database_engine=self.engine,
            application_name=APPLICATION,
            serializer=dbos.DBOSPortableJSONSerializer(),
        )
        return client

    def migrate(self) -> None:
        """Create or update the engine's tables; once, before there are workers."""
        url = self.store.engine.url.render_as_string(hide_password=False)
        _quiet()
        _dbos().DBOS.migrate(url.replace("postgresql+psycopg://", "postgresql://", 1))

    def submit(self, connection: Connection, ids: Sequence[int], now: str) -> list[str]:
        """Hand uploads to the engine in the caller's transaction; return the jobs' names."""
        rows = connection.execute(
            select(table.c.id, table.c.priority, table.c.ecosystem).where(table.c.id.in_(ids))
        )
        jobs: list[tuple[int, str]] = []
        for upload, priority, ecosystem in rows.all():
            job = f"{ecosystem}-{upload}-{uuid4().hex[:12]}"
            options: Any = {
                "workflow_name": WORKFLOW,
                "queue_name": QUEUE,
                "workflow_id": job,
                "app_version": VERSION,
                "priority": max(1, priority),
            }
            self._client.enqueue_in_transaction(connection, options, upload, job)
            jobs.append((upload, job))
        uploads.queued(connection, jobs, now)
        return [job for _, job in jobs]

    def live(self, jobs: Iterable[str]) -> dict[str, str]:
        """Return which jobs the engine still has, and the worker that has each, "" if none yet."""
        wanted = list(jobs)
        if not wanted:
            return {}
        found = self._client.list_workflows(
            workflow_ids=wanted, status=list(_LIVE), load_input=False, load_output=False
        )
        return {
            one.workflow_id: (one.executor_id or "") if one.status == "PENDING" else ""
            for one in found
        }

    def purge(self, clock: Clock, most: int = 2000) -> int:
        """Forget jobs that ended long ago, a bounded number at a time; return how many."""
        days = self.settings.keep_jobs_days
        if not days:
            return 0
        end = clock.now().timestamp() - days * 86_400
        found = self._client.list_workflows(
            status=["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"],
            end_time=_iso(end),
            limit=most,
            load_input=False,
            load_output=False,
        )
        ids = [one.workflow_id for one in found]
        if ids:
            self._client.delete_workflows(ids)
        return len(ids)

    def close(self) -> None:
        """Let go of the database."""
        if "_client" in self.__dict__:
            self._client.destroy()
        if "engine" in self.__dict__:
            self.engine.dispose()


def submit(store: Store, jobs: Jobs, clock: Clock, *, at_once: Callable[[str], int]) -> int:
    """Hand over what is due, the most urgent first, and return how many uploads that were.

    No more of a registry than `at_once` is in the queue or under work, so that the engine's tables
    stay small however much waits. What nobody waits for gets a tenth of that beside it: what is
    urgent never finds the queue full of it.
    """
    now = clock.now()
    seconds = now.timestamp()
    with store.reading() as connection:
        busy = uploads.under_way(connection)
        # Asked before anything is locked: most of the time nothing waits.
        waiting = [
            (one.value, idle)
            for one in Ecosystem
            for idle in (False, True)
            if uploads.due(connection, one, seconds, 1, idle=idle)
        ]
    total = 0
    for ecosystem, idle in waiting:
        most = max(at_once(ecosystem) // _IDLE_SHARE, 1) if idle else at_once(ecosystem)
        room = most - busy.get((ecosystem, idle), 0)
        if room <= 0:
            continue
        with store.writing() as connection:
            ids = uploads.due(connection, ecosystem, seconds, room, idle=idle, lock=True)
            if ids:
                jobs.submit(connection, ids, stamp(now))
        total += len(ids)
    return total


def stats(connection: Connection) -> list[Depth]:
    """Return what waits, is under way or was given up, by registry, state and priority."""
    open_states = [uploads.WAITING, *uploads.UNDER_WAY, uploads.DEAD]
    # All of it stands in one index, however many rows there are.
    query = (
        select(
            table.c.ecosystem, table.c.state, table.c.priority, func.count(), func.min(table.c.id)
        )
        .where(table.c.state.in_(open_states))
        .group_by(table.c.state, table.c.ecosystem, table.c.priority)
    )
    rows = sorted(connection.execute(query).all())
    first = select(table.c.id, table.c.seen_at).where(table.c.id.in_([row[4] for row in rows]))
    seen = {row[0]: row[1] for row in connection.execute(first)}
    return [Depth(a, b, c, d, seen.get(first_id, "")) for a, b, c, d, first_id in rows]


def requeue(connection: Connection, ids: Iterable[int], clock: Clock, *, priority: int = 0) -> int:
    """Try uploads again from the start, dead ones too; return how many."""
    return uploads.requeue(connection, ids, stamp(clock.now()), priority=priority)


class Working:
    """The engine at work in this process; there is one at most."""

    def __init__(self, jobs: Jobs, name: str) -> None:
        """Start nothing yet. `name` is the one of this life of the process."""
        self._jobs = jobs
        self._name = name

    def start(self, work: Work, *, at_once: int) -> None:
        """Take jobs from now on, in threads, up to `at_once` of them.

        The engine keeps that number in its database, so the worker started last says it for all;
        how much is really read at a time, each process decides by its slots.
        """
        dbos = _dbos()
        _quiet()
        settings = self._jobs.settings

        # The engine gives up later than we do: `attempts` of the upload is what ends a poison.
        def review(upload: int, job: str) -> None:
            work(upload, job)

        workflow = dbos.DBOS.workflow(name=WORKFLOW, max_recovery_attempts=settings.attempts + 4)
        workflow(review)

        config: Any = {
            "name": APPLICATION,
            "executor_id": self._name,
            "application_version": VERSION,
            "serializer": dbos.DBOSPortableJSONSerializer(),
            "run_migrations": False,
            "log_level": "ERROR",
            "use_listen_notify": not self._lite,
            **self._database(),
        }
        dbos.DBOS(config=config)
        dbos.DBOS.listen_queues([QUEUE])
        try:
            dbos.DBOS.launch()
        except dbos.error.DBOSInitializationError:
            logger.debug("the engine did not start", exc_info=True)
            raise ConfigError(
                "the database is not ready for this version", hint="run `antivenom migrate`"
            ) from None
        dbos.DBOS.register_queue(
            QUEUE,
            worker_concurrency=at_once,
            polling_interval_sec=settings.poll_seconds,
            on_conflict="always_update",
        )

    def recover(self, dead: Sequence[str]) -> int:
        """Give what dead processes had under way to the living; safe to say more than once."""
        # No public function does it that keeps the count of attempts; a test holds its shape.
        return len(_dbos().DBOS._recover_pending_workflows(list(dead)))

    def stop(self, patience: int) -> None:
        """Take nothing new, and wait for what is under way."""
        _dbos().DBOS.destroy(workflow_completion_timeout_sec=patience)

    @property
    def _lite(self) -> bool:
        return self._jobs.store.engine.dialect.name == "sqlite"

    def _database(self) -> dict[str, Any]:
        if self._lite:
            return {"system_database_engine": self._jobs.engine}
        url = self._jobs.store.engine.url.set(drivername="postgresql")
        return {
            "system_database_url": url.render_as_string(hide_password=False),
            "sys_db_pool_size": _POOL,
        }


def _engine(store: Store) -> Engine:
    if store.engine.dialect.name == "sqlite":
        return busy_sqlite(store.engine.url)
    from sqlalchemy import create_engine

    return create_engine(store.engine.url, pool_pre_ping=True, pool_size=_POOL)


def _quiet() -> None:
    """Let the engine's remarks reach the log as ours do, warnings and worse only."""
    logging.getLogger("dbos").setLevel(logging.ERROR)


def _iso(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _dbos() -> Any:  # noqa: ANN401  a module
    try:
        import dbos
    except ImportError:
        raise MissingDependencyError(
            "the service needs its libraries", hint="pip install 'antivenom[service]'"
        ) from None
    return dbos
