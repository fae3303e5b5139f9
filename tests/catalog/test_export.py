"""What leaves the catalog is valid where it goes, and comes back whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert

from antivenom.catalog import exchange_read, writing
from antivenom.catalog.entry import Entry, Word
from antivenom.catalog.export import jsonl, misp, osv, parquet, stix
from antivenom.catalog.importing import Options, import_samples
from antivenom.catalog.records import import_records
from antivenom.catalog.specimen import Claim
from antivenom.catalog.statement import Statement
from antivenom.store import Store, open_store, schema
from tests.catalog import osv_subset
from tests.catalog.sets import LOADER, THIEF, dump, listing, samples, sdist, sealed_set

RECORD = {
    "schema_version": "1.7.4",
    "id": "MAL-2025-17",
    "modified": "2025-03-02T00:00:00Z",
    "published": "2025-03-01T00:00:00Z",
    "summary": "Malicious code in worse (npm)",
    "details": "It is worse.",
    "affected": [
        {
            "package": {"ecosystem": "npm", "name": "@bad/worse", "purl": "pkg:npm/%40bad/worse"},
            "versions": ["1.0.0", "1.0.1"],
        }
    ],
    "references": [{"type": "WEB", "url": "https://worse.example/"}],
    "database_specific": {
        "iocs": {
            "domains": ["drop.worse.invalid", "\u202eesrow.invalid"],
            "ip_addresses": ["192.0.2.7"],
        }
    },
}


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A catalog with something in every table that is exported."""
    import base64

    folder = tmp_path_factory.mktemp("full")
    store = open_store(str(folder / "catalog.db"))
    found = samples(2)
    hidden = base64.b64encode(THIEF.encode()).decode()
    found["hid/2.0/hid-2.0.tar.gz"] = sdist("hid", LOADER.format(hidden))
    rows = listing(folder / "set.csv", [
        {"path": path, "behaviour_tags": "t_setup R", "cluster_id": "c1", "date": "2024-01-02"}
        for path in found
    ])  # fmt: skip
    place = sealed_set(folder / "set.zip", found)
    import_samples(store, place, Options(source="set", listing=rows, licence="CC0-1.0", jobs=1))
    (folder / "MAL-2025-17.json").write_text(json.dumps(RECORD))
    import_records(store, folder / "MAL-2025-17.json", Options(source="records"))
    with store.writing() as connection:
        ids = list(
            writing.known_ids(
                connection, writing.existing(connection, schema.specimens, "source", ["set"])
            )
        )
        assert ids == []
        entry = Entry(id="pkg:pypi/named", ecosystem="pypi", name="named",
                      claim=Claim(source="set", origin="a list"),
                      words=(Word(label="malware", author="set"),))  # fmt: skip
        writing.put(connection, [entry], "set")
        first = sorted(row["id"] for row in dump_rows(store, "specimens") if row["sha256"])[0]
        campaign = {"id": "camp", "name": "thieves", "made_at": "2026-01-01T00:00:00Z", "size": 1}
        connection.execute(insert(schema.campaigns).values(campaign))
        member = {"specimen": first, "campaign": "camp", "cluster": "k", "similarity": 0.9}
        connection.execute(insert(schema.campaign_members).values(member))
        said = Statement(specimen=first, label="spam", author="ann", kind="person",
                         confidence="low", said_at="2026-01-01T00:00:00Z")  # fmt: skip
        gone = Statement(specimen=first, label="withdrawn", author="ann", kind="person",
                         confidence="high", said_at="2026-01-02T00:00:00Z",
                         withdraws=said.id)  # fmt: skip
        writing.say(connection, [said, gone])
    return store


def dump_rows(store: Store, table: str) -> list[dict[str, Any]]:
    return dump(store)[table]


LEFT_OUT = ("profiles", "imports", "schema_steps", "releases", "release_members")


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_an_export_comes_back_field_by_field(kind: str, full: Store, tmp_path: Path) -> None:
    place = tmp_path / f"out.{kind}"
    {"jsonl": jsonl.write, "parquet": parquet.write}[kind](full, place)
    whole = dump(full, without=LEFT_OUT)
    assert [name for name, rows in whole.items() if not rows] == []
    with open_store(str(tmp_path / "other.db")) as other:
        report = exchange_read.import_export(other, place, kind)
        assert report.broken == []
        assert report.new == len(whole["specimens"])
        assert dump(other, without=LEFT_OUT) == whole
        again = exchange_read.import_export(other, place, kind)
        assert again.new == 0
        assert dump(other, without=LEFT_OUT) == whole


def test_the_same_catalog_gives_the_same_bytes(full: Store, tmp_path: Path) -> None:
    for n in (1, 2):
        jsonl.write(full, tmp_path / f"{n}.jsonl")
        stix.write(full, tmp_path / f"{n}.stix")
        misp.write(full, tmp_path / f"{n}.misp")
    for kind in ("jsonl", "stix", "misp"):
        one, two = ((tmp_path / f"{n}.{kind}").read_bytes() for n in (1, 2))
        assert one == two, kind


