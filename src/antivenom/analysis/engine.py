"""The digest of the observing code: the same engine on the same bytes gives the same profile."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from antivenom import compiled

_ROOT = Path(__file__).parent.parent
_PACKAGES = ("model", "unpack", "languages", "ecosystems", "analysis", "context", "likeness")


def sources() -> list[Path]:
    """Return every file whose change could change a profile."""
    found = [_ROOT / "pipeline.py"]
    for package in _PACKAGES:
        found += [p for p in (_ROOT / package).rglob("*") if p.suffix in {".py", ".toml"}]
    return found


@cache
def digest() -> str:
    """Return the engine digest, hexadecimal."""
    shipped = compiled.SHIPPED / "engine.json"
    if shipped.exists():
        return compiled.load("engine", (), str, str)
    return compiled.digest(sources())
