from __future__ import annotations

from pathlib import Path

import pytest

from antivenom.cli import settings as command_line
from antivenom.errors import ConfigError
from antivenom.service import settings


def test_everything_has_a_default_that_works_on_one_machine() -> None:
    found = settings.read(environ={})
    assert found.listen.startswith("127.0.0.1:")
    assert found.database_url.endswith("service.db")
    assert found.processes >= 1


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    place = tmp_path / "antivenom.toml"
    place.write_text(
        'offline = true\n[service]\nslots = 3\nkeep = "all"\n'
        "[service.feeds.pypi]\nevery-seconds = 1\n"
    )
    environ = {
        "ANTIVENOM_SERVICE_SLOTS": "5",
        "ANTIVENOM_OFFLINE": "1",
        "ANTIVENOM_SERVICE_BASELINE": "no",
    }
    found = settings.read(place, environ=environ)
    assert (found.slots, found.keep, found.baseline) == (5, "all", False)
    assert found.feed("pypi").every_seconds == 1
    assert found.feed("npm") == settings.Feed()


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ("[service]\nslot = 3\n", {}),
        ("[service]\nslots = -1\n", {}),
        ("service = 3\n", {}),
        ("[service.feeds.pypi]\nevery = 1\n", {}),
        ("", {"ANTIVENOM_SERVICE_SLOT": "3"}),
        ("", {"ANTIVENOM_SERVICE_KEEP": "some"}),
        ("", {"ANTIVENOM_SERVICE_FEEDS": "{"}),
        ("[service.feeds.pipy]\nevery-seconds = 1\n", {}),
        ('[service]\npublic-url = "review.example"\n', {}),
        ('[service]\nobservations-url = "https://"\n', {}),
        ('[service]\nfetch-hosts = ["https://files.example/"]\n', {}),
        ('[service]\nhosts = ["a b"]\n', {}),
        ("[service]\nheartbeat-seconds = 10\n", {}),
    ],
)
def test_what_is_unknown_or_wrong_is_refused(
    tmp_path: Path, text: str, environ: dict[str, str]
) -> None:
    place = tmp_path / "antivenom.toml"
    place.write_text(text)
    with pytest.raises(ConfigError):
        settings.read(place, environ=environ)


def test_hosts_and_addresses_are_taken_as_people_write_them(tmp_path: Path) -> None:
    place = tmp_path / "antivenom.toml"
    place.write_text(
        '[service]\npublic-url = "https://review.example:8443/"\nfetch-hosts = ["files.example", '
        '"127.0.0.1:8000", "[::1]:80"]\noidc-issuer = "https://login.example/realms/one"\n'
    )
    assert len(settings.read(place, environ={}).fetch_hosts) == 3


def test_the_command_line_leaves_the_service_its_table(tmp_path: Path) -> None:
    (tmp_path / "antivenom.toml").write_text("jobs = 2\n[service]\nslots = 3\n")
    environ = {"ANTIVENOM_SERVICE_SLOTS": "5", "HOME": str(tmp_path)}
    found, _ = command_line.read([], environ=environ, folder=tmp_path)
    assert found.jobs == 2
