"""The whole service as one command: it answers, heals, and goes as one."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from antivenom.cli import main
from antivenom.service import reviews, supervisor
from antivenom.service.demo import LABELS
from antivenom.service.demo.packages import PACKAGES
from antivenom.service.settings import Feed, Settings
from antivenom.store.schema_uploads import uploads as table
from tests.builders.service import children
from tests.service.engine.faults import free_port
from tests.service.engine.running import Running


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def test_it_shows_the_demonstration_heals_and_ends_as_one(service: Running) -> None:
    port = free_port()
    command = ("serve", "--demo", "--listen", f"127.0.0.1:{port}")
    serve = service.start(*command, ANTIVENOM_SERVICE_SLOTS="2")
    service.wait(lambda: service.states() == {"done": len(PACKAGES)}, "the demonstration")
    service.wait(lambda: answers(port), "the console")
    # An update is compared with the release before it, whichever was read first.
    with service.store.reading() as connection:
        newer = table.c.filename == "quickforms-2.3.1-py3-none-any.whl"
        review = connection.execute(select(table.c.review).where(newer)).scalar_one()
        found = reviews.load(connection, review)
    assert found is not None
    assert found.changes is not None
    assert any(one.change == "new" for one in found.findings)
    # A part that dies is started again.
    first = children(serve.pid)
    os.kill(first[0], signal.SIGKILL)
    service.wait(lambda: len(children(serve.pid)) == 2 and children(serve.pid) != first, "healing")
    # The whole killed at once leaves nothing behind, and loses nothing.
    parts = children(serve.pid)
    service.announce(2)
    service.kill(serve)
    service.wait(lambda: not any(map(alive, parts)), "the parts end with it")
    again = service.start(*command, ANTIVENOM_SERVICE_SLOTS="2")
    service.until(done=len(PACKAGES) + 2)
    service.wait(lambda: answers(port), "the console again")
    assert service.reviews() == len(PACKAGES) + 2
    parts = children(again.pid)
    assert service.stop(again) == 0
    assert not any(map(alive, parts))


def test_the_demonstration_stands_for_what_reviewers_see() -> None:
    names = {package.named.project for package in PACKAGES}
    assert {name for name, _ in LABELS} <= names
    for package in PACKAGES:
        assert package.build() == package.build()


def test_serve_follows_what_is_configured() -> None:
    given = Settings(feeds={"npm": Feed(url="https://replica.example/"), "crates": Feed()})
    names = [part.command for part in supervisor.parts(given, ["--database", "x"], watch=True)]
    assert names[2] == ["watch", "--database", "x", "npm", "pypi"]
    assert len(supervisor.parts(given, [], watch=False)) == 2


def test_an_address_that_is_none_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["serve", "--no-watch", "--listen", "nonsense"]) == 2
    assert "no address to listen on" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
