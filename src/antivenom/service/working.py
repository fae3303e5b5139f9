"""What a worker does with one upload: review it, keep the verdict, or put it back with a reason.

the review is there                      -> done
the bytes cannot be had                  -> waits, longer each time; in the end dead
the registry lists it no more            -> waits a few times, then gone
its child was lost, or the worker died   -> waits; after `attempts` dead, inconclusive
this machine has no room, no database    -> waits; none of the upload's doing
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping
from sqlalchemy.exc import DBAPIError

from antivenom.errors import AntivenomError, NotFoundError
from antivenom.isolate import Killed
from antivenom.model.moments import stamp
from antivenom.model.review import Review
from antivenom.service import known, reviews, uploads
from antivenom.service.clock import Clock
from antivenom.service.reviewing import (
    Judged,
    Later,
    Lost,
    NoRoom,
    Reviewer,
    locator_of,
    said_of_unread,
)
from antivenom.service.settings import Settings
from antivenom.session import Reviewed
from antivenom.store import Store

logger = logging.getLogger(__name__)
LONGEST_WAIT = 600.0
"""Seconds between two attempts at most."""
_DATABASE_TRIES = 60
T = TypeVar("T")


class Worker:
    """Does the work of one process; its method `work` runs in several threads."""

    def __init__(
        self, name: str, store: Store, settings: Settings, clock: Clock, reviewer: Reviewer
    ) -> None:
        self.name = name
        self._store = store
        self._settings = settings
        self._clock = clock
        self._reviewer = reviewer

    def work(self, upload: int, job: str) -> None:
        """Bring an upload to its next state. Never raises for what an upload or a registry does."""
        row = self._write(lambda c: uploads.start(c, upload, job, self.name, self._now()))
        if row is None:
            return
        if row["attempts"] > self._settings.attempts:
            self._bury(row, Killed(reason="crashed", detail="it ended every worker that read it"))
            return
        try:
            judged = self._reviewer.review(row, job)
        except Lost as lost:
            self._lost(row, lost)
        except Later as problem:
            due = self._clock.now().timestamp() + 1.0
            self._put_back(row, str(problem), due, its_fault=False)
        except NoRoom as problem:
            self._again(row, str(problem), its_fault=False)
        except NotFoundError as problem:
            self._missing(row, problem)
        except AntivenomError as problem:
            self._unreachable(row, problem)
        except Exception as fault:
            logger.exception("a fault of ours while reviewing upload %d", upload)
            self._lost(row, Lost(_fault(fault), locator_of(row)))
        else:
            self._record(row, judged)

    def _record(self, row: RowMapping, judged: Judged) -> None:
        def keep(connection: Connection) -> None:
            uploads.fetched(connection, row["id"], _known(row, judged.facts))
            known.keep(connection, judged.profile)
            reviews.record(connection, row["id"], judged.reviewed, self._now())

        self._write(keep)

    # ------------------------------------------------------------------ what can go wrong

    def _lost(self, row: RowMapping, lost: Lost) -> None:
        if row["attempts"] < self._settings.attempts and lost.killed.reason != "oversized":
            self._again(row, f"its review was stopped: {lost.killed.detail}", its_fault=True)
        else:
            self._dead(row, lost.review, lost.killed.detail)

    def _bury(self, row: RowMapping, killed: Killed) -> None:
        self._dead(row, said_of_unread(locator_of(row), killed), killed.detail)

    def _missing(self, row: RowMapping, problem: AntivenomError) -> None:
        """Feeds run ahead of the pages: what is not listed yet is asked for again, a few times."""
        if row["failures"] + 1 >= self._settings.attempts:
            end = uploads.stays if row["review"] else uploads.gone
            self._write(lambda c: end(c, row["id"], str(problem), self._now()))
        else:
            self._again(row, str(problem), its_fault=False)

    def _unreachable(self, row: RowMapping, problem: AntivenomError) -> None:
        if row["failures"] + 1 >= self._settings.fetch_attempts:
            self._bury(row, Killed(reason="failed", detail=f"its bytes cannot be had: {problem}"))
            return
        wait = getattr(problem, "retry_after", None)
        self._again(row, str(problem), its_fault=False, wait=wait)

    def _dead(self, row: RowMapping, review: Review, why: str) -> None:
        logger.error("upload %d was given up: %s", row["id"], why)
        if row["review"]:
            self._write(lambda c: uploads.stays(c, row["id"], why, self._now()))
            return

        def keep(connection: Connection) -> None:
            lost = Reviewed(review=review, members={"": review.artifact.sha256})
            reviews.record(
                connection,
                row["id"],
                lost,
                self._now(),
                read=False,
                state=uploads.DEAD,
                problem=why,
            )

        self._write(keep)

    def _again(
        self, row: RowMapping, problem: str, *, its_fault: bool, wait: float | None = None
    ) -> None:
        tried = row["attempts"] if its_fault else row["failures"] + 1
        pause = self._settings.retry_seconds * 2 ** min(max(tried, 1) - 1, 20)
        pause = min(max(pause, wait or 0.0), LONGEST_WAIT)
        logger.warning("upload %d waits %.0f s: %s", row["id"], pause, problem)
        due = self._clock.now().timestamp() + pause
        self._put_back(row, problem, due, its_fault=its_fault)

    def _put_back(self, row: RowMapping, problem: str, due: float, *, its_fault: bool) -> None:
        now = self._now()
        self._write(lambda c: uploads.again(c, row["id"], problem, due, now, its_fault=its_fault))

    # ------------------------------------------------------------------ the database

    def _write(self, act: Callable[[Connection], T]) -> T:
        """Keep something, also when the database is away for a while: it comes back."""
        return patiently(lambda: _within(self._store, act), self._clock)

    def _now(self) -> str:
        return stamp(self._clock.now())


def patiently(act: Callable[[], T], clock: Clock, tries: int = _DATABASE_TRIES) -> T:
    """Do something with the database again until it is there; what was not kept is not there."""
    for number in range(tries):
        try:
            return act()
        except DBAPIError as error:
            if number == tries - 1:
                raise
            logger.warning("the database did not answer, waiting: %s", type(error.orig).__name__)
            clock.sleep(min(0.2 * 2 ** min(number, 10), 5.0))
    raise AssertionError("not reached")


def _within(store: Store, act: Callable[[Connection], T]) -> T:
    with store.writing() as connection:
        return act(connection)


def _known(row: RowMapping, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value != row[name]}


def _fault(fault: Exception) -> Killed:
    said = ascii(f"{type(fault).__name__}: {fault}")[1:-1]
    return Killed(reason="failed", detail=said[:300])
