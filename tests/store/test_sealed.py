"""The only reader of specimens: what it returns is authentic or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.store.sealed import SealedZip
from antivenom.store.sealed import seal as sealed_zip

MEMBERS = {"a/1.0/a.zip": b"harmless " * 5000, "b/2.0/b.whl": b"x", "c": b""}


def put(folder: Path, data: bytes) -> Path:
    path = folder / "sealed.zip"
    path.write_bytes(data)
    return path


def test_members_come_back(tmp_path: Path) -> None:
    archive = SealedZip(put(tmp_path, sealed_zip(MEMBERS, b"secret")), b"secret")
    assert {name: archive.read(name) for name in MEMBERS} == MEMBERS
    archive.close()


def test_another_password_is_refused(tmp_path: Path) -> None:
    archive = SealedZip(put(tmp_path, sealed_zip(MEMBERS, b"secret")), b"other")
    with pytest.raises(ValueError, match="wrong password"):
        archive.read("c")
    archive.close()


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    data = bytearray(sealed_zip(MEMBERS, b"secret"))
    data[len(b"PK\x03\x04") + 26 + len("a/1.0/a.zip") + 11 + 40] ^= 1
    archive = SealedZip(put(tmp_path, bytes(data)), b"secret")
    with pytest.raises(ValueError, match="damaged"):
        archive.read("a/1.0/a.zip")
    archive.close()


def test_a_member_in_the_clear_is_refused(tmp_path: Path) -> None:
    from tests.builders.archives import make_zip

    archive = SealedZip(put(tmp_path, make_zip({"a": "text"})), b"secret")
    with pytest.raises(ValueError, match="not encrypted"):
        archive.read("a")
    archive.close()
