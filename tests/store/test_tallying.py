"""Counts that are kept while rows are written are those that the rows give."""

from __future__ import annotations

import datetime
import random
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, func, select, text

from antivenom.errors import ConflictError
from antivenom.service import casework
from antivenom.store import open_store, schema, tallying
from antivenom.store.migrations import migrate
from antivenom.store.schema_uploads import tallies
from tests.service.recorded import NOW, clean, record, thief, writing

Counted = dict[str, dict[str, int]]


def counted(connection: Connection) -> tuple[Counted, Counted]:
    """Return what is counted of reviews and of decisions."""
    return (
        tallying.by_day(connection, "reviews", "2000-01-01"),
        tallying.by_day(connection, "decisions", "2000-01-01"),
    )


def busy(connection: Connection, acts: int) -> None:
    """Review, decide and undo on several days, some of it twice."""
    choose = random.Random(7)
    for n in range(acts):
        at = NOW - datetime.timedelta(hours=choose.randrange(200))
        name = f"p{choose.randrange(acts // 2)}"
        case = record(connection, choose.choice((clean, thief))(name), now=at)
        if case is None or choose.random() < 0.4:
            continue
        said = choose.choice(("malicious", "not-malicious", "unsure"))
        try:
            made = casework.decide(
                connection, case, said, reason="so", author="ada", key=f"k{n}", now=at
            )
        except ConflictError:
            continue
        if choose.random() < 0.5:
            casework.undo(connection, made.id, author="ada", key=f"u{n}", now=at)


def test_counting_as_it_happens_agrees_with_counting_anew(tmp_path: Path) -> None:
    with writing(tmp_path) as connection:
        busy(connection, 80)
        before = counted(connection)
        assert sum(len(day) for day in before[1].values()) > 4
        assert connection.scalar(select(func.count(tallies.c.shard.distinct()))) != 1
        tallying.recount(connection)
        assert counted(connection) == before


def test_what_is_undone_by_the_transaction_is_not_counted(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "s.db")) as store:
        with pytest.raises(KeyError), store.writing() as connection:
            record(connection, clean("a"))
            raise KeyError
        with store.reading() as connection:
            assert counted(connection) == ({}, {})


def test_a_database_of_before_is_counted_when_it_is_opened(tmp_path: Path) -> None:
    place = str(tmp_path / "s.db")
    with open_store(place) as store, store.writing() as connection:
        busy(connection, 20)
        before = counted(connection)
        steps = schema.schema_steps
        connection.execute(text("DROP TABLE tallies"))
        connection.execute(text("DROP INDEX reviews_said"))
        connection.execute(delete(steps).where(steps.c.number > 2))
        assert migrate(connection) >= 1
        assert counted(connection) == before
