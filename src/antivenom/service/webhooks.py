"""Telling others: signed messages to the addresses an administrator named, until they answer.

Messages follow the Standard Webhooks: ``webhook-id``, ``webhook-timestamp`` and
``webhook-signature`` (HMAC-SHA256 over id, time and body). They are queued in the transaction
that made them true, so that nothing is told that did not happen and nothing is left out. A
receiver may see one twice, with the same id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from antivenom.errors import NetworkError, TargetError, UsageError
from antivenom.model.moments import moment, stamp
from antivenom.report.escape import visible
from antivenom.service import posting
from antivenom.service.clock import Clock
from antivenom.service.settings import Settings
from antivenom.store import Store
from antivenom.store.schema_access import deliveries, webhooks

EVENTS = {
    "upload.reviewed": "an upload has a verdict",
    "case.opened": "something wants a person's look",
    "case.decided": "a person ruled",
    "case.undone": "a ruling was taken back",
    "action.sent": "a registry was told",
}
_WAITS = (10, 30, 60, 300, 900, 3600, 3600 * 3, 3600 * 6, 3600 * 12)
"""Seconds between attempts; the last is repeated."""
_LEASE = 120
"""Seconds after which a message whose sender died is sent by another."""
_MOST_BYTES = 256 << 10


class Webhook(Struct, frozen=True, kw_only=True):
    """Who wants to be told of what."""

    id: int
    url: str
    events: tuple[str, ...]
    active: bool
    made_at: str


def add(
    connection: Connection, url: str, events: tuple[str, ...], *, now: datetime, settings: Settings
) -> tuple[Webhook, str]:
    """Keep an address; return it and the secret its receiver checks signatures with.

    Raises `UsageError` for addresses and events that cannot be.
    """
    posting.check(url, private=settings.webhooks_to_private)
    unknown = [event for event in events if event not in EVENTS]
    if unknown or not events:
        raise UsageError(f"no event: {', '.join(unknown)}", hint=f"events: {', '.join(EVENTS)}")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    values = {
        "url": url,
        "secret": secret,
        "events": " ".join(sorted(set(events))),
        "active": 1,
        "made_at": stamp(now),
    }
    made = connection.execute(insert(webhooks).values(values))
    assert made.inserted_primary_key is not None
    return one(connection, int(made.inserted_primary_key[0])), secret


def every(connection: Connection) -> list[Webhook]:
    """Return all addresses."""
    return [_webhook(row) for row in connection.execute(select(webhooks).order_by(webhooks.c.id))]


def one(connection: Connection, id: int) -> Webhook:
    """Return one. Raises `TargetError` when there is none."""
    row = connection.execute(select(webhooks).where(webhooks.c.id == id)).one_or_none()
    if row is None:
        raise TargetError(f"there is no webhook {id}")
    return _webhook(row)


def stop(connection: Connection, id: int) -> None:
    """Send nothing there any more; what waits is given up."""
    one(connection, id)
    connection.execute(update(webhooks).where(webhooks.c.id == id).values(active=0))
    waiting = (deliveries.c.webhook == id) & (deliveries.c.state == "waiting")
    given_up = {"state": "failed", "answer": "the webhook was stopped"}
    connection.execute(update(deliveries).where(waiting).values(given_up))


def queue(
    connection: Connection, event: str, key: str, payload: object, *, now: datetime | str
) -> int:
    """Write down what is to be told, once for each that wants to know; return how many that are.

    `key` names what it is about, such as ``case:17``; `payload` is anything msgspec encodes.
    """
    assert event in EVENTS, event
    at = moment(now) if isinstance(now, str) else now
    assert at is not None, now
    query = select(webhooks.c.id, webhooks.c.events).where(webhooks.c.active == 1)
    wanted = [row.id for row in connection.execute(query) if event in row.events.split()]
    if not wanted:
        return 0
    document = {"type": event, "timestamp": stamp(at), "key": key, "data": payload}
    body = msgspec.json.encode(document)
    if len(body) > _MOST_BYTES:
        document["data"] = {"left_out": f"{len(body)} bytes; ask the API"}
        body = msgspec.json.encode(document)
    row = {"event": event, "key": key, "payload": body, "state": "waiting", "made_at": stamp(at)}
    rows = [row | {"webhook": id, "due": at.timestamp()} for id in wanted]
    connection.execute(insert(deliveries), rows)
    return len(rows)


def deliver(store: Store, settings: Settings, clock: Clock, most: int = 50) -> int:
    """Send what is due, at most so many; return how many were taken up."""
    taken = _claim(store, clock, most)
    for row in taken:
        _send(store, settings, clock, row)
    return len(taken)


def again(connection: Connection, id: int, now: datetime) -> None:
    """Let a message that was given up be tried once more. Raises `TargetError`."""
    there = (deliveries.c.id == id) & (deliveries.c.state == "failed")
    values = {"state": "waiting", "attempts": 0, "due": now.timestamp()}
    if not connection.execute(update(deliveries).where(there).values(values)).rowcount:
        raise TargetError(f"there is no delivery {id} that failed")


def signature(secret: str, id: str, time: int, body: bytes) -> str:
    """Return what proves that a message is ours."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{id}.{time}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac).decode()


