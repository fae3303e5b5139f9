"""The same catalog on PostgreSQL; runs where ANTIVENOM_TEST_POSTGRES names an empty database."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text

from antivenom.catalog import queries, release, stats
from antivenom.catalog.export import jsonl, osv, parquet
from antivenom.catalog.importing import Options, import_samples
from antivenom.catalog.queries import Wanted
from antivenom.catalog.records import import_records
from antivenom.store import Store, columns, open_store, schema
from tests.catalog.sets import dump, samples, sealed_set
from tests.catalog.test_records import put, record

URL = os.environ.get("ANTIVENOM_TEST_POSTGRES", "")


@pytest.mark.skipif(not URL, reason="ANTIVENOM_TEST_POSTGRES names no database")
def test_both_databases_hold_the_same(tmp_path: Path) -> None:
    place = sealed_set(tmp_path / "set.zip", samples(4))
    records = put(tmp_path / "osv", record("bad0", ["1.0", "2.0"]), record("b\\x00"))
    with open_store(URL) as one, open_store(str(tmp_path / "catalog.db")) as two:
        _clear(one)
        for store in (one, two):
            import_samples(store, place, Options(source="set", jobs=1))
            import_samples(store, place, Options(source="set", jobs=1, again=True))
            import_records(store, records, Options(source="ossf"))
        for name, rows in dump(two).items():
            assert len(dump(one)[name]) == len(rows), name
        for wanted in (Wanted(text="thief1"), Wanted(behavior="secrets.*"), Wanted(hash="0")):
            assert _found(one, wanted) == _found(two, wanted)
        with one.reading() as here, two.reading() as there:
            assert stats.gather(here) == stats.gather(there)
        jsonl.write(one, tmp_path / "out.jsonl")
        parquet.write(one, tmp_path / "parquet")
        assert len(list(osv.documents(one))) == len(list(osv.documents(two)))
        assert release.make(one, "1.0", tmp_path / "release").specimens == 7
        _clear(one)


def _clear(store: Store) -> None:
    with store.writing() as connection:
        for table in reversed(columns.metadata.sorted_tables):
            if table is not schema.schema_steps:
                connection.execute(text(f"DELETE FROM {table.name}"))


def _found(store: Store, wanted: Wanted) -> list[str]:
    with store.reading() as connection:
        return [one.id for one in queries.find(connection, wanted)]
