"""The small commands, and what every command has in common."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from antivenom import __version__, cli
from antivenom.cli import main, parser
from antivenom.errors import NetworkError
from antivenom.rules import book


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        main(["--version"])
    assert leaving.value.code == 0
    assert capsys.readouterr().out == f"antivenom {__version__}\n"


def test_rules_lists_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    out = capsys.readouterr().out
    assert all(rule.id in out for rule in book.load().rules)


def test_rules_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in listed["rules"]] == [rule.id for rule in book.load().rules]


def test_every_rule_can_be_explained(capsys: pytest.CaptureFixture[str]) -> None:
    for rule in book.load().rules:
        assert main(["explain", rule.id]) == 0
        out = capsys.readouterr().out
        assert out.startswith(rule.title)
        assert rule.match.strip() in out


def test_an_unknown_rule_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    rule = book.load().rules[0].id
    assert main(["explain", rule + "x"]) == 2
    assert rule in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_commands_and_flags(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["completion", shell]) == 0
    out = capsys.readouterr().out
    assert "explain" in out
    assert "fail-on" in out


def test_bash_accepts_its_completion(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = machine / "completion"
    script.write_text(capsys.readouterr().out)
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_known_errors_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise NetworkError("no network", hint="plug it in")

    monkeypatch.setattr(book, "load", fail)
    assert main(["rules"]) == 2
    assert capsys.readouterr().err == "antivenom: error: no network; plug it in\n"


def test_unknown_errors_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError("a\nb")

    monkeypatch.setattr(book, "load", fail)
    assert main(["rules"]) == 2
    err = capsys.readouterr().err
    assert "a fault of Antivenom: ValueError" in err
    assert err.count("\n") == 1


def test_an_interrupt_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(book, "load", fail)
    assert main(["rules"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "antivenom: interrupted\n"


HEAVY = ("httpx", "lief", "cryptography", "tree_sitter", "rich", "zstandard", "ssl", "asyncio")


@pytest.mark.parametrize("arguments", [["--version"], ["rules"], ["review", "--help"]])
def test_small_commands_import_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\nfrom antivenom.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print('HEAVY', [m for m in {HEAVY!r} if m in sys.modules])"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environ, text=True, capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_reviewing_a_file_needs_no_network_library(machine: Path) -> None:
    (machine / "x.py").write_text("x = 1\n")
    script = (
        "import sys\nfrom antivenom.cli import main\nmain(['review', 'x.py'])\n"
        "print('HEAVY', [m for m in ('httpx', 'ssl', 'rich', 'asyncio') if m in sys.modules])"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environ, text=True, capture_output=True, check=True)
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_the_readme_names_every_flag() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    choices = parser.build()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    flags = [
        flag
        for command in choices.values()  # type: ignore[union-attr]
        for action in command._actions
        for flag in action.option_strings
        if flag.startswith("--") and flag != "--help"
    ]
    assert {flag for flag in flags if flag not in readme} == set()
