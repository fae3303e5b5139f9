"""Everything that goes out, sent by one thread of the API's process; any number may run."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from antivenom.service import observations, policy, webhooks
from antivenom.service.clock import Clock
from antivenom.service.settings import Settings
from antivenom.store import Store

_log = logging.getLogger(__name__)
_EVERY = 1.0
_AFTER_A_FAULT = 30.0


class Outbox:
    """Sends until it is told to stop."""

    def __init__(self, store: Store, settings: Settings, clock: Clock) -> None:
        """Send nothing yet."""
        self._store, self._settings, self._clock = store, settings, clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the message at hand and end."""
        self._stop.set()
        self._thread.join()

    def turn(self) -> int:
        """Send what is due; return how much that was."""
        sent = policy.run(self._store, self._settings, self._clock)
        sent += observations.deliver(self._store, self._settings, self._clock)
        return sent + webhooks.deliver(self._store, self._settings, self._clock)

    def _run(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            try:
                wait = 0.0 if self.turn() else _EVERY
            except SQLAlchemyError as error:
                _log.warning("nothing can be sent now: %s", type(error).__name__)
                wait = _AFTER_A_FAULT
            except Exception:
                # What cannot be sent must not keep the rest from being sent.
                _log.exception("a fault while sending")
                wait = _AFTER_A_FAULT
