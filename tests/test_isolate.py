"""A child that hangs, eats memory or dies costs one answer and nothing else."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from antivenom.isolate import Bounds, Done, Killed, Pool

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked here")

TIGHT = Bounds(seconds=20, memory_bytes=64 << 20)


KEPT: list[bytearray] = []
"""What a child holds on to between requests."""


def _recurse(n: int) -> int:
    return _recurse(n + 1) + 1


def work(request: bytes) -> bytes:
    """Do what the request asks, most of it badly."""
    order, _, rest = request.partition(b" ")
    if order == b"echo":
        return rest
    if order == b"pid":
        return str(os.getpid()).encode()
    if order == b"slow":
        time.sleep(0.05)
        return rest
    if order == b"hang":
        time.sleep(3600)
    if order == b"spin":
        while True:
            pass
    if order == b"eat":
        kept = []
        while True:
            kept.append(bytearray(4 << 20))
    if order == b"grow":
        KEPT.append(bytearray(b"x") * (64 << 20))
    if order == b"big":
        return b"x" * int(rest)
    if order == b"leave":
        os._exit(int(rest))
    if order == b"segfault":
        ctypes.string_at(0)
    if order == b"abort":
        os.abort()
    if order == b"recurse":
        return str(_recurse(0)).encode()
    if order == b"raise":
        raise ValueError("a\nb\x1b[31m")
    if order == b"print":
        os.write(1, b"LEAK")
        os.write(2, b"LEAK")
        return str(len(os.read(0, 100))).encode()
    if order == b"files":
        return ",".join(sorted(os.listdir("/proc/self/fd"), key=int)).encode()
    if order == b"write":
        with open(rest, "wb") as file:
            file.write(b"data")
    if order == b"babble":
        line = max(int(fd) for fd in os.listdir("/proc/self/fd") if int(fd) > 2 and _socket(fd))
        os.write(line, b"\xff\xff\xff\xff garbage")
        time.sleep(3600)
    if order == b"silence":
        line = max(int(fd) for fd in os.listdir("/proc/self/fd") if int(fd) > 2 and _socket(fd))
        os.close(line)
        time.sleep(3600)
    return b""


def _socket(fd: str) -> bool:
    try:
        return os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
    except OSError:
        return False


def one(request: bytes, bounds: Bounds = TIGHT) -> Done | Killed:
    with Pool(work, bounds=bounds) as pool:
        (result,) = pool.run([request])
    return result


def reason(request: bytes, bounds: Bounds = TIGHT) -> str:
    result = one(request, bounds)
    assert isinstance(result, Killed)
    return result.reason


def test_results_keep_the_order_of_requests() -> None:
    requests = [b"slow %d" % n if n % 5 == 0 else b"echo %d" % n for n in range(60)]
    with Pool(work, jobs=3) as pool:
        results = list(pool.run(requests))
    assert results == [Done(data=b"%d" % n) for n in range(60)]


def test_children_are_reused_and_recycled() -> None:
    with Pool(work, jobs=1, bounds=Bounds(recycle_after=5)) as pool:
        pids = [r.data for r in pool.run([b"pid"] * 12) if isinstance(r, Done)]
    assert len(pids) == 12
    assert len(set(pids)) == 3


def test_a_large_parent_does_not_cost_its_children_their_place() -> None:
    ballast = b"x" * (96 << 20)
    with Pool(work, jobs=1, bounds=Bounds(recycle_bytes=64 << 20)) as pool:
        pids = {r.data for r in pool.run([b"pid"] * 6) if isinstance(r, Done)}
    assert len(pids) == 1
    assert len(ballast) == 96 << 20


def test_a_child_that_grew_is_replaced() -> None:
    with Pool(work, jobs=1, bounds=Bounds(recycle_bytes=32 << 20)) as pool:
        pids = [r.data for r in pool.run([b"pid", b"grow", b"pid"]) if isinstance(r, Done)]
    assert pids[0] != pids[2]


def test_a_hanging_child_is_killed_and_the_others_go_on() -> None:
    requests = [b"echo 1", b"hang", b"echo 2", b"echo 3"]
    with Pool(work, jobs=2, bounds=Bounds(seconds=0.4)) as pool:
        results = list(pool.run(requests))
    assert [type(r) for r in results] == [Done, Killed, Done, Done]
    assert results[1] == Killed(reason="timeout", detail="more than 0.4 s")


def test_processor_time_is_bounded() -> None:
    result = one(b"spin", Bounds(seconds=30, cpu_seconds=0))
    assert isinstance(result, Killed)
    assert result.reason == "timeout"
    assert "processor" in result.detail


def test_memory_is_bounded() -> None:
    assert reason(b"eat") == "memory"


@pytest.mark.parametrize("order", [b"leave 0", b"leave 3", b"segfault", b"abort"])
def test_a_dying_child_is_a_crash(order: bytes) -> None:
    assert reason(order) == "crashed"


def test_signals_are_named() -> None:
    result = one(b"segfault")
    assert isinstance(result, Killed)
    assert result.detail == "signal SIGSEGV"


def test_deep_recursion_is_an_error_of_ours() -> None:
    result = one(b"recurse")
    assert isinstance(result, Killed)
    assert result.reason in {"failed", "crashed"}


def test_errors_are_told_without_control_characters() -> None:
    result = one(b"raise")
    assert result == Killed(reason="failed", detail="ValueError: a\\nb\\x1b[31m")


def test_big_answers_and_big_requests_arrive() -> None:
    answer = one(b"big 5000000")
    assert isinstance(answer, Done)
    assert len(answer.data) == 5_000_000
    payload = os.urandom(5_000_000)
    assert one(b"echo " + payload) == Done(data=payload)


def test_an_answer_over_the_bound_is_refused() -> None:
    bounds = Bounds(answer_bytes=1000)
    assert isinstance(one(b"big 1000", bounds), Done)
    assert reason(b"big 1001", bounds) == "oversized"


def test_a_child_that_babbles_is_killed() -> None:
    assert reason(b"babble") == "oversized"


def test_a_child_that_closes_its_line_and_stays_is_killed() -> None:
    started = time.monotonic()
    assert reason(b"silence") == "crashed"
    assert time.monotonic() - started < 10


def test_children_neither_read_nor_write_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert one(b"print") == Done(data=b"0")
    assert capfd.readouterr() == ("", "")


def test_children_cannot_grow_files(tmp_path: Path) -> None:
    place = tmp_path / "file"
    assert reason(b"write " + os.fsencode(place)) == "failed"
    assert not place.exists() or place.read_bytes() == b""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_children_hold_nothing_of_the_parent(tmp_path: Path) -> None:
    with (tmp_path / "secret").open("wb"), Pool(work, jobs=2) as pool:
        results = list(pool.run([b"slow", b"files", b"files"]))
    for result in results[1:]:
        assert isinstance(result, Done)
        # Standard streams, the line, and the folder being listed.
        assert len(result.data.split(b",")) == 5


def test_requests_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def requests() -> Iterator[bytes]:
        for n in range(1000):
            taken.append(n)
            yield b"echo %d" % n

    with Pool(work) as pool:
        assert next(pool.run(requests())) == Done(data=b"0")
    assert len(taken) < 50


def test_results_in_time_count_even_when_the_parent_was_busy() -> None:
    def requests() -> Iterator[bytes]:
        yield b"echo 1"
        time.sleep(0.5)
        yield b"echo 2"

    with Pool(work, jobs=2, bounds=Bounds(seconds=0.2)) as pool:
        assert list(pool.run(requests())) == [Done(data=b"1"), Done(data=b"2")]


def test_closing_kills_what_is_left() -> None:
    pool = Pool(work, jobs=2)
    results = pool.run([b"pid", b"hang"])
    first = next(results)
    assert isinstance(first, Done)
    pool.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(first.data), 0)
    pool.close()


def _script(place: Path, body: str) -> subprocess.Popen[str]:
    script = place / "script.py"
    script.write_text(textwrap.dedent(body))
    return subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


HANGING = """
    import os, time
    from antivenom.isolate import Pool

    def work(request):
        if request == b"hang":
            time.sleep(3600)
        return str(os.getpid()).encode()

    with Pool(work, jobs=1) as pool:
        for result in pool.run([b"pid", b"hang"]):
            print(result.data.decode(), flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_children_end_with_the_parent(number: int, tmp_path: Path) -> None:
    if number == signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux tells children")
    with _script(tmp_path, HANGING) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(number)
        parent.communicate(timeout=10)
    for _ in range(200):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    raise AssertionError("the child lives on")


def test_without_fork_a_fresh_interpreter_serves(tmp_path: Path) -> None:
    body = """
        import os
        from antivenom.isolate import Bounds, Pool

        def work(request):
            if request == b"die":
                os._exit(3)
            return request.upper()

        if __name__ == "__main__":
            with Pool(work, fork=False) as pool:
                print(list(pool.run([b"a", b"die", b"b"])))
    """
    with _script(tmp_path, body) as parent:
        out, err = parent.communicate(timeout=60)
    assert not err
    assert out.strip() == (
        "[Done(data=b'A'), Killed(reason='crashed', detail='left with status 3'), Done(data=b'B')]"
    )
