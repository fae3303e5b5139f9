"""`antivenom users`, `tokens` and `feeds`, and what `api` says when it starts."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from sqlalchemy import insert

from antivenom.cli import api, main
from antivenom.errors import ConfigError
from antivenom.service import audit, settings
from antivenom.service.access import first, tokens, users
from antivenom.service.clock import SystemClock
from antivenom.store import open_store
from antivenom.store.schema_uploads import feeds


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTIVENOM_SERVICE_DATA", str(tmp_path / "data"))
    return tmp_path


def _typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def _add(monkeypatch: pytest.MonkeyPatch, name: str, role: str) -> None:
    _typed(monkeypatch, "correct horse battery\n")
    assert main(["users", "add", name, "--role", role, "--password-stdin"]) == 0


def test_accounts_are_made_changed_and_listed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _add(monkeypatch, "root", "admin")
    _add(monkeypatch, "ada", "viewer")
    assert main(["users", "change", "ada", "--role", "reviewer", "--close"]) == 0
    capsys.readouterr()
    assert main(["users", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["ada", "reviewer"], ["root", "admin"]]
    assert lines[0].endswith("closed")
    assert main(["users", "change", "root", "--close"]) == 2
    assert "administrator" in capsys.readouterr().err
    with open_store(settings.read().database_url) as store, store.reading() as connection:
        assert {one.actor for one in audit.latest(connection)} == {"operator"}


def test_a_short_password_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _typed(monkeypatch, "short\n")
    assert main(["users", "add", "ada", "--password-stdin"]) == 2
    assert "12 to 1024" in capsys.readouterr().err
    assert main(["users", "add", "ada"]) == 2
    assert "nobody is there" in capsys.readouterr().err


def test_tokens_are_printed_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _add(monkeypatch, "ada", "viewer")
    capsys.readouterr()
    assert main(["tokens", "make", "ada", "--name", "ci", "--scope", "read"]) == 0
    key = capsys.readouterr().out.strip()
    with open_store(settings.read().database_url) as store, store.reading() as connection:
        found = tokens.find(connection, key, SystemClock().now())
    assert found is not None and found.scopes == {"read"}
    assert main(["tokens", "list"]) == 0
    listed = capsys.readouterr().out
    assert "ci" in listed and key not in listed
    assert main(["tokens", "make", "ada", "--scope", "decide"]) == 2
    assert main(["tokens", "revoke", "1"]) == 0
    assert main(["tokens", "revoke", "1"]) == 2
    capsys.readouterr()
    main(["tokens", "list"])
    assert "revoked" in capsys.readouterr().out


def test_a_feed_is_stopped_and_started(capsys: pytest.CaptureFixture[str]) -> None:
    with open_store(settings.read().database_url) as store, store.writing() as connection:
        connection.execute(insert(feeds).values(name="pypi", cursor=7))
    assert main(["feeds", "stop", "pypi", "they asked"]) == 0
    main(["feeds", "list"])
    assert "pypi     at 7, asked never  stopped: they asked" in capsys.readouterr().out
    assert main(["feeds", "start", "pypi"]) == 0
    main(["feeds", "list"])
    assert "runs" in capsys.readouterr().out
    assert main(["feeds", "start", "cran"]) == 2


def test_the_first_start_prints_a_link_and_later_ones_do_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    values = settings.read()
    with open_store(values.database_url) as store:
        api.greet(store, values)
        link = f"http://127.0.0.1:8470/setup?token={first.invitation(values)}"
        assert link in capsys.readouterr().err
        with store.writing() as connection:
            users.add(
                connection,
                "root",
                "admin",
                now=SystemClock().now(),
                password="correct horse battery",
            )
        api.greet(store, values)
        assert "setup" not in capsys.readouterr().err


def test_listening_beyond_this_machine_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ANTIVENOM_SERVICE_LISTEN", "0.0.0.0:8470")
    values = settings.read()
    with open_store(values.database_url) as store:
        api.greet(store, values)
    assert "without HTTPS" in capsys.readouterr().err


@pytest.mark.parametrize("listen", ["", "127.0.0.1", "host:port", ":80", "127.0.0.1:99999"])
def test_an_address_that_is_none_is_refused(listen: str) -> None:
    with pytest.raises(ConfigError):
        settings.place(listen)


def test_addresses_of_both_kinds_are_understood() -> None:
    assert settings.place("[::1]:8470") == ("::1", 8470)
    assert settings.place("0.0.0.0:80") == ("0.0.0.0", 80)
