"""The one place from which the service sends something to others.

Addresses that a person typed are resolved here and connected to by number: a name that stands for
this machine, for its network or for the cloud's metadata service reaches nothing, also when it
stood for something else a moment ago.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from antivenom.errors import NetworkError, UsageError
from antivenom.http import numeric, public, shown, user_agent

if TYPE_CHECKING:
    import httpcore

_TIMEOUT = {"connect": 10.0, "read": 20.0, "write": 20.0, "pool": 10.0}
_ANSWER = 4096


def check(url: str, *, private: bool) -> None:
    """Raise `UsageError` for an address nothing is sent to; names are resolved when it is used."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError("this is not an address") from None
    if parts.scheme not in ("https", "http") or not host or port == 0:
        raise UsageError("an address begins with https:// and names a host")
    if parts.username is not None or parts.fragment or not url.isascii() or not url.isprintable():
        raise UsageError("an address holds no password, no fragment and only plain characters")
    if parts.scheme == "http" and not private:
        raise UsageError("messages are sent over https only")
    if not private and numeric(host) and not public(host):
        raise UsageError(f"{host} is not a public address")


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> tuple[int, str]:
    """Send, and return status and the beginning of the answer.

    Redirects are not followed. Raises `UsageError` for an address nothing is sent to and
    `NetworkError` for everything but a status of 2xx.
    """
    import httpcore

    check(url, private=private)
    sent: dict[Any, Any] = {
        "User-Agent": user_agent(),
        "Host": urlsplit(url).netloc,
        **headers,
    }
    try:
        with (
            _pool(private=private) as pool,
            pool.stream(
                "POST", url, headers=sent, content=body, extensions={"timeout": _TIMEOUT}
            ) as answer,
        ):
            said = _beginning(answer.iter_stream())
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise NetworkError(f"{shown(url)}: {type(error).__name__}") from None
    except (UnicodeError, ValueError):
        raise NetworkError(f"{shown(url)}: not a usable address") from None
    if not 200 <= answer.status < 300:
        raise NetworkError(f"{shown(url)}: the server answered {answer.status} {said[:200]}")
    return answer.status, said


def _beginning(chunks: Iterable[bytes]) -> str:
    found = b""
    for chunk in chunks:
        found += chunk[:_ANSWER]
        if len(found) >= _ANSWER:
            break
    return found[:_ANSWER].decode("utf-8", "replace")


def _pool(*, private: bool) -> httpcore.ConnectionPool:
    import ssl

    import httpcore

    return httpcore.ConnectionPool(
        ssl_context=ssl.create_default_context(),
        network_backend=None if private else _backend(),
        max_connections=1,
    )


def _backend() -> httpcore.NetworkBackend:
    import httpcore

    class Guarded(httpcore.SyncBackend):
        """Connects to public addresses only, by the number that was looked at."""

        def connect_tcp(self, host: str, port: int, *args: Any, **rest: Any) -> Any:  # noqa: ANN401
            return super().connect_tcp(_resolved(host, port), port, *args, **rest)

    return Guarded()


def _resolved(host: str, port: int) -> str:
    import httpcore

    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise httpcore.ConnectError("unknown host") from None
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(public(address) for address in addresses):
        raise httpcore.ConnectError("not a public address")
    return addresses[0]
