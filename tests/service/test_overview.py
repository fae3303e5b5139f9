"""The overview's figures are those that the rows give, counted by hand here."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select

from antivenom.catalog import writing as catalog
from antivenom.catalog.statement import current
from antivenom.model.moments import stamp
from antivenom.service import casework, events, overview
from antivenom.service.console.overview_page import chart
from antivenom.service.events import Event
from antivenom.service.overview.traffic import share
from antivenom.store.schema_uploads import uploads
from tests.report.builders import artifact
from tests.service.recorded import NOW, after, clean, record, thief, writing


def told(connection: Connection, project: str, what: str, minutes: float) -> None:
    """Note what a registry did."""
    event = Event(
        ecosystem="pypi", project=project, what=what, action=what, at=stamp(after(minutes))
    )
    events.record_all(connection, [event], stamp(after(minutes)))


def case_of(connection: Connection, name: str, decision: str, *, minutes: float = 0) -> int:
    """Open a case and rule on it; "" leaves it open."""
    case = record(connection, thief(name, host=f"{name}.invalid"), now=after(minutes))
    assert case is not None
    if decision:
        casework.decide(
            connection, case, decision, reason="so", author="ada", key=name, now=after(minutes + 1)
        )
    return case


def label(connection: Connection, name: str) -> str:
    """Return what the catalog calls a project's file."""
    sha256 = artifact(name, "1.0").sha256
    return current(catalog.statements_of(connection, [sha256])).label


def test_days_are_counted_and_empty_ones_are_there(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        record(connection, clean("a"), now=NOW)
        record(connection, clean("b"), now=NOW)
        record(connection, thief("c"), now=NOW - datetime.timedelta(days=2))
        record(connection, clean("d"), now=NOW - datetime.timedelta(days=9))
        found = overview.days(connection, NOW, most=4)
    assert [(day.day[8:], day.verdicts) for day in found] == [
        ("18", {}),
        ("19", {"malicious": 1}),
        ("20", {}),
        ("21", {"clean": 2}),
    ]


def test_latency_is_that_of_who_waits(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        for n in range(100):
            source = "feed" if n % 2 else "backfill"
            values = {"ecosystem": "pypi", "project": f"p{n}", "filename": "f", "source": source}
            times = {"seen_at": stamp(NOW), "reviewed_at": stamp(NOW), "latency": float(n)}
            connection.execute(insert(uploads).values(**values, **times))
        found = overview.latency(connection, after(60))
        assert (found.number, found.p50, found.p95, found.most) == (50, 49.0, 95.0, 99.0)
        assert overview.latency(connection, NOW + datetime.timedelta(days=2)).number == 0


@pytest.mark.parametrize(
    ("values", "part", "expected"),
    [
        ([1.0], 0.5, 1.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([1.0, 2.0, 3.0], 0.5, 2.0),
        ([1.0] * 9 + [5.0], 0.95, 5.0),
    ],
)
def test_a_share_is_a_value_that_was_seen(
    values: list[float], part: float, expected: float
) -> None:
    assert share(values, part) == expected


def test_accuracy_is_what_the_registry_says(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        for name in ("taken-down", "cleared", "quiet"):
            case_of(connection, name, "malicious")
        case_of(connection, "harmless", "not-malicious")
        case_of(connection, "open", "")
        told(connection, "taken-down", "quarantined", 60)
        told(connection, "cleared", "quarantined", 60)
        told(connection, "cleared", "quarantine-cleared", 120)
        told(connection, "elsewhere", "quarantined", 60)
        people = overview.accuracy(connection, after(200), by="people")
        engine = overview.accuracy(connection, after(200), by="engine")
        assert (people.true, people.false, people.pending) == (1, 1, 1)
        assert (people.share, people.badge, people.hours) == (0.5, "warn", (1.0, 1.0))
        # People had called "cleared" and "quiet" malicious; "harmless" was a false alarm.
        assert (engine.true, engine.false, engine.pending) == (3, 1, 1)
        assert engine.badge == "warn"
        assert overview.accuracy(connection, after(999), by="people", days=0).share is None


def test_rules_are_judged_by_what_people_ruled(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        case_of(connection, "one", "malicious")
        case_of(connection, "two", "not-malicious")
        case_of(connection, "three", "malicious")
        case_of(connection, "four", "unsure")
        [found] = overview.rules(connection, after(9))
        assert (found.rule, found.right, found.wrong) == ("exfiltration/sends-credentials", 2, 1)
        assert round(found.false_share, 2) == 0.33


def test_what_was_taken_down_unseen_is_a_miss_and_a_label(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        record(connection, clean("missed"), now=NOW)
        record(connection, clean("left"), now=NOW)
        record(connection, thief("seen"), now=NOW)
        record(connection, clean("fine"), now=NOW)
        told(connection, "missed", "quarantined", 120)
        told(connection, "seen", "quarantined", 120)
        told(connection, "left", "removed", 180)
        told(connection, "never-reviewed", "quarantined", 1)
        found = overview.missed(connection, after(300))
        assert (found.quarantined, found.caught, found.hours) == (2, 1, 2.0)
        said = [(one.project, one.what, one.sure, one.hours) for one in found.misses]
        assert said == [("missed", "quarantined", True, 2.0), ("left", "removed", False, 3.0)]
        names = ("missed", "seen", "left", "fine")
        assert [label(connection, name) for name in names] == [
            *("malware", "malware"),
            *("unknown", "unknown"),
        ]
        told(connection, "missed", "quarantine-cleared", 400)
        assert label(connection, "missed") == "unknown"


def test_a_file_that_is_read_after_the_quarantine_is_labelled_too(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        told(connection, "late", "quarantined", -60)
        told(connection, "late-but-seen", "quarantined", -60)
        record(connection, clean("late"), now=NOW)
        record(connection, clean("late-but-seen", "0.9"), now=NOW)
        record(connection, thief("late-but-seen"), now=NOW)
        assert label(connection, "late") == "malware"
        assert [one.project for one in overview.missed(connection, after(1)).misses] == ["late"]


def test_uploads_that_were_given_up_are_listed(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        values = {"ecosystem": "pypi", "filename": "f", "seen_at": stamp(NOW)}
        dead = {"project": "bad", "state": "dead", "problem": "it killed its child", "attempts": 4}
        connection.execute(insert(uploads).values(**values, **dead))
        connection.execute(insert(uploads).values(**values, project="good", state="done"))
        [found] = overview.stuck(connection)
        assert (found.project, found.problem, found.attempts) == ("bad", "it killed its child", 4)
        assert connection.scalar(select(uploads.c.id).where(uploads.c.state == "dead")) == found.id


def test_a_chart_shows_even_the_least() -> None:
    days = [
        overview.Day(day="2026-11-20", verdicts={"clean": 9_999, "malicious": 1}),
        overview.Day(day="2026-11-21", verdicts={}),
    ]
    drawn = chart(days, ("malicious", "clean"))
    assert [bar.kind for bar in drawn.bars] == ["malicious", "clean"]
    assert drawn.bars[0].height == 1.5
    assert drawn.bars[0].said == "2026-11-20: 1 malicious"
    assert [said for _, said in drawn.labels] == ["20", "21"]
    assert [said for _, said in drawn.lines] == ["5,000", "10,000"]
    assert all(0 <= bar.y <= drawn.height for bar in drawn.bars)
    assert chart([], ("clean",)).bars == []
