"""Which rules catch which attack: the table beside the pages (`coverage.toml`)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom.errors import RuleError
from antivenom.rules.book import PAGES


class Attack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attack that was seen, or a gap of other tools, and the rules that answer it."""

    key: str
    """The number in the list of attacks, or a short name of a class."""
    title: str
    ecosystems: tuple[str, ...] = ()
    """Empty: any."""
    rules: tuple[str, ...] = ()
    silent: bool = False
    """True for a twin that no rule may flag."""
    note: str = ""


def read_coverage(folder: Path = PAGES) -> list[Attack]:
    """Return the attacks in the order of the file; none where the book has no such file."""
    path = folder / "coverage.toml"
    if not path.is_file():
        return []
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        attacks = msgspec.convert(table.get("attack", []), list[Attack])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RuleError(f"coverage.toml: {error}") from None
    keys = [attack.key for attack in attacks]
    for key in keys:
        if keys.count(key) > 1:
            raise RuleError(f"coverage.toml: '{key}' stands twice")
    return attacks
