"""Finds orders addressed to AI agents and automated reviewers, in prose, comments, strings."""

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
_BEGINNINGS = 12
_BLANKS = re.compile(r"[\s#*]+")


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of order; what the fields mean stands in the table."""

    id: str
    needles: list[str]
    steps: list[str]
    needs: list[str] = []
    """When given, one of these must stand near the needle before the steps are tried."""
    within: int = 200


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
    return compiled.load("instructions", [SOURCE, Path(__file__)], build, Orders)


@cache
def _steps(number: int) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(step, re.IGNORECASE) for step in table().order[number].steps)


def find(data: bytes, number: int, at: int) -> Sighting | None:
    """Look for order `number` around a needle found at a place."""
    order = table().order[number]
    raw = data[max(0, at - _BEFORE) : at + _AFTER]
    if order.needs:
        lowered = raw.lower()
        if not any(word.encode() in lowered for word in order.needs):
            return None
    window = _BLANKS.sub(" ", raw.decode("utf-8", "replace"))
    found = _follow(window, _steps(number), order.within)
    return Sighting(id=order.id, kind="text", value=found[:200]) if found else None


def _follow(window: str, steps: tuple[re.Pattern[str], ...], within: int) -> str:
    """Return the text in which the steps follow each other, from one of the first beginnings.

    Each step takes its first match: linear, where one pattern with gaps would try all splits.
    """
    for beginning, _ in zip(steps[0].finditer(window), range(_BEGINNINGS), strict=False):
        end = beginning.end()
        for step in steps[1:]:
            found = step.search(window, end, end + within)
            if found is None:
                break
            end = found.end()
        else:
            return window[beginning.start() : end]
    return ""
