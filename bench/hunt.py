"""Measures hunting in a year of ten million made-up reviews with a hundred million facts.

Every review draws one package of the study part of benign-dev, so that behaviors, places and
lengths occur as often as there; most hosts, values and members get a number, since in ten million
packages most of them are not the same.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from antivenom.errors import UsageError
from antivenom.judge import Knowledge
from antivenom.lab import hunting
from antivenom.lab.hunting import Found
from antivenom.lab.lake import Lake
from antivenom.lab.lake_database import asked, database
from antivenom.lab.lake_schema import FACT_FIELDS, ORDER, WRITTEN, Record, fact_rows
from bench import corpus, kept
from bench.tables import Table

REVIEWS = 10_000_000
EACH = 10
"""Facts of a review, on average."""
MONTHS = 12
_ROOM = 30 << 30
"""Bytes that must be free; the lake takes about two gigabytes, sorting a month some more."""
_SETTINGS = ("memory_limit = '5GB'", "preserve_insertion_order = false", "threads = 2")
_VARIED = {
    "host": "CASE WHEN host = '' OR hash(w.review, 'h') % 4 = 0 THEN host "
    "ELSE concat('n', hash(w.review, 'p') % 200000, '.', host) END",
    "value": "CASE WHEN value = '' OR hash(w.review, 'h') % 4 = 0 THEN value "
    "ELSE concat(value, '/', hash(w.review, 'p') % 200000) END",
    "member": "concat('p', hash(w.review, 'p') % 200000, '/', member)",
}
_REVIEWS = """
SELECT review, 0.1::DOUBLE AS score, 10::INTEGER AS facts, sha256(review::VARCHAR) AS artifact,
'pypi' AS ecosystem, concat('p', review % 200000) AS name, '1' AS version, '' AS purl,
concat('p', review % 200000, '-1.tar.gz') AS filename, 'e' AS engine, 'r' AS rulebook,
'clean' AS verdict, '{month}-01T00:00:00+00:00' AS reviewed FROM w ORDER BY review
"""
_CHAINS = (
    "net.fetch -> file.write",
    "secrets.* -> net.send at any",
    "(data.decode and code.run) in same function",
    "(text.endpoint and process.spawn at any) in same file",
)


def tables(known: Knowledge, *, at: str = "") -> list[Table]:
    """Make the lake, ask it, remove it; with `at` it is made there once and stays."""
    if at:
        return [_measured(Lake(at), known)]
    with tempfile.TemporaryDirectory(prefix="antivenom-hunt-") as folder:
        return [_measured(Lake(str(Path(folder) / "lake")), known)]


def _measured(lake: Lake, known: Knowledge) -> Table:
    if not lake.batches():
        _make(lake, known)
    with database(lake, lake.batches()) as connection:
        count = "SELECT (SELECT count(*) FROM reviews), (SELECT count(*) FROM facts)"
        reviews, facts = asked(connection, count)[1][0]
    size = sum(about["size"] for about in lake.fs.find(lake.root, detail=True).values())
    return Table(
        title="Hunting",
        header=("what", "reach", "took", "of processors", "found"),
        rows=[
            ("the lake", "", "", f"{size / 1e9:.1f} GB", f"{reviews:,} reviews, {facts:,} facts"),
            *_asked(lake),
        ],
        notes=(
            "Facts are drawn from those of the study part of benign-dev, one package for each "
            "review, thinned to ten; three in four hosts and values and all paths are made "
            "different. Each question is asked twice and the slower time counts; opening the lake, "
            "naming the newest fifty and reading their places are part of it. On a machine that "
            "does nothing else, two cores take about half of the processors' seconds.",
        ),
    )


def _asked(lake: Lake) -> Iterator[tuple[str, ...]]:
    for what, reach, ask in _questions(lake):
        times, used = [], []
        for _ in range(2):
            started, before = time.monotonic(), time.process_time()
            found = ask()
            times.append(time.monotonic() - started)
            used.append(time.process_time() - before)
        took = f"{max(times):.1f} s", f"{max(used):.1f} s", f"{found.total:,} reviews"
        yield what, f"<= {reach} s", *took


def _questions(lake: Lake) -> Iterator[tuple[str, int, Callable[[], Found]]]:
    with database(lake, lake.batches()[:1]) as connection:
        told = "SELECT host, value FROM facts WHERE host LIKE 'n%' ORDER BY review LIMIT 1"
        host, address = asked(connection, told)[1][0]
        plain = "host = '' AND regexp_matches(value, '/[0-9]{5}$')"
        told = f"SELECT value FROM facts WHERE {plain} LIMIT 1"  # noqa: S608
        value = asked(connection, told)[1][0][0]
    indicators = {"a host": host, "an address": address, "a value": value, "none": "c2.invalid"}
    for what, text in indicators.items():
        yield f"an indicator: {what}", 5, partial(hunting.by_indicator, lake, text)
    for match in _CHAINS:
        yield f"`{match}`", 20, partial(hunting.by_rule, lake, hunting.ad_hoc(match))


# ---------------------------------------------------------------------- making


def _make(lake: Lake, known: Knowledge) -> None:
    place = Path(lake.root)
    place.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(place).free < _ROOM:
        raise UsageError("30 GB must be free for the lake")
    records = _ordinary(known)
    facts = fact_rows(records)
    number = {one.number: at for at, one in enumerate(records)}
    packages = [number[review] for review in facts.column("review").to_pylist()]
    facts = facts.set_column(0, "review", pa.array(packages, pa.int64()))
    with duckdb.connect() as connection, tempfile.TemporaryDirectory(dir=place.parent) as spill:
        for setting in (*_SETTINGS, f"temp_directory = '{spill}'"):
            connection.execute(f"SET {setting}")
        connection.register("facts", facts)
        for month in range(MONTHS):
            _month(connection, place, month, packages=len(records), rows=facts.num_rows)


def _ordinary(known: Knowledge) -> list[Record]:
    study = [sample for sample in corpus.benign() if sample.part == "study"]
    return [
        Record(
            artifact=one.sample.sha256,
            ecosystem="pypi",
            engine="e",
            verdict="clean",
            score=0.0,
            reviewed="2026-01-01",
            facts=one.outcome.profile.facts,
        )
        for one in kept.observed(study, known)
        if one.outcome.profile is not None
    ]


def _month(
    connection: duckdb.DuckDBPyConnection, place: Path, month: int, *, packages: int, rows: int
) -> None:
    """Write the two files of a month."""
    first, last = REVIEWS * month // MONTHS, REVIEWS * (month + 1) // MONTHS
    connection.execute(
        "CREATE OR REPLACE TABLE w AS SELECT range AS review, "  # noqa: S608  our own numbers
        f"(hash(range, 'a') % {packages})::BIGINT AS package FROM range({first}, {last})"
    )
    columns = ", ".join(f"{_VARIED[f]} AS {f}" if f in _VARIED else f for f in FACT_FIELDS)
    share = EACH * 1_000_000 * packages // rows
    facts = (
        f"SELECT w.review, {columns} FROM w JOIN facts ON facts.review = w.package "  # noqa: S608
        f"WHERE hash(w.review, facts.n) % 1000000 < {share} ORDER BY {', '.join(ORDER)}"
    )
    named = f"2026-{month + 1:02}"
    for table, query in (("facts", facts), ("reviews", _REVIEWS.format(month=named))):
        folder = place / table / "ecosystem=pypi" / f"month={named}"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"20260101T000000-{month:012x}.parquet"
        connection.execute(f"COPY ({query}) TO '{file}' ({WRITTEN})")
