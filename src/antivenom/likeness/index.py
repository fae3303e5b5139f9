"""Look-ups in the index of known malware: what is this file, this text, this function?

The index is mapped into memory and never written. Exact answers cost a binary search; a near one
collects the texts that share some of the smallest distinctive hashes and compares those in full.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from antivenom.likeness import keys
from antivenom.likeness.container import Container
from antivenom.likeness.good import Source
from antivenom.likeness.making import FEWEST, NONE, WHAT, Group, short_key
from antivenom.model.fingerprint import Fingerprint

By = Literal["file", "skeleton", "functions", "code"]
NEAR = 0.5
"""Share of all distinctive pairs of lines that two texts must have in common."""
MOST = 0.7
"""Share of its functions that a text must have in common with a specimen."""
INSIDE = 0.8
INSIDE_FEWEST = 10
"""A known text lies inside of another when the other has this share of its pairs, and it has
this many."""
_COMPARED = 24
"""Texts compared in full."""


class Kin(Struct, frozen=True, kw_only=True):
    """A specimen that something resembles."""

    by: By
    """The whole ``file``; the same code with other names (``skeleton``); most ``functions``;
    most pairs of lines (``code``)."""
    specimen: str
    """sha256."""
    label: str
    share: float
    """Of what is distinctive here, how much is the specimen's; 0..1."""
    campaign: Group | None = None


