"""A progress bar on standard error; none when it is piped."""

from __future__ import annotations

import shutil
import sys
import time

from antivenom.report.escape import visible

_EVERY = 0.1


class Bar:
    """Draws how many are done, how fast, and which is next."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._begun = time.monotonic()
        self._drawn = 0.0

    def tell(self, done: int, total: int, name: str) -> None:
        """Draw, if the last drawing is a moment ago."""
        now = time.monotonic()
        if not self._shown or (now - self._drawn < _EVERY and done != total):
            return
        self._drawn = now
        columns = shutil.get_terminal_size().columns
        line = visible(f"{self._head(done, total, now - self._begun)} {name}")
        sys.stderr.write(f"\r\x1b[K{line[: columns - 1]}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the bar away."""
        if self._shown and self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def _head(self, done: int, total: int, seconds: float) -> str:
        rate = done / seconds if seconds else 0.0
        if not total:
            return f"{done:,}  {rate:,.0f}/s"
        filled = 20 * done // total
        left = (total - done) / rate if rate else 0.0
        return f"[{'#' * filled:<20}] {done:,} of {total:,}  {rate:,.0f}/s  {left:,.0f} s left"
