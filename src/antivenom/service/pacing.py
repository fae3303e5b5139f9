"""Manners towards a registry: so many requests a second, and none while it asks for quiet."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from antivenom.errors import NetworkError
from antivenom.http import Door, Manners
from antivenom.service.clock import Clock

T = TypeVar("T")
LONGEST_QUIET = 900.0
"""Seconds a registry may ask us to stay away at once; it can ask again."""


class Pace:
    """A token bucket that all threads of a process share."""

    def __init__(self, per_second: float, clock: Clock) -> None:
        self._per_second = per_second
        self._burst = max(1.0, per_second)
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens = self._burst
        self._at = clock.monotonic()
        self._quiet_until = 0.0

    def wait(self) -> None:
        """Return when the next request may be sent."""
        while True:
            with self._lock:
                pause = self._pause()
            if pause <= 0:
                return
            self._clock.sleep(pause)

    def hold(self, seconds: float) -> None:
        """Send nothing for a while: the registry asked for it."""
        with self._lock:
            until = self._clock.monotonic() + min(max(seconds, 0.0), LONGEST_QUIET)
            self._quiet_until = max(self._quiet_until, until)

    def _pause(self) -> float:
        now = self._clock.monotonic()
        if now < self._quiet_until:
            return self._quiet_until - now
        grown = self._tokens + (now - self._at) * self._per_second
        self._tokens, self._at = min(self._burst, grown), now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._per_second


class PacedDoor(Door):
    """The door to one registry: every attempt is paced, and a request to stay away is heard."""

    def __init__(self, manners: Manners, pace: Pace, clock: Clock) -> None:
        """Wait little here: an upload that has to wait is put back, and its worker goes on."""
        super().__init__(replace(manners, attempts=3, longest_wait=5.0, sleep=clock.sleep))
        self._pace = pace

    def _persist(self, url: str, attempt: Callable[[], T]) -> T:
        def paced() -> T:
            self._pace.wait()
            return attempt()

        try:
            return super()._persist(url, paced)
        except NetworkError as error:
            if error.retry_after:
                self._pace.hold(error.retry_after)
            raise
