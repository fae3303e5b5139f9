"""Known-good code: what popular packages consist of, to be subtracted from what is recognised.

A trojanised copy of a library is mostly that library. Its functions and files are known here by
exact hash, with the release they come from; the pairs of lines of all its files are known without.
Nothing here clears anything: known code is left out of a comparison, the rest of the file stays in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import Struct

from antivenom.likeness import container, keys
from antivenom.likeness.container import Container

WHAT = "known-good"


class Source(Struct, frozen=True, order=True):
    """A release whose code is taken for good."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodCode:
    """What one release consists of."""

    source: Source
    files: frozenset[int] = frozenset()
    """`keys.of_sha256` of its code files."""
    functions: frozenset[int] = frozenset()
    """`keys.of_code` of its functions."""
    grams: frozenset[int] = field(default=frozenset(), repr=False)
    """32-bit hashes of its pairs of lines."""


class Good:
    """All known-good code, open for look-ups."""

    def __init__(self, held: Container) -> None:
        self.digest = held.header.digest
        self.sources = msgspec.json.decode(held.bytes("sources"), type=list[Source])
        self.functions = held.numbers("functions")
        self.function_sources = held.numbers("function_sources")
        self.files = held.numbers("files")
        self.file_sources = held.numbers("file_sources")
        self.grams = held.numbers("grams")

    @classmethod
    def open(cls, path: Path) -> Good:
        """Open a file that `pack` made. Raises `ConfigError`."""
        return cls(Container.open(path, WHAT))

    def function(self, code: str) -> Source | None:
        """Return the release a function comes from, by its hash of normalised code."""
        at = keys.place(self.functions, keys.of_code(code))
        return None if at < 0 else self.sources[self.function_sources[at]]

    def file(self, sha256: str) -> Source | None:
        """Return the release a file comes from."""
        at = keys.place(self.files, keys.of_sha256(sha256))
        return None if at < 0 else self.sources[self.file_sources[at]]

    def known(self, grams: Iterable[int]) -> set[int]:
        """Return those pairs of lines that good code has."""
        return {gram for gram in grams if keys.place(self.grams, gram) >= 0}


def pack(releases: Iterable[GoodCode]) -> bytes:
    """Return the bytes of a known-good file; of code that several have, the first is named."""
    ordered = sorted(releases, key=lambda r: r.source)
    functions: dict[int, int] = {}
    files: dict[int, int] = {}
    grams: set[int] = set()
    for number, release in enumerate(ordered):
        for known, found in ((functions, release.functions), (files, release.files)):
            for key in found - {0}:
                known.setdefault(key, number)
        grams |= release.grams
    return container.pack(
        WHAT,
        {
            "sources": msgspec.json.encode([r.source for r in ordered]),
            **arrays("functions", functions),
            **arrays("files", files),
            "grams": container.numbers("I", sorted(grams)),
        },
    )


def arrays(name: str, rows: Mapping[int, int]) -> dict[str, container.Values]:
    """Return a table of ascending keys and the array of their rows."""
    ordered = sorted(rows.items())
    return {
        name: container.numbers("Q", [key for key, _ in ordered]),
        f"{name[:-1]}_sources": container.numbers("I", [row for _, row in ordered]),
    }
