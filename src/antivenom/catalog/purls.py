"""One spelling for a project: package URLs, and what OSV calls an ecosystem."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from antivenom.model.coordinate import normalize_pypi
from antivenom.report.escape import visible

OSV_NAMES: Mapping[str, str] = {
    "pypi": "PyPI",
    "npm": "npm",
    "crates": ".".join(("crates", "io")),  # a name here, but no host stands in this repository
    "maven": "Maven",
    "go": "Go",
    "rubygems": "RubyGems",
    "nuget": "NuGet",
    "packagist": "Packagist",
    "hex": "Hex",
    "vscode": "VSCode",
}
"""Our name -> OSV's. Records of registries we cannot review are kept all the same."""

_OURS = {theirs.lower(): ours for ours, theirs in OSV_NAMES.items()}
_TYPES = {"crates": "cargo", "go": "golang", "rubygems": "gem", "packagist": "composer"}
_ECOSYSTEMS = {kind: ours for ours, kind in _TYPES.items()}


def ecosystem_of(osv_name: str) -> str:
    """Return our name of an OSV ecosystem: the part before a colon, in lower case if unknown."""
    name = visible(osv_name.partition(":")[0].strip().lower(), 60)
    return _OURS.get(name, name)


def normal_name(ecosystem: str, name: str) -> str:
    """Return the name under which a registry finds a project, and all our tables have it."""
    return normalize_pypi(name.strip()) if ecosystem == "pypi" else name.strip()


@lru_cache(maxsize=100_000)
def purl_of(ecosystem: str, name: str, version: str = "") -> str:
    """Return the package URL of a release, or of every release when there is no version."""
    from packageurl import PackageURL

    if not name:
        return ""
    kind = _TYPES.get(ecosystem, ecosystem) or "generic"
    if ecosystem == "maven":
        space, _, last = name.partition(":")
    else:
        space, _, last = normal_name(ecosystem, name).rpartition("/")
    if not last:
        space, last = "", space or name
    try:
        return PackageURL(kind, space or None, last, version or None).to_string()
    except ValueError:
        return PackageURL(
            "generic", None, name.strip("/") or "unnamed", version or None
        ).to_string()


def parse(purl: str) -> tuple[str, str, str]:
    """Return ecosystem, name and version of a package URL. Raises `ValueError`."""
    from packageurl import PackageURL

    parsed = PackageURL.from_string(purl)
    ecosystem = _ECOSYSTEMS.get(parsed.type, parsed.type)
    space = parsed.namespace or ""
    joined = ":" if ecosystem == "maven" else "/"
    name = f"{space}{joined}{parsed.name}" if space else parsed.name
    return ecosystem, name, parsed.version or ""
