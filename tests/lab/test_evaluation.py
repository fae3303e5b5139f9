from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

pytest.importorskip("lightgbm")
pytest.importorskip("matplotlib")

from msgspec import structs

from antivenom.judge.scorer import TrainedScorer, read
from antivenom.judge.trees import Forest
from antivenom.lab import comparing, dataset, page
from antivenom.lab.building import lock, once
from antivenom.lab.calibration import CEILING
from antivenom.lab.evaluation import Report, evaluate, summary
from antivenom.lab.learning import encoded, learn
from antivenom.lab.training import Settings
from antivenom.model.review import SUSPICIOUS_AT
from tests.lab.rows import many, row

CARD = dataset.Card(
    digest="d" * 64, engine="e" * 64, rulebook="r" * 64, rows=0, specimens=0, clusters=0,
    ordinary={}, set_aside=0, lost=0,
)  # fmt: skip
FEW = Settings(trees=20)


def rows() -> list[dataset.Row]:
    checked = [
        structs.replace(
            one,
            sample=structs.replace(
                one.sample, key=f"s{n}", part="check", name=f"n{n}", cluster=f"x{n}", family=f"y{n}"
            ),
            sha256=f"s{n}",
        )
        for n, one in enumerate(many(60, seed=5))
    ]
    return many(200) + checked


def test_a_report_says_recall_alarms_and_what_the_set_cannot_prove() -> None:
    learnt = learn(rows(), CARD, FEW)
    report = evaluate(rows(), CARD, learnt, peers={"peer": {"s0": True}})
    study, check = report.parts
    assert (study.ordinary, check.ordinary) == (100, 30)
    assert check.proves == pytest.approx(0.1)
    assert [one.allowed for one in study.model] == [0, 0, 0, 1]
    assert study.model[-1].clusters.value > study.rules[-1].clusters.value == 0
    assert report.peers["peer"]["check"].value == pytest.approx(1 / 30, abs=1e-4)
    assert len(list(summary(report))) == 16
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_the_page_is_self_contained_and_the_same_every_time() -> None:
    report = evaluate(rows(), CARD, learn(rows(), CARD, FEW))
    text = page.html(report)
    assert text == page.html(report)
    assert text.count("<svg") == 4
    assert "<script" not in text
    assert "src=" not in text


def test_what_leaks_is_not_learnt_from() -> None:
    both = rows()
    copy = structs.replace(both[0], sample=structs.replace(both[0].sample, key="k", part="check"))
    learnt = learn([*both, copy], CARD, FEW)
    assert both[0].sample.key not in {one.sample.key for one in learnt.rows}


def test_a_model_file_is_read_back_and_ranks_below_every_verdict() -> None:
    made = learn(rows(), CARD, FEW).model
    scorer = read(encoded(made))
    assert scorer.model == made
    steps = [scorer.lifted(n / 10) for n in range(-100, 100)]
    assert steps == sorted(steps)
    assert max(steps) == CEILING < SUSPICIOUS_AT


def test_an_empty_forest_scores_like_nothing_found() -> None:
    made = structs.replace(
        learn(rows(), CARD, FEW).model, forest=Forest(features=(), trees=()), points=((1.0, 0.2),)
    )
    assert TrainedScorer(made, "").score([], 0, [], 0.0) == 0.2


def test_a_data_set_is_read_as_it_was_written(tmp_path: Path) -> None:
    dataset.write(tmp_path, rows(), CARD)
    assert dataset.read(tmp_path) == (rows(), CARD)
    assert dataset.digest(rows()) == dataset.digest(rows()[::-1])


def test_an_ordinary_project_counts_once() -> None:
    samples = [
        row("a", name="demo").sample,
        row("b", name="demo", part="wide").sample,
        row("c", name="other", part="wide").sample,
        row("d", name="other", part="wide").sample,
    ]
    assert [one.key for one in once(samples)] == ["a", "c"]
    assert lock(map(row, "ab")) == ""


def test_a_comparison_names_what_got_worse_and_no_checked_archive() -> None:
    before = [structs.replace(one, verdict="clean") for one in (row("a"), row("b", part="check"))]
    after = [structs.replace(one, verdict="suspicious", hits={"theft/x": 0.7}) for one in before]
    found = comparing.compare(before, after)
    assert found.verdicts == {"ordinary: clean -> suspicious": 2}
    assert found.rules == {"theft/x": 2}
    assert [one.sha256 for one in found.changed] == ["a"]
    assert comparing.worse(found)
    assert not comparing.worse(comparing.compare(before, before))
    assert any("(worse)" in line for line in comparing.lines(found))
