"""The door: what is fetched, how patiently, and what is made of the answers.

Everything that is fetched comes through `Door`: size limits, bounded retries, the environment's
proxies and certificates, credentials that never reach a message, redirects that never leave
encryption and never lead from the public network into a private one. What goes wrong is a
`NetworkError` that reads as one sentence.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar
from urllib.parse import unquote, urlsplit

from antivenom.errors import ConfigError, NetworkError, NotFoundError
from antivenom.http import hops
from antivenom.http.addresses import shown, without_credentials

if TYPE_CHECKING:
    import ssl

    import httpx

CHUNK = 1 << 16
_RETRIED = frozenset({408, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})
T = TypeVar("T")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How patient the door is, and whom it trusts."""

    attempts: int = 4
    """Per URL, the first included."""
    longest_wait: float = 30.0
    """Seconds between two attempts at most, whatever the server asks."""
    timeout: float = 15.0
    """Seconds of silence."""
    deadline: float = 900.0
    """Seconds for one URL, so that a trickling server ends too."""
    redirects: int = 8
    cert: str = ""
    """A bundle of authorities to trust besides the system's."""
    client_cert: str = ""
    proxy: str = ""
    """Overrides the proxies of the environment."""
    trusted_hosts: frozenset[str] = frozenset()
    """``host`` or ``host:port`` whose certificate is not checked, as the client's user asked."""
    near: frozenset[str] = frozenset()
    """``host[:port]`` the user configured: redirects may lead there although it is private."""
    credentials: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """``host[:port]`` -> (user, password); before those come the URL's own, after them netrc."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """``host[:port]`` -> a token that is sent as ``Authorization: Bearer``."""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What a URL answered."""

    url: str
    """After redirects, without credentials."""
    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that was streamed to disk."""

    size: int
    sha256: str
    digests: Mapping[str, str]
    """The other algorithms that were asked for."""


class _RetryLaterError(Exception):
    """An attempt failed in a way that another may not; `wait` is what the server asked for."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


