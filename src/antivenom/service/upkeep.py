"""What keeps uploads from being forgotten: heartbeats, the sweep of the dead, reconciling.

Every worker does all of it; doing it twice changes nothing. Whether another is dead is decided by
our own monotonic clock (its heartbeat stands still for so long), so that no clock that jumps, here
or there, kills anybody.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from uuid import uuid4

from sqlalchemy import delete, select

from antivenom.analysis import engine
from antivenom.model.moments import stamp
from antivenom.service import jobs, retention, uploads
from antivenom.service.clock import Clock
from antivenom.service.jobs import Jobs, Working
from antivenom.service.settings import Settings
from antivenom.service.working import LONGEST_WAIT
from antivenom.store import Store, upserts
from antivenom.store.blobs import Blobs
from antivenom.store.schema_uploads import uploads as table
from antivenom.store.schema_uploads import workers

logger = logging.getLogger(__name__)
_UNSURE_SECONDS = 30.0
"""How long an upload may be under way before somebody checks whether its job still lives."""
_AHEAD_SECONDS = 300.0
"""How far the clock of another machine may be ahead of ours."""
_AT_ONCE = 500


def new_name() -> str:
    """Return a name for one life of this process: host, process, chance."""
    host = "".join(c if c.isalnum() else "." for c in socket.gethostname())[:60] or "host"
    return f"{host}-{os.getpid()}-{uuid4().hex[:6]}"


class Upkeep:
    """The housekeeping of one worker."""

    def __init__(
        self, name: str, store: Store, settings: Settings, clock: Clock, queue: Jobs
    ) -> None:
        self.name = name
        self._store = store
        self._settings = settings
        self._clock = clock
        self._queue = queue
        self._seen: dict[str, tuple[float, float]] = {}
        """Worker -> its newest heartbeat, and when we first saw that one, by our clock."""
        self._due: dict[str, float] = {}
        self.confined = ""
        """What the kernel takes from the children here."""

    def run(self, working: Working, stop: threading.Event) -> None:
        """Do everything when it is due, until told to stop; the database may go and come back."""
        while not stop.wait(min(self._settings.poll_seconds, 0.5)):
            try:
                self.once(working)
            except Exception:
                # Whatever it was: the next round finds the same state and tries again.
                logger.exception("housekeeping failed, and goes on")

    def once(self, working: Working) -> None:
        """Do what is due now."""
        if self._is_due("beat", self._settings.heartbeat_seconds):
            self.beat()
            self.sweep(working)
        jobs.submit(
            self._store,
            self._queue,
            self._clock,
            at_once=lambda name: self._settings.feed(name).at_once,
        )
        if self._is_due("reconcile", self._settings.reconcile_seconds):
            self.reconcile(working)
        if self._is_due("purge", 600.0):
            self._queue.purge(self._clock)
        if self._is_due("retention", 3600.0):
            blobs = Blobs(self._settings.blobs_url)
            retention.sweep(self._store, self._settings, blobs, self._clock, engine.digest())

    def beat(self) -> None:
        """Say that this worker lives."""
        moment = self._clock.now()
        values = {
            "id": self.name,
            "started_at": stamp(moment),
            "seen": moment.timestamp(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "slots": self._settings.processes,
            "engine": engine.digest(),
            "confined": self.confined,
        }
        with self._store.writing() as connection:
            known = connection.scalar(select(workers.c.started_at).where(workers.c.id == self.name))
            upserts.put(connection, workers, {**values, "started_at": known or stamp(moment)})

    def sweep(self, working: Working) -> list[str]:
        """Give the work of dead workers to the living, and forget the dead; return their names."""
        now = self._clock.monotonic()
        with self._store.reading() as connection:
            rows = connection.execute(select(workers.c.id, workers.c.seen))
            beats: dict[str, float] = {row[0]: row[1] for row in rows}
        for name, beat in beats.items():
            if self._seen.get(name, (None,))[0] != beat:
                self._seen[name] = (beat, now)
        self._seen = {name: seen for name, seen in self._seen.items() if name in beats}
        limit = self._settings.dead_after_seconds
        dead = [n for n, (_, since) in self._seen.items() if n != self.name and now - since > limit]
        if dead:
            logger.error("workers are dead, their work is taken over: %s", ", ".join(dead))
            working.recover(dead)
            # Only now: a worker that dies between the two leaves the row to the next sweep.
            with self._store.writing() as connection:
                connection.execute(delete(workers).where(workers.c.id.in_(dead)))
        return dead

    def leave(self) -> bool:
        """Say that this worker went; with something still under way that is left to the sweep."""
        mine = table.c.worker == self.name, table.c.state == uploads.WORKING
        with self._store.writing() as connection:
            busy = connection.scalar(select(table.c.id).where(*mine).limit(1))
            if busy is None:
                connection.execute(delete(workers).where(workers.c.id == self.name))
        return busy is None

    def reconcile(self, working: Working) -> int:
        """Put back what no job works on any more, whatever the engine says; return how much.

        What a worker has that nobody knows (any more) is given to the living.
        """
        moment = self._clock.now()
        before, beyond = (stamp_before(self._clock, s) for s in (_UNSURE_SECONDS, -_AHEAD_SECONDS))
        with self._store.reading() as connection:
            rows = uploads.unsure(connection, before, beyond, _AT_ONCE)
            known = set(connection.scalars(select(workers.c.id)))
        live = self._queue.live([row["job"] for row in rows])
        unknown = sorted(set(live.values()) - known - {"", self.name})
        if unknown:
            logger.error("work of unknown workers is taken over: %s", ", ".join(unknown))
            working.recover(unknown)
        lost = [row for row in rows if row["job"] not in live]
        with self._store.writing() as connection:
            for row in lost:
                logger.error("upload %d was under way in no job, it waits again", row["id"])
                uploads.forgotten(connection, row["id"], row["job"], stamp(moment))
            # A clock that was wrong must not have anybody wait for days.
            late = moment.timestamp() + 2 * LONGEST_WAIT
            uploads.hasten(connection, late, moment.timestamp())
        return len(lost)

    def _is_due(self, what: str, every: float) -> bool:
        now = self._clock.monotonic()
        if now < self._due.get(what, 0.0):
            return False
        self._due[what] = now + every
        return True


def stamp_before(clock: Clock, seconds: float) -> str:
    """Return the moment so many seconds ago."""
    from datetime import timedelta

    return stamp(clock.now() - timedelta(seconds=seconds))
