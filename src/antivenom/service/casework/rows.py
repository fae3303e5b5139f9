"""Reading rows of cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select

from antivenom.errors import TargetError
from antivenom.service.casework.nouns import CaseRow, Glance
from antivenom.store.schema_cases import cases

_NOTHING = Glance()
# Made once: two threads that are the first to decode a type at once crash the library.
_GLANCE = msgspec.json.Decoder(Glance)


def glance_of(text: str) -> Glance:
    """Return what a column `evidence` holds."""
    return _GLANCE.decode(text) if text else _NOTHING


def case_of(row: Mapping[str, Any]) -> CaseRow:
    """Return a row of the table of cases as a noun."""
    return CaseRow(**{**row, "evidence": glance_of(row["evidence"])})


def cases_of(connection: Connection, query: Select[Any]) -> list[CaseRow]:
    """Return the cases a query over whole rows finds."""
    return [case_of(dict(row)) for row in connection.execute(query).mappings()]


def some_cases(connection: Connection, ids: Iterable[int]) -> dict[int, CaseRow]:
    """Return cases by id; those that are not there are missing."""
    wanted = sorted(set(ids))
    found = cases_of(connection, select(cases).where(cases.c.id.in_(wanted))) if wanted else []
    return {one.id: one for one in found}


def locked(connection: Connection, case: int) -> CaseRow:
    """Return a case nobody else changes until this transaction ends.

    SQLite lets one transaction write at a time; PostgreSQL locks the row. Raises `TargetError`.
    """
    query = select(cases).where(cases.c.id == case).with_for_update()
    found = cases_of(connection, query)
    if not found:
        raise TargetError(f"there is no case {case}")
    return found[0]
