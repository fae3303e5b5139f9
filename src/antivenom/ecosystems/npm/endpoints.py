"""Which registry npm on this machine would ask, and how it would reach it.

Read from npm's own configuration: the environment, the user's file, the global file. Files in the
working folder are never read: it may be the thing under review.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from antivenom.errors import ConfigError

_MOST_BYTES = 1 << 20
_PREFIX = "npm_config_"
_VARIABLE = re.compile(r"(?<!\\)\$\{([A-Za-z_]\w{0,100})(\?)?\}")
_OF_HOST = re.compile(r"//([^/]{1,300})(/[^:]{0,500})?:(_authToken|_auth|username|_password)")
_OF_SCOPE = re.compile(r"(@[\w.~-]{1,200}):registry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registries:
    """The registries to ask, and what is needed to reach them."""

    default: str
    """Base URL ending in a slash, without credentials."""
    scopes: Mapping[str, str] = field(default_factory=dict)
    """``@scope`` -> base URL."""
    logins: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """``host[:port]`` -> (user, password)."""
    tokens: Mapping[str, str] = field(default_factory=dict, repr=False)
    """``host[:port]`` -> bearer token."""
    cert: str = ""
    proxy: str = ""
    trusted_hosts: frozenset[str] = frozenset()

    def of(self, name: str) -> str:
        """Return the registry of a package's name."""
        scope = name.partition("/")[0] if name.startswith("@") else ""
        return self.scopes.get(scope, self.default)

    @property
    def all(self) -> tuple[str, ...]:
        """Every registry, the default first."""
        return tuple(dict.fromkeys([self.default, *self.scopes.values()]))


def registries(environ: Mapping[str, str] | None = None) -> Registries:
    """Return what npm is configured with, else the default of the ecosystem."""
    environ = os.environ if environ is None else environ
    settings = npm_settings(environ)
    default = _base(settings.get("registry") or default_registry())
    scopes = {m[1]: _base(v) for k, v in settings.items() if (m := _OF_SCOPE.fullmatch(k))}
    logins, tokens = _credentials(settings)
    hosts = {urlsplit(url).netloc for url in (default, *scopes.values())}
    unchecked = settings.get("strict-ssl", "true").lower() == "false"
    return Registries(
        default=default,
        scopes=scopes,
        logins=logins,
        tokens=tokens,
        cert=settings.get("cafile", ""),
        proxy=settings.get("https-proxy") or settings.get("proxy") or "",
        trusted_hosts=frozenset(hosts) if unchecked else frozenset(),
    )


def default_registry() -> str:
    """Return the ecosystem's public registry, from the library that knows where purls live."""
    from packageurl.contrib.purl2url import get_download_url

    parts = urlsplit(str(get_download_url("pkg:npm/x@1")))  # type: ignore[no-untyped-call]
    return f"{parts.scheme}://{parts.netloc}/"


def npm_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return npm's settings: global file, user's file, environment; the later win."""
    named = {
        k[len(_PREFIX) :]: v for k, v in environ.items() if k.lower().startswith(_PREFIX) and v
    }
    lowered = {k if k.startswith("//") else k.lower(): v for k, v in named.items()}
    home = environ.get("HOME") or environ.get("USERPROFILE") or ""
    user = lowered.get("userconfig") or (str(Path(home) / ".npmrc") if home else "")
    prefix = lowered.get("prefix") or environ.get("PREFIX") or "/usr/local"
    merged: dict[str, str] = {}
    for place in (lowered.get("globalconfig") or str(Path(prefix) / "etc" / "npmrc"), user):
        merged.update(_file(place, environ))
    merged.update({k.replace("_", "-") if k[:1] not in "/@_" else k: v for k, v in lowered.items()})
    return merged


def _file(place: str, environ: Mapping[str, str]) -> dict[str, str]:
    try:
        with Path(place).open("rb") as opened:
            text = opened.read(_MOST_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError):
        return {}
    found: dict[str, str] = {}
    for line in text.splitlines():
        plain = line.strip()
        if not plain or plain[0] in "#;[":
            continue
        key, _, value = plain.partition("=")
        value = value.strip().strip("\"'")
        found[key.strip()] = _VARIABLE.sub(lambda m: environ.get(m[1], ""), value)
    return found


def _credentials(
    settings: Mapping[str, str],
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    parts: dict[str, dict[str, str]] = {}
    for key, value in settings.items():
        if found := _OF_HOST.fullmatch(key):
            parts.setdefault(found[1], {})[found[3]] = value
    logins: dict[str, tuple[str, str]] = {}
    tokens: dict[str, str] = {}
    for host, held in parts.items():
        if held.get("_authToken"):
            tokens[host] = held["_authToken"]
        elif held.get("_auth"):
            user, _, password = _plain(held["_auth"]).partition(":")
            logins[host] = (user, password)
        elif held.get("username"):
            logins[host] = (held["username"], _plain(held.get("_password", "")))
    return logins, tokens


def _plain(coded: str) -> str:
    try:
        return base64.b64decode(coded, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _base(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            "a registry configured for npm is not an http or https address",
            hint="look at `npm config get registry`",
        )
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path.rstrip('/')}/"
