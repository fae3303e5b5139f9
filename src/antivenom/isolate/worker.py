"""The parent's handle on one child: send, receive without trust, kill, and say how it ended."""

from __future__ import annotations

import os
import signal
import socket
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from antivenom.isolate import child
from antivenom.isolate.bounds import Bounds, Done, Killed, Reason, Result

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess

_TIME_SIGNALS = {"SIGXCPU"}
_MEMORY_SIGNALS = {"SIGKILL", "SIGABRT", "SIGSEGV", "SIGBUS"}


class Worker:
    """One child process and the line to it."""

    def __init__(self, work: child.Work, bounds: Bounds, *, fork: bool) -> None:
        self.bounds = bounds
        self.line, theirs = socket.socketpair()
        self._shared = _resident()
        self.pid, self._process = _fork(theirs, work, bounds) if fork else (0, None)
        if not fork:
            self.pid, self._process = _spawn(theirs, work, bounds)
        theirs.close()
        self.line.setblocking(False)
        self.deadline = 0.0
        self.leaving = False
        """The child said that its last answer was its last."""
        self._outgoing = memoryview(b"")
        self._incoming = bytearray()
        self._reaped = False

    def give(self, request: bytes) -> None:
        """Start a request; the clock runs from here."""
        self.deadline = time.monotonic() + self.bounds.seconds
        self._incoming.clear()
        self._outgoing = memoryview(child.HEADER.pack(len(request)) + request)
        self.write()

    @property
    def writing(self) -> bool:
        """Whether part of the request is still to be sent."""
        return bool(self._outgoing)

    @property
    def arriving(self) -> bool:
        """Whether part of an answer is here."""
        return bool(self._incoming)

    def write(self) -> None:
        """Send as much as the line takes; a closed line shows itself when reading."""
        try:
            while self._outgoing:
                self._outgoing = self._outgoing[self.line.send(self._outgoing) :]
        except BlockingIOError:
            return
        except OSError:
            self._outgoing = memoryview(b"")

    def read(self) -> Result | None:
        """Return the result once it is all here, or None; a wrong child is killed."""
        closed = self._take()
        if len(self._incoming) >= child.HEADER.size:
            size = child.HEADER.unpack_from(self._incoming)[0]
            if not 0 < size <= self.bounds.answer_bytes + 1:
                return self.kill("oversized", "answered more than allowed")
            if len(self._incoming) >= child.HEADER.size + size:
                return self._result(bytes(self._incoming[child.HEADER.size :][:size]))
        return self._ended() if closed else None

    def kill(self, reason: Reason, detail: str) -> Killed:
        """End the child now and wait until it is gone."""
        self.leaving = True
        if not self._reaped:
            self._signal()
            self._wait()
        self.line.close()
        return Killed(reason=reason, detail=detail)

    def _take(self) -> bool:
        """Read what is there, a bounded amount; return whether the line is closed."""
        try:
            part = self.line.recv(1 << 20)
        except BlockingIOError:
            return False
        except OSError:
            return True
        self._incoming += part
        return not part

    def _result(self, message: bytes) -> Result:
        status = bytes([message[0] & ~child.LAST])
        self.leaving = bool(message[0] & child.LAST)
        if status == child.DONE:
            return Done(data=message[1:])
        if status == child.MEMORY:
            return Killed(reason="memory", detail=self._memory())
        if status == child.FAILED:
            return Killed(reason="failed", detail=message[1:].decode("ascii", "replace")[:300])
        return self.kill("crashed", "answered nonsense")

    def _memory(self) -> str:
        return f"more than {self.bounds.memory_bytes >> 20} MB"

    def _ended(self) -> Killed:
        """Say how a child ended that closed its line without an answer."""
        self.leaving = True
        status, peak = self._wait(patience=1.0)
        self.line.close()
        if status >= 0:
            return Killed(reason="crashed", detail=f"left with status {status}")
        name = signal.Signals(-status).name
        if name in _TIME_SIGNALS:
            return Killed(
                reason="timeout", detail=f"more than {self.bounds.cpu_seconds} s of processor time"
            )
        # A fork starts with the parent's pages in its peak; what counts is what came on top.
        if name in _MEMORY_SIGNALS and peak - self._shared > 0.8 * self.bounds.memory_bytes:
            return Killed(reason="memory", detail=self._memory())
        return Killed(reason="crashed", detail=f"signal {name}")

    def _signal(self) -> None:
        if self._process is not None:
            self._process.kill()
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def _wait(self, patience: float = 0.0) -> tuple[int, int]:
        """Collect the child; return its exit status (negative: a signal) and peak memory.

        With `patience`, a child that closed its line but stays is killed after that time.
        """
        self._reaped = True
        if self._process is not None:
            self._process.join(patience or None)
            self._process.kill()
            self._process.join()
            return self._process.exitcode or 0, 0
        until = time.monotonic() + patience
        try:
            while patience and time.monotonic() < until:
                pid, status, usage = os.wait4(self.pid, os.WNOHANG)
                if pid:
                    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024
                time.sleep(0.005)
            self._signal()
            _, status, usage = os.wait4(self.pid, 0)
        except ChildProcessError:
            return 0, 0
        return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024


def _resident() -> int:
    """Return the resident memory of this process; where nobody says, its peak."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError, ValueError):
        pass
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _fork(theirs: socket.socket, work: child.Work, bounds: Bounds) -> tuple[int, None]:
    with warnings.catch_warnings():
        # Python 3.12 warns when other threads live. The child runs our code only and leaves by
        # `os._exit`; a lock another thread held can cost one review, by the clock.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        child.live(theirs, work, bounds, forked=True)
    return pid, None


def _spawn(theirs: socket.socket, work: child.Work, bounds: Bounds) -> tuple[int, SpawnProcess]:
    """Start a fresh interpreter where there is no fork; `work` must be importable by name."""
    import multiprocessing

    process = multiprocessing.get_context("spawn").Process(
        target=child.live,
        args=(theirs, work, bounds),
        kwargs={"forked": False},
        daemon=True,
    )
    process.start()
    return process.pid or 0, process
