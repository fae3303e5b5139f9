"""One line on standard error that says how far a long review is; none when it is piped."""

from __future__ import annotations

import shutil
import sys
import time

from antivenom.report.escape import visible

_EVERY = 0.1
"""Seconds between two drawings."""


class Progress:
    """Counts artifacts. Draws from the caller's thread only: children are forked beside it."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._begun = self._done = 0
        self._drawn = 0.0
        self._name = ""

    @classmethod
    def on_terminal(cls) -> Progress:
        """Return a progress line, shown only when a person can watch it."""
        return cls(shown=sys.stderr.isatty())

    def starting(self, name: str) -> None:
        """Note that an artifact is being read."""
        self._begun += 1
        self._name = name
        self._draw()

    def finished(self) -> None:
        """Note that an artifact's review is here."""
        self._done += 1
        self._draw()

    def clear(self) -> None:
        """Take the line away, so that something else can be written."""
        if self._shown and self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._drawn = 0.0

    def _draw(self) -> None:
        now = time.monotonic()
        if not self._shown or now - self._drawn < _EVERY:
            return
        self._drawn = now
        columns = shutil.get_terminal_size().columns
        text = f"{self._done} reviewed, {self._begun - self._done} under way: {self._name}"
        sys.stderr.write(f"\r\x1b[K{visible(text, columns)[: columns - 1]}")
        sys.stderr.flush()
