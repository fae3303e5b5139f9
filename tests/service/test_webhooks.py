from __future__ import annotations

import base64
import json
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from antivenom.errors import NetworkError, UsageError
from antivenom.service import posting, webhooks
from antivenom.service.settings import Settings
from antivenom.store import Store
from antivenom.store.schema_access import deliveries
from tests.service.made import FakeClock
from tests.service.receiver import Receiver, receiving

HANDBOOK = Path(__file__).parents[2] / "docs" / "service.md"
PRIVATE = Settings(webhooks_to_private=True, webhook_attempts=3)


def test_a_message_is_signed_as_the_standard_says() -> None:
    # The example of standardwebhooks.com and of its libraries.
    signed = webhooks.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_the_handbook_says_of_signatures_is_so(store: Store, clock: FakeClock) -> None:
    text = HANDBOOK.read_text("utf-8").partition("## Telling others")[2]
    code = text.partition("```python\n")[2].partition("```")[0]
    page: dict[str, Any] = {}
    exec(compile(code, str(HANDBOOK), "exec"), page)
    believed = page["believed"]
    with receiving() as to:
        secret = _listen(store, clock, to, "case.opened")
        _tell(store, clock)
        webhooks.deliver(store, PRIVATE, clock)
    [(_, headers, body)] = to.got
    now = clock.now().timestamp()
    assert believed(secret, headers, body, now)
    both = {**headers, "webhook-signature": f"v1,other {headers['webhook-signature']}"}
    assert believed(secret, both, body, now)
    assert not believed(secret, headers, body + b" ", now)
    assert not believed(secret, headers, body, now + 301)
    assert not believed(secret, {**headers, "webhook-id": "msg_0"}, body, now)
    assert not believed("whsec_c2VjcmV0", headers, body, now)


def _listen(store: Store, clock: FakeClock, to: Receiver, *events: str) -> str:
    with store.writing() as connection:
        return webhooks.add(
            connection, f"{to.url}/hook", events, now=clock.now(), settings=PRIVATE
        )[1]


def _tell(store: Store, clock: FakeClock, event: str = "case.opened", key: str = "case:1") -> int:
    with store.writing() as connection:
        return webhooks.queue(connection, event, key, {"a": 1}, now=clock.now())


def _states(store: Store) -> list[tuple[str, int]]:
    with store.reading() as connection:
        query = select(deliveries.c.state, deliveries.c.attempts).order_by(deliveries.c.id)
        return [(row.state, row.attempts) for row in connection.execute(query)]


def test_those_who_want_to_know_are_told_once(store: Store, clock: FakeClock) -> None:
    with receiving() as one, receiving() as other:
        secret = _listen(store, clock, one, "case.opened", "case.decided")
        _listen(store, clock, other, "upload.reviewed")
        assert _tell(store, clock) == 1
        assert webhooks.deliver(store, PRIVATE, clock) == 1
        assert webhooks.deliver(store, PRIVATE, clock) == 0
        [(path, headers, body)] = one.got
        assert other.got == []
    assert path == "/hook"
    assert json.loads(body) == {
        "type": "case.opened",
        "timestamp": "2026-11-21T10:00:00Z",
        "key": "case:1",
        "data": {"a": 1},
    }
    id, time = headers["webhook-id"], int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == webhooks.signature(secret, id, time, body)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert _states(store) == [("sent", 1)]


def test_nothing_is_told_of_what_was_rolled_back(store: Store, clock: FakeClock) -> None:
    with receiving() as one:
        _listen(store, clock, one, "case.opened")
        with pytest.raises(RuntimeError), store.writing() as connection:
            webhooks.queue(connection, "case.opened", "case:1", {}, now=clock.now())
            raise RuntimeError
        assert webhooks.deliver(store, PRIVATE, clock) == 0


