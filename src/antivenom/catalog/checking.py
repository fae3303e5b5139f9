"""Is this known? By its bytes, by the bytes of a file in it, by its name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct, structs
from sqlalchemy import Connection

from antivenom.catalog import likes, queries
from antivenom.catalog.queries import Wanted
from antivenom.catalog.specimen import Specimen
from antivenom.errors import TargetError
from antivenom.likeness import Index
from antivenom.model.fact import Fact

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
    like: tuple[Fact, ...] = ()
    """What the likeness index says of it: ``like.*`` facts."""
    unread: str = ""
    """Why it could not be compared."""

    @property
    def malware(self) -> bool:
        """Whether it itself is called malware, or is the code of malware."""
        alike = any("label=malware" in one.args for one in self.like)
        return alike or any(one.label == "malware" for one in self.specimens)


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


def compared(found: Sequence[Known], index: Index) -> list[Known]:
    """Add what the likeness index says of the files and hashes among the targets."""
    paths = [Path(one.target) for one in found if one.sha256 and not _is_hash(one.target)]
    answers = iter(likes.likes(paths, index))
    return [_with(one, index, answers) for one in found]


def _with(one: Known, index: Index, answers: Iterator[likes.Likes]) -> Known:
    if not one.sha256:
        return one
    if _is_hash(one.target):
        return structs.replace(one, like=likes.of_hash(one.sha256, index))
    answer = next(answers)
    return structs.replace(one, like=answer.facts, unread=answer.unread)


def _is_hash(target: str) -> bool:
    return _HASH.fullmatch(target) is not None


def _hashed(place: Path) -> str:
    try:
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file, a sha256 or a package URL"
        raise TargetError(f"{place}: {reason}") from None
