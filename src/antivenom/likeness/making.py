"""Makes the index from what is known: pure, and the same input gives the same bytes."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable
from itertools import groupby, islice

import msgspec
from msgspec import Struct

from antivenom.likeness import container, keys
from antivenom.likeness.container import Values
from antivenom.likeness.good import Good
from antivenom.model.fingerprint import Fingerprint, parse

WHAT = "likeness"
PROBED = 16
"""Smallest distinctive hashes of a text under which it can be found."""
MOST_TEXTS = 32
"""Texts kept under one hash: more of them are copies of each other, or say nothing."""
TELLING = 8
"""Pairs of lines below which a skeleton is anybody's."""
FEWEST = 5
"""Distinctive pairs of lines below which a text is only recognised exactly."""
SHORTEST = 2
"""Distinctive pairs of lines from which a text below `FEWEST` is the same when all are."""
NONE = TOP = 0xFFFFFFFF


class KnownText(Struct, frozen=True, kw_only=True):
    """A file, or a text hidden in one, that makes a specimen what it is."""

    sha256: str
    functions: tuple[str, ...] = ()
    skeleton: str = ""
    fingerprint: str = ""


class Known(Struct, frozen=True, kw_only=True):
    """A specimen as the index knows it."""

    sha256: str
    label: str = "malware"
    campaign: str = ""
    """Id of a `Group`, "" for none."""
    acts: tuple[tuple[str, ...], ...] = ()
    """What it is condemned for: ids of facts, of which one set must be seen in what is only like
    it. Empty: nothing was seen, so nothing is asked."""
    texts: tuple[KnownText, ...] = ()


class Group(Struct, frozen=True):
    """A campaign as the index names it."""

    id: str
    name: str
    size: int


def make(known: Iterable[Known], groups: Iterable[Group], good: Good | None = None) -> bytes:
    """Return the bytes of an index.

    Functions, files and pairs of lines of known-good code are left out; those pairs of lines that
    specimens have are noted, so that a look-up leaves them out as well.
    """
    specimens = sorted(known, key=lambda k: k.sha256)
    campaigns = sorted(groups, key=lambda g: g.id)
    maker = _Maker(good)
    for number, one in enumerate(specimens):
        maker.add(number, one)
    number_of = {group.id: n for n, group in enumerate(campaigns)}
    labels = sorted({one.label for one in specimens})
    acts = sorted({one.acts for one in specimens})
    act_of = {some: n for n, some in enumerate(acts)}
    arrays: dict[str, Values] = {
        "specimens": b"".join(bytes.fromhex(one.sha256) for one in specimens),
        "specimen_campaigns": container.numbers(
            "I", [number_of.get(one.campaign, NONE) for one in specimens]
        ),
        "specimen_labels": bytes(labels.index(one.label) for one in specimens),
        "specimen_acts": container.numbers("I", [act_of[one.acts] for one in specimens]),
        "acts": msgspec.json.encode(acts),
        "campaigns": msgspec.json.encode(campaigns),
        "labels": msgspec.json.encode(labels),
        **maker.arrays(),
        **_good(good, maker.good_grams),
    }
    notes = {"known-good": good.digest if good else ""}
    return container.pack(WHAT, arrays, notes)


def short_key(found: Fingerprint) -> int:
    """Return what a text of few pairs of lines is looked up by, 0 for a longer one.

    A program of three lines is too short to be near to another; it is the same or it is not.
    """
    if not SHORTEST <= found.units < FEWEST or not found.whole:
        return 0
    return keys.of_sha256(hashlib.sha256(found.pack()).hexdigest())


