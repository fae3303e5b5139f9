"""Data people write (TOML, Markdown) in the form programs read fast.

The sources are the truth. A wheel ships each table compiled beside its sources; a checkout keeps
the compiled form in the user's cache, keyed by a digest of the sources, so an edit is never stale.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")

SHIPPED = Path(__file__).parent / "_compiled"
"""Where the wheel's build puts the compiled tables; absent in a checkout."""


def cache_folder() -> Path:
    """Return the folder for files that can always be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "antivenom"


def digest(sources: Iterable[Path]) -> str:
    """Return a sha256 over the names and bytes of files, independent of their order."""
    total = hashlib.sha256()
    for path in sorted(sources, key=lambda p: p.as_posix()):
        data = path.read_bytes()
        total.update(f"{path.name}\0{len(data)}\0".encode())
        total.update(data)
    return total.hexdigest()


def load(name: str, sources: Iterable[Path], build: Callable[[], T], kind: type[T]) -> T:
    """Return the table `name`, from the wheel, from the cache, or built from its sources."""
    shipped = SHIPPED / f"{name}.json"
    if shipped.exists():
        return msgspec.json.decode(shipped.read_bytes(), type=kind)
    cached = cache_folder() / "compiled" / f"{name}-{digest(sources)[:24]}.json"
    try:
        return msgspec.json.decode(cached.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        pass
    table = build()
    _keep(cached, msgspec.json.encode(table))
    return table


def _keep(path: Path, data: bytes) -> None:
    """Write atomically; a read-only home only costs the next start some time."""
    partial = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        partial.replace(path)
    except OSError:
        # A reviewing child may not write at all: it leaves nothing half done.
        with suppress(OSError):
            partial.unlink(missing_ok=True)
