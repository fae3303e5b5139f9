"""Requests in, results out in the same order, over children that are reused and replaced."""

from __future__ import annotations

import gc
import os
import selectors
import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from antivenom.isolate.bounds import Bounds, Result
from antivenom.isolate.child import Work
from antivenom.isolate.worker import Worker

_LOOKAHEAD = 8
"""Requests per child that may be finished or under way before the oldest one is."""


class Pool:
    """Runs `work` on requests in up to `jobs` children. Use it as a context manager.

    Import what `work` needs before the first request: forked children share it.
    """

    def __init__(
        self, work: Work, *, jobs: int = 1, bounds: Bounds | None = None, fork: bool | None = None
    ) -> None:
        self._work = work
        self._jobs = max(1, jobs)
        self._bounds = bounds or Bounds()
        self._fork = hasattr(os, "fork") if fork is None else fork
        self._selector = selectors.DefaultSelector()
        self._idle: list[Worker] = []
        self._busy: dict[Worker, int] = {}
        self._frozen = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def prepare(self) -> None:
        """Start all children now, before the caller starts threads or opens connections."""
        while len(self._idle) + len(self._busy) < self._jobs:
            self._idle.append(self._hire())

    def close(self) -> None:
        """Kill the children that are left. Safe to call again."""
        for worker in [*self._idle, *self._busy]:
            worker.kill("failed", "stopped")
        self._idle.clear()
        self._busy.clear()
        self._selector.close()

    def run(self, requests: Iterable[bytes]) -> Iterator[Result]:
        """Yield one result for each request, in order, as soon as the order allows."""
        waiting = enumerate(requests)
        ready: dict[int, Result] = {}
        due, taken, more = 0, 0, True
        while True:
            while more and self.free and taken - due < self._jobs * _LOOKAHEAD:
                item = next(waiting, None)
                if item is None:
                    more = False
                    break
                taken += 1
                self.start(item[0], item[1])
                # Taking a request may have cost a download: see what was finished meanwhile.
                ready.update(self.finished(wait=False))
            while due in ready:
                yield ready.pop(due)
                due += 1
            if due == taken and not more:
                return
            ready.update(self.finished())

    @property
    def free(self) -> bool:
        """Whether a child can take a request now."""
        return bool(self._idle) or len(self._busy) < self._jobs

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return bool(self._busy)

    def start(self, number: int, request: bytes) -> None:
        """Give a request to a child; only when one is `free`. Its result bears the number."""
        worker = self._idle.pop() if self._idle else self._hire()
        worker.give(request)
        self._busy[worker] = number
        self._selector.register(worker.line, self._events(worker), worker)

    def finished(self, *, wait: bool = True) -> dict[int, Result]:
        """Return the results that are there, by number; wait for something if any is under way."""
        return self._collect(None if wait else 0) if self._busy else {}

    def _hire(self) -> Worker:
        if self._fork and not self._frozen:
            # What lives now is shared with the children: the collector must not touch its pages.
            gc.freeze()
            self._frozen = True
        return Worker(self._work, self._bounds, fork=self._fork)

    def _events(self, worker: Worker) -> int:
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if worker.writing else 0)

    def _collect(self, timeout: float | None) -> dict[int, Result]:
        """Return what is finished; wait for something when `timeout` is None."""
        if timeout is None:
            timeout = max(0.0, min(w.deadline for w in self._busy) - time.monotonic())
        found: dict[int, Result] = {}
        for key, events in self._selector.select(timeout):
            worker: Worker = key.data
            if events & selectors.EVENT_WRITE:
                worker.write()
                self._selector.modify(worker.line, self._events(worker), worker)
            if events & selectors.EVENT_READ:
                result = worker.read()
                if result is not None:
                    found[self._finish(worker, key.fileobj)] = result
        # Only after reading: an answer that lies there in time counts, however late we look.
        found.update(self._overdue())
        return found

    def _overdue(self) -> dict[int, Result]:
        now = time.monotonic()
        late = [w for w in self._busy if w.deadline <= now and not self._readable(w)]
        found: dict[int, Result] = {}
        for worker in late:
            self._selector.unregister(worker.line)
            result = worker.kill("timeout", f"more than {self._bounds.seconds:g} s")
            found[self._busy.pop(worker)] = result
        return found

    def _readable(self, worker: Worker) -> bool:
        """Whether an answer is still arriving; a child gets one second more to send it."""
        return worker.arriving and worker.deadline + 1 > time.monotonic()

    def _finish(self, worker: Worker, line: object) -> int:
        """Take a worker off its request; keep it only when it can serve another."""
        self._selector.unregister(line)  # type: ignore[arg-type]
        number = self._busy.pop(worker)
        if worker.leaving:
            worker.kill("failed", "replaced")
        else:
            self._idle.append(worker)
        return number
