"""What goes wrong around a command is one clear line and a status, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from antivenom.cli import main
from tests.builders import archives

GOOD = "good-1.0-py3-none-any.whl"
PYTHON = [sys.executable, "-m", "antivenom"]


@pytest.fixture
def good(machine: Path) -> Path:
    path = machine / GOOD
    path.write_bytes(archives.wheel({"good/__init__.py": "answer = 42\n"}, name="good"))
    return path


def command(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in which $A is the command."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "A": " ".join(PYTHON)}
    return subprocess.run(
        ["bash", "-c", line], env=environ, text=True, capture_output=True, check=False
    )


def test_a_report_is_not_written_over_what_is_reviewed(
    good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = good.read_bytes()
    assert main(["review", GOOD, "--output", f"./{GOOD}"]) == 2
    assert "would overwrite" in capsys.readouterr().err
    assert good.read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full disk")
@pytest.mark.parametrize("where", ["--format json --output /dev/full", "--format html >/dev/full"])
def test_a_full_disk_is_said(good: Path, where: str) -> None:
    done = command(f"$A review {GOOD} {where}")
    assert done.returncode == 2
    assert "cannot be written: No space left" in done.stderr
    assert "Traceback" not in done.stderr
    assert "fault of Antivenom" not in done.stderr


def test_closed_streams_change_no_verdict(good: Path) -> None:
    done = command(f"$A review {GOOD} 0<&- 1>&- 2>&-; echo $? > status")
    assert done.stdout == done.stderr == ""
    assert (good.parent / "status").read_text() == "0\n"


@pytest.mark.parametrize("reader", ["true", "head -c 1 > /dev/null"])
def test_a_reader_that_leaves_is_no_fault(good: Path, reader: str) -> None:
    done = command(f"$A review {GOOD} --format json | {reader}")
    assert done.stderr == ""


def test_an_empty_list_on_standard_input_is_no_success(machine: Path) -> None:
    done = command("printf '# nothing\n\n' | $A review -")
    assert done.returncode == 2
    assert "standard input names nothing to review" in done.stderr


def test_a_file_that_names_nothing_says_so(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine / "requirements.txt").write_text("# nothing yet\n")
    assert main(["review", "-r", "requirements.txt"]) == 0
    assert "names nothing to review" in capsys.readouterr().err


def test_bytes_are_no_requirements(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (machine / "wrong.whl").write_bytes(b"PK\x03\x04\0\0\0\0\nname\n")
    assert main(["review", "-r", "wrong.whl"]) == 2
    assert "not a text file" in capsys.readouterr().err


def test_requirements_as_powershell_writes_them(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (machine / "requirements.txt").write_text("../here.whl\n", encoding="utf-16")
    assert main(["review", "-r", "requirements.txt"]) == 2
    assert "../here.whl: an address or a path" in capsys.readouterr().err


def test_the_first_line_knows_a_path_that_is_not_there(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", "gone.whl", "./gone"]) == 2
    assert "from the index" not in capsys.readouterr().out
    assert main(["review", "a" * 5000]) == 2
    assert "fault" not in capsys.readouterr().err


@pytest.mark.parametrize("number", ["x", "0", "-1", "", "1.5"])
def test_a_number_of_jobs_is_a_number(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["review", "x", f"--jobs={number}"])
    assert "must be a number, at least 1" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["work --slots=0", "work --slots=x", "backfill a --newest=-1"])
def test_parts_of_the_service_take_counts_too(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(line.split())
    assert "must be a number, at least 1" in capsys.readouterr().err