def test_a_failure_is_tried_again_later_with_the_same_id(store: Store, clock: FakeClock) -> None:
    with receiving() as one:
        one.statuses = [500]
        _listen(store, clock, one, "case.opened")
        _tell(store, clock)
        assert webhooks.deliver(store, PRIVATE, clock) == 1
        assert webhooks.deliver(store, PRIVATE, clock) == 0
        clock.go(9)
        assert webhooks.deliver(store, PRIVATE, clock) == 0
        clock.go(1)
        assert webhooks.deliver(store, PRIVATE, clock) == 1
        assert len({headers["webhook-id"] for _, headers, _ in one.got}) == 1
    assert _states(store) == [("sent", 2)]


def test_what_never_works_is_given_up_and_can_be_tried_again(
    store: Store, clock: FakeClock
) -> None:
    with receiving() as one:
        one.statuses = [500, 302, 404]
        one.headers = {"Location": one.url}
        _listen(store, clock, one, "case.opened")
        _tell(store, clock)
        for _ in range(3):
            webhooks.deliver(store, PRIVATE, clock)
            clock.go(3600)
        assert _states(store) == [("failed", 3)]
        assert len(one.got) == 3
        with store.writing() as connection:
            webhooks.again(connection, 1, clock.now())
        webhooks.deliver(store, PRIVATE, clock)
        assert _states(store) == [("sent", 1)]


def test_a_sender_that_died_is_replaced(store: Store, clock: FakeClock) -> None:
    with receiving() as one:
        _listen(store, clock, one, "case.opened")
        _tell(store, clock)
        assert len(webhooks._claim(store, clock, 9)) == 1
        assert webhooks.deliver(store, PRIVATE, clock) == 0
        clock.go(120)
        assert webhooks.deliver(store, PRIVATE, clock) == 1
    assert _states(store) == [("sent", 2)]


def test_a_stopped_webhook_hears_nothing(store: Store, clock: FakeClock) -> None:
    with receiving() as one:
        _listen(store, clock, one, "case.opened")
        _tell(store, clock)
        with store.writing() as connection:
            webhooks.stop(connection, 1)
        assert _tell(store, clock) == 0
        assert webhooks.deliver(store, PRIVATE, clock) == 0
        assert one.got == []
    assert _states(store) == [("failed", 0)]


def test_a_large_message_says_where_the_rest_is(store: Store, clock: FakeClock) -> None:
    with receiving() as one:
        _listen(store, clock, one, "case.opened")
        with store.writing() as connection:
            webhooks.queue(connection, "case.opened", "c", "x" * (1 << 20), now=clock.now())
        webhooks.deliver(store, PRIVATE, clock)
        assert "left_out" in msgspec.json.decode(one.got[0][2])["data"]


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest",
        "https://10.1.2.3/",
        "https://0.0.0.0/",
        "https://user:secret@elsewhere.example/",
        "https://elsewhere.example/#x",
        "https://elsewhere.example/\r\nX: y",
        "https://elsewhere.example:0/",
        "file:///etc/passwd",
        "gopher://elsewhere.example/",
        "https://[broken/",
        "",
    ],
)
def test_messages_go_to_no_inner_address(store: Store, clock: FakeClock, url: str) -> None:
    with pytest.raises(UsageError), store.writing() as connection:
        webhooks.add(connection, url, ("case.opened",), now=clock.now(), settings=Settings())


def test_a_name_that_stands_for_this_machine_reaches_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving() as one:
        port = int(one.url.rpartition(":")[2])
        inner = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inner)
        with pytest.raises(NetworkError, match="ConnectError"):
            posting.post(f"https://inner.example:{port}/", b"{}", {}, private=False)
        assert one.got == []


def test_an_unknown_event_is_refused(store: Store, clock: FakeClock) -> None:
    with pytest.raises(UsageError, match=r"no event: case\.eaten"), store.writing() as connection:
        webhooks.add(
            connection,
            "https://there.example/",
            ("case.eaten",),
            now=clock.now(),
            settings=Settings(),
        )
