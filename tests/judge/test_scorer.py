from __future__ import annotations

import time

from antivenom.judge.features import features
from antivenom.judge.scorer import MODEL, shipped
from antivenom.model.fact import Fact
from antivenom.model.review import SUSPICIOUS_AT


def fact(id: str, kind: str = "behavior", **more: object) -> Fact:
    return Fact(id=id, kind=kind, member="a.py", **more)  # type: ignore[arg-type]


def test_what_runs_earlier_counts_for_everything_later() -> None:
    late = features([fact("net.send", activation="call")], 0, [], 0.0)
    early = features([fact("net.send", activation="install")], 0, [], 0.0)
    assert late == {"net.send @ever": 1.0, "net.* @ever": 1.0}
    assert late.items() < early.items()
    assert early["net.send @early"] == 1.0


def test_what_only_a_test_runner_reaches_is_left_out() -> None:
    aside = [fact("net.send", role="test"), fact("net.send", activation="never")]
    assert features(aside, 0, [], 0.0) == {}
    assert features([fact("net.send", role="test", activation="build")], 0, [], 0.0)


def test_counts_end() -> None:
    many = [fact("net.send")] * 50
    assert features(many, 50, [], 0.0) == features(many[:3], 3, [], 0.0)


def test_flows_and_details_have_features() -> None:
    found = features(
        [
            fact("secrets.env->net.send", "flow", via=("secrets.env", "data.pack", "net.send")),
            fact("process.spawn", args=("hidden=yes", "note=x"), layer=1),
        ],
        1, [], 0.0,
    )  # fmt: skip
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


def test_nothing_observed_is_nothing_to_rank() -> None:
    scorer = shipped()
    assert scorer is not None
    assert scorer.score([], 0, [], 0.0) < 0.1


def test_a_score_costs_two_milliseconds_at_most() -> None:
    scorer = shipped()
    assert scorer is not None
    facts = [fact("net.send", value=str(n), activation="import") for n in range(150)]
    taken = []
    for _ in range(20):
        started = time.perf_counter()
        scorer.score(facts, 0, [], 0.0)
        taken.append(time.perf_counter() - started)
    assert min(taken) <= 0.002
