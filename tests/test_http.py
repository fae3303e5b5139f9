"""The door: bounded, patient, discreet."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from antivenom.errors import ConfigError, NetworkError
from antivenom.http import Door, Manners, hops, public, shown, user_agent
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


def test_an_https_address_is_never_left() -> None:
    with pytest.raises(NetworkError, match="unencrypted"):
        hops.after("https://a.example/x", "http://a.example/y")
    assert hops.after("https://u:p@a.example/x", "/y") == "https://a.example/y"


# ------------------------------------------------------------------ from outside to inside


@pytest.fixture
def inside() -> Iterator[FakeIndex]:
    """Somebody on this machine who must not be talked to."""
    with serve() as service:
        service.raw["/simple/secret/"] = ("text/plain", b"secret")
        yield service


@pytest.fixture
def outside(fake: FakeIndex, monkeypatch: pytest.MonkeyPatch) -> FakeIndex:
    """An index that counts as one of the public network: the address of this test alone does."""
    monkeypatch.setattr(hops, "public", lambda address: address == "127.0.0.1")
    # Loopback has more addresses than one; the whole of it answers at the same port.
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,127.0.0.2,inside.example,outside.example")
    found = socket.getaddrinfo

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        numbers = {"inside.example": "127.0.0.2", "outside.example": "127.0.0.1"}
        return found(numbers.get(host, host), *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    return fake


@pytest.mark.parametrize("host", ["127.0.0.2", "[::1]", "inside.example"])
def test_nobody_outside_leads_inside(outside: FakeIndex, host: str) -> None:
    port = outside.url.split(":")[2].split("/")[0]
    with listening("127.0.0.2", int(port)) as heard:
        outside.redirect["/simple/a/"] = f"http://{host}:{port}/simple/secret/"
        with _door() as door, pytest.raises(NetworkError, match="to a private address, refused"):
            door.get(f"{outside.url}a/", limit_bytes=10)
        assert heard == [], "nothing was sent"
        assert len(outside.requests) == 1, "and it was not tried again"


def test_a_hop_between_public_hosts_is_watched_on(outside: FakeIndex) -> None:
    port = outside.url.split(":")[2].split("/")[0]
    outside.redirect["/simple/a/"] = f"http://outside.example:{port}/simple/b/"
    outside.redirect["/simple/b/"] = f"http://inside.example:{port}/simple/secret/"
    with (
        listening("127.0.0.2", int(port)) as heard,
        _door() as door,
        pytest.raises(NetworkError, match=r"inside\.example.*private"),
    ):
        door.get(f"{outside.url}a/", limit_bytes=10)
    assert heard == []
    outside.redirect["/simple/b/"] = f"{outside.url}ok/"
    with _door() as door:
        assert door.get(f"{outside.url}a/", limit_bytes=10).body == b"fine"


def test_a_port_that_is_none_of_the_webs_is_refused(outside: FakeIndex, inside: FakeIndex) -> None:
    outside.redirect["/simple/a/"] = f"{inside.url}secret/"
    with _door() as door, pytest.raises(NetworkError, match="none of the web's"):
        door.get(f"{outside.url}a/", limit_bytes=10)
    for port in (0, 99999):
        with pytest.raises(NetworkError):
            hops.check(outside.url, f"http://outside.example:{port}/")
    hops.check(outside.url, "https://outside.example/")
    assert inside.requests == []


def test_what_is_configured_may_be_inside(outside: FakeIndex, inside: FakeIndex) -> None:
    outside.redirect["/simple/a/"] = f"{inside.url}secret/"
    here = frozenset({inside.url.split("/")[2]})
    for opened in (_door(near=here), _door(trusted_hosts=here)):
        with opened as door:
            assert door.get(f"{outside.url}a/", limit_bytes=10).body == b"secret"


def test_an_index_inside_leads_wherever_it_likes(fake: FakeIndex, inside: FakeIndex) -> None:
    fake.redirect["/simple/a/"] = f"{inside.url}secret/"
    with _door() as door:
        assert door.get(f"{fake.url}a/", limit_bytes=10).body == b"secret"


def test_what_counts_as_public() -> None:
    assert public("93.184.215.14")
    assert public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")
    for address in (
        *("127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("::1", "::ffff:10.0.0.1", "fe80::1%eth0", "fd00::1", "64:ff9b::a00:1", "2002:a00:1::"),
    ):
        assert not public(address), address


@contextmanager
def listening(host: str, port: int) -> Iterator[list[bytes]]:
    """Take connections, and keep what is said on them."""
    heard: list[bytes] = []
    with socket.socket() as server:
        server.bind((host, port))
        server.listen()
        server.settimeout(0.05)
        over = threading.Event()

        def take() -> None:
            while not over.is_set():
                try:
                    client, _ = server.accept()
                except TimeoutError:
                    continue
                with client:
                    client.settimeout(5)
                    if said := client.recv(1000):
                        heard.append(said)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield heard
        finally:
            over.set()
            thread.join()
