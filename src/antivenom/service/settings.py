"""Settings of the service: ``[service]`` in antivenom.toml, and ``ANTIVENOM_SERVICE_*``.

The environment wins over the file. Unknown keys are refused, so that a misspelt one is no silent
default. Secrets may stand in the environment alone.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from antivenom.errors import ConfigError
from antivenom.model.coordinate import Ecosystem

NAME = "antivenom.toml"
PREFIX = "ANTIVENOM_SERVICE_"
_ADDRESS = re.compile(r"https?://[^/?#\s@]+(/[^?#\s]*)?")
_HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:]+\](:\d+)?")
Keep = Literal["all", "flagged", "none"]


class Feed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """How one registry is followed."""

    url: str = ""
    """Where its changes are asked for; "" is what the package manager's configuration implies."""
    every_seconds: Annotated[float, Meta(gt=0)] = 10.0
    """How often it is asked when nothing is new."""
    requests_per_second: Annotated[float, Meta(gt=0)] = 10.0
    """Most requests a second to this registry, from each process."""
    at_once: Annotated[int, Meta(ge=1)] = 200
    """Most of its uploads that are in the queue or under work at a time."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """What the table ``[service]`` may hold. Every key has a default that works on one machine."""

    data: str = ""
    """Folder of everything this machine keeps; "" is the user's data folder."""
    database: str = ""
    """URL, or the path of an SQLite file; "" is ``service.db`` in the data folder."""
    blobs: str = ""
    """Where sealed bytes are kept: any URL that fsspec knows; "" is a folder in `data`."""
    spool: str = ""
    """Folder of fetched files while they are read; "" is a folder in `data`."""
    keep: Keep = "flagged"
    """Whose bytes are kept: of all uploads, of those that are not clean, of none."""

    # --- work
    slots: Annotated[int, Meta(ge=0, le=1024)] = 0
    """Reviews at the same time in one process; 0 is one and a half for each processor."""
    poll_seconds: Annotated[float, Meta(gt=0)] = 0.25
    """How often a worker looks for work; with n slots it starts at most n/poll-seconds a second."""
    heartbeat_seconds: Annotated[float, Meta(gt=0)] = 2.0
    dead_after_seconds: Annotated[float, Meta(gt=0)] = 10.0
    """Silence after which a worker is taken for dead and its uploads are taken over."""
    attempts: Annotated[int, Meta(ge=1, le=100)] = 4
    """How often an upload is tried before it becomes `inconclusive` and a dead letter."""
    fetch_attempts: Annotated[int, Meta(ge=1)] = 60
    """How often bytes that cannot be had are asked for; with the waits between, nine hours."""
    retry_seconds: Annotated[float, Meta(gt=0)] = 5.0
    """Wait before the second attempt; it doubles with each, up to ten minutes."""
    reconcile_seconds: Annotated[float, Meta(gt=0)] = 60.0
    """How often uploads without a verdict are looked for."""
    review_seconds: Annotated[float, Meta(gt=0)] = 120.0
    """Wall clock of one review."""
    file_bytes: Annotated[int, Meta(ge=1)] = 2 << 30
    """Largest file that is fetched."""
    baseline: bool = True
    """Whether updates are compared with the release before them."""

    # --- feeds
    feeds: dict[str, Feed] = {}
    """By registry: ``[service.feeds.pypi]``."""

    # --- retention, in days; 0 keeps for ever. Verdicts, decisions and actions are never removed.
    keep_bytes_days: Annotated[int, Meta(ge=0)] = 365
    keep_profiles_days: Annotated[int, Meta(ge=0)] = 30
    """What earlier engines observed; that of the present one is kept."""
    keep_jobs_days: Annotated[int, Meta(ge=0)] = 7
    keep_messages_days: Annotated[int, Meta(ge=0)] = 30

    # --- api and console
    listen: str = "127.0.0.1:8470"
    """Address and port; anything but loopback is said loudly when the service starts."""
    public_url: str = ""
    """How people reach it, such as ``https://review.example``; decides over cookies and links."""
    hosts: tuple[str, ...] = ()
    """Names under which it answers besides that of `public-url`; only needed behind a proxy."""
    trusted_proxies: str = ""
    """Addresses whose word on the client's address counts, separated by commas."""
    session_hours: Annotated[int, Meta(ge=1, le=720)] = 12
    requests_per_minute: Annotated[int, Meta(ge=1)] = 1200
    """Of each account, token or, without one, address."""
    sign_ins_per_minute: Annotated[int, Meta(ge=1)] = 10
    """Of each address, and of each name."""
    open_osv: bool = True
    """Whether everybody who reaches the service may ask it about releases, as package managers do;
    otherwise they need a token with the scope ``osv``."""
    open_metrics: bool = False
    """Whether ``/metrics`` needs no token."""
    fetch_hosts: tuple[str, ...] = ()
    """Hosts from which uploads may be fetched that are handed in with a URL: ``host`` or
    ``host:port``. Others are refused; what a feed tells of is fetched from the index's own."""
    submitted_bytes: Annotated[int, Meta(ge=1)] = 128 << 20
    """Largest file that may be handed in directly."""

    # --- signing in elsewhere (OpenID Connect); off without an issuer
    oidc_issuer: str = ""
    """URL of the provider; its configuration is read from there."""
    oidc_client: str = ""
    oidc_secret: str = ""
    oidc_name_claim: str = "preferred_username"
    oidc_roles_claim: str = "groups"
    oidc_roles: dict[str, Literal["viewer", "reviewer", "admin"]] = {}
    """Value of that claim -> role, looked up at each sign-in; who has none cannot sign in."""

    # --- telling others
    webhooks_to_private: bool = False
    """Whether webhooks may go to loopback and private addresses."""
    webhook_attempts: Annotated[int, Meta(ge=1, le=50)] = 10
    observations_url: str = ""
    """Where a registry takes reports: the part before ``/danger-api``; "" keeps them as drafts."""
    observations_token: str = ""
    observations_precision: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """Reports on verdicts `malicious` are sent without a person once this share of those decided
    was right; 0 means never."""
    observations_decided: Annotated[int, Meta(ge=1)] = 200
    """How many of them must have been decided before that share counts."""

    # --- log
    log: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def folder(self) -> Path:
        """The data folder."""
        if self.data:
            return Path(self.data).expanduser()
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        return Path(base) / "antivenom" / "service"

    @property
    def database_url(self) -> str:
        """Where the tables are."""
        return self.database or str(self.folder / "service.db")

    @property
    def blobs_url(self) -> str:
        """Where sealed bytes are kept."""
        return self.blobs or str(self.folder / "blobs")

    @property
    def spool_folder(self) -> Path:
        """Where fetched files lie while they are read."""
        return Path(self.spool).expanduser() if self.spool else self.folder / "spool"

    @property
    def processes(self) -> int:
        """Reviews at the same time in one process."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
        return self.slots or max(1, cores + cores // 2)

    def feed(self, name: str) -> Feed:
        """Return how a registry is followed."""
        return self.feeds.get(name, Feed())


def read(path: str | Path = "", *, environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in force.

    `path` is the file to read; without one, ``antivenom.toml`` in the working folder, where there
    is one. Raises `ConfigError` for a file that cannot be read and for unknown or wrong keys.
    """
    environ = os.environ if environ is None else environ
    place = Path(path) if path else Path.cwd() / NAME
    values: dict[str, Any] = _table(place) if path or place.is_file() else {}
    values.update(_environment(environ))
    try:
        found = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"settings of the service: {error}") from None
    for problem in _problems(found):
        raise ConfigError(f"settings of the service: {problem}")
    return found


