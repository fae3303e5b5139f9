"""What the service does before anybody looks, so that no first look waits for it."""

from __future__ import annotations

import datetime
from pathlib import Path

from sqlalchemy import text

from antivenom.service.console import overview_page
from antivenom.store import open_store

NOW = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


def test_the_overviews_questions_can_be_asked_of_an_empty_service(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        before = store.engine.pool.status()
        overview_page.prepare(store, NOW)
        with store.reading() as connection:
            assert connection.execute(text("select count(*) from uploads")).scalar() == 0
        assert store.engine.pool.status() == before


def test_a_database_that_does_not_answer_hinders_no_start(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'a.db'}") as store:
        with store.writing() as connection:
            connection.execute(text("drop table uploads"))
        overview_page.prepare(store, NOW)
        with store.reading() as connection:
            assert connection.execute(text("select count(*) from reviews")).scalar() == 0
