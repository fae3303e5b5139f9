from __future__ import annotations

from sqlalchemy import func, select

from antivenom.model.review import Verdict
from antivenom.service import reviews, uploads
from antivenom.store import Store
from antivenom.store.schema_uploads import findings
from antivenom.store.schema_uploads import reviews as kept
from tests.service.made import NOW, arrival, review, reviewed

LATER = "2026-11-21T10:00:07Z"


def test_told_twice_it_is_one_upload(store: Store) -> None:
    with store.writing() as connection:
        first = uploads.record(connection, arrival(serial=7), NOW)
        again = uploads.record(
            connection, arrival("Thing", serial=7, filename="thing-1.0.tar.gz"), LATER
        )
        other = uploads.record(connection, arrival(serial=8), NOW)
        assert first == again != other
        row = uploads.load(connection, first)
        assert row is not None
        assert (row["seen_at"], row["purl"]) == (NOW, "pkg:pypi/thing@1.0")


def test_other_bytes_under_a_name_are_another_upload(store: Store) -> None:
    with store.writing() as connection:
        ids = {
            uploads.record(connection, arrival(sha256=letter * 64, source="api"), NOW)
            for letter in "aab"
        }
        assert len(ids) == 2


def test_the_way_of_an_upload(store: Store) -> None:
    with store.writing() as connection:
        one = uploads.record(connection, arrival(priority=50), NOW)
        two = uploads.record(connection, arrival("other", priority=10), NOW)
        assert uploads.due(connection, "pypi", 0.0, 10) == [two, one]
        uploads.queued(connection, [(one, "j1")], NOW)
        assert uploads.due(connection, "pypi", 0.0, 10) == [two]
        assert uploads.start(connection, one, "other job", "w", NOW) is None
        row = uploads.start(connection, one, "j1", "w", NOW)
        assert row is not None
        assert (row["state"], row["attempts"]) == ("working", 1)
        uploads.again(connection, one, "the server answered 429", 100.0, NOW)
        assert uploads.start(connection, one, "j1", "w", NOW) is None
        assert uploads.due(connection, "pypi", 99.0, 10) == [two]
        assert uploads.due(connection, "pypi", 100.0, 10) == [two, one]
        key = reviews.record(connection, one, reviewed(review()), LATER)
        row = uploads.load(connection, one)
        assert row is not None
        assert (row["state"], row["review"], row["latency"]) == ("done", key, 7.0)
        assert uploads.requeue(connection, [one, two], LATER) == 2


def test_a_review_is_kept_once_for_what_produced_it(store: Store) -> None:
    bad = review(verdict=Verdict.MALICIOUS, score=0.97, rules=("theft/x", "execution/y"))
    with store.writing() as connection:
        one = reviews.record(connection, None, reviewed(bad), NOW)
        assert reviews.record(connection, None, reviewed(bad), LATER) == one
        newer = review(verdict=Verdict.MALICIOUS, rules=("theft/x",), rulebook="r2")
        assert reviews.record(connection, None, reviewed(newer), LATER) != one
        assert connection.scalar(select(func.count()).select_from(kept)) == 2
        assert connection.scalar(select(func.count()).select_from(findings)) == 3
        assert reviews.load(connection, one) == bad
        assert reviews.load(connection, "none") is None
        assert reviews.members(connection, one)["setup.py"]
        row = connection.execute(select(kept).where(kept.c.id == one)).mappings().one()
        assert (row["activation"], row["reason"]) == ("install", "theft/x in setup.py")


def test_what_nobody_could_read_may_be_said_again(store: Store) -> None:
    with store.writing() as connection:
        one = uploads.record(connection, arrival(), NOW)
        lost = reviewed(review(verdict=Verdict.INCONCLUSIVE))
        first = reviews.record(
            connection, one, lost, NOW, read=False, state=uploads.DEAD, problem="no"
        )
        second = reviews.record(connection, one, reviewed(review()), LATER)
        assert first != second
        row = uploads.load(connection, one)
        assert row is not None
        assert (row["state"], row["review"], row["reviewed_at"]) == ("done", second, NOW)
