"""The wider ordinary set: what is listed and at hand is reviewed, what is absent is said."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from bench import measure, wide
from tests.builders.archives import wheel


def test_the_lock_names_no_place() -> None:
    found = wide.releases()
    assert len(found) >= 60
    assert len({one.sha256 for one in found}) == len(found)
    assert all(re.fullmatch(r"[0-9a-f]{64}", one.sha256) for one in found)
    assert "://" not in wide.LOCK.read_text("utf-8")


def test_every_explanation_is_of_a_listed_package() -> None:
    assert set(wide.explained()) <= {one.name for one in wide.releases()}


def test_what_is_at_hand_is_known_by_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = wheel({"demo/__init__.py": "VALUE = 1\n"})
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "whatever-1.0-py3-none-any.whl").write_bytes(data)
    (cache / "stranger-1.0-py3-none-any.whl").write_bytes(
        wheel({"demo/__init__.py": "VALUE = 2\n"})
    )
    lock = tmp_path / "wide.lock"
    absent = "0" * 64
    lock.write_text(f"# listed\ndemo 1.0 {hashlib.sha256(data).hexdigest()}\ngone 2.0 {absent}\n")
    monkeypatch.setattr(wide, "LOCK", lock)
    summary, held = wide.tables(measure.knowledge(), cache, jobs=1)
    rows = {row[0]: row[1] for row in summary.rows}
    assert rows["listed"] == "2"
    assert rows["at hand and reviewed"] == "1"
    assert rows["clean"] == "1"
    assert list(held.rows) == []
    assert wide.present(tmp_path / "nowhere") == {}
