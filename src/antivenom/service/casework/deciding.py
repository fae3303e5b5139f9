"""People rule on cases; what they ruled is never changed, only followed by another row.

A decision also is a statement in the catalog about every file of the case, so that the dataset,
the likeness index and the lab learn from it; undoing withdraws the statements.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from antivenom.errors import ConflictError, TargetError, UsageError
from antivenom.model.moments import stamp
from antivenom.report.escape import visible
from antivenom.service import audit
from antivenom.service.casework import labels, telling
from antivenom.service.casework.nouns import (
    KINDS,
    REASON_LIMIT,
    RULINGS,
    STANDING,
    UNDONE,
    Decision,
)
from antivenom.service.casework.rows import locked
from antivenom.store import tallying
from antivenom.store.schema_cases import cases, decisions

_BULK = 500


def decide(
    connection: Connection,
    case: int,
    decision: str,
    *,
    reason: str = "",
    kind: str = "",
    author: str,
    key: str,
    now: datetime.datetime,
    via: str = "console",
    address: str = "",
) -> Decision:
    """Rule on a case and return what was ruled.

    `key` is the client's: the same key again changes nothing and returns the decision it made.
    Raises `ConflictError` when somebody ruled on the case already, `TargetError` when there is no
    such case, `UsageError` for a ruling nobody knows or one that lacks its reason.
    """
    reason = visible(reason.strip(), REASON_LIMIT, lines=True)
    _check(decision, reason, kind, key)
    found = locked(connection, case)
    known = _by_key(connection, key)
    if known is not None:
        return _same(known, case, decision)
    if found.state not in STANDING:
        by = f"{found.decided_by} ruled {found.decision}" if found.decided_by else "it has lapsed"
        raise ConflictError(f"case {case} is no longer open: {by}", hint="undo that first")
    said = kind or found.kind or "malware" if decision == "malicious" else ""
    made = _insert(
        connection,
        Decision(
            id=0,
            case=case,
            decision=decision,
            kind=said,
            reason=reason,
            author=author,
            at=stamp(now),
            via=via,
            undoes=0,
        ),
        key,
    )
    _apply(connection, made)
    labels.say(connection, made)
    telling.decided(connection, made, now)
    detail = {"decision": decision, "reason": reason, "kind": said, "via": via}
    audit.record(
        connection, author, "case.decide", f"case:{case}", detail, now=now, address=address
    )
    return made


def decide_campaign(
    connection: Connection,
    ids: Sequence[int],
    decision: str,
    *,
    reason: str,
    kind: str = "",
    author: str,
    key: str,
    now: datetime.datetime,
    address: str = "",
) -> tuple[list[Decision], list[int]]:
    """Rule alike on cases a person saw together; return the decisions and who was faster where.

    The ids are those that were on the screen: what joined the campaign meanwhile waits.
    """
    if len(ids) > _BULK:
        raise UsageError(f"at most {_BULK} cases at once")
    done: list[Decision] = []
    left: list[int] = []
    # One order for everybody, so that two people ruling at once cannot block each other.
    for case in sorted(set(ids)):
        try:
            one = decide(
                connection,
                case,
                decision,
                reason=reason,
                kind=kind,
                author=author,
                key=f"{key}:{case}",
                now=now,
                via="bulk",
                address=address,
            )
        except ConflictError:
            left.append(case)
        else:
            done.append(one)
    return done, left


def undo_campaign(
    connection: Connection,
    key: str,
    *,
    author: str,
    now: datetime.datetime,
    address: str = "",
) -> list[Decision]:
    """Take back what `decide_campaign` made under a key; what is no longer in force stays.

    Raises `UsageError` when no campaign was ruled on under this key.
    """
    start = f"{key}:"
    column = decisions.c
    # Of all that begins with the key, in order of cases as everybody locks them.
    query = (
        select(column.id)
        .where(column.author == author, column.via == "bulk")
        .where(column.key.startswith(start, autoescape=True))
        .order_by(column.case)
        .limit(_BULK)
    )
    rows = list(connection.scalars(query))
    if not key or not rows:
        raise UsageError("no campaign was ruled on with this key")
    undone: list[Decision] = []
    for id in rows:
        try:
            undone.append(
                undo(connection, id, author=author, key=f"undo {id}", now=now, address=address)
            )
        except ConflictError:
            # Somebody has ruled anew on this one.
            continue
    return undone


def undo(
    connection: Connection,
    decision: int,
    *,
    author: str,
    key: str,
    now: datetime.datetime,
    reason: str = "",
    via: str = "console",
    address: str = "",
) -> Decision:
    """Take a decision back and return the row that says so; the case is open again.

    Raises `ConflictError` when it is not the decision in force, `TargetError` when there is none.
    """
    row = connection.execute(select(decisions).where(decisions.c.id == decision)).mappings().first()
    if row is None:
        raise TargetError(f"there is no decision {decision}")
    case = int(row["case"])
    locked(connection, case)
    known = _by_key(connection, key)
    if known is not None:
        return _same(known, case, UNDONE)
    in_force = standing(connection, case)
    if in_force is None or in_force.id != decision:
        raise ConflictError(f"decision {decision} is not in force any more")
    made = _insert(
        connection,
        Decision(
            id=0,
            case=case,
            decision=UNDONE,
            kind="",
            reason=visible(reason.strip(), REASON_LIMIT, lines=True),
            author=author,
            at=stamp(now),
            via=via,
            undoes=decision,
        ),
        key,
    )
    before = standing(connection, case)
    if before is None:
        values = {"state": "open", "decision": "", "decided_at": "", "decided_by": ""}
        connection.execute(update(cases).where(cases.c.id == case).values(values))
    else:
        _apply(connection, before)
    labels.withdraw(connection, in_force, made)
    telling.decided(connection, made, now)
    detail = {"undoes": decision, "was": in_force.decision, "reason": made.reason}
    audit.record(connection, author, "case.undo", f"case:{case}", detail, now=now, address=address)
    return made


def standing(connection: Connection, case: int) -> Decision | None:
    """Return the decision in force: the last that was not undone."""
    gone: set[int] = set()
    for one in reversed(history(connection, case)):
        if one.decision == UNDONE:
            gone.add(one.undoes)
        elif one.id not in gone:
            return one
    return None


def history(connection: Connection, case: int) -> list[Decision]:
    """Return everything people ruled on a case, in order."""
    query = select(decisions).where(decisions.c.case == case).order_by(decisions.c.id)
    return [_decision(dict(row)) for row in connection.execute(query).mappings()]


def _check(decision: str, reason: str, kind: str, key: str) -> None:
    if decision not in RULINGS:
        raise UsageError(f"{decision!r} is no decision: {', '.join(RULINGS)}")
    if kind and kind not in KINDS:
        raise UsageError(f"{kind!r} is no kind: {', '.join(KINDS)}")
    if not reason and decision != "malicious":
        raise UsageError("say why: the next person has only your reason")
    if not key or len(key) > 200:
        raise UsageError("a decision needs a key of at most 200 characters")


def _by_key(connection: Connection, key: str) -> Decision | None:
    row = connection.execute(select(decisions).where(decisions.c.key == key)).mappings().first()
    return _decision(dict(row)) if row else None


def _same(known: Decision, case: int, decision: str) -> Decision:
    if (known.case, known.decision) != (case, decision):
        raise ConflictError("this key was used for another decision")
    return known


def _insert(connection: Connection, made: Decision, key: str) -> Decision:
    values = {name: value for name, value in msgspec.structs.asdict(made).items() if name != "id"}
    key_of = connection.execute(insert(decisions).values(values | {"key": key}))
    assert key_of.inserted_primary_key is not None
    tallying.add(connection, "decisions", made.decision, made.at, key)
    return msgspec.structs.replace(made, id=int(key_of.inserted_primary_key[0]))


def _apply(connection: Connection, made: Decision) -> None:
    values = {
        "state": "unsure" if made.decision == "unsure" else "decided",
        "decision": made.decision,
        "decided_at": made.at,
        "decided_by": made.author,
        "holder": "",
        "held_at": "",
    }
    connection.execute(update(cases).where(cases.c.id == made.case).values(values))


def _decision(row: dict[str, Any]) -> Decision:
    return Decision(**{name: value for name, value in row.items() if name != "key"})
