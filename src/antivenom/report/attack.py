"""The names of ATT&CK techniques, for the reports."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).parent.parent / "model" / "attack.toml"


def technique(identifier: str) -> str:
    """Return ``T1027 Obfuscated Files or Information``, or the id alone where it has no name."""
    name = _names().get(identifier)
    return f"{identifier} {name}" if name else identifier


@cache
def _names() -> Mapping[str, str]:
    if not _TABLE.exists():
        return {}
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {k: v for k, v in table.get("techniques", table).items() if isinstance(v, str)}
