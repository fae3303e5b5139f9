"""Redirects: where they may lead.

What somebody configured (an index, a trusted host) may be private, and lead to what is private.
Whoever answers from the public network leads to public addresses only and to the ports of the
web: an index that was taken over does not get to talk to this machine, its network, or the
metadata service of its cloud.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from antivenom.errors import NetworkError
from antivenom.http.addresses import numeric, public, shown, without_credentials

if TYPE_CHECKING:
    import httpx

_PORTS = frozenset({None, 80, 443})
"""Where web servers listen; who is told to go elsewhere may be told to talk to anything."""


def after(url: str, location: str) -> str:
    """Return where a redirect leads; away from encryption it leads nowhere."""
    if not location:
        raise NetworkError(f"{shown(url)}: a redirect to nowhere")
    try:
        target = urljoin(without_credentials(url), location)
        schemes = urlsplit(url).scheme, urlsplit(target).scheme
    except ValueError:
        raise NetworkError(f"{shown(url)}: a redirect to a malformed address") from None
    if schemes == ("https", "http"):
        raise NetworkError(f"{shown(url)}: redirected to an unencrypted address, refused")
    return target


def from_outside(answer: httpx.Response) -> bool:
    """Whether an answer came from the public network; one through a proxy comes from the proxy."""
    stream = answer.extensions.get("network_stream")
    address = stream.get_extra_info("server_addr") if stream is not None else None
    return not address or public(str(address[0]))


def check(url: str, target: str) -> None:
    """Refuse a hop by what its address says of itself."""
    try:
        parts = urlsplit(target)
        ports = {*_PORTS, urlsplit(url).port}
        odd, host = parts.port not in ports, parts.hostname or ""
    except ValueError:
        raise NetworkError(f"{shown(url)}: a redirect to a malformed address") from None
    if odd:
        raise NetworkError(f"{shown(url)}: redirected to a port that is none of the web's, refused")
    if numeric(host) and not public(host):
        raise _inside(target)


def only_public(url: str) -> Callable[[str, dict[str, Any]], None]:
    """Watch a connection being made: before anything is sent, the number it reached is looked at.

    A name may have another number each time it is looked up: only the one that counts is checked.
    """
    host, reached = urlsplit(url).hostname, [""]

    def watch(event: str, about: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            reached[0] = str(about["host"])
        elif event == "connection.connect_tcp.complete" and reached[0] == host:
            stream = about["return_value"]
            if not public(str(stream.get_extra_info("server_addr")[0])):
                stream.close()
                raise _inside(url)

    return watch


def _inside(url: str) -> NetworkError:
    return NetworkError(
        f"{shown(url)}: redirected from the public network to a private address, refused",
        hint="a host that is configured as an index or a trusted host may be private",
    )