class _Due(Struct, frozen=True, kw_only=True):
    id: int
    event: str
    payload: bytes
    attempts: int
    url: str
    secret: str


def _claim(store: Store, clock: Clock, most: int) -> list[_Due]:
    """Take messages for a while: another sender leaves them alone, and takes over if we die."""
    now = clock.now().timestamp()
    ready = (deliveries.c.state == "waiting") & (deliveries.c.due <= now)
    query = (
        select(deliveries, webhooks.c.url, webhooks.c.secret)
        .join(webhooks, webhooks.c.id == deliveries.c.webhook)
        .where(ready, webhooks.c.active == 1)
        .order_by(deliveries.c.due, deliveries.c.id)
        .limit(most)
    )
    with store.reading() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return []
    taken: list[_Due] = []
    with store.writing() as connection:
        for row in connection.execute(query).all():
            mine = (deliveries.c.id == row.id) & (deliveries.c.due == row.due) & ready
            values = {"due": now + _LEASE, "attempts": row.attempts + 1}
            if connection.execute(update(deliveries).where(mine).values(values)).rowcount:
                fields = {k: getattr(row, k) for k in ("id", "event", "payload", "url", "secret")}
                taken.append(_Due(**fields, attempts=row.attempts + 1))
    return taken


def _send(store: Store, settings: Settings, clock: Clock, due: _Due) -> None:
    now = clock.now()
    id, time = f"msg_{due.id}", int(now.timestamp())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(time),
        "webhook-signature": signature(due.secret, id, time, due.payload),
    }
    try:
        posting.post(due.url, due.payload, headers, private=settings.webhooks_to_private)
    except (NetworkError, UsageError) as error:
        values = _failed(due, settings, visible(str(error), 300), now)
    else:
        values = {"state": "sent", "answer": "", "sent_at": stamp(clock.now())}
    with store.writing() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == due.id).values(values))


def _failed(due: _Due, settings: Settings, said: str, now: datetime) -> dict[str, object]:
    if due.attempts >= settings.webhook_attempts:
        return {"state": "failed", "answer": said}
    wait = _WAITS[min(due.attempts, len(_WAITS)) - 1]
    return {"answer": said, "due": (now + timedelta(seconds=wait)).timestamp()}


def _webhook(row: object) -> Webhook:
    values = row._mapping  # type: ignore[attr-defined]
    return Webhook(
        id=values["id"],
        url=values["url"],
        events=tuple(values["events"].split()),
        active=bool(values["active"]),
        made_at=values["made_at"],
    )
