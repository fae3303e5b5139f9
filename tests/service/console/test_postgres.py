"""Every page and act on PostgreSQL: what SQLite forgives, it does not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest
from litestar.testing import TestClient

from antivenom.model.moments import stamp
from antivenom.service import casework, events
from antivenom.service.access import tokens, users
from antivenom.service.app import make_app
from antivenom.service.casework import Wanted
from antivenom.service.events import Event
from antivenom.service.settings import Settings
from antivenom.store import Store, open_store
from tests.builders import postgres
from tests.service.made import FakeClock
from tests.service.recorded import clean, record, thief

pytestmark = pytest.mark.skipif(postgres.binaries() is None, reason="no PostgreSQL here")
PATHS = (
    *("/", "/?view=decided", "/?view=second", "/?view=unread", "/?text=a&activation=build"),
    *("/?campaign=host:shared.invalid", "/live?cases=1,2", "/cases/1", "/cases/3", "/overview"),
    *("/reviews", "/reviews?q=demo*", "/reviews?q=abcdef12", "/suppressions", "/audit"),
)


@pytest.fixture(scope="module")
def filled() -> Iterator[Store]:
    clock = FakeClock()
    now = clock.now()
    with postgres.cluster() as cluster, open_store(cluster.url) as store:
        with store.writing() as connection:
            for name in ("demo-a", "demo-b"):
                record(connection, thief(name, host="shared.invalid"), now=now)
            case = record(connection, thief("demo-c", host="c.invalid"), now=now)
            record(connection, clean("demo-d"), now=now)
            assert case is not None
            made = casework.decide(connection, case, "malicious", author="ada", key="k", now=now)
            casework.undo(connection, made.id, author="ada", key="u", now=now)
            casework.decide(
                connection, case, "unsure", reason="odd", author="ada", key="v", now=now
            )
            casework.decide(connection, case, "malicious", author="bo", key="w", now=now)
            quarantine = Event(
                ecosystem="pypi", project="demo-d", what="quarantined", action="q", at=stamp(now)
            )
            events.record_all(connection, [quarantine], stamp(now))
        yield store


def test_casework_is_the_same(filled: Store) -> None:
    with filled.reading() as connection:
        page = casework.queue(connection, Wanted())
        assert [(g.first.project, g.total) for g in page.groups] == [("demo-a", 2)]
        decided = casework.queue(connection, Wanted(view="decided"))
        assert [g.first.decided_by for g in decided.groups] == ["bo"]
        assert casework.counts(connection).review == 2


def test_every_page_is_shown(filled: Store, tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = msgspec.convert({"data": str(tmp_path_factory.mktemp("data"))}, Settings)
    clock = FakeClock()
    with filled.writing() as connection:
        user = users.add(connection, "ada", "reviewer", now=clock.now(), password="long enough 1")
        scopes = ("read", "decide", "submit")
        key = tokens.make(connection, user, "t", scopes, now=clock.now(), days=1)[1]
    with TestClient(make_app(filled, settings, clock), base_url="http://127.0.0.1:8470") as client:
        client.headers.update({"authorization": f"Bearer {key}", "accept": "text/html"})
        for path in PATHS:
            assert client.get(path).status_code == 200, path
        text = client.get("/overview").text
        assert "demo-d" in text
        form = {"finding": "0", "member": "0", "reason": "ours", "days": "30"}
        answer = client.post("/cases/1/suppress", data=form, follow_redirects=False)
        assert answer.headers["location"] == "/cases/1?done=suppressed"
