"""What a change of a case sets going: webhooks, and what the registry would be told."""

from __future__ import annotations

import datetime
from typing import Any

from sqlalchemy import Connection

from antivenom.service import observations, webhooks
from antivenom.service.casework.nouns import UNDONE, Decision
from antivenom.service.casework.rows import some_cases


def opened(connection: Connection, case: int, now: datetime.datetime) -> None:
    """Tell that something wants a person's look."""
    webhooks.queue(connection, "case.opened", f"case:{case}", _said(connection, case), now=now)


def decided(connection: Connection, made: Decision, now: datetime.datetime) -> None:
    """Tell what was ruled; draft the report of what is malicious, drop it when that is undone."""
    if made.decision == "malicious":
        observations.draft(connection, made.case, author=made.author, now=now)
    elif made.decision == UNDONE:
        observations.withdraw(connection, made.case, author=made.author, now=now)
    event = "case.undone" if made.decision == UNDONE else "case.decided"
    said = _said(connection, made.case) | {"by": made.author, "why": made.reason}
    webhooks.queue(connection, event, f"case:{made.case}", said, now=now)


def _said(connection: Connection, case: int) -> dict[str, Any]:
    row = some_cases(connection, [case])[case]
    names = ("ecosystem", "project", "version", "state", "verdict", "kind", "reason", "campaign")
    said = {name: getattr(row, name) for name in (*names, "review", "decision")}
    return {"case": case, **said}
