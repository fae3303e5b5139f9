"""How one name becomes another by a slip of the fingers or of the eye.

Names are compared in their registry's normal form. A slip is judged inside the one word that
differs: the families of a vendor differ in one short word, and that is no slip.
"""

from __future__ import annotations

import unicodedata

KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_CONFUSABLE = str.maketrans(
    {
        **{"0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "@": "a", "|": "l"},
        # Letters of other scripts that look like ours; NFKC leaves them as they are.
        **dict(zip("аеорсухіјѕԁһкмтвнгп", "aeopcyxljsdhkmtbhrn", strict=True)),
        **dict(zip("αεικνορτυχ", "aelkvoptux", strict=True)),
        **{"ı": "l", "ℓ": "l", "ɡ": "g", "ɑ": "a", "ø": "o", "đ": "d", "ł": "l"},
    }
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
LONGEST = 100
"""Characters of a name that are looked at; registries allow little more."""


def _neighbours() -> dict[str, str]:
    """Return the keys around each key."""
    found: dict[str, set[str]] = {key: set() for row in KEYBOARD for key in row}
    for above, row in enumerate(KEYBOARD):
        for at, key in enumerate(row):
            found[key].update(row[max(at - 1, 0) : at + 2])
            if above + 1 < len(KEYBOARD):
                below = KEYBOARD[above + 1][max(at - 1, 0) : at + 1]
                found[key].update(below)
                for other in below:
                    found[other].add(key)
    return {key: "".join(sorted(keys - {key})) for key, keys in found.items()}


NEIGHBOURS = _neighbours()


def skeleton(name: str) -> str:
    """Return what a hurried eye sees of a name: look-alike characters made one, no separators."""
    name = name[:LONGEST]
    plain = name if name.isascii() else unicodedata.normalize("NFKC", name)
    folded = plain.lower().translate(_CONFUSABLE)
    for pair, one in _PAIRS:
        folded = folded.replace(pair, one)
    return bare(folded)


def bare(name: str) -> str:
    """Return a name without separators."""
    return name.replace("-", "").replace("_", "").replace(".", "")


def one_slip(typed: str, meant: str) -> str:
    """Name the single slip that turns `meant` into `typed`; "" when there is none."""
    if typed == meant:
        return ""
    at = _shared(typed, meant)
    if len(typed) == len(meant):
        if typed[at + 1 :] == meant[at + 1 :]:
            return "keyboard" if typed[at] in NEIGHBOURS.get(meant[at], "") else "replaced"
        swapped = typed[at : at + 2] == meant[at : at + 2][::-1]
        return "transposed" if swapped and typed[at + 2 :] == meant[at + 2 :] else ""
    if len(typed) + 1 == len(meant) and typed[at:] == meant[at + 1 :]:
        return "missing"
    if len(typed) == len(meant) + 1 and typed[at + 1 :] == meant[at:]:
        return "doubled" if typed[at] in typed[at - 1 : at] + typed[at + 1 : at + 2] else "added"
    return ""


def _shared(one: str, other: str) -> int:
    """Return how many characters two names share at the start."""
    least = min(len(one), len(other))
    for at in range(least):
        if one[at] != other[at]:
            return at
    return least


def distance(one: str, other: str, most: int = 2) -> int:
    """Return the edits between two names, a transposition being one; `most` + 1 when more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i, *[0] * len(other)]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if older and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, older[j - 2] + 1)
            row[j] = cost
        if min(row) > most:
            return most + 1
    return row[-1]


def differing(typed: str, meant: str) -> tuple[str, str] | None:
    """Return the one word in which two names differ, whole names where words were joined."""
    one, other = typed.split("-"), meant.split("-")
    if len(one) != len(other):
        return typed, meant
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    return pairs[0] if len(pairs) == 1 else None
