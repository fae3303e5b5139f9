from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

pytest.importorskip("lightgbm")
pytest.importorskip("matplotlib")

from msgspec import structs

from antivenom.judge.features import Evidence
from antivenom.judge.scorer import TrainedScorer, read
from antivenom.judge.trees import Forest
from antivenom.lab import breakdown, comparing, dataset, page, splits
from antivenom.lab.building import lock, once
from antivenom.lab.calibration import CEILING
from antivenom.lab.evaluation import Report, by_time, evaluate, summary
from antivenom.lab.learning import budgets, encoded, learn
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
    assert report.peers["peer"]["check"].found.value == pytest.approx(1 / 30, abs=1e-4)
    # Of ordinary packages it was not run on, nothing is known.
    assert report.peers["peer"]["check"].alarms.of == 0
    assert len(list(summary(report))) == 16
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_the_page_is_self_contained_and_the_same_every_time() -> None:
    report = evaluate(rows(), CARD, learn(rows(), CARD, FEW))
    text = page.html(report)
    assert text == page.html(report)
    assert text.count("<svg") == 2 * len(report.parts)
    assert "<script" not in text
    assert "src=" not in text


def test_behaviors_tags_and_alarms_are_counted() -> None:
    thieves = [
        structs.replace(
            row(f"t{n}", hostile=True, cluster=f"c{n}", family=f"f{n}",
                found={"net.send @load": 1.0, "net.send @ever": 2.0, "net.* @ever": 2.0}),
            rules=0.9 if n else 0.0, verdict="malicious" if n else "clean",
        )
        for n in range(4)
    ]  # fmt: skip
    tagged = [
        structs.replace(t, sample=structs.replace(t.sample, tags=("beacon",))) for t in thieves
    ]
    alarm = structs.replace(
        row("o", name="loud", found={"net.send @ever": 1.0}), rules=0.6, verdict="suspicious",
        hits={"theft/x": 0.6, "theft/y": 0.0},
    )  # fmt: skip
    hidden = structs.replace(alarm, sample=structs.replace(alarm.sample, key="h", part="check"))
    (found,) = breakdown.behaviors([*tagged, alarm])
    assert (found.id, set(found.cells)) == ("net.send", {"load", "ever"})
    assert (found.cells["ever"].found.hits, found.cells["ever"].found.of) == (3, 4)
    assert (found.cells["load"].ordinary, found.cells["ever"].ordinary) == (0, 1)
    (tag,) = breakdown.tags(tagged)
    assert (tag.tag, tag.suspicious.value, tag.suspicious.of) == ("beacon", 0.75, 4)
    (told,) = breakdown.alarms([*tagged, alarm, hidden])
    assert (told.name, told.rules) == ("loud", ("theft/x",))


def test_what_ranks_highest_says_why_and_names_no_checked_archive() -> None:
    learnt = learn(rows(), CARD, FEW)
    report = evaluate(rows(), CARD, learnt)
    assert report.ranked
    assert all(one.score > one.rules and one.reasons for one in report.ranked)
    assert not {one.sha256 for one in report.ranked} & {f"s{n}" for n in range(60)}
    assert [one.score for one in report.ranked[:25]] == sorted(
        (one.score for one in report.ranked[:25]), reverse=True
    )


def test_what_began_later_is_measured_by_what_was_there_before() -> None:
    dated = [
        structs.replace(one, sample=structs.replace(one.sample, date=f"2024-{1 + n // 20:02}-01"))
        for n, one in enumerate(many(200))
    ]
    split = splits.by_time(dated)
    assert split is not None
    assert splits.leaks(split.learnt, split.measured) == {}
    days = {one.sample.date for one in split.measured if one.sample.hostile}
    assert min(days) >= split.since > max(o.sample.date for o in split.learnt if o.sample.hostile)
    families = {o.sample.family for o in split.learnt if o.sample.hostile}
    assert not families & {o.sample.family for o in split.measured}
    part = by_time(dated, CARD, FEW)
    assert part is not None
    assert part.part == f"families from {split.since} on"
    report = evaluate(rows(), CARD, learn(rows(), CARD, FEW), later=part)
    assert f'id="families-from-{split.since}-on"' in page.html(report)


def test_a_family_that_goes_on_is_not_later_and_the_undated_are_neither() -> None:
    dated = [
        structs.replace(one, sample=structs.replace(one.sample, date="2024-01-01"))
        for one in many(100)
    ]
    again = structs.replace(
        row("new", hostile=True, cluster="c0", family="f0"),
        sample=structs.replace(
            row("new", hostile=True, cluster="c0", family="f0").sample, date="2025-01-01"
        ),
    )
    alone = structs.replace(
        again, sample=structs.replace(again.sample, key="z", name="z", family="z", cluster="z"),
        sha256="z",
    )  # fmt: skip
    undated = row("u", hostile=True, cluster="u", family="u")
    split = splits.by_time([*dated, again, alone, undated], "2025-01-01")
    assert split is not None
    assert [one.sample.key for one in split.measured if one.sample.hostile] == ["z"]
    assert splits.by_time([*dated, undated]) is None


def test_a_budget_of_alerts_has_a_threshold_and_says_what_it_proves() -> None:
    ordinary = [row(f"o{n}") for n in range(200)]
    found = budgets(ordinary, [float(n) for n in range(200)])
    assert found == {
        "11 alerts a day, which only proves fewer than 160": 199.0,
        "107 alerts a day": 197.0,
        "534 alerts a day": 189.0,
    }
    assert set(learn(rows(), CARD, FEW).model.card.thresholds)


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
    assert TrainedScorer(made, "").score(Evidence([])) == 0.2


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