class _Maker:
    """Collects the texts of specimens, each distinct one once."""

    def __init__(self, good: Good | None) -> None:
        self.good = good
        self.good_grams: set[int] = set()
        self.tables: dict[str, dict[int, int]] = {
            **{"files": {}, "functions": {}, "skeletons": {}, "short": {}}
        }
        self.prints: dict[str, int] = {}
        """Fingerprint -> the specimen it was first seen in."""

    def add(self, number: int, one: Known) -> None:
        for text in one.texts:
            if self.good is not None and self.good.file(text.sha256) is not None:
                continue
            self._put("files", keys.of_sha256(text.sha256), number)
            for code in text.functions:
                if self.good is None or self.good.function(code) is None:
                    self._put("functions", keys.of_code(code), number)
            if text.skeleton and self._tells(text.fingerprint):
                self._put("skeletons", keys.of_code(text.skeleton), number)
            found = parse(text.fingerprint) if text.fingerprint else None
            if found is not None:
                self.prints.setdefault(text.fingerprint, number)
                if one.acts and len(self._distinctive(found)) == found.units:
                    self._put("short", short_key(found), number)

    def _put(self, table: str, key: int, number: int) -> None:
        if key:
            self.tables[table].setdefault(key, number)

    def _tells(self, text: str) -> bool:
        """Whether a text is long enough, and enough of it its own, for punctuation alone to say
        which text it is."""
        found = parse(text)
        return bool(found and found.units >= TELLING and len(self._distinctive(found)) >= FEWEST)

    def arrays(self) -> dict[str, Values]:
        made: dict[str, Values] = {}
        for name, rows in self.tables.items():
            ordered = sorted(rows.items())
            made[name] = container.numbers("Q", [key for key, _ in ordered])
            made[f"{name}_rows"] = container.numbers("I", [row for _, row in ordered])
        return made | self._texts()

    def _texts(self) -> dict[str, Values]:
        values, tops, rows, offsets = array("I"), array("I"), array("I"), array("I", [0])
        found_under: list[int] = []
        """Hash and text in one number: hash in the upper, text in the lower 32 bits."""
        for text, number in sorted(self.prints.items(), key=lambda item: (item[1], item[0])):
            found = parse(text)
            own = self._distinctive(found) if found else []
            if found is None or len(own) < FEWEST:
                continue
            found_under += [gram << 32 | len(rows) for gram in own[:PROBED]]
            values.extend(own)
            tops.append(TOP if found.whole else found.values[-1])
            rows.append(number)
            offsets.append(len(values))
        return {
            "text_values": values,
            "text_tops": tops,
            "text_rows": rows,
            "text_offsets": offsets,
            **_postings(found_under),
        }

    def _distinctive(self, found: Fingerprint) -> list[int]:
        known = self.good.known(found.values) if self.good else set()
        self.good_grams |= known
        return [value for value in found.values if value not in known]


def _postings(under: list[int]) -> dict[str, Values]:
    """Return hash -> texts as three arrays: ascending hashes, where their texts begin, texts."""
    grams, offsets, texts = array("I"), array("I", [0]), array("I")
    for gram, entries in groupby(sorted(under), key=lambda entry: entry >> 32):
        texts.extend(entry & TOP for entry in islice(entries, MOST_TEXTS))
        grams.append(gram)
        offsets.append(len(texts))
    return {"grams": grams, "gram_offsets": offsets, "gram_texts": texts}


def _good(good: Good | None, grams: set[int]) -> dict[str, Values]:
    """Copy the known-good tables, of the pairs of lines only those that matter."""
    if good is None:
        empty = container.numbers("Q", [])
        rows = container.numbers("I", [])
        return {
            "sources": b"[]",
            "good_functions": empty,
            "good_function_sources": rows,
            "good_files": empty,
            "good_file_sources": rows,
            "good_grams": rows,
        }
    return {
        "sources": msgspec.json.encode(good.sources),
        "good_functions": container.numbers("Q", good.functions),
        "good_function_sources": container.numbers("I", good.function_sources),
        "good_files": container.numbers("Q", good.files),
        "good_file_sources": container.numbers("I", good.file_sources),
        "good_grams": container.numbers("I", sorted(grams)),
    }
