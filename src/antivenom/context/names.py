"""Popular names, and which of them a name could be mistaken for.

A slip leaves a half of a name as it was, two slips leave a third: both are indexed, so a look-up
compares a handful of names instead of all. The lists are data (`popular`); a name that
stands in them resembles nobody.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from antivenom.context import slips
from antivenom.context.affixes import stripped, without_end, words
from antivenom.model.coordinate import Ecosystem, normalize_pypi

ONE_SLIP_FROM = 6
"""Characters of the differing word from which one slip is told; shorter words meet by chance."""
SHORT_FROM, SHORT_RANK = 5, 1500
"""Words of five letters, for the most popular names alone."""
TWO_SLIPS_FROM, TWO_SLIPS_RANK = 8, 3000
"""Two slips are told of longer words and better known names."""
EIGHT_RANK = 1000
"""For two slips in words of less than ten letters."""
AFFIX_RANK = 5000
INSIDE_RANK = 200
MOST = 3
"""Imitated names told of one name."""
CLOSE = words("transposed missing doubled added keyboard replaced two-slips homoglyph separator")
"""Ways that are slips; the others are how honest projects are named after one another."""


class Lookalike(NamedTuple):
    """A popular name another could be mistaken for."""

    rank: int
    """1 is the most popular."""
    name: str
    how: str
    """A member of `CLOSE`, or ``word-order``, ``plural``, ``number``, ``inside``,
    ``affix``."""


class PopularNames:
    """The popular names of one registry, most popular first, in its normal form."""

    def __init__(self, names: Iterable[str]) -> None:
        """Index the names; duplicates count once."""
        self.names: Sequence[str] = tuple(dict.fromkeys(names))
        self._rank = {name: n for n, name in enumerate(self.names, 1)}

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def digest(self) -> str:
        """Identify the list."""
        return hashlib.sha256("\n".join(self.names).encode()).hexdigest()

    def rank(self, name: str) -> int:
        """Return how popular a name is, 1 being the most; 0 when it is not in the list."""
        return self._rank.get(name, 0)

    def lookalikes(self, name: str, *, known: bool = False) -> tuple[Lookalike, ...]:
        """Return the popular names one could mistake this for, slips and then popularity first.

        A popular name resembles nobody, unless `known` asks what it would resemble were it new.
        """
        name = name[: slips.LONGEST]
        if len(name) < 3 or (name in self._rank and not known):
            return ()
        found: dict[str, Lookalike] = {}
        for one in self._found(name):
            if one.name != name and one.name not in found:
                found[one.name] = one
        return tuple(sorted(found.values(), key=lambda one: (one.how not in CLOSE, one))[:MOST])

    def _found(self, name: str) -> Iterator[Lookalike]:
        yield from self._same_looks(name)
        yield from self._slipped(name)
        for plain in without_end(name):
            if plain not in self._rank:
                yield from (one for one in self._slipped(plain) if one.how in CLOSE)
        yield from self._inside(name)
        for candidate in stripped(name):
            if 0 < self._rank.get(candidate, 0) <= AFFIX_RANK:
                yield self._one(candidate, "affix")

    def _inside(self, name: str) -> Iterator[Lookalike]:
        """Yield the best known names that stand inside this one with letters glued to them."""
        for candidate in self.names[:INSIDE_RANK]:
            if len(candidate) >= TWO_SLIPS_FROM and candidate in name:
                at = name.index(candidate)
                around = name[max(at - 1, 0) : at] + name[at + len(candidate) :][:1]
                if around.strip("-"):
                    yield self._one(candidate, "inside")

    def _slipped(self, name: str) -> Iterator[Lookalike]:
        for candidate in self._halves(name):
            how = _slip(name, candidate, self._rank[candidate])
            if how:
                yield self._one(candidate, how)
        for candidate in self._thirds(name):
            if _two_slips(name, candidate, self._rank[candidate]):
                yield self._one(candidate, "two-slips")

    def _one(self, name: str, how: str) -> Lookalike:
        return Lookalike(self._rank[name], name, how)

    def _same_looks(self, name: str) -> Iterator[Lookalike]:
        bare = slips.bare(name)
        for candidate in self._by_skeleton.get(slips.skeleton(name), ()):
            same = slips.bare(candidate) == bare
            if len(bare) >= (ONE_SLIP_FROM if same else SHORT_FROM):
                yield self._one(candidate, "separator" if same else "homoglyph")
        words = name.split("-")
        if len(words) > 1:
            for candidate in self._by_words.get(" ".join(sorted(words)), ()):
                yield self._one(candidate, "word-order")

    @cached_property
    def _by_skeleton(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            found[slips.skeleton(name)].append(name)
        return dict(found)

    @cached_property
    def _by_words(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            if "-" in name:
                found[" ".join(sorted(name.split("-")))].append(name)
        return dict(found)

    @cached_property
    def _by_half(self) -> dict[tuple[int, str], list[str]]:
        """Names by length and one half; a negative length says that it is the second."""
        found: dict[tuple[int, str], list[str]] = defaultdict(list)
        for name in self.names:
            size = len(name)
            if size >= SHORT_FROM:
                found[size, name[: size // 2]].append(name)
                found[-size, name[size // 2 :]].append(name)
        return dict(found)

    @cached_property
    def _by_third(self) -> dict[tuple[int, int, str], list[tuple[str, int]]]:
        """Names by length, which third, and its text, each with the set of its letters."""
        found: dict[tuple[int, int, str], list[tuple[str, int]]] = defaultdict(list)
        for name in self.names[:TWO_SLIPS_RANK]:
            if len(name) >= TWO_SLIPS_FROM:
                mask = _letters(name)
                for part, (start, end) in enumerate(_thirds(len(name))):
                    found[len(name), part, name[start:end]].append((name, mask))
        return dict(found)

    def _halves(self, name: str) -> Iterator[str]:
        """Yield the names that share a half with this one, and those with two letters swapped."""
        size = len(name)
        for other in (size - 1, size, size + 1):
            yield from self._by_half.get((other, name[: other // 2]), ())
            start = size - (other - other // 2)
            yield from self._by_half.get((-other, name[max(start, 0) :]), ())
        middle = size // 2
        pair = name[middle - 1 : middle + 1]
        swapped = name[: middle - 1] + pair[::-1] + name[middle + 1 :]
        if swapped in self._rank:
            yield swapped

    def _thirds(self, name: str) -> Iterator[str]:
        """Yield the names that share a third with this one and most of its letters."""
        size, letters = len(name), _letters(name)
        if size < TWO_SLIPS_FROM - 2:
            return
        seen: set[str] = set()
        for other in range(max(size - 2, TWO_SLIPS_FROM), size + 3):
            for part, (start, end) in enumerate(_thirds(other)):
                # What was added or left out before a third moves it; the first stays in place.
                for at in (start,) if part == 0 else range(start - 2, start + 3):
                    key = (other, part, name[at : at + end - start])
                    for candidate, mask in self._by_third.get(key, ()):
                        if (mask ^ letters).bit_count() <= 4 and candidate not in seen:
                            seen.add(candidate)
                            yield candidate


def _thirds(size: int) -> tuple[tuple[int, int], ...]:
    one, two = size // 3, 2 * size // 3
    return (0, one), (one, two), (two, size)


def _letters(name: str) -> int:
    """Return the set of a name's letters as bits."""
    found = 0
    for letter in set(name):
        found |= 1 << (ord(letter) & 63)
    return found


