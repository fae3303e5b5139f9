"""The child's side: take limits, then answer requests until the parent closes the line."""

from __future__ import annotations

import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from antivenom.isolate.bounds import Bounds
from antivenom.isolate.kernel import confine

in_force: list[str] = []
"""In a child: what the kernel took from it (`kernel.confine`)."""
Work = Callable[[bytes], bytes]

HEADER = struct.Struct(">I")
DONE, MEMORY, FAILED = b"D", b"M", b"F"
LAST = 0x80
"""Added to the status byte: the child leaves after this answer."""
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_SIGKILL = 9


def live(line: socket.socket, work: Work, bounds: Bounds, *, forked: bool) -> NoReturn:
    """Be a child: never returns to the caller's stack, whatever happens."""
    status = 1
    try:
        if forked:
            _leave_parent(line.fileno())
        _limit(bounds)
        in_force.extend(confine(namespaces=not forked))
        _serve(line, work, bounds)
        status = 0
    except BaseException:  # noqa: S110  nobody above us may run in a child
        pass
    finally:
        os._exit(status)


def _leave_parent(keep: int) -> None:
    """Let go of the parent's terminal, files and signal handlers."""
    import signal

    # Ctrl-C reaches the whole group; the parent decides and kills us by id.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGXCPU):
        ignored = number == signal.SIGINT
        signal.signal(number, signal.SIG_IGN if ignored else signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    # Also closes the parent's ends of other children, whose end of line would never come.
    os.closerange(3, keep)
    os.closerange(keep + 1, 65_536 if keep < 65_535 else keep + 1)


def _limit(bounds: Bounds) -> None:
    """Ask the system to hold us to the bounds, as far as this platform can."""
    try:
        import resource
    except ImportError:
        return
    data = getattr(resource, "RLIMIT_DATA", resource.RLIMIT_AS)
    _lower(data, _data_bytes() + bounds.memory_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, bounds.open_files)
    if sys.platform == "linux":
        _bind_to_parent()


def _lower(what: int, to: int) -> None:
    import resource

    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        to = min(to, hard)
    try:
        resource.setrlimit(what, (to, to))
    except (OSError, ValueError):
        pass  # a platform that cannot; the parent's clock still holds


def _data_bytes() -> int:
    """Return what counts as data already, shared with the parent or not."""
    try:
        pages = Path("/proc/self/statm").read_text().split()
        return int(pages[5]) * os.sysconf("SC_PAGESIZE")
    except (OSError, IndexError, ValueError):
        return 256 << 20


def _bind_to_parent() -> None:
    """Die with the parent; never gain rights by starting something. Best effort."""
    try:
        import ctypes

        prctl = ctypes.CDLL(None).prctl
        prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
        prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def _serve(line: socket.socket, work: Work, bounds: Bounds) -> None:
    born_with = _resident_bytes()
    for count in range(1, bounds.recycle_after + 1):
        request = _receive(line)
        if request is None:
            return
        _allow_cpu(bounds.cpu_seconds)
        status, answer = _answer(work, request)
        if len(answer) > bounds.answer_bytes:
            # The parent learns the size from the header and does not wait for the rest.
            line.sendall(HEADER.pack(min(len(answer) + 1, 0xFFFF_FFFF)))
            return
        leaves = status != DONE or count == bounds.recycle_after or _grown(born_with, bounds)
        mark = bytes([status[0] | (LAST if leaves else 0)])
        line.sendall(HEADER.pack(len(answer) + 1) + mark)
        line.sendall(answer)
        if leaves:
            return


def _answer(work: Work, request: bytes) -> tuple[bytes, bytes]:
    try:
        return DONE, work(request)
    except MemoryError:
        return MEMORY, b""
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        return FAILED, ascii(said)[1:-1][:300].encode()


def _receive(line: socket.socket) -> bytes | None:
    header = _exactly(line, HEADER.size)
    return None if header is None else _exactly(line, HEADER.unpack(header)[0])


def _exactly(line: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        part = line.recv(min(size - len(data), 1 << 20))
        if not part:
            return None
        data += part
    return bytes(data)


def _allow_cpu(seconds: int) -> None:
    """Move the soft limit on from what earlier requests used; the signal ends us."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime) + seconds + 1
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _grown(born_with: int, bounds: Bounds) -> bool:
    """Whether it gained too much; what a large parent left it at birth is no reason to go."""
    return _resident_bytes() - born_with > bounds.recycle_bytes


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGESIZE")
