"""What a review is said to take is its own."""

from __future__ import annotations

import sys

import msgspec
import pytest

from antivenom.intake import from_bytes
from antivenom.isolate import Bounds, Done, Pool
from bench import measure
from bench.corpus import Sample
from bench.measure import Outcome

_SAMPLE = Sample(path="ours.py", sha256="", part="study", stratum="ours")
_HELD = 200 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="only there the kernel tells")
def test_results_of_the_bench_are_no_memory_of_a_review(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "_open", lambda _: from_bytes(b"print(1)\n", "ours.py"))
    work = measure.worker(measure.knowledge())
    small = measure._status("VmRSS")
    gathered = b"\1" * _HELD
    assert measure._status("VmRSS") > small + _HELD // 2
    with Pool(work, bounds=Bounds()) as pool:
        (result,) = pool.run([msgspec.json.encode(_SAMPLE)])
    assert isinstance(result, Done)
    peak = msgspec.json.decode(result.data, type=Outcome).peak
    assert 0 < peak < small + _HELD // 2
    assert len(gathered) == _HELD
