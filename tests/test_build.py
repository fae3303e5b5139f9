"""What the wheel ships instead of the pages people write."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from demo.build import build

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "antivenom"
NAMES = re.compile(r'compiled\.load\(\s*f?"([a-z-]+)')


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    pytest.importorskip("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_every_table_is_compiled(wheel: zipfile.ZipFile) -> None:
    shipped = {Path(n).stem for n in wheel.namelist() if "/_compiled/" in n}
    asked = {n for p in SOURCE.rglob("*.py") for n in NAMES.findall(p.read_text())}
    missing = {n for n in asked if not any(s == n or s.startswith(n) for s in shipped)}
    assert asked
    assert missing == set()


def test_no_rule_page_and_no_sample_is_shipped(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert not [n for n in names if n.endswith(".md") and "/rules/" in n]
    assert not [n for n in names if n.startswith(("tests/", "demo/", "bench/"))]


def test_the_wheel_reviews_as_the_checkout_does(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path / "site")
    paths = build(tmp_path / "look-alikes")
    said = [_review(place, tmp_path, paths) for place in (tmp_path / "site", ROOT / "src")]
    assert said[0] == said[1]
    assert len(said[0]) == len(paths)


def _review(site: Path, folder: Path, paths: list[Path]) -> list[dict[str, object]]:
    cache = folder / f"cache-{site.name}"
    command = [sys.executable, "-m", "antivenom", "review", "--format", "jsonl", *map(str, paths)]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site), "XDG_CACHE_HOME": str(cache)},
        text=True,
        capture_output=True,
        check=False,
    )
    assert not done.stderr
    if site.name == "site":
        assert not list(cache.rglob("*.json")), "a table was compiled again"
    return [{**json.loads(line), "took_ms": 0} for line in done.stdout.splitlines()]


def test_the_license_and_the_typing_marker_are_shipped(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    assert "antivenom/py.typed" in names
    assert any(n.endswith("licenses/LICENSE") for n in names)


def test_the_build_leaves_the_checkout_alone(wheel: zipfile.ZipFile) -> None:
    assert wheel.namelist()
    assert not (SOURCE / "_compiled").exists()
