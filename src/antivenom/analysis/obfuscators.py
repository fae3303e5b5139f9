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
