"""JavaScript that a program made unreadable, recognised by its names and letters.

Minified code has short names, bundles have ordinary ones; what obfuscators write has many names
that nobody would give, used again and again, or no names at all.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from antivenom.model.fact import Sighting

_MOST = 400_000
_HEX = re.compile(rb"\b_0x[0-9a-f]{4,6}\b")
_NAME = re.compile(rb"(?<![\w$.\"'-])[A-Za-z_$][\w$]{5,7}(?![\w$\"'-])")
_NUMBERED = re.compile(rb"_\d+$")
_DENSE = 100_000
_LEAST_HEX = 20
_LEAST_RANDOM = 15
_SHARE = 0.4
_LEAST_SIGNS = 500
_SIGN_SHARE = 0.95
_COUNTING = re.compile(rb"([\w$]{1,60})=~\[\];\1=\{_{1,9}:\+\+\1")
"""How a pack begins that counts up one variable and spells everything by its parts."""
_BLANK_NAME = re.compile(rb"(?<![\w$])[$_]{2,6}(?![\w$])")
_FACE = re.compile("\\(\uff9f[^()]{1,4}\uff9f\\)".encode())
_LEAST_PARTS = 30
_ORDER = re.compile(
    rb"""['"]\d{1,3}(?:\|\d{1,3}){2,400}['"]\s{0,9}(?:\.\s{0,9}split|\[\s{0,9}['"]split['"])"""
)
_CHOICE = re.compile(
    rb"""\b(?:while\s{0,9}\(\s{0,9}(?:true|1|!0|!!\[\])|for\s{0,9}\(\s{0,9};\s{0,9}(?:true|1|!0|!!\[\])?\s{0,9};)"""
    rb"""\s{0,9}\)\s{0,9}\{\s{0,9}switch\s{0,9}\(\s{0,9}[\w$.]{1,60}\s{0,9}\["""
)
"""A loop without end that takes its next step out of a list."""


def observe(data: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield what kind of obfuscator wrote a script, and where it begins."""
    head = data[:_MOST]
    names = {found.group() for found in _HEX.finditer(head)}
    if len(names) >= _LEAST_HEX:
        yield head.find(b"_0x"), _sighting("hexadecimal-names", f"{len(names)} names like _0x1a2b")
    elif (random := _random(head)) is not None:
        count, example = random
        yield (
            head.find(example),
            _sighting("random-names", f"{count} names like {example.decode()}"),
        )
    signs = len(head) - len(head.translate(None, b"[]()!+"))
    if signs >= _LEAST_SIGNS and signs >= _SIGN_SHARE * len(head.strip()):
        yield 0, _sighting("signs-alone", "a program written with []()!+ alone")
    yield from _packs(head)
    yield from _shuffled(head)


def _packs(head: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield programs spelled by one variable's parts (JJEncode) or by faces (AAEncode)."""
    begins = _COUNTING.search(head)
    if begins is not None and _many(_BLANK_NAME, head[begins.start() :]):
        yield begins.start(), _sighting("counted-parts", "a program spelled by names like _$_")
    face = _FACE.search(head)
    if face is not None and _many(_FACE, head[face.start() :]):
        yield face.start(), _sighting("faces", "a program spelled by drawn faces")


def _shuffled(head: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield steps that a loop takes in an order written as a text."""
    order = _ORDER.search(head)
    if order is not None and _CHOICE.search(head) is not None:
        yield order.start(), _sighting("shuffled-steps", "steps shuffled and chosen by a list")


def _many(pattern: re.Pattern[bytes], text: bytes) -> bool:
    return sum(1 for _ in itertools.islice(pattern.finditer(text), _LEAST_PARTS)) == _LEAST_PARTS


def _random(data: bytes) -> tuple[int, bytes] | None:
    """Return how many names look like thrown dice, when most names do."""
    if data.count(b"\n", 0, _DENSE) > _DENSE // 60:
        return None  # lines as people write them
    used = Counter(_NAME.findall(data[:_DENSE]))
    often = [name for name, times in used.items() if times > 1]
    odd = [name for name in often if _is_odd(name)]
    if len(odd) < _LEAST_RANDOM or len(odd) < _SHARE * len(often):
        return None
    return len(odd), odd[0]


def _is_odd(name: bytes) -> bool:
    """Whether letters of both cases and digits stand mixed: ``u8_bNby``, not ``utf8Text``."""
    if _NUMBERED.search(name):
        return False
    text = name.decode("ascii", "replace")
    kinds = [c.isdigit() + 2 * c.isupper() + 4 * c.islower() for c in text]
    changes = sum(a != b for a, b in itertools.pairwise(kinds))
    return changes >= 3 and any(c.isdigit() for c in text) and any(c.isupper() for c in text)


def _sighting(how: str, value: str) -> Sighting:
    return Sighting(id="data.assemble", value=value, args=("how=obfuscator", f"style={how}"))
