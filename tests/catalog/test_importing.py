"""Sample sets come in once, whole, and whatever happens on the way."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from sqlalchemy import select

from antivenom.catalog.importing import Options, Report, import_samples
from antivenom.errors import TargetError, UsageError
from antivenom.store import Store, columns, open_store, schema
from antivenom.store.blobs import Blobs
from antivenom.store.sealed import seal
from tests.catalog.sets import PASSWORD, PLAIN, THIEF, dump, listing, samples, sdist, sealed_set


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(str(tmp_path / "catalog.db"))


def bring(store: Store, place: Path, **more: object) -> Report:
    options = {"source": "set", "jobs": 1, **more}
    return import_samples(store, place, Options(**options))  # type: ignore[arg-type]


def column(store: Store, name: str, table: str = "specimens") -> list[object]:
    with store.reading() as connection:
        one = columns.metadata.tables[table].c[name]
        return list(connection.scalars(select(one).order_by(one)))


def test_a_sealed_set_is_observed_and_labelled(store: Store, tmp_path: Path) -> None:
    report = bring(store, sealed_set(tmp_path / "set.zip", samples(2)))
    assert (report.new, report.known, report.broken) == (2, 0, [])
    assert column(store, "purl") == ["pkg:pypi/bad0@1.0", "pkg:pypi/bad1@1.0"]
    assert column(store, "label") == ["malware", "malware"]
    assert all(size and size > 100 for size in column(store, "size"))  # type: ignore[operator]
    assert "secrets.env->net.send" in column(store, "id", "behaviors")
    assert "drop.thief0.invalid" in column(store, "value", "indicators")
    assert all(str(some).split()[0] == "build" for some in column(store, "activations"))
    assert len(column(store, "sha256", "profiles")) == 2


def test_importing_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    place = sealed_set(tmp_path / "set.zip", samples(2))
    bring(store, place)
    before = dump(store)
    report = bring(store, place)
    assert (report.skipped, report.new, report.known) == (2, 0, 0)
    assert dump(store) == before
    report = bring(store, place, again=True)
    assert (report.new, report.known) == (0, 2)
    assert dump(store, without=("imports",)) == {k: v for k, v in before.items() if k != "imports"}


def test_rows_beside_samples_say_more(store: Store, tmp_path: Path) -> None:
    found = samples(3)
    paths = list(found)
    rows = [
        {"path": paths[0], "behaviour_tags": "t_setup R urlexec", "cluster_id": "c1",
         "family_id": "f1", "added_date": "2024-03-01", "description": "sends the environment"},
        {"path": paths[1], "behaviour_tags": "N squat_placeholder"},
        {"path": paths[2], "label": "spam", "confidence": "high"},
    ]  # fmt: skip
    place = sealed_set(tmp_path / "set.zip", found)
    bring(store, place, listing=listing(tmp_path / "set.csv", rows))
    with store.reading() as connection:
        table = schema.specimens
        query = select(table.c.name, table.c.label, table.c.first_seen, table.c.description)
        stored = {row.name: tuple(row)[1:] for row in connection.execute(query)}
        claim = connection.execute(
            select(schema.claims).where(schema.claims.c.cluster == "c1")
        ).one()
    assert stored["bad0"] == ("malware", "2024-03-01", "sends the environment")
    assert stored["bad1"][0] == "placeholder"
    assert stored["bad2"][0] == "spam"
    assert (claim.family, claim.tags) == ("f1", "t_setup R urlexec")


def test_one_broken_sample_stops_nothing(store: Store, tmp_path: Path) -> None:
    found = samples(3)
    data = bytearray(seal(found, PASSWORD))
    data[data.index(b"bad1-1.0.tar.gz") + 15 + 11 + 60] ^= 1
    (tmp_path / "set.zip").write_bytes(bytes(data))
    report = bring(store, tmp_path / "set.zip")
    assert report.new == 2
    assert [(path, "damaged" in reason) for path, reason in report.broken] == [
        ("bad1/1.0/bad1-1.0.tar.gz", True)
    ]
    sealed_set(tmp_path / "set.zip", found)
    again = bring(store, tmp_path / "set.zip")
    assert (again.new, again.broken) == (1, [])


def test_bytes_that_are_not_the_listed_ones_are_broken(store: Store, tmp_path: Path) -> None:
    found = samples(1)
    rows = listing(tmp_path / "set.csv", [{"path": next(iter(found)), "sha256": "0" * 64}])
    report = bring(store, sealed_set(tmp_path / "set.zip", found), listing=rows)
    assert "not the bytes" in report.broken[0][1]
    assert column(store, "id") == []


def test_the_wrong_password_is_said_for_each(store: Store, tmp_path: Path) -> None:
    place = sealed_set(tmp_path / "set.zip", samples(2))
    report = bring(store, place, password=b"other")
    assert {reason.rpartition(": ")[2] for _, reason in report.broken} == {"wrong password"}


def test_the_same_bytes_in_two_places_are_one_specimen(store: Store, tmp_path: Path) -> None:
    archive = sdist("bad", THIEF)
    place = sealed_set(
        tmp_path / "set.zip", {"a/1.0/bad.tar.gz": archive, "b/1.0/bad.tar.gz": archive}
    )
    report = bring(store, place)
    assert (report.new, report.known) == (1, 1)
    assert column(store, "origin", "claims") == ["a/1.0/bad.tar.gz", "b/1.0/bad.tar.gz"]
    before = dump(store)
    bring(store, place, again=True)
    assert dump(store)["specimens"] == before["specimens"]


def test_a_folder_of_encrypted_zips_with_a_manifest(store: Store, tmp_path: Path) -> None:
    root = tmp_path / "samples" / "pypi"
    whole = {"bad-1.0/setup.py": THIEF.encode(), "bad-1.0/bad/__init__.py": PLAIN.encode()}
    (root / "malicious_intent" / "bad" / "1.0").mkdir(parents=True)
    (root / "malicious_intent" / "bad" / "1.0" / "2024-01-01-bad-v1.0.zip").write_bytes(
        seal(whole, PASSWORD)
    )
    (root / "manifest.json").write_text(json.dumps({"bad": None, "gone": None, "taken": ["2.0"]}))
    report = bring(store, tmp_path / "samples")
    assert report.new == 3
    assert column(store, "purl") == ["pkg:pypi/bad@1.0", "pkg:pypi/gone", "pkg:pypi/taken@2.0"]
    assert sorted(str(path) for path in column(store, "path", "members")) == [
        "bad/__init__.py", "setup.py",
    ]  # fmt: skip
    assert "secrets.env->net.send" in column(store, "id", "behaviors")


def test_a_zip_encrypted_the_old_way_is_read(store: Store, tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_bytes(zip_crypto("bad/1.0/bad.tar.gz", sdist("bad", THIEF)))
    assert zipfile.is_zipfile(tmp_path / "set.zip")
    assert bring(store, tmp_path / "set.zip").new == 1
    report = bring(store, tmp_path / "set.zip", password=b"other", again=True)
    assert "password" in report.broken[0][1].lower()


def zip_crypto(name: str, data: bytes) -> bytes:
    """A zip of one member in the oldest encryption, which the standard library only reads."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = zlib.crc32(bytes([byte]), keys[0] ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = zlib.crc32(bytes([keys[1] >> 24]), keys[2] ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    for byte in PASSWORD:
        update(byte)
    out = bytearray()
    for byte in bytes(11) + bytes([zlib.crc32(data) >> 24]) + data:
        low = keys[2] | 2
        out.append(byte ^ (((low * (low ^ 1)) >> 8) & 0xFF))
        update(byte)
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, bytes(out))
    zipped = bytearray(plain.getvalue())
    for mark, flags, crc, size in ((b"PK\x03\x04", 6, 14, 22), (b"PK\x01\x02", 8, 16, 24)):
        at = zipped.index(mark)
        zipped[at + flags] |= 1
        zipped[at + crc : at + crc + 4] = zlib.crc32(data).to_bytes(4, "little")
        zipped[at + size : at + size + 4] = len(data).to_bytes(4, "little")
    return bytes(zipped)


