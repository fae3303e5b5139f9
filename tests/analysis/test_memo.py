"""What was evaluated already is remembered by what it was given."""

from __future__ import annotations

import pytest

from antivenom.analysis.flow.machine import Machine
from tests.analysis import machines

_CLOSURES = """
import os

def make(command):
    class Held:
        def go(self):
            return os.system(command)
    def run(other):
        return other.go() or os.system(command)
    return run(Held())

for command in ("one", "two", "three"):
    make(command)
"""


def test_what_is_remembered_by_its_number_lives_as_long(monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[bool] = []

    def note(m: Machine) -> None:
        held = {id(thing) for thing in m.held}
        named.extend(key[1] in held for key in m.memo if len(key) > 2)

    monkeypatch.setattr(Machine, "dispose", note)
    seen = machines.run(_CLOSURES)
    assert {f.value for f in seen.of("process.shell")} >= {"one", "two", "three"}
    assert named
    assert all(named)
