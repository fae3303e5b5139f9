"""Loads a language's API table and answers look-ups by canonical path."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path

from antivenom import compiled
from antivenom.analysis.api.row import Lookup, Row
from antivenom.analysis.api.written import Compiled, compile_tables

_HERE = Path(__file__).parent
_READERS = (_HERE / "written.py", _HERE / "row.py")
"""What is compiled depends on them too."""


class ApiTable:
    """All rows of one language."""

    def __init__(self, parts: Compiled) -> None:
        self._rows: dict[str, tuple[Row, ...]] = {}
        for row in parts.rows:
            for name in row.names:
                self._rows[name] = (*self._rows.get(name, ()), row)
        self.attributes: frozenset[str] = frozenset(
            name for row in parts.rows if row.access for name in row.names
        )
        """Paths that mean something by mere access, as ``os.environ``."""
        self.constants: Mapping[str, str | int] = {
            name: row.constant
            for row in parts.rows
            if row.constant is not None
            for name in row.names
        }
        """Paths with a fixed value, as ``subprocess.CREATE_NO_WINDOW``."""
        self.strong: Mapping[str, tuple[str, ...]] = parts.strong
        """Identifiers that alone make a text worth parsing -> behaviors they may mean."""
        self.weak: Mapping[str, tuple[str, ...]] = parts.weak
        """Identifiers too common for that, needed by rows of their own -> behaviors."""
        self.needles: tuple[str, ...] = (*parts.strong, *parts.weak)
        """A text with none of these identifiers uses no row that has a behavior."""

    @cached_property
    def modules(self) -> frozenset[str]:
        """The modules whose functions the table names, as ``import`` spells their roots."""
        roots = {path.partition(".")[0] for path in self.names if "." in path}
        return frozenset(roots - {"builtins", "*"})

    @property
    def names(self) -> tuple[str, ...]:
        """All paths that have a row."""
        return tuple(self._rows)

    def rows(self, path: str) -> tuple[Row, ...]:
        """Return all rows of a path; the first whose conditions hold is the one that counts."""
        found = self._rows.get(path)
        if found is None:
            found = self._rows.get(path.rpartition(".")[0] + ".*", ())
        return found

    def row(self, path: str) -> Row | None:
        """Return the first row of a path, whatever its conditions."""
        found = self.rows(path)
        return found[0] if found else None

    def pick(self, path: str, lookup: Lookup) -> Row | None:
        """Return the row that applies to a call whose arguments `lookup` tells."""
        for row in self.rows(path):
            if row.applies(lookup):
                return row
        return None


@cache
def table(language: str) -> ApiTable:
    """Return the table of a language: ``python``; an unknown language has an empty one."""
    tables = sorted((_HERE / language).glob("*.toml"))
    sources = [*tables, *_READERS]
    name = f"api-{language}"
    if not tables and not (compiled.SHIPPED / f"{name}.json").exists():
        return ApiTable(Compiled(rows=(), strong={}, weak={}))
    return ApiTable(compiled.load(name, sources, lambda: compile_tables(tables), Compiled))
