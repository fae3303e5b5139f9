"""Whether it runs, and whether it does its work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, get
from litestar.datastructures import State
from litestar.response import Response
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from antivenom.model.moments import moment
from antivenom.service.settings import Settings
from antivenom.service.uploads import waiting_since
from antivenom.store import Store
from antivenom.store.schema_uploads import feeds, workers

_LATE_SECONDS = 900
"""Silence of a registry, or wait of an upload, after which somebody should look."""


class Check(Struct, frozen=True, kw_only=True):
    """One thing that must hold."""

    name: str
    ok: bool
    said: str = ""


class Ready(Struct, frozen=True, kw_only=True):
    """Whether the service does its work."""

    ok: bool
    checks: tuple[Check, ...]


@get("/health", opt={"open_to_all": True}, tags=["operation"], summary="Does the process run?")
async def health() -> dict[str, str]:
    """Answer; nothing else is looked at."""
    return {"status": "ok"}


@get(
    "/ready",
    opt={"open_to_all": True},
    tags=["operation"],
    summary="Does the service do its work?",
    sync_to_thread=True,
)
def ready(request: Request[Any, Any, State]) -> Response[Ready]:
    """Answer 200, or 503 when the database cannot be reached; what else is wrong is listed."""
    state = request.app.state
    found = examine(state.store, state.settings, state.clock.now())
    return Response(found, status_code=200 if found.checks[0].ok else 503)


def examine(store: Store, settings: Settings, now: datetime) -> Ready:
    """Look at the database, the feeds, the workers and the oldest upload that waits."""
    try:
        with store.reading() as connection:
            followed = connection.execute(select(feeds)).all()
            seen = now.timestamp() - settings.dead_after_seconds
            alive = list(
                connection.scalars(select(workers.c.confined).where(workers.c.seen >= seen))
            )
            oldest = waiting_since(connection)
    except SQLAlchemyError as error:
        said = type(error).__name__
        return Ready(ok=False, checks=(Check(name="database", ok=False, said=said),))
    checks = [Check(name="database", ok=True)]
    checks += [_feed(row, now) for row in followed]
    checks.append(Check(name="workers", ok=bool(alive), said=_working(alive)))
    late = bool(oldest) and _age(oldest, now) > _LATE_SECONDS
    checks.append(
        Check(name="queue", ok=not late, said=f"longest since {oldest}" if oldest else "")
    )
    return Ready(ok=all(one.ok for one in checks), checks=tuple(checks))


def _working(confined: list[str]) -> str:
    """Say how many work, and what keeps those apart that read uploads."""
    if not confined:
        return "0 alive"
    walls = " | ".join(sorted({one or "limits on memory and time alone" for one in confined}))
    return f"{len(confined)} alive; their children are confined by: {walls}"


def _feed(row: Any, now: datetime) -> Check:  # noqa: ANN401  a row
    if row.stopped:
        return Check(name=f"feed {row.name}", ok=False, said=f"stopped: {row.stopped}")
    late = _age(row.checked_at, now) > _LATE_SECONDS
    said = row.problem or f"asked at {row.checked_at or 'no time'}"
    return Check(name=f"feed {row.name}", ok=not late and not row.problem, said=said)


def _age(text: str | None, now: datetime) -> float:
    at = moment(text or "")
    return float((now - at).total_seconds()) if at else 0.0
