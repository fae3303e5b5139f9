"""Where the index of known malware and the known-good code of this user lie."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from antivenom.likeness.index import Index

INDEX = "likeness.index"
GOOD = "known-good.index"


def folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the folder of this user's data."""
    environ = os.environ if environ is None else environ
    base = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "antivenom"


def local_index() -> Index | None:
    """Open the index of this user, None where there is none. Raises `ConfigError`."""
    path = folder() / INDEX
    return Index.open(path) if path.is_file() else None
