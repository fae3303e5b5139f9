"""`antivenom review`: where output goes, what it says, and which status it leaves."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from antivenom import session
from antivenom.cli import main
from antivenom.errors import NotFoundError
from antivenom.intake import Failure
from antivenom.model.review import Review
from antivenom.session import Outcome, Reviewed
from tests.builders import archives
from tests.builders.reviews import finding, review

FAILED = Failure(target="gone", error=NotFoundError("gone: no such project", hint="look again"))
HASHES = {"x.py": "b" * 64, "": "a" * 64}


def stand_in(monkeypatch: pytest.MonkeyPatch, *outcomes: Review | Failure) -> list[Any]:
    """Let the session give these outcomes; return what it was asked."""
    asked: list[Any] = []

    def run(requests: list[str], options: session.Options) -> Iterator[Outcome]:
        asked.extend([requests, options])
        for one in outcomes:
            yield one if isinstance(one, Failure) else Reviewed(review=one, members=HASHES)

    monkeypatch.setattr(session, "run", run)
    return asked


def wheel(folder: Path, name: str = "good", **files: str) -> str:
    path = folder / f"{name}-1.0-py3-none-any.whl"
    path.write_bytes(archives.wheel(files or {f"{name}/__init__.py": "answer = 42\n"}, name=name))
    return path.name


MALICIOUS = review("malicious", finding("theft/a", "x.py"))
SUSPICIOUS = review("suspicious", finding("theft/a", "x.py", weight=0.6))
INCONCLUSIVE = review("inconclusive")
CLEAN = review("clean")


@pytest.mark.parametrize(
    ("outcomes", "fail_on", "status"),
    [
        ([CLEAN], "malicious", 0),
        ([CLEAN, SUSPICIOUS], "malicious", 0),
        ([CLEAN, MALICIOUS], "malicious", 1),
        ([SUSPICIOUS], "suspicious", 1),
        ([MALICIOUS], "suspicious", 1),
        ([MALICIOUS, SUSPICIOUS], "never", 0),
        ([INCONCLUSIVE, CLEAN], "malicious", 3),
        ([INCONCLUSIVE, SUSPICIOUS], "malicious", 3),
        ([INCONCLUSIVE], "never", 3),
        ([INCONCLUSIVE, MALICIOUS], "malicious", 1),
        ([FAILED, CLEAN], "malicious", 2),
        ([FAILED, INCONCLUSIVE], "malicious", 2),
        ([FAILED, MALICIOUS], "malicious", 1),
    ],
)
def test_exit_status(
    outcomes: list[Any], fail_on: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, *outcomes)
    assert main(["review", "x", "--fail-on", fail_on]) == status


def test_malicious_is_the_default_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, SUSPICIOUS)
    assert main(["review", "x"]) == 0


def test_flags_reach_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = stand_in(monkeypatch, CLEAN)
    main(["review", "a", "-", "-r", "req.txt", "--environment", "env", "--deps", "--offline",
          "--jobs", "3"])  # fmt: skip
    requests, options = asked
    assert requests == ["a", "-", "-r req.txt", "--environment env"]
    assert (options.deps, options.offline, options.jobs) == (True, True, 3)


@pytest.mark.parametrize("arguments", [[], ["--jobs", "0", "x"], ["--format", "xml", "x"]])
def test_wrong_usage_is_status_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = main(["review", *arguments])
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    assert status == 2
    assert "error" in capsys.readouterr().err


def test_the_first_line_says_what_is_reviewed(
    machine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, CLEAN)
    main(["review", wheel(machine), "six==1.0"])
    first = capsys.readouterr().out.splitlines()[0]
    assert "good-1.0-py3-none-any.whl, six==1.0 from the index" in first


def test_a_failure_is_one_line_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, FAILED, CLEAN)
    main(["review", "x"])
    captured = capsys.readouterr()
    assert captured.err == "antivenom: gone: no such project; look again\n"
    assert "clean" in captured.out


def test_hostile_names_are_escaped_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = NotFoundError("\x1b[2J\u202eevil\n: unknown")
    stand_in(monkeypatch, Failure(target="\x1b[2Jevil", error=error))
    main(["review", "x"])
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert "\u202e" not in err


@pytest.mark.parametrize("format", ["text", "json", "jsonl", "sarif", "html"])
def test_every_format_goes_to_a_file(
    format: str,
    machine: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stand_in(monkeypatch, MALICIOUS, CLEAN)
    assert main(["review", "x", "--format", format, "--output", "out"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "antivenom: 2 artifacts reviewed: 1 malicious, 1 clean; see out\n"
    text = (machine / "out").read_text()
    assert "demo" in text
    if format in {"json", "sarif"}:
        json.loads(text)
    if format == "jsonl":
        assert [json.loads(line)["verdict"] for line in text.splitlines()] == ["malicious", "clean"]


def test_an_output_that_cannot_be_written_is_told_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = stand_in(monkeypatch, CLEAN)
    assert main(["review", "x", "--output", "no/such/folder/out"]) == 2
    assert "cannot be written" in capsys.readouterr().err
    assert not asked


def test_json_lines_are_written_as_they_come(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []

    def run(requests: list[str], options: session.Options) -> Iterator[Outcome]:
        yield Reviewed(review=CLEAN)
        written.append(capsys.readouterr().out)
        yield Reviewed(review=MALICIOUS)

    monkeypatch.setattr(session, "run", run)
    main(["review", "x", "--format", "jsonl"])
    assert json.loads(written[0])["verdict"] == "clean"


def test_no_progress_where_nobody_watches(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", wheel(machine)]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "\x1b" not in captured.out


def test_progress_is_drawn_for_a_terminal(
    machine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["review", wheel(machine)]) == 0
    err = capsys.readouterr().err
    assert "0 reviewed, 1 under way: good-1.0-py3-none-any.whl" in err
    assert err.endswith("\r\x1b[K")


SETTINGS = """
fail-on = "suspicious"

