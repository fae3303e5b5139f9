"""What a registry is told: Observations, drafted with every decision, sent when that is allowed.

    draft --a person, or a measured policy--> approved --the registry takes it--> sent
      '--dropped (a person, or the decision was undone)     '--failed (it refuses)

PyPI's API takes one report a project, with a link to the line that shows it. Without a token in
the settings everything stays a draft, to be copied by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, insert, select, update

from antivenom._version import __version__
from antivenom.errors import ConflictError, NetworkError, TargetError, UsageError
from antivenom.model.moments import stamp
from antivenom.model.review import Review
from antivenom.report.escape import visible
from antivenom.service import audit, inspector, posting, reviews, webhooks
from antivenom.service.clock import Clock
from antivenom.service.settings import Settings
from antivenom.store import Store, packing
from antivenom.store.schema_cases import actions, case_reviews, cases, decisions
from antivenom.store.schema_uploads import uploads

KINDS: Mapping[str, str] = {
    "malware": "is_malware",
    "dependency-confusion": "is_dependency_confusion",
    "spam": "is_spam",
    "policy": "something_else",
}
"""Our kinds -> PyPI's."""
MEDIA_TYPE = "application/vnd.pypi.api-v0-danger+json"
POLICY = "policy"
"""The author of what no person approved."""
_ATTEMPTS = 6
_PLACES = 10
_STANDING = ("draft", "approved", "sent", "failed")


class Place(Struct, frozen=True, kw_only=True):
    """One piece of evidence."""

    rule: str
    reason: str
    member: str
    line: int
    activation: str
    inspector_url: str


class Evidence(Struct, frozen=True, kw_only=True):
    """What stands beside the fields a registry asks for."""

    case: int
    review: str
    verdict: str
    score: float
    purl: str
    sha256: str
    version: str
    """Of Antivenom."""
    rulebook: str
    places: tuple[Place, ...]


class Observation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of a report, as PyPI's API takes it; it keeps keys it does not know."""

    kind: str
    summary: str
    inspector_url: str = ""
    antivenom: Evidence | None = None


class Draft(Struct, frozen=True, kw_only=True):
    """An observation with its way to the registry."""

    project: str
    observation: Observation


class Action(Struct, frozen=True, kw_only=True):
    """A row of what is to be done at a registry."""

    id: int
    case: int
    state: str
    project: str
    observation: Observation
    author: str
    made_at: str
    sent_at: str
    answer: str
    attempts: int


def draft(connection: Connection, case: int, *, author: str, now: datetime) -> int | None:
    """Write what the registry would be told of a case and return its number.

    None when there is nothing to tell: another registry, or no review left. A case has one.
    """
    row = connection.execute(select(cases).where(cases.c.id == case)).mappings().one_or_none()
    if row is None:
        raise TargetError(f"there is no case {case}")
    if row["ecosystem"] != "pypi":
        return None
    known = (actions.c.case == case) & actions.c.state.in_(_STANDING)
    before = connection.scalar(select(actions.c.id).where(known))
    if before is not None:
        return int(before)
    composed = compose(connection, dict(row))
    if composed is None:
        return None
    values = {
        "case": case,
        "what": "observation",
        "state": "draft",
        "payload": packing.pack(composed),
        "made_at": stamp(now),
        "author": author,
    }
    made = connection.execute(insert(actions).values(values)).inserted_primary_key
    assert made is not None
    audit.record(connection, author, "action.draft", f"action:{made[0]}", {"case": case}, now=now)
    return int(made[0])


def compose(connection: Connection, case: Mapping[str, Any]) -> Draft | None:
    """Return the report of a case from its worst review."""
    found = _worst(connection, case["id"])
    if found is None:
        return None
    review, key, blake2b = found
    said = _kind(connection, case)
    places = tuple(_places(review, blake2b))
    info = review.artifact
    evidence = Evidence(
        case=case["id"],
        review=key,
        verdict=review.verdict.value,
        score=review.score,
        purl=info.purl or "",
        sha256=info.sha256,
        version=__version__,
        rulebook=review.digests.rulebook,
        places=places,
    )
    observation = Observation(
        kind=KINDS[said],
        summary=_summary(review),
        inspector_url=places[0].inspector_url if places else _link(review, blake2b, "", 0),
        antivenom=evidence,
    )
    return Draft(project=case["project"], observation=observation)


def approve(connection: Connection, action: int, *, author: str, now: datetime) -> None:
    """Let a draft be sent, or sent again. Raises `ConflictError`, and `UsageError` without link."""
    found = one(connection, action)
    if found.state not in ("draft", "failed"):
        raise ConflictError(f"action {action} is {found.state}")
    report = found.observation
    if report.kind == KINDS["malware"] and not report.inspector_url:
        raise UsageError(
            "a report of malware needs a link to the file", hint="its blake2b hash is not known"
        )
    there = (actions.c.id == action) & (actions.c.state == found.state)
    connection.execute(update(actions).where(there).values(state="approved", attempts=0))
    audit.record(connection, author, "action.approve", f"action:{action}", now=now)


def drop(connection: Connection, action: int, *, author: str, now: datetime) -> None:
    """Send a draft never. Raises `ConflictError` when it was sent."""
    there = (actions.c.id == action) & actions.c.state.in_(("draft", "approved", "failed"))
    if not connection.execute(update(actions).where(there).values(state="dropped")).rowcount:
        raise ConflictError(f"action {action} is {one(connection, action).state}")
    audit.record(connection, author, "action.drop", f"action:{action}", now=now)


def withdraw(connection: Connection, case: int, *, author: str, now: datetime) -> None:
    """Drop what was drafted for a case whose decision was taken back."""
    mine = (actions.c.case == case) & actions.c.state.in_(("draft", "approved", "failed"))
    for action in connection.scalars(select(actions.c.id).where(mine)).all():
        drop(connection, action, author=author, now=now)


