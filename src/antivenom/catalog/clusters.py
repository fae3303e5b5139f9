"""Near-identical code into clusters, clusters that share something rare into campaigns; pure.

Candidates come from banding (texts that share one of their smallest hashes), each is verified by
comparing whole sets, and clusters grow by average linkage, so that no chain of small steps joins
what has nothing in common. An obfuscator is no campaign: two packages whose wrappers are alike
and whose hidden texts are not stay apart. The same pieces give the same answer in any order.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import sqrt

NEAR = 0.62
"""Share of all pairs of lines that two packages of one cluster surely share: see `_near`."""
SURE = 1.64
"""Standard deviations below what is seen: in nineteen of twenty cases no less is meant."""
LENGTHS = 0.1
"""How much another length of the code weighs: lines are compared without what stands in texts."""
SAME = 0.9
"""Share from which one follows the other without more ado."""
HIDDEN_APART = 0.3
HIDDEN_FEWEST = 6
"""Two packages whose hidden texts have this many pairs and share less than that stay apart."""
BANDS = 24
"""Smallest hashes under which a package is looked for."""
_MOST_BAND = 400
"""Packages under one hash, identical ones counted once; above it the hash says nothing."""
_COMPARED = 8
"""Leaders that one is compared with."""
_MOST_LINKED = 40
"""Clusters that may share a host, file or wallet for it to be called rare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One specimen as clustering sees it; known-good code is left out already."""

    id: str
    grams: frozenset[int] = field(repr=False)
    """Hashes of pairs of lines of its code, as uploaded."""
    hidden: frozenset[int] = field(default=frozenset(), repr=False)
    """The same of texts that were hidden in it."""
    size: int = 0
    """Bytes of its code, 0 unknown."""
    links: frozenset[str] = frozenset()
    """What ties it to others: ``host:x``, ``file:sha256``, ``wallet:y``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a specimen belongs."""

    cluster: str
    """Id of the cluster: its smallest specimen."""
    campaign: str
    """Id of the campaign: its smallest specimen."""
    similarity: float
    """To the nearest other of its cluster; 1.0 when it is alone."""
    reason: str
    """``code``, or the link that ties its cluster to the campaign."""


def place(pieces: Iterable[Piece]) -> dict[str, Place]:
    """Return where each piece belongs."""
    ordered = sorted(pieces, key=lambda p: p.id)
    groups = _led(_identical(ordered))
    likeness = _pairs([members[0] for members in groups])
    cluster_of = _grown(groups, likeness)
    nearest = _nearest(groups, likeness, cluster_of)
    campaign_of, reasons = _linked(ordered, cluster_of)
    return {
        piece.id: Place(
            cluster=cluster_of[piece.id],
            campaign=campaign_of[cluster_of[piece.id]],
            similarity=nearest.get(piece.id, 1.0),
            reason=reasons.get(cluster_of[piece.id], "code"),
        )
        for piece in ordered
    }


def _identical(ordered: Sequence[Piece]) -> list[list[Piece]]:
    """Put together what is equal already: in a flood that is nearly all."""
    found: dict[object, list[Piece]] = {}
    for piece in ordered:
        files = frozenset(link for link in piece.links if link.startswith("file:"))
        key = (piece.grams, piece.hidden) if piece.grams else (files or piece.id)
        found.setdefault(key, []).append(piece)
    return list(found.values())


def _led(groups: Sequence[list[Piece]]) -> list[list[Piece]]:
    """Let nearly equal ones follow the first of them, so that a flood is one point."""
    led: list[list[Piece]] = []
    bands: dict[int, list[int]] = defaultdict(list)
    for group in groups:
        piece = group[0]
        smallest = heapq.nsmallest(BANDS, piece.grams)
        leaders = Counter(number for gram in smallest for number in bands[gram])
        ranked = sorted(leaders, key=lambda number: (-leaders[number], number))[:_COMPARED]
        near = (n for n in ranked if _follows(piece, led[n][0]))
        found = next(near, None)
        if found is not None:
            led[found] += group
            continue
        for gram in smallest:
            if len(bands[gram]) < _MOST_BAND:
                bands[gram].append(len(led))
        led.append(list(group))
    return led


def _follows(piece: Piece, leader: Piece) -> bool:
    return _share(piece.grams, leader.grams) >= SAME and not _apart(piece, leader)


def _pairs(pieces: Sequence[Piece]) -> dict[tuple[int, int], float]:
    """Return how near pieces are, for pairs that share much; keys ascend."""
    bands: dict[int, list[int]] = defaultdict(list)
    for number, piece in enumerate(pieces):
        for gram in heapq.nsmallest(BANDS, piece.grams):
            bands[gram].append(number)
    seen: set[tuple[int, int]] = set()
    for numbers in bands.values():
        if len(numbers) <= _MOST_BAND:
            seen.update(combinations(numbers, 2))
    found = {}
    for one, other in sorted(seen):
        near = _near(pieces[one], pieces[other])
        if near >= NEAR / 2 and not _apart(pieces[one], pieces[other]):
            found[one, other] = near
    return found


def _near(one: Piece, other: Piece) -> float:
    """Return how near two pieces surely are, 0..1.

    The lower end of Wilson's interval around the share of lines they have in common: of thirty
    lines two thirds may be chance, of three hundred they are not. Less where one is much longer.
    """
    share = _share(one.grams, other.grams)
    if not share:
        return 0.0
    count, square = len(one.grams | other.grams), SURE * SURE
    spread = SURE * sqrt(share * (1 - share) / count + square / (4 * count * count))
    low = (share + square / (2 * count) - spread) / (1 + square / count)
    longer = max(one.size, other.size)
    return low * (min(one.size, other.size) / longer) ** LENGTHS if longer else low


def _share(one: frozenset[int], other: frozenset[int]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def _apart(one: Piece, other: Piece) -> bool:
    """Whether what is hidden in two pieces says that only their wrapper is the same."""
    if min(len(one.hidden), len(other.hidden)) < HIDDEN_FEWEST:
        return False
    return _share(one.hidden, other.hidden) < HIDDEN_APART


def _grown(
    groups: Sequence[Sequence[Piece]], likeness: Mapping[tuple[int, int], float]
) -> dict[str, str]:
    """Join the nearest two clusters, by the mean over their members, until none are near."""
    members = {n: [n] for n in range(len(groups))}
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), share in likeness.items():
        near[one][other] = near[other][one] = share
    queue = [(-share, *pair) for pair, share in likeness.items() if share >= NEAR]
    heapq.heapify(queue)
    made = len(groups)
    while queue:
        _, one, other = heapq.heappop(queue)
        if one not in members or other not in members:
            continue
        left, right = members.pop(one), members.pop(other)
        for third in sorted((near[one].keys() | near[other].keys()) & members.keys()):
            total = near[one].get(third, 0.0) * len(left) + near[other].get(third, 0.0) * len(right)
            mean = total / (len(left) + len(right))
            near[made][third] = near[third][made] = mean
            if mean >= NEAR:
                heapq.heappush(queue, (-mean, third, made))
        members[made] = left + right
        made += 1
    found = {}
    for numbers in members.values():
        ids = [piece.id for number in numbers for piece in groups[number]]
        found.update(dict.fromkeys(ids, min(ids)))
    return found


def _nearest(
    groups: Sequence[Sequence[Piece]],
    likeness: Mapping[tuple[int, int], float],
    cluster_of: Mapping[str, str],
) -> dict[str, float]:
    best: dict[int, float] = {}
    for one, other in likeness:
        if cluster_of[groups[one][0].id] == cluster_of[groups[other][0].id]:
            share = _share(groups[one][0].grams, groups[other][0].grams)
            for number in (one, other):
                best[number] = max(best.get(number, 0.0), share)
    return {
        piece.id: _to_others(piece, group) if len(group) > 1 else best.get(number, 1.0)
        for number, group in enumerate(groups)
        for piece in group
    }


def _to_others(piece: Piece, group: Sequence[Piece]) -> float:
    other = group[1] if piece is group[0] else group[0]
    return _share(piece.grams, other.grams) if piece.grams else 1.0


def _linked(
    pieces: Sequence[Piece], cluster_of: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return cluster -> campaign, and cluster -> the link by which it joined."""
    having: dict[str, set[str]] = defaultdict(set)
    for piece in pieces:
        for link in piece.links:
            having[link].add(cluster_of[piece.id])
    parent = {cluster: cluster for cluster in set(cluster_of.values())}
    reasons: dict[str, str] = {}
    for link, clusters in sorted(having.items()):
        if 1 < len(clusters) <= _MOST_LINKED:
            first, *others = sorted(clusters)
            for other in others:
                _join(parent, first, other)
            for cluster in clusters:
                reasons.setdefault(cluster, link)
    return {cluster: _root(parent, cluster) for cluster in parent}, reasons


