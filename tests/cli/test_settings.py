"""Settings come from people, never from what is reviewed."""

from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.cli.settings import Settings, read, user_folder
from antivenom.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "antivenom.toml"
    path.write_text(text)
    return path


def test_nothing_is_set_by_default(machine: Path) -> None:
    assert read([], environ={}) == (Settings(), [])


def test_the_environment_wins_over_the_folder_over_the_user(machine: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(machine / "conf"), "ANTIVENOM_JOBS": "7"}
    write(machine, 'jobs = 3\nfail-on = "suspicious"\n')
    write(user_folder(environ), 'jobs = 2\nfail-on = "never"\nformat = "json"\noffline = true\n')
    values, notes = read([], environ=environ)
    assert (values.jobs, values.fail_on, values.format) == (7, "suspicious", "json")
    assert values.offline is True
    assert notes == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("unknown = 1\n", "unknown"),
        ("jobs = 0\n", "jobs"),
        ('jobs = "many"\n', "jobs"),
        ('fail-on = "always"\n', "always"),
        ("jobs = \n", "antivenom.toml"),
        ('[[suppress]]\nrule = "a/b"\n', "member"),
        (
            '[[suppress]]\nrule = "a/b"\nmember = ""\nsha256 = ""\nreason = ""\nauthor = ""\n'
            "expires = 2027-01-01\nextra = 1\n",
            "extra",
        ),
    ],
)
def test_wrong_files_are_refused_by_name(text: str, word: str, machine: Path) -> None:
    write(machine, text)
    with pytest.raises(ConfigError, match=r"antivenom\.toml") as caught:
        read([], environ={})
    assert word in str(caught.value)


@pytest.mark.parametrize(
    "environ",
    [{"ANTIVENOM_COLOUR": "1"}, {"ANTIVENOM_JOBS": "many"}, {"ANTIVENOM_SUPPRESS": "all"}],
)
def test_wrong_variables_are_refused(environ: dict[str, str], machine: Path) -> None:
    with pytest.raises(ConfigError, match="ANTIVENOM_"):
        read([], environ=environ)


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("no", False)])
def test_truth_values_of_variables(text: str, value: bool, machine: Path) -> None:
    assert read([], environ={"ANTIVENOM_OFFLINE": text})[0].offline is value


@pytest.mark.parametrize("reviewed", [".", "..", "../work"])
def test_a_file_inside_the_target_is_ignored(reviewed: str, machine: Path) -> None:
    write(machine, "this is = not even toml")
    values, notes = read([Path(reviewed)], environ={})
    assert values == Settings()
    assert len(notes) == 1


def test_a_link_into_the_target_is_ignored(machine: Path) -> None:
    target = write(machine / "package", "jobs = 3\n")
    (machine / "antivenom.toml").symlink_to(target)
    values, notes = read([machine / "package"], environ={})
    assert values.jobs is None
    assert len(notes) == 1


def test_a_target_reached_by_a_link_is_still_the_target(machine: Path) -> None:
    write(machine, "jobs = 3\n")
    (machine.parent / "alias").symlink_to(machine)
    values, notes = read([machine.parent / "alias"], environ={})
    assert values.jobs is None
    assert len(notes) == 1


def test_a_folder_beside_the_file_is_no_reason(machine: Path) -> None:
    write(machine, "jobs = 3\n")
    (machine / "src").mkdir()
    assert read([Path("src")], environ={})[0].jobs == 3


def test_the_users_own_file_inside_the_target_is_ignored(machine: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(machine / "conf")}
    write(user_folder(environ), "jobs = 3\n")
    assert read([machine], environ=environ)[0].jobs is None


def test_suppressions_add_up(machine: Path) -> None:
    one = (
        '[[suppress]]\nrule = "a/b"\nmember = "x.py"\nsha256 = "00"\nreason = "r"\n'
        'author = "a"\nexpires = 2027-01-01\n'
    )
    environ = {"XDG_CONFIG_HOME": str(machine / "conf")}
    write(machine, one)
    write(user_folder(environ), one + one)
    assert len(read([], environ=environ)[0].suppress) == 3
