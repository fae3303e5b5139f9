"""What is kept comes back, and never lies there in the clear."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest

from antivenom.errors import ConfigError
from antivenom.store.blobs import Blobs

DATA = b"harmless, but searched for " * 400


def test_bytes_come_back_and_are_not_in_the_clear(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    sha256 = blobs.put(DATA)
    assert sha256 == hashlib.sha256(DATA).hexdigest()
    assert blobs.get(sha256) == DATA
    (kept,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert b"harmless" not in kept.read_bytes()
    assert kept.name == f"{sha256}.zip"


def test_putting_twice_keeps_one(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    first = blobs.put(DATA)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.zip")}
    assert blobs.put(DATA) == first
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.suffix == ".zip"} == before


def test_memory_is_a_place_like_any_other() -> None:
    blobs = Blobs("memory://blobs-of-a-test")
    assert blobs.get(blobs.put(b"")) == b""


def test_what_is_not_there_or_damaged_is_said(tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path))
    with pytest.raises(KeyError):
        blobs.get("0" * 64)
    with pytest.raises(ValueError, match="not a sha256"):
        blobs.get("../" + "0" * 61)
    sha256 = blobs.put(DATA)
    (kept,) = tmp_path.rglob("*.zip")
    raw = bytearray(kept.read_bytes())
    raw[120 + len(sha256)] ^= 1
    kept.write_bytes(bytes(raw))
    with pytest.raises(ValueError, match="damaged"):
        blobs.get(sha256)


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ConfigError, match="cannot keep"):
        Blobs("nothing-of-the-kind://place")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Blobs(str(tmp_path))
    write = blobs._fs.pipe_file

    def full(path: str, data: bytes) -> None:
        write(path, data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(blobs._fs, "pipe_file", full)
    with pytest.raises(OSError, match="No space"):
        blobs.put(b"bytes")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    sha256 = blobs.put(b"bytes")
    assert blobs.get(sha256) == b"bytes"
    blobs.remove(sha256)
    blobs.remove(sha256)
    assert not blobs.has(sha256)
