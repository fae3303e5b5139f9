"""What a confined child can no longer do. Each layer is asked for by itself."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from antivenom.isolate import Done, Pool, child, kernel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux takes things away")


def attempt(request: bytes) -> bytes:
    """Try something forbidden and say how it went."""
    order, _, place = request.decode().partition(" ")
    acts: dict[str, Callable[[], object]] = {
        "socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "unix": lambda: socket.socket(socket.AF_UNIX),
        "program": lambda: os.execv("/bin/true", ["true"]),
        "signal": lambda: os.kill(os.getppid(), 0),
        "file": lambda: Path(place).write_bytes(b""),
        "remove": lambda: Path(place).unlink(),
        "folder": lambda: Path(place).mkdir(),
        "read": lambda: Path(place).read_bytes(),
    }
    if order == "layers":
        return " ".join(child.in_force).encode()
    try:
        acts[order]()
    except OSError as error:
        return type(error).__name__.encode()
    return b"done"


def asked(pool: Pool, request: str) -> str:
    [found] = pool.run([request.encode()])
    assert isinstance(found, Done), found
    return found.data.decode()


@pytest.mark.parametrize("fork", [True, False])
def test_a_child_reads_and_nothing_else(tmp_path: Path, fork: bool) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"there")
    with Pool(attempt, fork=fork) as pool:
        layers = asked(pool, "layers").split()
        assert asked(pool, f"read {victim}") == "done"
        if "seccomp" in layers:
            for order in ("socket", "unix", "program", "signal"):
                assert asked(pool, order) == "PermissionError", order
        if "landlock" in layers:
            for order in ("file", "remove", "folder"):
                assert asked(pool, f"{order} {victim}{'2' * (order != 'remove')}") == (
                    "PermissionError"
                ), order
    assert victim.read_bytes() == b"there"


def test_a_filter_refuses_another_architecture_first() -> None:
    program = kernel._program(0xC000003E, [41], x32=True)
    assert len(program) % 8 == 0
    assert program[:8] == b"\x20\0\0\0\x04\0\0\0"
    assert program.endswith(b"\x06\0\0\0\0\0\xff\x7f")
