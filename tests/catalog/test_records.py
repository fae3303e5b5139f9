"""Published records come in once, keep what they said, and can be taken back."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from antivenom.catalog import queries
from antivenom.catalog.importing import Options, Report, import_samples
from antivenom.catalog.purls import purl_of
from antivenom.catalog.queries import Wanted
from antivenom.catalog.records import import_records, parse, releases
from antivenom.catalog.samples import coordinate_of
from antivenom.errors import TargetError
from antivenom.store import Store, open_store, schema
from tests.catalog.sets import dump, samples, sealed_set


def record(name: str = "bad0", versions: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"MAL-2026-{name}",
        "modified": "2026-01-02T00:00:00Z",
        "published": "2026-01-01T00:00:00Z",
        "summary": f"Malicious code in {name} (PyPI)",
        "affected": [
            {"package": {"ecosystem": "PyPI", "name": name}, "versions": versions or ["1.0"]}
        ],
        **more,
    }


def put(folder: Path, *records: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    for one in records:
        (folder / f"{one['id']}.json").write_text(json.dumps(one))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "catalog.db"))


def bring(store: Store, place: Path, **more: Any) -> Report:
    return import_records(store, place, Options(**{"source": "ossf", "confidence": "high", **more}))


def labels(store: Store) -> dict[str, str]:
    table = schema.specimens
    with store.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(select(table.c.id, table.c.label))}


def test_a_folder_comes_in_once(store: Store, tmp_path: Path) -> None:
    place = put(tmp_path / "osv", record("a", ["1.0", "1.1"]), record("b"))
    report = bring(store, place)
    assert (report.listed, report.new) == (2, 3)
    assert set(labels(store).values()) == {"malware"}
    before = dump(store)
    report = bring(store, place)
    assert (report.skipped, report.new) == (2, 0)
    assert dump(store) == before
    bring(store, place, again=True)
    assert {k: v for k, v in dump(store).items() if k != "imports"} == {
        k: v for k, v in before.items() if k != "imports"
    }


def test_a_zip_is_a_folder(store: Store, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("PyPI/MAL-1.json", json.dumps(record("a")))
        archive.writestr("PyPI/MAL-2.json", json.dumps(record("b")))
    assert bring(store, tmp_path / "all.zip").new == 2


def test_a_withdrawn_record_takes_back_what_it_said(store: Store, tmp_path: Path) -> None:
    place = put(tmp_path / "osv", record("a"))
    bring(store, place)
    put(place, record("a", withdrawn="2026-03-01T00:00:00Z", modified="2026-03-01T00:00:00Z"))
    bring(store, place)
    assert labels(store) == {"pkg:pypi/a@1.0": "unknown"}
    put(place, record("a", modified="2026-04-01T00:00:00Z"))
    bring(store, place)
    assert labels(store) == {"pkg:pypi/a@1.0": "malware"}
    said = sorted(dump(store)["statements"], key=lambda row: str(row["said_at"]))
    assert [row["label"] for row in said] == ["malware", "withdrawn", "malware"]


def test_a_record_that_comes_withdrawn_says_nothing(store: Store, tmp_path: Path) -> None:
    bring(store, put(tmp_path / "osv", record("a", withdrawn="2026-03-01T00:00:00Z")))
    assert labels(store) == {"pkg:pypi/a@1.0": "unknown"}


@pytest.mark.parametrize("samples_first", [True, False])
def test_a_record_speaks_of_the_bytes_of_its_release(
    samples_first: bool, store: Store, tmp_path: Path
) -> None:
    place = put(tmp_path / "osv", record("Bad0", ["1.0"]), record("bad1", ["9.9"]))
    archive = sealed_set(tmp_path / "set.zip", samples(2))
    steps: list[Callable[[], object]] = [
        lambda: import_samples(store, archive, Options(source="set", label="unknown", jobs=1)),
        lambda: bring(store, place),
    ]
    for step in steps if samples_first else steps[::-1]:
        step()
    with store.reading() as connection:
        (zero,) = queries.find(connection, Wanted(name="bad0", source="set"))
        (one,) = queries.find(connection, Wanted(name="bad1", source="set"))
    assert (zero.label, zero.reports) == ("malware", ("MAL-2026-Bad0",))
    assert (one.label, one.reports) == ("unknown", ())
    put(tmp_path / "osv", record("Bad0", ["1.0"], withdrawn="2026-03-01T00:00:00Z"))
    bring(store, place)
    with store.reading() as connection:
        (zero,) = queries.find(connection, Wanted(name="bad0", source="set"))
    assert zero.label == "unknown"


def test_what_is_no_record_is_said(store: Store, tmp_path: Path) -> None:
    place = put(tmp_path / "osv", record("a"))
    (place / "x.json").write_text("[" * 100_000)
    (place / "y.json").write_text('{"id": "MAL-1", "modified": "2026"}')
    (place / "z.json").write_bytes(b"\xff")
    put(place, record("t", modified="yesterday"))
    report = bring(store, place)
    assert report.new == 1
    assert sorted(path for path, _ in report.broken) == [
        "MAL-2026-t.json", "x.json", "y.json", "z.json",
    ]  # fmt: skip
    with pytest.raises(TargetError):
        bring(store, tmp_path / "nothing")


@pytest.mark.parametrize(
    ("affected", "versions"),
    [
        ({"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}, [""]),
        ({"versions": ["1", "2"]}, ["1", "2"]),
        (
            {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "2"}, {"fixed": "3"}]}]},
            ["2"],
        ),
        ({}, [""]),
        ({"versions": ["1"], "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}, ["1"]),
    ],
)
def test_which_releases_a_record_names(affected: dict[str, Any], versions: list[str]) -> None:
    one = record("a") | {
        "affected": [{"package": {"ecosystem": "npm", "name": "@s/a"}, **affected}]
    }
    found, _ = parse(json.dumps(one).encode())
    assert releases(found) == [("npm", "@s/a", version) for version in versions]


def test_stray_blanks_around_a_name_are_no_part_of_it() -> None:
    assert purl_of("pypi", " My_Thing ", "1.0") == purl_of("pypi", "my-thing", "1.0")
    found = coordinate_of("thing /1.0/thing-1.0.tar.gz", "pypi")
    assert found is not None
    assert (found.name, found.version) == ("thing", "1.0")