def test_what_is_kept_is_sealed(store: Store, tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path / "blobs"))
    bring(store, sealed_set(tmp_path / "set.zip", samples(1)), keep=blobs)
    (sha256,) = column(store, "sha256")
    assert column(store, "kept") == ["blob"]
    assert blobs.get(str(sha256)) == next(iter(samples(1).values()))


def test_what_cannot_be_listed_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "set.zip").write_text("no zip")
    with pytest.raises(TargetError, match="cannot be read"):
        bring(store, tmp_path / "set.zip")
    (tmp_path / "set.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="no column called path"):
        bring(store, sealed_set(tmp_path / "set.zip", {}), listing=tmp_path / "set.csv")


_IMPORT = """
import os, signal, sys
from pathlib import Path
from antivenom.catalog import importing, linking, writing
from antivenom.catalog.importing import Options, import_samples
from antivenom.store import open_store
importing._BATCH = 4
where, count = sys.argv[3].partition(":")[::2]
calls = 0
def die(*_):
    global calls
    calls += 1
    if calls == int(count):
        os.kill(os.getpid(), signal.SIGKILL)
def dying(function):
    def wrapped(*arguments):
        found = function(*arguments)
        die()
        return found
    return wrapped
if where == "written":  # in the middle of a transaction
    writing.put = dying(writing.put)
if where == "labelled":
    writing.say = dying(writing.say)
tell = die if where == "answered" else None
with open_store(sys.argv[1]) as store:
    import_samples(store, Path(sys.argv[2]), Options(source="set", jobs=2, tell=tell))
"""
KILLS = ("answered:1", "written:1", "answered:9", "labelled:2", "written:3", "answered:3")


def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    place = sealed_set(tmp_path / "set.zip", samples(24))
    with open_store(str(tmp_path / "whole.db")) as whole:
        bring(whole, place)
        expected = dump(whole)
    url = str(tmp_path / "killed.db")
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    held = []
    for moment in (*KILLS, "never:0"):
        command = [sys.executable, "-c", _IMPORT, url, str(place), moment]
        ended = subprocess.run(command, env=environ, check=False).returncode
        assert ended == (0 if moment == "never:0" else -signal.SIGKILL), moment
        with open_store(url) as store:
            held.append(len(column(store, "id")))
    assert held == sorted(held)
    assert 0 < held[-2] < held[-1] == 24
    with open_store(url) as store:
        assert timeless(dump(store)) == timeless(expected)


def timeless(tables: dict[str, list[dict[str, object]]]) -> dict[str, list[str]]:
    """Rows without what a clock wrote, and without ids that are hashes over it."""
    times = {"added_at", "done_at", "said_at"}
    return {
        name: sorted(
            repr(
                {
                    k: v
                    for k, v in row.items()
                    if k not in times and (name, k) != ("statements", "id")
                }
            )
            for row in rows
        )
        for name, rows in tables.items()
        if name != "schema_steps"
    }
