"""A command of ours on a machine whose clock somebody sets: `python -m ... FILE work`.

FILE holds the seconds this machine is ahead, and may change at any time. What jumps is the moment
(`now`, `time.time`), for us and for the queue engine; what only grows goes on growing.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from antivenom.cli import main
from antivenom.service import clock


class Jumping(clock.SystemClock):
    """The clock of such a machine."""

    place = Path()

    def ahead(self) -> float:
        """Return how far it is ahead of the truth."""
        return float(self.place.read_text() or 0)

    def now(self) -> datetime:
        """Return what it takes for the moment."""
        return super().now() + timedelta(seconds=self.ahead())


if __name__ == "__main__":
    Jumping.place = Path(sys.argv[1])
    truth = time.time
    clock.SystemClock = Jumping  # type: ignore[misc]
    time.time = lambda: truth() + Jumping().ahead()
    sys.exit(main(sys.argv[2:]))
