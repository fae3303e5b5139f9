"""Reviewing children, one to a slot: no network, no database, killed when they take too long.

A slot is a thread that owns one child for its whole life, since a child dies with the thread that
made it. Children are spawned, never forked: this process has threads and open connections.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from types import TracebackType
from typing import Self

from antivenom.isolate import Bounds, Killed, Pool, Result
from antivenom.isolate.child import Work

_WAIT = 3600.0


class Slots:
    """A fixed number of children that answer requests; use it as a context manager."""

    def __init__(self, work: Work, count: int, bounds: Bounds) -> None:
        self._work = work
        self._bounds = bounds
        self._requests: queue.SimpleQueue[tuple[bytes, Future[Result]] | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"slot-{n}", daemon=True)
            for n in range(max(1, count))
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ask(self, request: bytes) -> Result:
        """Have a child answer; waits for a free one. Every request ends, one way or another."""
        answer: Future[Result] = Future()
        self._requests.put((request, answer))
        return answer.result(_WAIT)

    def close(self) -> None:
        """End the children; requests that wait are answered as stopped."""
        for _ in self._threads:
            self._requests.put(None)
        for thread in self._threads:
            thread.join(self._bounds.seconds + 10)

    def _serve(self) -> None:
        with Pool(self._work, jobs=1, bounds=self._bounds, fork=False) as pool:
            while (item := self._requests.get()) is not None:
                request, answer = item
                try:
                    answer.set_result(next(pool.run([request])))
                except Exception as error:
                    # A child that cannot be started is no reason for an upload to wait for ever.
                    answer.set_result(Killed(reason="failed", detail=str(error)[:300]))
