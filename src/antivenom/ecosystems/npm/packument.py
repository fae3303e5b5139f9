"""A packument: everything a registry of npm says of one package, all its versions at once.

What a registry says is data of the uploader's making, except hashes and times; whatever has the
wrong type is as if it were not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import DecodeError, json

from antivenom.ecosystems.npm import declared
from antivenom.ecosystems.npm.locate import Tarball, Wanted, digests
from antivenom.ecosystems.npm.manifest import Manifest
from antivenom.errors import NetworkError, NotFoundError
from antivenom.model.label import Metadata

_SHASUM = re.compile(r"[0-9a-f]{40}")
_MOST_VERSIONS = 20_000
_MOST_PEOPLE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Packument:
    """One package as its registry describes it."""

    fields: Mapping[str, Any] = field(repr=False)
    versions: Mapping[str, Mapping[str, Any]] = field(repr=False)
    """Version -> the manifest as it was published, in the registry's order."""

    def version(self, wanted: Wanted) -> str:
        """Return the version that a version or tag names, or say why there is none."""
        tagged = _mapping(self.fields.get("dist-tags")).get(wanted.version)
        version = tagged if isinstance(tagged, str) else wanted.version
        if version in self.versions:
            return version
        known = ", ".join(list(self.versions)[-3:])
        raise NotFoundError(
            f"{wanted}: the registry has no such version", hint=f"the newest are {known}"
        )

    def tarball(self, version: str) -> Tarball:
        """Return where a version's file lies and what is said of it."""
        entry = self.versions.get(version, {})
        held = _mapping(entry.get("dist"))
        hashes = digests(str(held.get("integrity") or ""))
        shasum = held.get("shasum")
        if isinstance(shasum, str) and _SHASUM.fullmatch(shasum):
            hashes.setdefault("sha1", shasum)
        said = entry.get("deprecated")
        return Tarball(
            version=version,
            url=str(held.get("tarball") or ""),
            hashes=hashes,
            deprecated=said[:300] if isinstance(said, str) else "",
            uploaded=self.uploaded(version),
        )

    def uploaded(self, version: str) -> str:
        """Return when a version was published, ISO 8601; "" where the registry does not say."""
        when = _mapping(self.fields.get("time")).get(version)
        return when[:40] if isinstance(when, str) else ""

    def attested(self, version: str) -> bool | None:
        """Return whether a version carries provenance; None where the registry says nothing."""
        dist = self.versions.get(version, {}).get("dist")
        return "attestations" in dist if isinstance(dist, dict) else None

    def publisher(self, version: str) -> str:
        """Return the account that published a version, "" where the registry does not say."""
        name = _mapping(self.versions.get(version, {}).get("_npmUser")).get("name")
        return name[:200] if isinstance(name, str) else ""

    def maintainers(self, version: str) -> frozenset[str]:
        """Return the accounts that could publish when a version came."""
        listed = self.versions.get(version, {}).get("maintainers")
        found = listed[:_MOST_PEOPLE] if isinstance(listed, list) else []
        return frozenset(filter(None, map(_account, found)))

    def declared(self, version: str) -> Metadata:
        """Return what the registry shows of a version, which need not be what lies in its file."""
        return declared.metadata(_manifest(self.versions.get(version, {})), "")

    def described(self) -> Metadata:
        """Return what the registry shows of the package itself: its newest words, its README."""
        readme = self.fields.get("readme")
        text = readme if isinstance(readme, str) else ""
        tag = _mapping(self.fields.get("dist-tags")).get("latest")
        newest = self.versions.get(tag, {}) if isinstance(tag, str) else {}
        return declared.metadata(_manifest({**newest, **_said(self.fields)}), text)


def read(body: bytes, wanted: Wanted) -> Packument:
    """Read what a registry answered; refuses what is no packument or has no versions."""
    try:
        page = json.decode(body)
    except (DecodeError, RecursionError):
        raise NetworkError(f"{wanted}: the registry's answer is no packument") from None
    fields = _mapping(page)
    versions = dict(_versions(_mapping(fields.get("versions"))))
    if not versions:
        raise NotFoundError(f"{wanted}: the registry has no versions of this package")
    return Packument(fields=fields, versions=versions)


def _versions(found: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for version, entry in list(found.items())[-_MOST_VERSIONS:]:
        if isinstance(entry, dict):
            yield version, entry


def _said(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what describes the package as a whole, without what is kept by version."""
    wanted = ("name", "description", "homepage", "repository", "author", "license", "maintainers")
    return {key: fields[key] for key in wanted if fields.get(key)}


def _manifest(entry: Mapping[str, Any]) -> Manifest:
    return Manifest(member="", folder="", fields=entry)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _account(person: object) -> str:
    if isinstance(person, dict):
        name = person.get("name")
        return name[:200] if isinstance(name, str) else ""
    return person.partition("<")[0].strip()[:200] if isinstance(person, str) else ""
