"""Databases become what the schema says, and stay usable."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Column, String, insert, inspect, select, text

from antivenom.errors import ConfigError, MissingDependencyError
from antivenom.store import columns, open_store, schema
from antivenom.store.migrations import STEPS, add_column, migrate
from antivenom.store.packing import pack, unpack


def test_a_new_database_has_every_table_and_column(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "new" / "catalog.db")) as store:
        found = inspect(store.engine)
        for table in columns.metadata.sorted_tables:
            names = {c["name"] for c in found.get_columns(table.name)}
            assert names == {c.name for c in table.columns}, table.name


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    place = str(tmp_path / "catalog.db")
    with open_store(place) as store, store.writing() as connection:
        connection.execute(insert(schema.sources).values(id="one", added_at="2026-01-01"))
    with open_store(place) as store, store.writing() as connection:
        assert migrate(connection) == 0
        assert list(connection.scalars(select(schema.sources.c.id))) == ["one"]


def test_steps_are_numbered_without_gaps() -> None:
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))


def test_a_column_is_added_to_a_table_that_lacks_it(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "catalog.db")) as store, store.writing() as connection:
        connection.execute(text("ALTER TABLE sources DROP COLUMN licence"))
        added = Column("licence", String, server_default="", nullable=False)
        added.table = schema.sources
        add_column(connection, added)
        add_column(connection, added)
        connection.execute(insert(schema.sources).values(id="one", added_at="2026", licence="MIT"))
        assert connection.scalar(select(schema.sources.c.licence)) == "MIT"


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "catalog.db")) as store:
        with pytest.raises(RuntimeError), store.writing() as connection:
            connection.execute(insert(schema.sources).values(id="one", added_at="2026"))
            raise RuntimeError
        with store.reading() as connection:
            assert connection.scalar(select(schema.sources.c.id)) is None


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "catalog.db"
    place.write_text("this is not a database, and it is long enough to be looked at " * 40)
    with pytest.raises(ConfigError, match="cannot be opened"):
        open_store(str(place))


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(MissingDependencyError, match="driver"):
        open_store("mysql+pymysql://host.example/x")


def test_documents_come_back() -> None:
    assert unpack(pack({"a": [1, "é"]}), dict) == {"a": [1, "é"]}
