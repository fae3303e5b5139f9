"""What may go wrong around a review: nothing is lost, nothing is decided twice."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from antivenom.service import reviews
from antivenom.service.jobs import Jobs
from antivenom.service.settings import Settings
from antivenom.store import open_store
from antivenom.store.schema_cases import cases
from antivenom.store.schema_uploads import findings, registry_events
from antivenom.store.schema_uploads import reviews as kept
from antivenom.store.schema_uploads import uploads as table
from tests.builders import archives, postgres
from tests.builders.index import FakeIndex
from tests.service.engine import faults
from tests.service.engine.running import Running, running

needs_postgres = pytest.mark.skipif(postgres.binaries() is None, reason="no PostgreSQL here")


@pytest.mark.parametrize("name", faults.ALL)
def test_whatever_goes_wrong_nothing_is_lost_or_decided_twice(name: str, tmp_path: Path) -> None:
    fault = faults.ALL[name]
    if lacks := faults.missing(fault):
        pytest.skip(lacks)
    found = fault(faults.Stage(tmp_path))
    assert found.under_way > 0, "it happened in the middle of work"
    assert (found.lost, found.twice) == (0, 0)


def test_what_a_killed_worker_fetched_is_cleared_by_the_next(service: Running) -> None:
    service.fake.held = {"thing0-1.0.tar.gz"}
    service.announce(1)
    worker = service.start("work")
    service.caught(worker.pid)
    service.kill(worker)
    assert list(service.settings.spool_folder.glob("*"))
    service.fake.gate.set()
    again = service.start("work")
    service.until(done=1)
    assert len(list(service.settings.spool_folder.glob("*"))) == 1
    assert service.stop(again) == 0
    assert list(service.settings.spool_folder.glob("*")) == []


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


@needs_postgres
def test_many_may_prepare_a_database_at_once() -> None:
    with postgres.cluster() as cluster:
        faults_of: list[BaseException] = []

        def prepare() -> None:
            try:
                with open_store(cluster.url) as store:
                    Jobs(store, Settings()).migrate()
            except BaseException as fault:
                faults_of.append(fault)

        threads = [threading.Thread(target=prepare) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults_of == []


@needs_postgres
def test_the_feed_and_all_tables_work_on_postgresql(tmp_path: Path, fake: FakeIndex) -> None:
    with (
        postgres.cluster() as cluster,
        running(tmp_path, fake, database=cluster.url) as service,
    ):
        fake.upload("late", "1.0", archives.sdist({"setup.py": faults.BAD}, name="late"))
        worker = service.start("work")
        watch = service.start("watch", "pypi", "--since", "0")
        service.until(done=1)
        assert service.stop(watch) == 0
        assert service.stop(worker) == 0
        with service.store.reading() as connection:
            assert connection.scalar(text("select count(*) from workers")) == 0
            assert connection.scalar(select(func.count()).select_from(kept)) == 1
            assert connection.scalar(select(func.count()).select_from(findings))
            assert connection.scalars(select(cases.c.project)).all() == ["late"]
            assert connection.scalars(select(registry_events.c.what)).all() == ["created"]
