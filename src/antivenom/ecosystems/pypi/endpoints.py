"""Which index a Python client on this machine would use, and how it would reach it.

Read from pip's and uv's own configuration, so that a company mirror works with no setting of
ours. Files in the working folder are never read: it may be the thing under review.
"""

from __future__ import annotations

import configparser
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from antivenom.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """The indexes to ask, in order, and what is needed to reach them."""

    indexes: tuple[str, ...]
    """Base URLs of simple APIs, ending in a slash, without credentials."""
    credentials: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    """``host[:port]`` -> (user, password), taken out of the configured URLs."""
    cert: str = ""
    client_cert: str = ""
    proxy: str = ""
    trusted_hosts: frozenset[str] = frozenset()
    source: str = ""
    """Who said so, for messages: ``pip``, ``uv``, ``default``."""


def endpoints(environ: Mapping[str, str] | None = None) -> Endpoints:
    """Return what pip is configured with, else uv, else the default of the ecosystem."""
    environ = os.environ if environ is None else environ
    pip, uv = pip_settings(environ), uv_indexes(environ)
    if _true(pip.get("no-index", "")):
        raise ConfigError(
            "pip is configured with no-index, so there is no index to ask",
            hint="name files instead, or set PIP_INDEX_URL",
        )
    main, extra = pip.get("index-url", ""), pip.get("extra-index-url", "").split()
    if main or extra:
        urls, source = [main or default_index(), *extra], "pip"
    elif uv:
        urls, source = uv, "uv"
    else:
        urls, source = [default_index()], "default"
    return _assemble(urls, source, pip)


def default_index() -> str:
    """Return the ecosystem's public index, from the library that knows where purls live."""
    from packageurl.contrib.purl2url import get_repo_url

    return urljoin(str(get_repo_url("pkg:pypi/x@1")), "/simple/")  # type: ignore[no-untyped-call]


def pip_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Return pip's settings as ``pip install`` would see them: files, then environment."""
    merged: dict[str, str] = {}
    for path in _pip_files(environ):
        merged.update(_pip_file(path))
    for name, value in environ.items():
        if name.startswith("PIP_") and value and name != "PIP_CONFIG_FILE":
            merged[name[4:].lower().replace("_", "-")] = value
    return merged


def uv_indexes(environ: Mapping[str, str]) -> list[str]:
    """Return the indexes uv is configured with by environment or by its user's files."""
    table = {} if _true(environ.get("UV_NO_CONFIG", "")) else _uv_table(environ)
    named = [(str(i.get("name", "")), str(i["url"])) for i in _tables(table) if i.get("url")]
    asked = environ.get("UV_INDEX", "").split()
    first = [name_url.rpartition("=")[::2] for name_url in asked if "://" in name_url]
    extra = environ.get("UV_EXTRA_INDEX_URL", "").split() or _strings(table, "extra-index-url")
    main = environ.get("UV_DEFAULT_INDEX") or environ.get("UV_INDEX_URL")
    defaults = [str(i["url"]) for i in _tables(table) if i.get("default") and i.get("url")]
    main = main or next(iter(defaults), "") or next(iter(_strings(table, "index-url")), "")
    main = main.rpartition("=")[2] if re.match(r"[\w-]+=\w+://", main) else main
    urls = [_with_login(name, url, environ) for name, url in [*first, *named] if url != main]
    if not main and not urls and not extra:
        return []
    return list(dict.fromkeys([*urls, *extra, main or default_index()]))


def _assemble(urls: list[str], source: str, pip: Mapping[str, str]) -> Endpoints:
    credentials: dict[str, tuple[str, str]] = {}
    indexes: list[str] = []
    for url in urls:
        try:
            parts = urlsplit(url.strip())
            host = parts.netloc.rpartition("@")[2]
            usable = parts.scheme in ("http", "https") and bool(parts.hostname)
            if parts.username is not None:
                login = unquote(parts.username), unquote(parts.password or "")
                credentials.setdefault(host, login)
        except ValueError:
            usable = False
        if not usable:
            raise ConfigError(
                f"an index configured for {source} is not an http or https address",
                hint="look at index-url and extra-index-url",
            )
        indexes.append(urlunsplit((parts.scheme, host, parts.path.rstrip("/") + "/", "", "")))
    return Endpoints(
        indexes=tuple(dict.fromkeys(indexes)),
        credentials=credentials,
        cert=pip.get("cert", ""),
        client_cert=pip.get("client-cert", ""),
        proxy=pip.get("proxy", ""),
        trusted_hosts=frozenset(pip.get("trusted-host", "").split()),
        source=source,
    )


def _pip_files(environ: Mapping[str, str]) -> Iterator[Path]:
    """List pip's configuration files, weakest first, as pip does."""
    named = environ.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    home = Path(environ.get("HOME") or Path.home())
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    for folder in reversed(environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep)):
        yield Path(folder) / "pip" / name
    yield Path("/etc") / name
    for variable in ("PROGRAMDATA", "APPDATA"):
        if environ.get(variable):
            yield Path(environ[variable]) / "pip" / name
    if sys.platform == "darwin":
        yield Path("/Library/Application Support/pip") / name
    if not (named and Path(named).exists()):
        yield home / ("pip" if os.name == "nt" else ".pip") / name
        if sys.platform == "darwin":
            yield home / "Library/Application Support/pip" / name
        yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / name
    for prefix in (environ.get("VIRTUAL_ENV"), sys.prefix):
        if prefix:
            yield Path(prefix) / name
    if named:
        yield Path(named)


def _pip_file(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return {}
    except configparser.Error:
        raise ConfigError(f"pip's configuration file {path} cannot be read") from None
    merged: dict[str, str] = {}
    for section in ("global", "install"):
        if parser.has_section(section):
            merged.update({k.replace("_", "-"): v for k, v in parser.items(section) if v})
    return merged


def _uv_table(environ: Mapping[str, str]) -> dict[str, Any]:
    named = environ.get("UV_CONFIG_FILE", "")
    home = Path(environ.get("HOME") or Path.home())
    user = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml"
    merged: dict[str, Any] = {}
    for path in [Path(named)] if named else [Path("/etc/uv/uv.toml"), user]:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError:
            continue
        except (tomllib.TOMLDecodeError, UnicodeError):
            raise ConfigError(f"uv's configuration file {path} cannot be read") from None
        merged.update(table)
    return merged


def _tables(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = table.get("index")
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _strings(table: Mapping[str, Any], key: str) -> list[str]:
    found = table.get(key)
    found = [found] if isinstance(found, str) else found
    return [row for row in found if isinstance(row, str)] if isinstance(found, list) else []


def _with_login(name: str, url: str, environ: Mapping[str, str]) -> str:
    """Add the credentials uv takes from ``UV_INDEX_<NAME>_USERNAME`` and ``_PASSWORD``."""
    from urllib.parse import quote

    key = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    user, password = environ.get(f"{key}_USERNAME"), environ.get(f"{key}_PASSWORD")
    if not name or user is None or "@" in url:
        return url
    login = f"{quote(user, safe='')}:{quote(password or '', safe='')}@"
    return url.replace("://", f"://{login}", 1)


def _true(value: str) -> bool:
    return value.strip().lower() in ("1", "true", "yes", "on", "y", "t")
