"""The lists of popular names that ship with the package, and the import names people know."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

import msgspec

from antivenom import compiled
from antivenom.context.names import PopularNames, normal

LISTS = Path(__file__).with_name("popular")
IMPORTS = LISTS / "imports.toml"


class KnownNames:
    """What is known of names, by ecosystem; lists are read when first asked for."""

    def __init__(
        self,
        lists: Mapping[str, Iterable[str]] | None = None,
        imports: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Take lists of names, most popular first, or what ships with the package."""
        self._given = lists
        self._imports = imports
        self._read: dict[str, PopularNames | None] = {}

    def of(self, ecosystem: str | None) -> PopularNames | None:
        """Return the popular names of a registry, None when none are known."""
        key = ecosystem or ""
        if key not in self._read:
            names = self._list(key)
            self._read[key] = PopularNames(names) if names is not None else None
        return self._read[key]

    def others(self, ecosystem: str | None) -> dict[str, PopularNames]:
        """Return the popular names of the other registries."""
        every = self._given or [path.name.partition(".")[0] for path in _files()]
        found = {other: self.of(other) for other in sorted(every) if other != ecosystem}
        return {other: names for other, names in found.items() if names is not None}

    def imports(self, ecosystem: str | None) -> Mapping[str, str]:
        """Return import name -> the name to install, where they differ; as written in code."""
        table = self._imports if self._imports is not None else load_imports()
        return table.get(ecosystem or "", {})

    @cached_property
    def digest(self) -> str:
        """Identify everything known of names."""
        total = hashlib.sha256()
        if self._given is not None:
            total.update(msgspec.json.encode({k: list(v) for k, v in self._given.items()}))
        else:
            for path in _files():
                total.update(path.name.encode() + path.read_bytes())
        table = self._imports if self._imports is not None else load_imports()
        total.update(msgspec.json.encode(table, order="deterministic"))
        return total.hexdigest()

    def _list(self, ecosystem: str) -> Iterable[str] | None:
        if self._given is not None:
            return self._given.get(ecosystem)
        place = LISTS / f"{ecosystem}.txt.gz"
        if place not in _files():
            return None
        lines = gzip.decompress(place.read_bytes()).decode().split("\n")
        return [line for line in lines if line]


def _files() -> list[Path]:
    return sorted(LISTS.glob("*.txt.gz"))


def pack(text: str, ecosystem: str) -> bytes:
    """Return the list a ranking amounts to, the same bytes for the same names."""
    rows = (normal(line.strip(), ecosystem) for line in text.splitlines())
    unique = dict.fromkeys(row for row in rows if row)
    return gzip.compress(("\n".join(unique) + "\n").encode(), 9, mtime=0)


def load_imports() -> dict[str, dict[str, str]]:
    """Return ecosystem -> import name -> the name to install."""
    return compiled.load("imports", [IMPORTS], _build_imports, dict[str, dict[str, str]])


def _build_imports() -> dict[str, dict[str, str]]:
    import tomllib

    table = tomllib.loads(IMPORTS.read_text(encoding="utf-8"))
    return msgspec.convert(table, dict[str, dict[str, str]])
