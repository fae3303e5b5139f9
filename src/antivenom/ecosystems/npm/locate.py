"""Which package is wanted and where its registry keeps it: names, addresses, hashes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from antivenom.errors import TargetError

ACCEPT = "application/json"
ALGORITHMS = ("sha512", "sha384", "sha256", "sha1")
"""Hashes an integrity text may name, best first."""
_NAME = re.compile(r"(?:@[A-Za-z0-9~][\w.~-]{0,213}/)?[A-Za-z0-9_~][\w.~-]{0,213}")
_LONGEST = 214
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


def is_name(text: str) -> bool:
    """Return whether a text can be the name of a package."""
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


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