def test_a_broken_line_is_said_and_the_others_come(full: Store, tmp_path: Path) -> None:
    place = tmp_path / "out.jsonl"
    jsonl.write(full, place)
    lines = place.read_bytes().splitlines()
    place.write_bytes(b"\n".join([*lines[:-1], b'{"type": "specimen"}', b"[", lines[-1]]) + b"\n")
    with open_store(str(tmp_path / "other.db")) as other:
        report = exchange_read.import_export(other, place, "jsonl")
        assert len(report.broken) == 2
        assert dump(other)["specimens"] == dump(full)["specimens"]


def test_facts_are_rows(full: Store, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    parquet.write(full, tmp_path)
    table = pq.read_table(tmp_path / "facts.parquet")
    rows = table.to_pylist()
    flows = [row for row in rows if row["via"] == ["secrets.env", "net.send"]]
    assert {row["activation"] for row in flows} == {"build"}
    assert {row["layer"] for row in flows} == {0, 1}
    described = pq.read_schema(tmp_path / "specimens.parquet").field("id").metadata
    assert b"sha256" in described[b"description"]


def test_records_pass_the_schema_and_the_rules_of_ossf(full: Store) -> None:
    found = dict(osv.documents(full))
    paths = sorted(map(str, found))
    assert paths[0] == "osv/malicious/npm/@bad/worse/MAL-2025-17.json"
    assert len(paths) == 5
    composed = [one for one in found.values() if one["id"] != "MAL-2025-17"]
    for one in composed:
        osv_subset.check(one)
    thief = next(one for one in composed if one["affected"][0]["package"]["name"] == "bad0")
    assert thief["affected"][0]["versions"] == ["1.0"]
    assert "reads environment variables, then sends data out" in thief["details"]
    assert "when it is built" in thief["details"]
    assert thief["database_specific"]["iocs"]["domains"] == ["drop.thief0.invalid"]
    named = next(one for one in composed if one["affected"][0]["package"]["name"] == "named")
    assert named["affected"][0]["ranges"] == [
        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}
    ]


def test_a_record_that_came_leaves_as_it_came(full: Store, tmp_path: Path) -> None:
    osv.write(full, tmp_path)
    path = tmp_path / "osv/malicious/npm/@bad/worse/MAL-2025-17.json"
    assert json.loads(path.read_bytes()) == RECORD


def test_a_submission_leaves_out_what_is_assigned(full: Store) -> None:
    for _, one in osv.documents(full, submission=True):
        if one.get("id") != "MAL-2025-17":
            assert {"id", "summary"} & set(one) == set()


def test_names_of_uploads_stay_inside_the_folder() -> None:
    for name in ("../../etc/x", "/abs", "a/../../b", ".", "", "a\\..\\b", "x" * 400):
        document = {"id": "MAL-0000-a/../b", "affected": [{"package": {"name": name}}]}
        path = osv._path(document)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert path.parts[:2] == ("osv", "malicious")


def test_a_label_taken_back_is_a_withdrawn_record(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "catalog.db")) as store:
        with store.writing() as connection:
            writing.add_source(connection, "set")
            word = Word(label="malware", author="set", said_at="2026-01-01")
            entry = Entry(
                id="pkg:pypi/good@1", ecosystem="pypi", name="good", version="1", words=(word,)
            )
            writing.put(connection, [entry], "set")
            (said,) = writing.statements_of(connection, [entry.id])
            back = Statement(specimen=entry.id, label="withdrawn", author="ann", kind="person",
                             confidence="high", said_at="2026-02-01T00:00:00Z",
                             withdraws=said.id)  # fmt: skip
            writing.say(connection, [back])
        ((path, one),) = osv.documents(store)
        osv_subset.check(one)
        assert one["withdrawn"] == "2026-02-01T00:00:00Z"
        assert path.parts[1] == "withdrawn"


def test_stix_is_read_back_by_its_library(full: Store, tmp_path: Path) -> None:
    import stix2

    stix.write(full, tmp_path / "out.json")
    bundle = stix2.parse((tmp_path / "out.json").read_text(), allow_custom=False)
    kinds = {one.type for one in bundle.objects}
    assert kinds >= {"malware", "file", "software", "indicator", "attack-pattern", "campaign"}
    ids = {one.id for one in bundle.objects}
    for one in bundle.objects:
        if one.type == "relationship":
            assert {one.source_ref, one.target_ref} <= ids


def test_misp_reports_follow_their_template(full: Store, tmp_path: Path) -> None:
    from pymisp import MISPEvent

    misp.write(full, tmp_path / "out.json", credit="us")
    event = MISPEvent()
    event.load_file(tmp_path / "out.json")
    found = {o.get_attributes_by_relation("package-name")[0].value: o for o in event.objects}
    assert set(found) == {"bad0", "bad1", "hid", "named", "@bad/worse"}
    assert {o.name for o in event.objects} == {"malicious-package-report"}
    worse = found["@bad/worse"]
    assert [a.value for a in worse.get_attributes_by_relation("ioc-ip")] == ["192.0.2.7"]
    assert [a.value for a in worse.get_attributes_by_relation("state")] == ["active"]
    assert msgspec.json.decode((tmp_path / "out.json").read_bytes())
