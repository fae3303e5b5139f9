"""What may go wrong around a review: nothing is lost, nothing is decided twice."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from antivenom.service import reviews
from antivenom.store.schema_cases import case_reviews
from antivenom.store.schema_uploads import reviews as kept
from antivenom.store.schema_uploads import uploads as table
from tests.builders import postgres
from tests.builders.index import FakeIndex
from tests.service.engine.running import PATIENCE, Running, running

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


def some_under_way(service: Running) -> bool:
    states = service.states()
    return states.get("working", 0) > 0 and states.get("done", 0) > 0


def test_a_worker_that_is_killed_leaves_its_work_to_the_other(service: Running) -> None:
    service.announce(12)
    first, second = service.start("work"), service.start("work")
    service.wait(lambda: some_under_way(service), "both at work")
    service.kill(first)
    service.until(done=12)
    nothing_lost_or_doubled(service, 12)
    service.stop(second)


def test_all_workers_killed_the_next_one_goes_on(service: Running) -> None:
    service.announce(8)
    workers = [service.start("work") for _ in range(2)]
    service.wait(lambda: some_under_way(service), "at work")
    for worker in workers:
        service.kill(worker)
    left = service.states()
    assert left.get("done", 0) < 8, "killed too late to show anything"
    begun = time.monotonic()
    service.start("work")
    service.until(done=8)
    assert time.monotonic() - begun < PATIENCE
    nothing_lost_or_doubled(service, 8)
    # What the killed ones had fetched is cleared by those that come after them.
    folders = list(service.settings.spool_folder.glob("*/*"))
    assert folders == []


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
        service.announce(10)
        workers = [service.start("work"), service.start("work")]
        service.wait(lambda: some_under_way(service), "at work")
        cluster.stop()
        time.sleep(1.0)
        assert all(worker.poll() is None for worker in workers)
        cluster.start()
        service.until(done=10)
        nothing_lost_or_doubled(service, 10)
        # The feed and the rest of the tables work there as well.
        fake.upload("late", "1.0", b"late")
        watch = service.start("watch", "pypi", "--since", "0")
        service.wait(lambda: service.states().get("done") == 11, "the late one")
        assert service.stop(watch) == 0
        for worker in workers:
            assert service.stop(worker) == 0
        with service.store.reading() as connection:
            assert connection.scalar(text("select count(*) from workers")) == 0
            assert connection.scalar(select(func.count()).select_from(kept)) == 11
