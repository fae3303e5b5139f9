"""What is in a lake after appends, merges and whatever stops in the middle of one."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from antivenom.errors import TargetError, UsageError
from antivenom.lab import lake_merging
from antivenom.lab.lake import Lake, new_batch
from antivenom.lab.lake_database import asked, database
from antivenom.lab.lake_schema import fact_of, fact_rows, record, review_rows
from tests.lab.lakes import reviewed
from tests.report.builders import thief
from tests.rules.made import fact


def rows(lake: Lake, query: str) -> list[Any]:
    with database(lake, lake.batches()) as connection:
        return asked(connection, query)[1]


def counts(lake: Lake) -> tuple[int, int]:
    found = rows(lake, "SELECT (SELECT count(*) FROM reviews), (SELECT count(*) FROM facts)")
    return found[0][0], found[0][1]


@pytest.fixture(params=["folder", "memory"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    if request.param == "folder":
        return Lake(str(tmp_path / "lake"))
    return Lake(f"memory://{tmp_path.name}")


def test_a_merged_file_says_what_it_does_not_hold(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    for name in "abc":
        lake.append([reviewed(name, fact("net.send", host=f"{name}.invalid", value=name))])
    assert lake_merging.compact(lake) == 2
    (batch,) = lake.batches()
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        asked_for = "SELECT path_in_schema FROM parquet_metadata(?) WHERE bloom_filter_offset > 0"
        columns = connection.execute(asked_for, [lake.path("facts", batch)]).fetchall()
    assert {("host",), ("value",), ("id",)} <= set(columns)


def test_a_review_is_appended_once(lake: Lake) -> None:
    one, other = reviewed("a", fact("net.send")), reviewed("b", fact("code.run"))
    assert lake.append([one, one]) == 1
    assert lake.append([one, other]) == 1
    assert counts(lake) == (2, 2)


def test_another_engine_or_name_is_another_review(lake: Lake) -> None:
    lake.append([reviewed("a"), reviewed("a", engine="e2"), reviewed("a", purl="pkg:pypi/x@1")])
    assert counts(lake) == (3, 0)


def test_months_and_registries_have_folders_of_their_own(lake: Lake) -> None:
    lake.append([reviewed("a"), reviewed("b", ecosystem="npm"), reviewed("c", ecosystem="")])
    lake.append([reviewed("d", reviewed="2026-12-01T00:00:00+00:00")])
    assert [batch.partition for batch in lake.batches()] == [
        "ecosystem=npm/month=2026-11",
        "ecosystem=pypi/month=2026-11",
        "ecosystem=pypi/month=2026-12",
        "ecosystem=unknown/month=2026-11",
    ]
    assert rows(lake, "SELECT count(DISTINCT month) FROM reviews") == [(2,)]


def test_a_fact_comes_back_whole(lake: Lake) -> None:
    seen = fact("secrets.env->net.send", args=("a=b",), host="h.invalid", scope="f", change="new")
    lake.append([reviewed("a", seen)])
    with database(lake, lake.batches()) as connection:
        columns, found = asked(connection, "SELECT * FROM facts")
    assert fact_of(dict(zip(columns, found[0], strict=True))) == seen


def test_merging_keeps_everything_once(lake: Lake) -> None:
    for name in "abcd":
        lake.append([reviewed(name, fact("net.send", value=name))])
    # Somebody appended a review at the same moment as somebody else.
    again = [reviewed("a", fact("net.send", value="a"))]
    lake.write(new_batch(again[0].partition), review_rows(again), fact_rows(again))
    assert counts(lake) == (5, 5)
    assert lake_merging.compact(lake) == 4
    assert len(lake.batches()) == 1
    assert counts(lake) == (4, 4)
    assert lake_merging.compact(lake) == 0
    assert rows(lake, "SELECT value FROM facts ORDER BY 1") == [("a",), ("b",), ("c",), ("d",)]


def test_few_batches_are_left_alone(lake: Lake) -> None:
    lake.append([reviewed("a")])
    lake.append([reviewed("b")])
    assert lake_merging.compact(lake, at_least=3) == 0
    assert len(lake.batches()) == 2


def test_an_append_that_stopped_changes_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.append([reviewed("a", fact("net.send"))])
    moved = lake.fs.mv

    def stops(source: str, target: str) -> None:
        if "/reviews/" in target:
            raise OSError("the power went")
        moved(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(lake.fs, "mv", stops)
        with pytest.raises(OSError, match="power"):
            lake.append([reviewed("b", fact("net.send"))])
    assert counts(lake) == (1, 1)
    assert lake.append([reviewed("b", fact("net.send"))]) == 1
    assert counts(lake) == (2, 2)


@pytest.mark.parametrize("left", range(8))
def test_a_merge_that_stops_anywhere_loses_and_doubles_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    for name in "abc":
        lake.append([reviewed(name, fact("net.send", value=name))])
    calls = 0

    def stopping(real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal calls
            if calls == left:
                raise OSError("the power went")
            calls += 1
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for method in ("pipe_file", "mv", "rm_file"):
            patch.setattr(lake.fs, method, stopping(getattr(lake.fs, method)))
        with pytest.raises(OSError, match="power"):
            lake_merging.compact(lake)
    assert counts(lake) == (3, 3)
    lake_merging.compact(lake)
    assert counts(lake) == (3, 3)
    assert len(lake.batches()) == 1


def test_what_nobody_finished_is_swept_after_a_while(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = reviewed("a", fact("net.send"))
    lake.append([one])
    orphan = new_batch(one.partition)
    for suffix in (".partial", ".parquet"):
        lake.fs.pipe_file(lake.path("facts", orphan, suffix), b"half")
    lake_merging.compact(lake)
    assert len(lake.fs.find(f"{lake.root}/facts")) == 3
    monkeypatch.setattr(lake_merging, "_LEFT", datetime.timedelta(seconds=-5))
    lake_merging.compact(lake)
    assert len(lake.fs.find(f"{lake.root}/facts")) == 1
    assert counts(lake) == (1, 1)


def test_a_record_holds_what_the_review_says() -> None:
    east = datetime.timezone(datetime.timedelta(hours=2))
    now = datetime.datetime(2026, 12, 1, 0, 30, tzinfo=east)
    made = record(thief(), [fact("net.send")], now)
    assert (made.verdict, made.artifact) == (thief().verdict.value, thief().artifact.sha256)
    assert made.partition == "ecosystem=pypi/month=2026-11"
    assert made.number == record(thief(), [], now).number < 1 << 63


def test_sql_reads_the_lake_and_nothing_else(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    lake.append([reviewed("a", fact("net.send"))])
    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    with database(lake, lake.batches()) as connection:
        for query in (
            f"SELECT * FROM read_text('{secret}')",
            f"SELECT * FROM read_csv('{tmp_path}/*.txt')",
            f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
            f"COPY (SELECT 1) TO '{lake.address('facts', lake.batches()[0])}'",
            f"ATTACH '{tmp_path}/x.db'",
            "SET enable_external_access = true",
            "INSTALL httpfs",
            "LOAD httpfs",
            "SELECT * FROM 'https://lake.invalid/a.parquet'",
            f"SELECT * FROM glob('{tmp_path}/*')",
            f"SELECT * FROM sniff_csv('{secret}')",
            f"EXPORT DATABASE '{tmp_path}/all'",
            "CREATE SECRET (TYPE s3)",
            "SELECT * FROM duckdb_secrets()",
            "PRAGMA database_list",
            "DROP VIEW facts",
            "SELECT 1; SELECT 2",
            "SELECT",
            "",
        ):
            with pytest.raises(UsageError):
                asked(connection, query)
        assert asked(connection, "WITH a AS (SELECT id FROM facts) FROM a")[1] == [("net.send",)]
    assert not (tmp_path / "out.csv").exists()


def test_sql_over_a_url_reads_no_other_file_of_that_place(tmp_path: Path) -> None:
    lake = Lake(f"memory://{tmp_path.name}/lake")
    lake.append([reviewed("a", fact("net.send"))])
    other = f"memory://{tmp_path.name}/secret.csv"
    lake.fs.pipe_file(f"/{tmp_path.name}/secret.csv", b"a,b\n1,2\n")
    with database(lake, lake.batches()) as connection:
        for query in (
            f"SELECT * FROM read_csv('{other}')",
            f"SELECT * FROM read_blob('{other}')",
            f"SELECT * FROM parquet_metadata('{other}')",
            f"SELECT * FROM glob('memory://{tmp_path.name}/*')",
            f"COPY facts TO 'memory://{tmp_path.name}/out.csv'",
        ):
            with pytest.raises(UsageError):
                asked(connection, query)
        assert asked(connection, "SELECT count(*) FROM facts")[1] == [(1,)]
    assert not lake.fs.exists(f"/{tmp_path.name}/out.csv")


def test_an_empty_lake_has_tables_without_rows(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "none"))
    assert counts(lake) == (0, 0)
    lake.append([reviewed("a")])
    with database(lake, lake.batches()) as full, database(lake, []) as empty:
        for table in ("facts", "reviews"):
            query = f"SELECT column_name, column_type FROM (DESCRIBE {table}) ORDER BY 1"
            assert asked(full, query) == asked(empty, query)


def test_a_place_nobody_knows_is_refused() -> None:
    with pytest.raises(TargetError):
        Lake("nowhere://x")
