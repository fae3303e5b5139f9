"""Which registry, which project, which version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class Ecosystem(StrEnum):
    """A package registry family."""

    PYPI = "pypi"
    NPM = "npm"
    CRATES = "crates"
    MAVEN = "maven"


_PURL_TYPES = {Ecosystem.PYPI: "pypi", Ecosystem.NPM: "npm", Ecosystem.CRATES: "cargo"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coordinate:
    """One release of one project: ecosystem, name and version as the registry spells them."""

    ecosystem: Ecosystem
    name: str
    version: str

    @property
    def purl(self) -> str:
        """The package URL, percent-encoded as the purl specification asks."""
        from packageurl import PackageURL

        if self.ecosystem is Ecosystem.MAVEN:
            group, _, artifact = self.name.partition(":")
            return PackageURL("maven", group, artifact, self.version or None).to_string()
        namespace, _, name = self.name.rpartition("/")
        kind = _PURL_TYPES[self.ecosystem]
        return PackageURL(kind, namespace or None, name, self.version or None).to_string()


def normalize_pypi(name: str) -> str:
    """Return the PEP 503 form of a project name: lower case, runs of ``-_.`` as one hyphen."""
    return re.sub(r"[-_.]+", "-", name).lower()