def _slip(typed: str, meant: str, rank: int) -> str:
    """Name the slip between two names where it is one that people make, "" otherwise."""
    pair = slips.differing(typed, meant)
    how = slips.one_slip(*pair) if pair else ""
    if pair is None or not how:
        return ""
    if _number(*pair):
        return "number"
    if pair[0] + "s" == pair[1] or pair[1] + "s" == pair[0]:
        return "plural"
    size = len(pair[1])
    return how if size >= ONE_SLIP_FROM or (size >= SHORT_FROM and rank <= SHORT_RANK) else ""


def _two_slips(typed: str, meant: str, rank: int) -> bool:
    pair = slips.differing(typed, meant)
    if pair is None or len(pair[1]) < TWO_SLIPS_FROM or _number(*pair):
        return False
    if "-" in pair[0] and "-" in pair[1]:
        return False  # long names of several words, joined in another way: families, no slips
    if rank > EIGHT_RANK and len(pair[1]) < 10:
        return False
    return slips.distance(*pair) == 2


def _number(one: str, other: str) -> bool:
    """Whether two names differ in their digits: editions of one thing, not slips."""
    return _digits(one) != _digits(other)


def _digits(name: str) -> str:
    return "".join(letter for letter in name if letter.isdecimal())


def normal(name: str, ecosystem: str | None) -> str:
    """Return a name as its registry compares names."""
    return name.lower() if ecosystem == Ecosystem.NPM.value else normalize_pypi(name)
