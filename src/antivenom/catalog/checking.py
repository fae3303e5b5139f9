"""Is this known? By its bytes, by the bytes of a file in it, by its name."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection

from antivenom.catalog import queries
from antivenom.catalog.queries import Wanted
from antivenom.catalog.specimen import Specimen
from antivenom.errors import TargetError

_HASH = re.compile(r"[0-9a-fA-F]{64}")


class Known(Struct, frozen=True, kw_only=True):
    """What the catalog has about one target."""

    target: str
    sha256: str = ""
    """Of the target, when it is a file or a hash."""
    specimens: tuple[Specimen, ...] = ()
    """It itself, or the release it names."""
    parts_of: tuple[Specimen, ...] = ()
    """Specimens that hold it as a file or as a hidden text."""

    @property
    def malware(self) -> bool:
        """Whether it itself is called malware."""
        return any(one.label == "malware" for one in self.specimens)


def known(connection: Connection, target: str) -> Known:
    """Return what is known about a file, sha256 or package URL. Raises `TargetError`."""
    if target.startswith("pkg:"):
        found = queries.find(connection, Wanted(purl=target))
        return Known(target=target, specimens=tuple(found))
    sha256 = target.lower() if _HASH.fullmatch(target) else _hashed(Path(target))
    found = queries.find(connection, Wanted(hash=sha256))
    return Known(
        target=target,
        sha256=sha256,
        specimens=tuple(one for one in found if one.sha256 == sha256),
        parts_of=tuple(one for one in found if one.sha256 != sha256),
    )


def _hashed(place: Path) -> str:
    try:
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file, a sha256 or a package URL"
        raise TargetError(f"{place}: {reason}") from None
