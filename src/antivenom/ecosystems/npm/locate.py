"""What a registry of npm offers: packuments, the tarball of a version, its hashes.

Packuments are parsed here and fetched elsewhere. What a registry says is data; only its hashes
are relied upon.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from msgspec import DecodeError, json

from antivenom.errors import NetworkError, NotFoundError, TargetError

ACCEPT = "application/json"
ALGORITHMS = ("sha512", "sha384", "sha256", "sha1")
"""Hashes an integrity text may name, best first."""
_NAME = re.compile(r"(?:@[A-Za-z0-9~][\w.~-]{0,213}/)?[A-Za-z0-9_~][\w.~-]{0,213}")
_VERSION = re.compile(r"\d[\w.+-]{0,200}")
_TAG = re.compile(r"[A-Za-z][\w.-]{0,100}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A package and which version of it."""

    name: str
    version: str = "latest"
    """A version, or a tag such as ``latest``."""
    hashes: frozenset[str] = frozenset()
    """``algorithm:hexadecimal`` from a lock; empty when what the registry announces will do."""

    def __str__(self) -> str:
        """Return it as a person would write it."""
        return f"npm:{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tarball:
    """One version as a packument lists it."""

    version: str
    url: str
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Algorithm -> hexadecimal digest."""
    deprecated: str = ""
    uploaded: str = ""


def parse_wanted(text: str) -> Wanted:
    """Read ``name``, ``name@version`` or ``name@tag``, with or without ``npm:`` in front."""
    plain = text.strip().removeprefix("npm:")
    name, _, version = plain.rpartition("@") if "@" in plain[1:] else (plain, "", "")
    if not _NAME.fullmatch(name):
        raise TargetError(f"{text[:200]!a} names no package of npm")
    if version and not (_VERSION.fullmatch(version) or _TAG.fullmatch(version)):
        raise TargetError(
            f"{text[:200]!a}: ranges are not resolved",
            hint="name one version or a tag: npm:NAME@1.2.3, npm:NAME@latest",
        )
    return Wanted(name=name, version=version or "latest")


def page_url(registry: str, name: str) -> str:
    """Return where a registry serves the packument of a package."""
    return registry + quote(name, safe="@")


def digests(integrity: str) -> dict[str, str]:
    """Return algorithm -> hexadecimal digest of an integrity text (``sha512-...=``)."""
    found: dict[str, str] = {}
    for part in integrity.split()[:10]:
        algorithm, _, coded = part.partition("-")
        if algorithm in ALGORITHMS:
            try:
                raw = base64.b64decode(coded.partition("?")[0], validate=True)
            except (binascii.Error, ValueError):
                continue
            if raw:
                found[algorithm] = raw.hex()
    return found


def choose(body: bytes, wanted: Wanted) -> tuple[Tarball, tuple[Tarball, ...]]:
    """Return the tarball of the wanted version and all others the packument lists."""
    try:
        page = json.decode(body)
    except DecodeError:
        raise NetworkError(f"{wanted}: the registry's answer is no packument") from None
    versions = page.get("versions") if isinstance(page, dict) else None
    if not isinstance(versions, dict) or not versions:
        raise NotFoundError(f"{wanted}: the registry has no versions of this package")
    tags = page.get("dist-tags")
    version = wanted.version
    if isinstance(tags, dict) and isinstance(tags.get(version), str):
        version = tags[version]
    if version not in versions:
        known = ", ".join(list(versions)[-3:])
        raise NotFoundError(
            f"{wanted}: the registry has no such version", hint=f"the newest are {known}"
        )
    times = page.get("time")
    known_times = times if isinstance(times, dict) else {}
    return _tarball(version, versions[version], known_times), tuple(
        _tarball(v, found, known_times) for v, found in _bounded(versions.items())
    )


def _bounded(items: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    return list(items)[-20_000:]


def _tarball(version: str, found: object, times: Mapping[str, Any]) -> Tarball:
    entry = found if isinstance(found, dict) else {}
    dist = entry.get("dist")
    held = dist if isinstance(dist, dict) else {}
    hashes = digests(str(held.get("integrity") or ""))
    shasum = held.get("shasum")
    if isinstance(shasum, str) and re.fullmatch(r"[0-9a-f]{40}", shasum):
        hashes.setdefault("sha1", shasum)
    said, when = entry.get("deprecated"), times.get(version)
    return Tarball(
        version=version,
        url=str(held.get("tarball") or ""),
        hashes=hashes,
        deprecated=said[:300] if isinstance(said, str) else "",
        uploaded=when if isinstance(when, str) else "",
    )
