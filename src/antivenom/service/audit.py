"""Every act of a person or of a policy, on record in the transaction that does it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from antivenom.model.moments import stamp
from antivenom.report.escape import visible
from antivenom.store.schema_cases import audit

ENGINE = "antivenom"
"""The actor of what no person did."""
_DETAIL = 4_000


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the record."""

    id: int
    at: str
    actor: str
    act: str
    object: str
    detail: str
    address: str


def record(
    connection: Connection,
    actor: str,
    act: str,
    object: str = "",
    detail: Mapping[str, Any] | None = None,
    *,
    now: datetime.datetime,
    address: str = "",
) -> None:
    """Note an act, ``case.decide`` on ``case:17``; `detail` must hold no secrets."""
    said = msgspec.json.encode(dict(detail)).decode() if detail else ""
    values = {
        "at": stamp(now),
        "actor": visible(actor, 200),
        "act": act,
        "object": visible(object, 300),
        "detail": said[:_DETAIL],
        "address": visible(address, 100),
    }
    connection.execute(insert(audit).values(values))


def latest(
    connection: Connection, *, object: str = "", before: int = 0, most: int = 100
) -> list[Act]:
    """Return acts, the newest first: of one object, and older than the act `before`, if given."""
    query = select(audit).order_by(audit.c.id.desc()).limit(most)
    if object:
        query = query.where(audit.c.object == object)
    if before:
        query = query.where(audit.c.id < before)
    return [Act(**dict(row)) for row in connection.execute(query).mappings()]
