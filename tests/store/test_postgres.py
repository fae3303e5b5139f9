"""The same catalog on PostgreSQL, in a cluster of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.catalog import queries, release, stats
from antivenom.catalog.export import jsonl, osv, parquet
from antivenom.catalog.importing import Options, import_samples
from antivenom.catalog.queries import Wanted
from antivenom.catalog.records import import_records
from antivenom.store import Store, open_store
from tests.builders import postgres
from tests.catalog.sets import dump, samples, sealed_set
from tests.catalog.test_records import put, record


@pytest.mark.skipif(postgres.binaries() is None, reason="no PostgreSQL here")
def test_both_databases_hold_the_same(tmp_path: Path) -> None:
    place = sealed_set(tmp_path / "set.zip", samples(4))
    records = put(tmp_path / "osv", record("bad0", ["1.0", "2.0"]), record("b\\x00"))
    with (
        postgres.cluster() as cluster,
        open_store(cluster.url) as one,
        open_store(str(tmp_path / "catalog.db")) as two,
    ):
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


def _found(store: Store, wanted: Wanted) -> list[str]:
    with store.reading() as connection:
        return [one.id for one in queries.find(connection, wanted)]