class Index:
    """Known malware, open for look-ups."""

    def __init__(self, held: Container) -> None:
        self._held = held
        self.digest = held.header.digest
        self.size = held.size
        numbers = held.numbers
        self._specimens = numbers("specimens")
        self._campaign_of = numbers("specimen_campaigns")
        self._label_of = numbers("specimen_labels")
        self._acts_of = numbers("specimen_acts")
        self._files, self._file_rows = numbers("files"), numbers("files_rows")
        self._functions, self._function_rows = numbers("functions"), numbers("functions_rows")
        self._skeletons, self._skeleton_rows = numbers("skeletons"), numbers("skeletons_rows")
        self._short, self._short_rows = numbers("short"), numbers("short_rows")
        self._values, self._offsets = numbers("text_values"), numbers("text_offsets")
        self._tops, self._rows = numbers("text_tops"), numbers("text_rows")
        self._grams, self._gram_offsets = numbers("grams"), numbers("gram_offsets")
        self._gram_texts = numbers("gram_texts")
        self._good_functions = numbers("good_functions")
        self._good_files, self._good_file_rows = numbers("good_files"), numbers("good_file_sources")
        self._good_grams = numbers("good_grams")

    @classmethod
    def open(cls, path: Path) -> Index:
        """Open an index. Raises `ConfigError` for a file that is none."""
        return cls(Container.open(path, WHAT))

    @classmethod
    def of(cls, data: bytes) -> Index:
        """Open an index that is in memory."""
        return cls(Container.of(memoryview(data), WHAT))

    def __len__(self) -> int:
        return len(self._label_of)

    @cached_property
    def campaigns(self) -> list[Group]:
        """Every campaign, by id."""
        return msgspec.json.decode(self._held.bytes("campaigns"), type=list[Group])

    @cached_property
    def sources(self) -> list[Source]:
        """The releases whose code is known good."""
        return msgspec.json.decode(self._held.bytes("sources"), type=list[Source])

    @cached_property
    def _labels(self) -> list[str]:
        return msgspec.json.decode(self._held.bytes("labels"), type=list[str])

    @cached_property
    def _acts(self) -> list[list[list[str]]]:
        return msgspec.json.decode(self._held.bytes("acts"), type=list[list[list[str]]])

    def artifact(self, sha256: str) -> Kin | None:
        """Return the specimen with these very bytes."""
        raw = bytes.fromhex(sha256) if len(sha256) == 64 else b""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._specimens[32 * middle : 32 * middle + 32].tobytes() < raw:
                low = middle + 1
            else:
                high = middle
        found = low < len(self) and self._specimens[32 * low : 32 * low + 32] == raw
        return self._kin(low, "file", 1.0) if found else None

    def good_file(self, sha256: str) -> Source | None:
        """Return the popular release that has a file."""
        at = keys.place(self._good_files, keys.of_sha256(sha256))
        return None if at < 0 else self.sources[self._good_file_rows[at]]

    def good_function(self, code: str) -> bool:
        """Whether a function is a popular release's."""
        return keys.place(self._good_functions, keys.of_code(code)) >= 0

    def file(self, sha256: str) -> Kin | None:
        """Return a specimen that has this file and is what it is by it."""
        return self._exact(self._files, self._file_rows, keys.of_sha256(sha256), "file", 1.0)

    def skeleton(self, code: str) -> Kin | None:
        """Return a specimen with the same code under other names."""
        return self._exact(
            self._skeletons, self._skeleton_rows, keys.of_code(code), "skeleton", 1.0
        )

    def short(self, found: Fingerprint, seen: Collection[str]) -> Kin | None:
        """Return a specimen whose text is a few lines and the same as this one, literals aside.

        `seen` are the ids of facts in the text that nobody has to call: see `code`.
        """
        at = keys.place(self._short, short_key(found))
        if at < 0 or not self._does(self._short_rows[at], seen):
            return None
        return self._kin(self._short_rows[at], "code", 1.0)

    def functions(self, codes: Iterable[str], seen: Collection[str]) -> Kin | None:
        """Return the specimen that has most of these functions, known-good ones left out.

        `seen` are the ids of facts in the text: see `code`.
        """
        own = [code for code in codes if not self.good_function(code)]
        hits: Counter[int] = Counter()
        for code in own:
            at = keys.place(self._functions, keys.of_code(code))
            if at >= 0 and self._does(self._function_rows[at], seen):
                hits[self._function_rows[at]] += 1
        total = hits.total()
        if total < 2 or total < MOST * len(own):
            return None
        return self._kin(min(hits, key=lambda n: (-hits[n], n)), "functions", total / len(own))

    def code(self, found: Fingerprint, seen: Collection[str]) -> Kin | None:
        """Return the specimen whose text is nearest, when it is near enough.

        `seen` are the ids of facts in the text. A copy of a library with something added is near
        to the library; it counts only when what the specimen is condemned for is seen here too.
        """
        top = 1 << 32 if found.whole else found.values[-1]
        own = [v for v in found.values if keys.place(self._good_grams, v) < 0]
        if len(own) < FEWEST:
            return None
        best: tuple[float, float, int] | None = None
        for text in self._candidates(own):
            if not self._does(self._rows[text], seen):
                continue
            likeness = self._compare(own, top, text)
            if likeness is not None and (best is None or likeness > best[:2]):
                best = (*likeness, text)
        return None if best is None else self._kin(self._rows[best[2]], "code", best[1])

    def _candidates(self, own: Iterable[int]) -> list[int]:
        shared: Counter[int] = Counter()
        for value in own:
            at = keys.place(self._grams, value)
            if at >= 0:
                begin, end = self._gram_offsets[at], self._gram_offsets[at + 1]
                shared.update(self._gram_texts[begin:end])
        ranked = sorted(shared, key=lambda text: (-shared[text], text))
        return ranked[:_COMPARED]

    def _does(self, number: int, seen: Collection[str]) -> bool:
        """Whether a text does one of the things that a specimen is condemned for."""
        acts = self._acts[self._acts_of[number]]
        return not acts or any(all(one in seen for one in chain) for chain in acts)

    def _compare(self, own: list[int], top: int, text: int) -> tuple[float, float] | None:
        """Return resemblance and the share of `own` a text has, None when they are not near."""
        theirs = self._values[self._offsets[text] : self._offsets[text + 1]].tolist()
        limit = min(top, self._tops[text])
        ours = {v for v in own if v <= limit}
        known = {v for v in theirs if v <= limit}
        both = len(ours & known)
        if both < FEWEST:
            return None
        resemblance = both / (len(ours) + len(known) - both)
        inside = len(known) >= INSIDE_FEWEST and both >= INSIDE * len(known)
        return (resemblance, both / len(ours)) if resemblance >= NEAR or inside else None

    def _exact(
        self, table: memoryview, rows: memoryview, key: int, by: By, share: float
    ) -> Kin | None:
        at = keys.place(table, key) if key else -1
        return None if at < 0 else self._kin(rows[at], by, share)

    def _kin(self, number: int, by: By, share: float) -> Kin:
        campaign = self._campaign_of[number]
        return Kin(
            by=by,
            specimen=self._specimens[32 * number : 32 * number + 32].hex(),
            label=self._labels[self._label_of[number]],
            share=share,
            campaign=None if campaign == NONE else self.campaigns[campaign],
        )
