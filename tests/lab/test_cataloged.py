"""The specimens of a catalog as a data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.analysis import engine
from antivenom.catalog import campaigns, importing
from antivenom.cli import main
from antivenom.lab import building, dataset, extraction, sample
from antivenom.lab.cataloged import cataloged
from antivenom.store import Store, open_store
from antivenom.store.blobs import Blobs
from tests.builders.archives import wheel
from tests.catalog.sets import PASSWORD, THIEF, listing, sdist, sealed_set

PATHS = [f"bad{n}/1.0/bad{n}-1.0.tar.gz" for n in range(3)]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extraction, "cache_folder", lambda: tmp_path / "cache")


def filled(tmp_path: Path, *, keep: bool = True) -> Store:
    """Two thieves and an ordinary package; the second thief is checked."""
    made = {path: sdist(f"bad{n}", THIEF) for n, path in enumerate(PATHS)}
    said = [
        {"path": path, "label": "benign" if n == 2 else "malware",
         "first_seen": f"2024-0{n + 1}-01", "part": "check" if n == 1 else "study"}
        for n, path in enumerate(PATHS)
    ]  # fmt: skip
    store = open_store(f"sqlite:///{tmp_path / 'c.db'}")
    importing.import_samples(
        store,
        sealed_set(tmp_path / "set.zip", made),
        importing.Options(
            source="set", password=PASSWORD, listing=listing(tmp_path / "set.csv", said),
            keep=Blobs(str(tmp_path / "blobs")) if keep else None,
        ),
    )  # fmt: skip
    campaigns.group(store)
    return store


def test_what_this_engine_observed_is_taken_as_it_is(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        found = cataloged(store, engine=engine.digest())
    assert (len(found.samples), len(found.given), found.unseen) == (3, 3, 0)
    one = next(s for s in found.samples if s.name == "bad0")
    assert (one.part, one.stratum, one.date) == ("study", "malware", "2024-01-01")
    assert one.cluster
    assert {s.name: (s.part, s.stratum) for s in found.samples} == {
        "bad0": ("study", "malware"), "bad1": ("check", "malware"), "bad2": ("study", "catalog"),
    }  # fmt: skip
    rows, card = building.build(found.samples, given=found.given)
    assert (card.specimens, card.lost, card.ordinary) == (2, 0, {"catalog": 1})
    # The specimens share a campaign, so the one that is not checked teaches nothing.
    assert card.set_aside >= 1
    assert all(row.verdict != "clean" for row in rows if row.sample.hostile)


def test_bytes_that_are_kept_are_observed_again(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        blobs = str(tmp_path / "blobs")
        found = cataloged(store, engine="another", blobs=blobs)
        assert (len(found.samples), found.given, found.unseen) == (3, {}, 0)
        assert cataloged(store, engine="another").unseen == 3
    rows, card = building.build(found.samples, jobs=1)
    assert card.lost == 0
    assert {row.sha256 for row in rows} == {one.sha256 for one in found.samples}
    # Its memory says that it was observed; its time may be below what is kept of one.
    assert all(row.peak > 0 for row in rows)


def test_a_blob_that_is_gone_is_a_lost_row_and_no_clean_one(tmp_path: Path) -> None:
    with filled(tmp_path) as store:
        found = cataloged(store, engine="another", blobs=str(tmp_path / "elsewhere"))
    rows, card = building.build(found.samples[:1], jobs=1)
    assert card.lost == 1
    assert rows[0].inconclusive


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path).close()
    tree = tmp_path / "plain"
    tree.mkdir()
    (tree / "setup.py").write_text("from setuptools import setup\nsetup(name='plain')\n")
    asked = ["lab", "dataset", "build", str(tmp_path / "ds")]
    catalog = ["--catalog", f"sqlite:///{tmp_path / 'c.db'}"]
    assert main([*asked, *catalog, "--folder", f"trees={tree}"]) == 0
    rows, card = dataset.read(tmp_path / "ds")
    assert card.ordinary == {"catalog": 1, "trees": 1}
    assert len(rows) == 4
    assert "2 specimens" in capsys.readouterr().out


def test_a_wheel_in_a_folder_is_locked_by_name_version_and_hash(tmp_path: Path) -> None:
    place = tmp_path / "wheels"
    place.mkdir()
    (place / "Demo_Pkg-1.2-py3-none-any.whl").write_bytes(wheel({"demo_pkg/__init__.py": ""}))
    (place / "odd.zip").write_bytes(wheel({"odd.py": "A = 1\n"}))
    rows, _ = building.build(sample.folder(place, "wheel"), jobs=1)
    found = {line.split()[0]: line.split() for line in building.lock(rows).splitlines()}
    assert found["demo-pkg"][1::2] == ["1.2", "wheel"]
    assert found["odd-zip"][1] == "-"
    assert all(len(one[2]) == 64 for one in found.values())


@pytest.mark.parametrize(
    ("newest", "listed", "expected"),
    [
        ("2023-02-01", "2023-08-09", "2023-02-01"),
        ("1980-01-01", "2023-08-09", "2023-08-09"),
        ("2031-01-01", "2023-08-09", "2023-08-09"),
        ("2023-02-01", "", "2023-02-01"),
        ("", "", ""),
    ],
)
def test_a_date_nobody_can_believe_is_not_taken(newest: str, listed: str, expected: str) -> None:
    assert sample.day(newest, listed) == expected
