"""Which lines of a text its previous version did not have, in time linear in both.

Lines are compared without their indentation, as multisets: moving or indenting a block shows
nothing. What was replaced is found between the nearest lines that both have exactly once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

MOST_LINES = 50_000
"""Lines of a text that are compared."""
_GAP = 2
"""Unchanged lines between two runs that join them."""
_REACH = 200
"""Lines around a run in which a common line is looked for."""

Run = tuple[int, int]
"""Indices of the first and the last line."""


class Compared:
    """Two versions of one text, line by line."""

    def __init__(self, old: str, new: str) -> None:
        self.old = old.splitlines()[:MOST_LINES]
        self.new = new.splitlines()[:MOST_LINES]
        self._old = [line.strip() for line in self.old]
        self._new = [line.strip() for line in self.new]

    @cached_property
    def runs(self) -> list[Run]:
        """The runs of lines in the new text that the old one does not have, in order."""
        return list(_joined(self._unknown()))

    def stood(self, run: Run) -> list[int]:
        """Return the indices of old lines that a run stands for and the new text lacks."""
        before = self._new[max(run[0] - _REACH, 0) : run[0]]
        after = self._new[run[1] + 1 : run[1] + 1 + _REACH]
        found = (self._anchors[line] for line in reversed(before) if line in self._anchors)
        start = next(found, -1) + 1
        found = (self._anchors[line] for line in after if line in self._anchors)
        end = next(found, start if after else len(self._old))
        rows = range(start, min(end, start + _REACH))
        return [n for n in rows if self._old[n] and self._old[n] not in self._kept]

    def _unknown(self) -> Iterator[int]:
        left = Counter(self._old)
        for index, line in enumerate(self._new):
            if not line:
                continue
            if left[line] > 0:
                left[line] -= 1
            else:
                yield index

    @cached_property
    def _kept(self) -> frozenset[str]:
        return frozenset(self._new)

    @cached_property
    def _anchors(self) -> dict[str, int]:
        """Lines that both texts have once -> their place in the old one."""
        old, new = Counter(self._old), Counter(self._new)
        rows = enumerate(self._old)
        return {line: n for n, line in rows if line and old[line] == new[line] == 1}


def _joined(marked: Iterator[int]) -> Iterator[Run]:
    """Join indices that stand close to each other."""
    run: Run | None = None
    for index in marked:
        if run is not None and index - run[1] > _GAP + 1:
            yield run
            run = None
        run = (run[0] if run else index, index)
    if run is not None:
        yield run