def _root(parent: dict[str, str], one: str) -> str:
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


def _join(parent: dict[str, str], one: str, other: str) -> None:
    first, last = sorted((_root(parent, one), _root(parent, other)))
    parent[last] = first


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well two groupings agree, over pairs of specimens."""

    rand: float
    """The adjusted Rand index (Hubert and Arabie, 1985): 1 is the same grouping, 0 is chance."""
    precision: float
    """Of the pairs we put together, how many they do."""
    recall: float
    """Of the pairs they put together, how many we do."""

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]]) -> Agreement:
        """Compare two groupings: one (ours, theirs) pair a specimen."""
        both, ours, theirs = (
            sum(_couples(group)) for group in (pairs, [a for a, _ in pairs], [b for _, b in pairs])
        )
        every = len(pairs) * (len(pairs) - 1) / 2
        expected = ours * theirs / every if every else 0.0
        most = (ours + theirs) / 2
        return cls(
            rand=(both - expected) / (most - expected) if most != expected else 1.0,
            precision=both / ours if ours else 1.0,
            recall=both / theirs if theirs else 1.0,
        )


def _couples(labels: Sequence[object]) -> Iterator[int]:
    counts: dict[object, int] = defaultdict(int)
    for label in labels:
        counts[label] += 1
    return (n * (n - 1) // 2 for n in counts.values())