def _problems(found: Settings) -> Iterator[str]:
    """Yield what no type says: what is accepted here must never be silently without effect."""
    known = [one.value for one in Ecosystem]
    for name in sorted(set(found.feeds) - set(known)):
        yield f"[service.feeds.{name}]: no registry is called so; known: {', '.join(known)}"
    for key in ("public-url", "observations-url", "oidc-issuer"):
        url = getattr(found, key.replace("-", "_"))
        if url and not _ADDRESS.fullmatch(url):
            yield f"{key}: {url!a} is no address, such as https://review.example"
    for key in ("hosts", "fetch-hosts"):
        for host in getattr(found, key.replace("-", "_")):
            if not _HOST.fullmatch(host):
                yield f"{key}: {host!a} is no name of a host"
    if found.dead_after_seconds < 2 * found.heartbeat_seconds:
        yield "dead-after-seconds: workers that beat so seldom would take each other for dead"


def _table(place: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(place.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{place}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{place}: {error}") from None
    table = document.get("service", {})
    if not isinstance(table, dict):
        raise ConfigError(f"{place}: [service] is not a table")
    try:
        msgspec.convert(table, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{place}: [service]: {error}") from None
    return table


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the environment says; tables are written as JSON."""
    fields = {f"{PREFIX}{f.name.upper()}": f for f in msgspec.structs.fields(Settings)}
    values: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX):
            continue
        if name not in fields:
            raise ConfigError(f"{name} is not a setting", hint=f"known: {', '.join(fields)}")
        values[fields[name].encode_name] = _plain(name, value)
    return values


def _plain(name: str, value: str) -> object:
    if value[:1] not in "{[" or not value:
        words = {"yes": True, "no": False}
        return words.get(value.strip().lower(), value)
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{name}: {error}") from None


def place(listen: str) -> tuple[str, int]:
    """Return host and port of the setting `listen`. Raises `ConfigError`."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"{listen} is no address to listen on", hint="such as 127.0.0.1:8470")
    return host, int(port)
