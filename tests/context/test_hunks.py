"""Lines that changed, found in linear time."""

from __future__ import annotations

import time

from antivenom.context.hunks import Compared

OLD = "import a\n\n\ndef f(x):\n    return x\n\n\ndef g(x):\n    return x + 1\n"


def text(compared: Compared) -> list[list[str]]:
    return [compared.new[first : last + 1] for first, last in compared.runs]


def test_nothing_changed() -> None:
    assert Compared(OLD, OLD).runs == []
    assert Compared(OLD, OLD.replace("    ", "\t")).runs == []


def test_an_addition_stands_for_nothing() -> None:
    compared = Compared(OLD, OLD.replace("    return x\n", "    tell(x)\n    return x\n", 1))
    assert text(compared) == [["    tell(x)"]]
    assert compared.stood(compared.runs[0]) == []


def test_a_replacement_stands_for_the_old_lines() -> None:
    compared = Compared(OLD, OLD.replace("x + 1", "x + 2"))
    assert text(compared) == [["    return x + 2"]]
    assert [compared.old[n] for n in compared.stood(compared.runs[0])] == ["    return x + 1"]


def test_a_new_text_is_one_run() -> None:
    assert Compared("", OLD).runs == [(0, 8)]


def test_hostile_repetition_costs_no_more() -> None:
    started = time.perf_counter()
    for old, new in (("a\n" * 200_000, "b\n" * 200_000), ("a\nb\n" * 90_000, "b\nc\na\n" * 60_000)):
        compared = Compared(old, new)
        for run in compared.runs[:12]:
            compared.stood(run)
    assert time.perf_counter() - started < 5
