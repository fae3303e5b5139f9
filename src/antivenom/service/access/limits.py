"""How often one asker may ask: a bucket of tokens each, forgotten when it is full again."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict

from antivenom.service.clock import Clock

_MOST = 20_000
"""Askers that are remembered; beyond it the longest silent is forgotten, and starts anew."""


class Limit:
    """At most `per_minute` requests of each asker, so many at once after a silence."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        """Know nobody yet."""
        self._most = float(per_minute)
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, asker: str) -> int:
        """Count one request and return 0, or the seconds to wait when it is one too many."""
        now = self._clock.monotonic()
        with self._lock:
            left, at = self._known.pop(asker, (self._most, now))
            left = min(self._most, left + (now - at) * self._most / 60)
            allowed = left >= 1
            self._known[asker] = (left - 1 if allowed else left, now)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return 0 if allowed else max(1, math.ceil((1 - left) * 60 / self._most))

    def forgive(self, asker: str) -> None:
        """Forget an asker who turned out to be who they said."""
        with self._lock:
            self._known.pop(asker, None)
