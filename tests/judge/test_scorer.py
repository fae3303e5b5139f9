from __future__ import annotations

import time

from antivenom.judge.features import Evidence, seen
from antivenom.judge.scorer import MODEL, shipped
from antivenom.model.fact import Fact
from antivenom.model.review import SUSPICIOUS_AT


def fact(id: str, kind: str = "behavior", member: str = "a.py", **more: object) -> Fact:
    return Fact(id=id, kind=kind, member=member, **more)  # type: ignore[arg-type]


def test_what_runs_earlier_counts_for_everything_later() -> None:
    late = seen(Evidence([fact("net.send", activation="call")])).package
    early = seen(Evidence([fact("net.send", activation="install")])).package
    assert late == {"net.send @ever": 1.0, "net.* @ever": 1.0}
    assert late.items() < early.items()
    assert early["net.send @early"] == 1.0


def test_what_only_a_test_runner_reaches_is_left_out() -> None:
    aside = [fact("net.send", role="test"), fact("net.send", activation="never")]
    assert seen(Evidence(aside)) == ({}, {})
    assert seen(Evidence([fact("net.send", role="test", activation="build")])).package


def test_counts_end() -> None:
    many = [fact("net.send")] * 50
    assert seen(Evidence(many, 50)) == seen(Evidence(many[:3], 3))


def test_a_row_is_the_package_with_one_file() -> None:
    found = seen(
        Evidence(
            [fact("net.send"), fact("code.run", member="b.py"), fact("archive.link", "archive")]
        )
    )
    assert [found.member(at) for at in range(2)] == ["a.py", "b.py"]
    first, second = found.rows()
    assert first["net.send @ever"] == second["net.send @ever"] == 1.0
    assert ("file net.send @ever" in first, "file net.send @ever" in second) == (True, False)
    assert (first["archive.link"], second["archive.link"]) == (1.0, 1.0)
    assert seen(Evidence([fact("archive.link", "archive")])).rows() == [{"archive.link": 1.0}]


def test_flows_and_details_have_features() -> None:
    facts = [
        fact("secrets.env->net.send", "flow", via=("secrets.env", "data.pack", "net.send")),
        fact("process.spawn", args=("hidden=yes", "note=x"), layer=1),
    ]
    found = seen(Evidence(facts, 1)).package
    assert {
        "secrets.env->net.send @ever", "secrets->net.send @ever", "->net.send @ever",
        "long @ever", "how process.spawn hidden=yes", "hidden process.spawn", "layers",
    } <= found.keys()  # fmt: skip
    assert "how process.spawn note=x" not in found


def test_the_shipped_model_is_small_and_only_ranks() -> None:
    scorer = shipped()
    assert scorer is not None
    assert MODEL.stat().st_size <= 2_000_000
    assert scorer.lifted(1e9) < SUSPICIOUS_AT
    assert len(scorer.model.card.data) == 64
    assert scorer.model.card.weaknesses


def test_one_more_file_never_lowers_a_score() -> None:
    scorer = shipped()
    assert scorer is not None
    thief = [fact("secrets.env"), fact("net.send", activation="import")]
    alone = scorer.score(Evidence(thief))
    many = [fact(id, member=f"m{n}.py") for n in range(50) for id in ("file.read", "net.fetch")]
    assert scorer.score(Evidence([*many, *thief])) >= alone
    # It says nothing where the rules already say more than it may.
    assert scorer.score(Evidence(thief, rules=0.6)) == 0.0


def test_nothing_observed_is_nothing_to_rank() -> None:
    scorer = shipped()
    assert scorer is not None
    assert scorer.score(Evidence([])) < 0.1


def test_a_score_costs_two_milliseconds_at_most() -> None:
    scorer = shipped()
    assert scorer is not None
    ids = ("net.send", "file.read", "file.write", "process.spawn", "host.identify")
    facts = [
        fact(ids[n % 5], member=f"m{n % 30}.py", value=str(n), activation="import")
        for n in range(150)
    ]
    taken = []
    for _ in range(20):
        started = time.perf_counter()
        scorer.score(Evidence(facts))
        taken.append(time.perf_counter() - started)
    assert min(taken) <= 0.002