[[suppress]]
rule = "theft/a"
member = "x.py"
sha256 = "{sha256}"
reason = "our own test"
author = "somebody"
expires = {expires}
"""


def settings(folder: Path, sha256: str = "b" * 64, days: int = 1) -> None:
    expires = datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=days)
    text = SETTINGS.format(sha256=sha256, expires=expires)
    (folder / "antivenom.toml").write_text(text)


def test_a_suppression_changes_status_and_display(
    machine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(machine)
    stand_in(monkeypatch, MALICIOUS)
    assert main(["review", "x"]) == 0
    out = capsys.readouterr().out
    assert "suppressed: theft/a, by somebody" in out
    assert "MALICIOUS" not in out


def test_a_suppression_never_changes_the_record(
    machine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(machine)
    stand_in(monkeypatch, MALICIOUS)
    assert main(["review", "x", "--format", "jsonl"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["verdict"] == "malicious"
    assert record["findings"]


def test_an_expired_suppression_hides_nothing(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(machine, days=-1)
    stand_in(monkeypatch, MALICIOUS)
    assert main(["review", "x"]) == 1


def test_settings_inside_the_target_are_ignored_and_said(
    machine: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings(machine)
    stand_in(monkeypatch, MALICIOUS)
    assert main(["review", "."]) == 1
    assert "was ignored: it lies inside what is reviewed" in capsys.readouterr().err


def test_verbose_says_how_to_suppress(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, MALICIOUS)
    main(["review", "x", "--verbose"])
    wanted = f'to suppress: rule = "theft/a", member = "x.py", sha256 = "{"b" * 64}"'
    assert wanted in capsys.readouterr().out


def antivenom(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "antivenom", *arguments]
    return subprocess.run(command, env=environ, text=True, capture_output=True, **options)


def test_the_command_from_outside(machine: Path) -> None:
    result = antivenom("review", wheel(machine), "missing.whl/", "-", input="also==1\n")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 2
    assert "clean" in result.stdout


def test_a_reader_that_leaves_early_is_no_error(machine: Path) -> None:
    script = f"{sys.executable} -m antivenom review {wheel(machine)} --format html | true"
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        script, shell=True, env=environ, text=True, capture_output=True, check=False
    )
    assert result.stderr == ""


def test_an_ascii_terminal_shows_escapes(machine: Path) -> None:
    name = wheel(machine, **{"caf\u00e9/__init__.py": "x = 1\n"})
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "antivenom", "review", name]
    result = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert result.returncode == 0
    assert result.stderr == b""
