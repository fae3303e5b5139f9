"""One attack in one disguise, as a package."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.builders.archives import npm


@dataclass(frozen=True)
class Attack:
    """A harmless package that is built as an attack was."""

    name: str
    """The attack's number in our list, and what this disguise is."""
    files: Mapping[str, str | bytes]
    scripts: Mapping[str, str] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    least: str = "suspicious"
    """The verdict it must have at least."""

    def tarball(self) -> bytes:
        """Return the package."""
        fields = {"name": "demo", "version": "1.0.0", "main": "index.js", **self.manifest}
        if self.scripts:
            fields["scripts"] = dict(self.scripts)
        return npm({"package.json": json.dumps(fields, indent=2), **self.files})


def elf() -> bytes:
    """Return the smallest thing that a loader would take for a program; it does nothing."""
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    code = b"\xb8\x3c\x00\x00\x00\x31\xff\x0f\x05"
    size = 120 + len(code)
    head += struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 4096)
    return head + code