def one(connection: Connection, action: int) -> Action:
    """Return an action. Raises `TargetError` when there is none."""
    row = connection.execute(select(actions).where(actions.c.id == action)).mappings().first()
    if row is None:
        raise TargetError(f"there is no action {action}")
    return _action(dict(row))


def some(
    connection: Connection, *, state: str = "", case: int = 0, after: int = 0, most: int = 100
) -> list[Action]:
    """Return actions, the newest first."""
    query = select(actions).where(actions.c.what == "observation")
    if state:
        query = query.where(actions.c.state == state)
    if case:
        query = query.where(actions.c.case == case)
    if after:
        query = query.where(actions.c.id < after)
    rows = connection.execute(query.order_by(actions.c.id.desc()).limit(most)).mappings()
    return [_action(dict(row)) for row in rows]


def deliver(store: Store, settings: Settings, clock: Clock, most: int = 20) -> int:
    """Send what was approved, if the settings hold a token; return how many were taken up."""
    if not settings.observations_url or not settings.observations_token:
        return 0
    with store.reading() as connection:
        waiting = some(connection, state="approved", most=most)
    for action in reversed(waiting):
        _send(store, settings, clock, action)
    return len(waiting)


def _send(store: Store, settings: Settings, clock: Clock, action: Action) -> None:
    # Whoever counts the attempt sends; another process finds it counted and leaves it.
    there = (actions.c.id == action.id) & (actions.c.state == "approved")
    mine = there & (actions.c.attempts == action.attempts)
    with store.writing() as connection:
        counted = update(actions).where(mine).values(attempts=action.attempts + 1)
        if not connection.execute(counted).rowcount:
            return
    base = settings.observations_url.rstrip("/")
    url = f"{base}/danger-api/projects/{quote(action.project, safe='')}/observations"
    headers = {
        "Authorization": f"Bearer {settings.observations_token}",
        "Content-Type": MEDIA_TYPE,
        "Accept": MEDIA_TYPE,
    }
    now = clock.now()
    try:
        _, said = posting.post(url, _body(action.observation), headers, private=True)
    except (NetworkError, UsageError) as error:
        given_up = action.attempts + 1 >= _ATTEMPTS or "answered 4" in str(error)
        values = {
            "answer": visible(str(error), 300),
            "state": "failed" if given_up else "approved",
        }
    else:
        values = {"answer": visible(said, 300), "state": "sent", "sent_at": stamp(now)}
    with store.writing() as connection:
        connection.execute(update(actions).where(actions.c.id == action.id).values(values))
        _tell(connection, action, values, now)


def _tell(connection: Connection, action: Action, values: Mapping[str, str], now: datetime) -> None:
    what, detail = f"action:{action.id}", {"answer": values["answer"]}
    audit.record(connection, "antivenom", f"action.{values['state']}", what, detail, now=now)
    if values["state"] == "sent":
        payload = {"action": action.id, "case": action.case, "project": action.project}
        webhooks.queue(connection, "action.sent", what, payload, now=now)


def _body(observation: Observation) -> bytes:
    """Return strict JSON in ASCII: the registry refuses what is not valid Unicode."""
    return json.dumps(msgspec.to_builtins(observation), allow_nan=False).encode()


def _worst(connection: Connection, case: int) -> tuple[Review, str, str] | None:
    table = case_reviews
    query = select(table.c.review).where(table.c.case == case)
    query = query.order_by(table.c.current.desc(), table.c.score.desc(), table.c.review).limit(1)
    key = connection.scalar(query)
    review = reviews.load(connection, key) if key else None
    if key is None or review is None:
        return None
    info = review.artifact
    same = (uploads.c.sha256 == info.sha256) & (uploads.c.blake2b != "")
    blake2b = connection.scalar(select(uploads.c.blake2b).where(same).limit(1))
    return review, key, blake2b or ""


def _kind(connection: Connection, case: Mapping[str, Any]) -> str:
    query = (
        select(decisions.c.kind)
        .where(decisions.c.case == case["id"], decisions.c.kind != "")
        .order_by(decisions.c.id.desc())
    )
    said = connection.scalar(query.limit(1)) or case["kind"]
    return said if said in KINDS else "malware"


def _places(review: Review, blake2b: str) -> list[Place]:
    found = sorted(review.findings, key=lambda one: -one.weight)[:_PLACES]
    return [
        Place(
            rule=finding.rule,
            reason=visible(finding.reason, 300),
            member=visible(member, 500),
            line=line,
            activation=finding.activation,
            inspector_url=_link(review, blake2b, member, line),
        )
        for finding in found
        for member, line in [inspector.shown_at(review, finding.spans[0])]
    ]


def _link(review: Review, blake2b: str, member: str, line: int) -> str:
    info = review.artifact
    name, version = info.name or "", info.version or ""
    return inspector.link(name, version, info.filename, blake2b, member, line)


def _summary(review: Review) -> str:
    """Say what it is and what shows it, in lines a moderator reads in ten seconds."""
    info = review.artifact
    lines = [f"{info.filename} ({info.purl or info.name}): {review.verdict.value}"]
    lines += [f"- {reason}" for reason in review.reasons[:5]]
    lines.append(f"sha256 {info.sha256}; reviewed by Antivenom {__version__}")
    return visible("\n".join(lines), 2000, lines=True)


def _action(row: Mapping[str, Any]) -> Action:
    held = packing.unpack(row["payload"], Draft)
    names = ("id", "case", "state", "author", "made_at", "sent_at", "answer", "attempts")
    return Action(
        **{name: row[name] for name in names},
        project=held.project,
        observation=held.observation,
    )
