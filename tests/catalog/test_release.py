"""A release can be published, checked, and compared with the last."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from antivenom.catalog import exchange_read, release, splits, writing
from antivenom.catalog.entry import Entry, Word
from antivenom.catalog.specimen import Claim, Membership, Specimen
from antivenom.catalog.statement import Statement
from antivenom.errors import UsageError
from antivenom.store import Store, open_store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = open_store(str(tmp_path / "catalog.db"))
    add(store, 0, 20)
    return store


def add(store: Store, start: int, end: int) -> None:
    entries = [
        Entry(
            id=f"{n:064x}", ecosystem="pypi", name=f"bad{n}", version="1",
            first_seen=f"2025-{1 + n % 12:02d}-{1 + n % 28:02d}",
            claim=Claim(source="set", origin=f"{n}", family=f"f{n // 2}"),
            words=(Word(label="malware", author="set", said_at="2025-01-01"),),
        )
        for n in range(start, end)
    ]  # fmt: skip
    with store.writing() as connection:
        writing.add_source(connection, "set", "https://set.example/", "CC0-1.0")
        writing.put(connection, entries, "set")


def read_splits(folder: Path) -> dict[str, str]:
    with (folder / "splits.csv").open() as file:
        return {row["specimen"]: row["split"] for row in csv.DictReader(file)}


def test_a_release_is_whole_and_checks_out(store: Store, tmp_path: Path) -> None:
    made = release.make(store, "1.0", tmp_path / "one", licence="CC-BY-4.0")
    assert (made.specimens, made.since) == (20, "")
    assert release.verify(tmp_path / "one") == []
    names = {p.name for p in (tmp_path / "one").iterdir()}
    assert names >= {"README.md", "CHANGELOG.md", "dataset.json", "SHA256SUMS", "splits.csv",
                     "catalog.jsonl", "specimens.parquet", "facts.parquet", "osv"}  # fmt: skip
    card = (tmp_path / "one" / "README.md").read_text()
    assert "CC-BY-4.0" in card
    assert "https://set.example/" in card
    assert "20 malware" in card
    with open_store(str(tmp_path / "other.db")) as other:
        assert exchange_read.import_export(other, tmp_path / "one", "parquet").new == 20


def test_a_changed_file_is_noticed(store: Store, tmp_path: Path) -> None:
    release.make(store, "1.0", tmp_path / "one")
    (tmp_path / "one" / "splits.csv").write_text("other")
    (tmp_path / "one" / "dataset.json").unlink()
    (tmp_path / "one" / "more.txt").write_text("more")
    assert release.verify(tmp_path / "one") == [
        "dataset.json: missing", "splits.csv: changed", "more.txt: not listed",
    ]  # fmt: skip


def test_the_next_one_says_what_changed_and_keeps_splits(store: Store, tmp_path: Path) -> None:
    release.make(store, "1.0", tmp_path / "one")
    add(store, 20, 30)
    with store.writing() as connection:
        said = Statement(specimen=f"{3:064x}", label="benign", author="ann", kind="person",
                         confidence="high", said_at="2026-01-01T00:00:00Z")  # fmt: skip
        writing.say(connection, [said])
    made = release.make(store, "1.1", tmp_path / "two")
    what = {change.specimen: change.what for change in made.changes}
    assert what.pop(f"{3:064x}") == "malware -> benign"
    assert set(what.values()) == {"added"}
    assert len(what) == 10
    before, after = read_splits(tmp_path / "one"), read_splits(tmp_path / "two")
    assert {id: after[id] for id in before} == before
    assert "malware -> benign" in (tmp_path / "two" / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("version", ["", "one", "1/2", "../1"])
def test_what_is_no_version_is_refused(version: str, store: Store, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        release.make(store, version, tmp_path / "one")


def test_a_version_is_made_once_and_never_over_something(store: Store, tmp_path: Path) -> None:
    release.make(store, "1.0", tmp_path / "one")
    with pytest.raises(UsageError, match="before"):
        release.make(store, "1.0", tmp_path / "two")
    with pytest.raises(UsageError, match="not empty"):
        release.make(store, "1.1", tmp_path / "one")


def specimen(n: int, day: str = "", **more: Any) -> Specimen:
    return Specimen(id=f"s{n:03}", first_seen=day, **more)


def test_families_stay_together_and_later_ones_are_for_testing() -> None:
    specimens = [
        specimen(n, f"2025-01-{1 + n // 4:02d}", claims=(Claim(source="x", family=f"f{n // 4}"),))
        for n in range(80)
    ]
    found = splits.split(specimens, {})
    for n in range(0, 80, 4):
        assert len({found[f"s{m:03}"] for m in range(n, n + 4)}) == 1
    last = {s: max(int(id[1:]) for id, one in found.items() if one == s) for s in splits.SPLITS}
    assert last["train"] < last["dev"] < last["test"]
    assert sum(one == "test" for one in found.values()) == 16


def test_a_campaign_ties_what_sources_keep_apart() -> None:
    tied = Membership(campaign="c")
    one = specimen(1, claims=(Claim(source="x", family="a"),), membership=tied)
    two = specimen(2, claims=(Claim(source="x", family="b"),), membership=tied)
    three = specimen(3, claims=(Claim(source="y", family="a"),))
    four = specimen(4, claims=(Claim(source="x", family="b"),))
    assert sorted(len(family) for family in splits.group([one, two, three, four])) == [1, 3]
