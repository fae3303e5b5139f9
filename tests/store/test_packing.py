"""Documents in a column, also when many threads are the first to ask."""

from __future__ import annotations

import os
import subprocess
import sys

from antivenom.store import packing
from tests.service.made import review

_FIRST_TOGETHER = """
import sys, threading
sys.setswitchinterval(1e-6)
from antivenom.model.review import Review
from antivenom.store import packing
from tests.service.made import review

made, start, found = packing.pack(review(rules=("theft/x",))), threading.Barrier(8), []

def read():
    start.wait()
    found.append(packing.unpack(made, Review))

threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
sys.exit(len(found) != 8)
"""


def test_threads_that_are_the_first_to_decode_live() -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", _FIRST_TOGETHER], env=environ, check=False)
        assert done.returncode == 0


def test_what_is_packed_comes_back() -> None:
    made = review(rules=("theft/x",))
    assert packing.unpack(packing.pack(made), type(made)) == made
    assert packing.unpack(packing.pack({"a": "b"}), dict[str, str]) == {"a": "b"}