class Door:
    """Fetches URLs. One per command; safe to use from several threads."""

    def __init__(self, manners: Manners | None = None) -> None:
        """Open nothing yet: the HTTP library is loaded by the first request."""
        self.manners = manners or Manners()
        self._clients: dict[bool, httpx.Client] = {}
        self._opening = threading.Lock()

    def __enter__(self) -> Door:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    def get(
        self,
        url: str,
        *,
        accept: str | None = None,
        limit_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer to a GET, at most `limit_bytes` after decompression."""
        sent = {**(headers or {}), **({"Accept": accept} if accept else {})}
        return self._persist(url, lambda: self._get_once(url, sent, limit_bytes))

    def post(
        self,
        url: str,
        body: bytes,
        *,
        content_type: str,
        limit_bytes: int,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer to a POST that only asks: it may be sent more than once."""
        sent = {**(headers or {}), "Content-Type": content_type}
        return self._persist(url, lambda: self._get_once(url, sent, limit_bytes, body))

    def fetch(
        self, url: str, into: Path, *, limit_bytes: int, algorithms: tuple[str, ...] = ()
    ) -> Download:
        """Stream a file to disk and return its digests; the file is complete or an error."""
        sent = {"Accept-Encoding": "identity"}
        return self._persist(
            url, lambda: self._fetch_once(url, sent, into, limit_bytes, algorithms)
        )

    def _persist(self, url: str, attempt: Callable[[], T]) -> T:
        """Try until it works, the server forbids it, or patience ends."""
        for number in range(1, self.manners.attempts + 1):
            try:
                return attempt()
            except _RetryLaterError as problem:
                wait = problem.wait if problem.wait is not None else 0.25 * 2 ** (number - 1)
                if number == self.manners.attempts:
                    self._give_up(url, f"{problem} ({number} attempts)", problem.wait)
                if wait > self.manners.longest_wait:
                    said = f"{problem}, and asks to come back in {wait:.0f} s"
                    self._give_up(url, said, problem.wait)
                self.manners.sleep(wait)
        self._give_up(url, "no attempt was allowed")

    def _give_up(self, url: str, reason: str, wait: float | None = None) -> NoReturn:
        error = NetworkError(
            f"{shown(url)}: {reason}",
            hint="check the connection, the proxy and the index that pip is configured with",
        )
        error.retry_after = wait
        raise error

    def _get_once(
        self, url: str, headers: Mapping[str, str], limit: int, body: bytes | None = None
    ) -> Response:
        with self._answer(url, headers, body) as (answer, final):
            return Response(
                url=final,
                status=answer.status_code,
                headers={name.lower(): value for name, value in answer.headers.items()},
                body=b"".join(self._bounded(answer.iter_bytes(CHUNK), limit, url)),
            )

    def _fetch_once(
        self,
        url: str,
        headers: Mapping[str, str],
        into: Path,
        limit: int,
        algorithms: tuple[str, ...],
    ) -> Download:
        main = hashlib.sha256()
        others = {name: hashlib.new(name, usedforsecurity=False) for name in algorithms}
        size = 0
        with self._answer(url, headers) as (answer, _), into.open("wb") as file:
            for chunk in self._bounded(answer.iter_raw(CHUNK), limit, url):
                for digest in (main, *others.values()):
                    digest.update(chunk)
                file.write(chunk)
                size += len(chunk)
        digests = {name: digest.hexdigest() for name, digest in others.items()}
        return Download(size=size, sha256=main.hexdigest(), digests=digests)

    def _bounded(self, chunks: Iterator[bytes], limit: int, url: str) -> Iterator[bytes]:
        size, end = 0, time.monotonic() + self.manners.deadline
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise NetworkError(f"{shown(url)}: the answer is larger than {limit:,} bytes")
            if time.monotonic() > end:
                raise NetworkError(f"{shown(url)}: not complete after {self.manners.deadline:g} s")
            yield chunk

    @contextmanager
    def _answer(
        self, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Iterator[tuple[httpx.Response, str]]:
        """Follow redirects by hand: each hop gets its own credentials and must stay encrypted.

        What somebody configured may be private and lead to what is private. Whoever answers from
        the public network leads to public addresses only, and to ports of the web.
        """
        import httpx

        current, wary = url, False
        try:
            for _ in range(self.manners.redirects + 1):
                with self._send(current, headers, body, wary=wary) as answer:
                    if answer.status_code not in _REDIRECTS:
                        _judge(answer, current)
                        yield answer, without_credentials(current)
                        return
                    wary = wary or hops.from_outside(answer)
                    target = hops.after(current, answer.headers.get("Location", ""))
                    if wary and not self._is_near(target):
                        hops.check(current, target)
                    current = target
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise _RetryLaterError(_reason(error)) from None
        except (httpx.InvalidURL, httpx.HTTPError, UnicodeError):
            raise NetworkError(f"{shown(current)}: not a usable address") from None
        raise NetworkError(f"{shown(url)}: more than {self.manners.redirects} redirects")

    @contextmanager
    def _send(
        self, url: str, headers: Mapping[str, str], body: bytes | None, *, wary: bool
    ) -> Iterator[httpx.Response]:
        import httpx

        plain = without_credentials(url)
        parts = urlsplit(plain)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise NetworkError(f"{shown(url)}: only http and https addresses are fetched")
        login = self._login(url)
        # An empty auth function keeps httpx from looking up credentials on its own.
        auth = httpx.BasicAuth(*login) if login else httpx.Auth()
        token = None if login else self.manners.tokens.get(parts.netloc)
        headers = {**headers, "Authorization": f"Bearer {token}"} if token else headers
        client = self._client(checked=not self._trusted(parts.netloc, parts.hostname))
        verb = "GET" if body is None else "POST"
        guard = {"trace": hops.only_public(url)} if wary and not self._is_near(url) else None
        with client.stream(
            verb, plain, headers=dict(headers), auth=auth, content=body, extensions=guard
        ) as answer:
            yield answer

    def _is_near(self, url: str) -> bool:
        parts = urlsplit(without_credentials(url))
        known = self.manners.near | self.manners.trusted_hosts
        return bool({parts.netloc, parts.hostname} & known)

    def _trusted(self, netloc: str, host: str) -> bool:
        return bool({netloc, host} & self.manners.trusted_hosts)

    def _login(self, url: str) -> tuple[str, str] | None:
        """Find credentials as pip does: in the URL, in the index's URL, in netrc."""
        parts = urlsplit(url)
        if parts.username is not None:
            return unquote(parts.username), unquote(parts.password or "")
        netloc = parts.netloc.rpartition("@")[2]
        return self.manners.credentials.get(netloc) or _netrc(parts.hostname or "")

    def _client(self, *, checked: bool) -> httpx.Client:
        with self._opening:
            if checked not in self._clients:
                self._clients[checked] = self._open(checked=checked)
            return self._clients[checked]

    def _open(self, *, checked: bool) -> httpx.Client:
        import httpx

        try:
            return httpx.Client(
                headers={"User-Agent": user_agent()},
                timeout=self.manners.timeout,
                verify=_trust(self.manners) if checked else False,
                proxy=self.manners.proxy or None,
                follow_redirects=False,
            )
        except (ValueError, ImportError, httpx.InvalidURL):
            raise ConfigError("the configured proxy address cannot be used") from None


def user_agent() -> str:
    """Return how we introduce ourselves."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"antivenom/{version('antivenom')}"
    except PackageNotFoundError:
        return "antivenom/0"


def _judge(answer: httpx.Response, url: str) -> None:
    """Let only usable answers through."""
    status = answer.status_code
    if status in (200, 304):
        return
    if status in _RETRIED:
        raise _RetryLaterError(f"the server answered {status}", _retry_after(answer))
    if status in (404, 410):
        raise NotFoundError(f"{shown(url)}: not found ({status})")
    if status in (401, 403, 407):
        raise NetworkError(
            f"{shown(url)}: access denied ({status})",
            hint="put credentials into netrc or the index URL, as for pip",
        )
    raise NetworkError(f"{shown(url)}: the server answered {status}")


def _retry_after(answer: httpx.Response) -> float | None:
    """Return the seconds a server asks us to wait: a number or a date."""
    value = answer.headers.get("Retry-After", "").strip()
    if value.isdecimal():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _reason(error: Exception) -> str:
    """Say what happened without the library's words, which may hold addresses and secrets."""
    import httpx

    if isinstance(error, httpx.ProxyError):
        return "the proxy refused the connection"
    if isinstance(error, httpx.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, httpx.TimeoutException):
        return "the server stopped answering"
    if isinstance(error, httpx.ConnectError):
        return _connection_reason(str(error).lower())
    if isinstance(error, httpx.RemoteProtocolError):
        return "the answer was cut off"
    if isinstance(error, httpx.DecodingError):
        return "the answer could not be decompressed"
    return "the connection broke"


def _connection_reason(text: str) -> str:
    if "certificate" in text or "ssl" in text:
        return "the server's certificate is not trusted"
    if "refused" in text:
        return "connection refused"
    if "name or service" in text or "getaddrinfo" in text or "name resolution" in text:
        return "the host name is unknown (no network?)"
    return "no connection"


def _trust(manners: Manners) -> ssl.SSLContext:
    """Trust the system's authorities, the bundled ones, and what pip was told to trust."""
    import ssl

    import certifi

    context = ssl.create_default_context()
    own = manners.cert or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    try:
        context.load_verify_locations(certifi.where())
        if own:
            folder = Path(own).is_dir()
            context.load_verify_locations(**{"capath" if folder else "cafile": own})
        if manners.client_cert:
            context.load_cert_chain(manners.client_cert)
    except (OSError, ssl.SSLError):
        raise ConfigError("the configured certificate file cannot be used") from None
    return context


def _netrc(host: str) -> tuple[str, str] | None:
    """Look a host up in the user's netrc; a broken file is the same as none, as for pip."""
    from netrc import NetrcParseError, netrc

    named = os.environ.get("NETRC")
    try:
        found = netrc(named or None).authenticators(host)
    except (OSError, NetrcParseError, UnicodeError):
        return None
    return (found[0] or found[1], found[2] or "") if found else None
