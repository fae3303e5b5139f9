"""`antivenom serve`: the parts of the service as processes of one command on one machine.

It starts them, starts again what ends, and ends them all when it is told to. A part notices by its
standard input, which is a pipe nobody writes to, when this process was killed, and ends as well.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from antivenom.service.settings import Settings

logger = logging.getLogger(__name__)
ATTACHED = "_ANTIVENOM_ATTACHED"
"""Set for the parts: they end with whoever started them."""
_LONGEST_WAIT = 30.0
_STEADY_SECONDS = 60.0
"""A part that ran so long and ends is started again at once."""
_PATIENCE = 30.0


@dataclass(slots=True)
class Part:
    """One process of the service."""

    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    due: float = 0.0
    """When it may be started again, by the monotonic clock."""
    falls: int = field(default=0)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.command[0]


def parts(settings: Settings, handed_on: Sequence[str], *, watch: bool) -> list[Part]:
    """Return what `serve` consists of."""
    followed = sorted({"pypi"} | {name for name, feed in settings.feeds.items() if feed.url})
    commands = [["work", *handed_on], ["api", *handed_on, "--listen", settings.listen]]
    if watch:
        commands.append(["watch", *handed_on, *followed])
    return [Part(command) for command in commands]


def serve(
    settings: Settings,
    stop: threading.Event,
    *,
    handed_on: Sequence[str] = (),
    watch: bool = True,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Run the parts until told to stop; return the exit status."""
    running = parts(settings, handed_on, watch=watch)
    try:
        while not stop.is_set():
            for part in running:
                _tend(part, environ)
            stop.wait(0.2)
    finally:
        end(running)
    return 0


def _tend(part: Part, environ: Mapping[str, str] | None) -> None:
    """Start a part that does not run, at once the first time, later when it keeps falling."""
    now = time.monotonic()
    if part.process is not None:
        status = part.process.poll()
        if status is None:
            return
        steady = now - part.begun > _STEADY_SECONDS
        part.falls = 0 if steady else part.falls + 1
        wait = 0.0 if steady else min(0.5 * 2.0 ** min(part.falls - 1, 10), _LONGEST_WAIT)
        logger.error("%s ended (%d), again in %.1f s", part.name, status, wait)
        part.process, part.due = None, now + wait
    if now >= part.due:
        part.process = _start(part.command, environ)
        part.begun = now


def _start(command: Sequence[str], environ: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  our own commands
        [sys.executable, "-m", "antivenom", *command],
        stdin=subprocess.PIPE,
        env={**(os.environ if environ is None else environ), ATTACHED: "1"},
        # Ctrl-C reaches the whole group: we say when the parts end.
        start_new_session=True,
    )


def end(running: Sequence[Part]) -> None:
    """Ask all parts to end, wait, and kill those that do not."""
    for part in running:
        if part.process is not None and part.process.poll() is None:
            part.process.terminate()
    until = time.monotonic() + _PATIENCE
    for part in running:
        if part.process is None:
            continue
        try:
            part.process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            logger.warning("%s does not end, it is killed", part.name)
            part.process.kill()
            part.process.wait()
        if part.process.stdin is not None:
            part.process.stdin.close()


def end_with_parent() -> None:
    """In a part: end when the process that started us is gone, however it went."""
    if os.environ.get(ATTACHED) != "1":
        return

    def watch() -> None:
        try:
            while os.read(0, 1024):
                pass
        except OSError:
            pass
        os._exit(70)

    threading.Thread(target=watch, name="parent", daemon=True).start()
