"""The door: bounded, patient, discreet."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from antivenom.errors import ConfigError, NetworkError
from antivenom.http import Door, Manners, shown, user_agent
from tests.builders.index import FakeIndex, serve


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeIndex]:
    """An index, reached directly."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serve() as index:
        index.raw["/simple/ok/"] = ("text/plain", b"fine")
        yield index


def _door(waits: list[float] | None = None, **manners: object) -> Door:
    sleep = (waits if waits is not None else []).append
    return Door(Manners(sleep=sleep, timeout=5, **manners))  # type: ignore[arg-type]


def test_it_says_who_it_is(fake: FakeIndex) -> None:
    with _door() as door:
        answer = door.get(f"{fake.url}ok/", accept="text/plain", limit_bytes=10)
    assert answer.body == b"fine"
    sent = fake.requests[0][1]
    assert (sent["user-agent"], sent["accept"]) == (user_agent(), "text/plain")
    assert user_agent().startswith("antivenom/")


def test_retry_after_is_honoured_up_to_a_bound(fake: FakeIndex) -> None:
    waits: list[float] = []
    with _door(waits) as door:
        fake.headers = {"Retry-After": "7"}
        fake.status["/simple/ok/"] = [429]
        assert door.get(f"{fake.url}ok/", limit_bytes=10).status == 200
        assert waits == [7.0]
        later = datetime.now(UTC) + timedelta(seconds=20)
        fake.headers = {"Retry-After": format_datetime(later, usegmt=True)}
        fake.status["/simple/ok/"] = [503]
        door.get(f"{fake.url}ok/", limit_bytes=10)
        assert 15 < waits[1] <= 20
        fake.headers = {"Retry-After": "86400"}
        fake.status["/simple/ok/"] = [429]
        with pytest.raises(NetworkError, match="come back in 86400 s"):
            door.get(f"{fake.url}ok/", limit_bytes=10)
        assert len(waits) == 2


def test_a_compressed_answer_is_bounded_by_what_it_becomes(fake: FakeIndex) -> None:
    fake.raw["/simple/big/"] = ("text/plain", gzip.compress(b"0" * 10**5))
    fake.encoding["/simple/big/"] = "gzip"
    with _door() as door, pytest.raises(NetworkError, match="larger than 1,000 bytes"):
        door.get(f"{fake.url}big/", limit_bytes=1000)
    assert len(fake.raw["/simple/big/"][1]) < 1000


def test_redirects_are_followed_but_not_forever(fake: FakeIndex) -> None:
    fake.redirect = {"/simple/a/": "../ok/", "/simple/loop/": "/simple/loop/"}
    fake.redirect["/simple/out/"] = "file:///etc/hostname"
    with _door() as door:
        assert door.get(f"{fake.url}a/", limit_bytes=10).url == f"{fake.url}ok/"
        with pytest.raises(NetworkError, match="more than 8 redirects"):
            door.get(f"{fake.url}loop/", limit_bytes=10)
        with pytest.raises(NetworkError, match="only http and https"):
            door.get(f"{fake.url}out/", limit_bytes=10)


def test_credentials_stay_with_their_host(fake: FakeIndex, tmp_path: Path) -> None:
    fake.redirect["/simple/a/"] = fake.url.replace("127.0.0.1", "localhost") + "ok/"
    netloc = fake.url.split("/")[2]
    with _door(credentials={netloc: ("me", "secret")}) as door:
        door.get(f"{fake.url}a/", limit_bytes=10)
    assert ["authorization" in headers for _, headers in fake.requests] == [True, False]
    fake.requests.clear()
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    with _door() as door:
        door.get(f"{fake.url}ok/", limit_bytes=10)
    assert "authorization" in fake.requests[0][1]


def test_messages_hold_no_secrets() -> None:
    assert shown("https://me:secret@a.example/x?token=secret#y") == "https://a.example/x"
    assert shown("http://a.example/\x1b[31m") == "http://a.example/?[31m"
    assert shown("http://[bad") == "a malformed address"
    with _door() as door, pytest.raises(NetworkError) as caught:
        door.get("http://me:secret@127.0.0.1:1/x?token=secret", limit_bytes=1)
    assert "secret" not in str(caught.value)


def test_configuration_that_cannot_be_used(tmp_path: Path) -> None:
    with _door(cert=str(tmp_path / "gone.pem")) as door, pytest.raises(ConfigError):
        door.get("https://127.0.0.1:1/", limit_bytes=1)
    with _door(proxy="no such proxy") as door, pytest.raises(ConfigError):
        door.get("http://127.0.0.1:1/", limit_bytes=1)


def test_an_https_address_is_never_left(monkeypatch: pytest.MonkeyPatch) -> None:
    from antivenom import http

    with pytest.raises(NetworkError, match="unencrypted"):
        http._next("https://a.example/x", "http://a.example/y")
    assert http._next("https://u:p@a.example/x", "/y") == "https://a.example/y"
