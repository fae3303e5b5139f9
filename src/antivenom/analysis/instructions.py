"""Finds orders addressed to AI agents and to automated reviewers, in prose, comments and strings."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

from msgspec import Struct

from antivenom import compiled
from antivenom.model.fact import Sighting

SOURCE = Path(__file__).with_name("instructions.toml")
_BEFORE = 300
_AFTER = 500
_BLANKS = re.compile(r"[\s#*/>|]+")


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of order."""

    id: str
    needles: list[str]
    pattern: str
    needs: list[str] = []
    """When given, one of these must stand near the needle before the pattern is tried."""


class Orders(Struct, frozen=True, forbid_unknown_fields=True):
    """The table."""

    order: list[Order]


def build() -> Orders:
    """Read ``instructions.toml``."""
    import msgspec

    return msgspec.convert(tomllib.loads(SOURCE.read_text(encoding="utf-8")), Orders)


@cache
def table() -> Orders:
    """Return the table, compiled once."""
    return compiled.load("instructions", [SOURCE], build, Orders)


@cache
def _pattern(number: int) -> re.Pattern[str]:
    return re.compile(table().order[number].pattern.replace("\\s", " "), re.IGNORECASE)


def find(data: bytes, number: int, at: int) -> Sighting | None:
    """Look for order `number` around a needle found at a place."""
    order = table().order[number]
    raw = data[max(0, at - _BEFORE) : at + _AFTER]
    if order.needs:
        lowered = raw.lower()
        if not any(word.encode() in lowered for word in order.needs):
            return None
    window = _BLANKS.sub(" ", raw.decode("utf-8", "replace"))
    found = _pattern(number).search(window)
    if found is None:
        return None
    return Sighting(id=order.id, kind="text", value=found.group()[:200])
