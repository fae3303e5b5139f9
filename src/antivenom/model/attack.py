"""Names of MITRE ATT&CK techniques, and which of them a behavior is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom import compiled

SOURCE = Path(__file__).with_name("attack.toml")


class Attack(Struct, frozen=True, forbid_unknown_fields=True):
    """The part of ATT&CK we name."""

    version: str
    techniques: dict[str, str]
    behaviors: dict[str, tuple[str, ...]]

    def title(self, technique: str) -> str:
        """Return the full name: parent and sub-technique, as ATT&CK writes it."""
        name = self.techniques.get(technique, "")
        parent = self.techniques.get(technique.partition(".")[0], "")
        return f"{parent}: {name}" if "." in technique and parent else name


@cache
def load_attack() -> Attack:
    """Return the table, compiled where there is a compiled form."""
    return compiled.load("attack", [SOURCE], build, Attack)


def build() -> Attack:
    """Read the table from its source."""
    import tomllib

    return msgspec.convert(tomllib.loads(SOURCE.read_text(encoding="utf-8")), Attack)
