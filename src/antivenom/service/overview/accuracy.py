"""How right verdicts and reports were, in the words PyPI uses for those who report to it.

There a report is a true positive when its project was taken down, a false positive when it was
cleared and is still there, and pending otherwise; accuracy is TP / (TP + FP), green from 80 %,
amber from 50 % (warehouse, observations/utils.py). A quarantine counts as taken down here: what
the feed tells of a removal has no reason with it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, func, select

from antivenom.model.moments import moment, stamp
from antivenom.service.events import BAD
from antivenom.service.overview.traffic import share
from antivenom.store.schema_cases import case_reviews, cases
from antivenom.store.schema_uploads import findings, registry_events

_CLEARED = ("quarantine-cleared", "release-quarantine-cleared")
_MOST = 2_000
_CARRIES = 0.25
"""Weight from which a finding is a reason of a verdict."""


class _Case(NamedTuple):
    """A case as far as this page looks."""

    ecosystem: str
    project: str
    state: str
    decision: str
    opened_at: str


class _Event(NamedTuple):
    """What a registry did."""

    what: str
    at: str


class Accuracy(Struct, frozen=True, kw_only=True):
    """What became of what was called malicious."""

    true: int = 0
    false: int = 0
    pending: int = 0
    hours: tuple[float, float] = (0.0, 0.0)
    """Median and 90th percentile, from the case to what the registry did."""

    @property
    def share(self) -> float | None:
        """TP / (TP + FP); None while nothing is known."""
        known = self.true + self.false
        return self.true / known if known else None

    @property
    def corroborated(self) -> float | None:
        """Share of all that a registry has acted on."""
        every = self.true + self.false + self.pending
        return self.true / every if every else None

    @property
    def badge(self) -> str:
        """PyPI's colour: good from 80 %, warn from 50 %, bad below."""
        if self.share is None:
            return ""
        return "good" if self.share >= 0.8 else "warn" if self.share >= 0.5 else "bad"


class RuleRecord(Struct, frozen=True, kw_only=True):
    """How often people agreed with a rule."""

    rule: str
    state: str
    right: int
    wrong: int

    @property
    def false_share(self) -> float:
        """Share of its decided cases in which people found nothing malicious."""
        return self.wrong / (self.right + self.wrong)


def accuracy(
    connection: Connection, now: datetime.datetime, *, by: str, days: int = 90
) -> Accuracy:
    """Measure the cases of the last days that `people` or the `engine` called malicious."""
    since = stamp(now - datetime.timedelta(days=days))
    query = select(*(cases.c[name] for name in _Case._fields)).where(cases.c.opened_at >= since)
    if by == "people":
        query = query.where(cases.c.decision == "malicious")
    else:
        query = query.where(cases.c.verdict == "malicious", cases.c.state != "lapsed")
    newest = query.order_by(cases.c.opened_at.desc()).limit(_MOST)
    rows = [_Case(*row) for row in connection.execute(newest)]
    events = _events(connection, rows, since)
    said = [_classify(row, events.get((row.ecosystem, row.project), []), by) for row in rows]
    hours = sorted(one for _, one in said if one is not None)
    return Accuracy(
        true=sum(what == "true" for what, _ in said),
        false=sum(what == "false" for what, _ in said),
        pending=sum(what == "pending" for what, _ in said),
        hours=(share(hours, 0.5), share(hours, 0.9)) if hours else (0.0, 0.0),
    )


def rules(
    connection: Connection, now: datetime.datetime, *, days: int = 180, most: int = 200
) -> list[RuleRecord]:
    """Return how each rule did in the cases people decided, the most mistaken first."""
    since = stamp(now - datetime.timedelta(days=days))
    table = case_reviews
    query = (
        select(
            findings.c.rule,
            func.max(findings.c.state),
            cases.c.decision,
            func.count(cases.c.id.distinct()),
        )
        .join(table, table.c.case == cases.c.id)
        .join(findings, findings.c.review == table.c.review)
        .where(cases.c.state == "decided", cases.c.decided_at >= since, table.c.current == 1)
        .where(findings.c.weight >= _CARRIES)
        .group_by(findings.c.rule, cases.c.decision)
    )
    found: dict[str, tuple[str, dict[str, int]]] = {}
    for rule, state, decision, number in connection.execute(query):
        found.setdefault(rule, (state, {}))[1][decision] = number
    made = [
        RuleRecord(
            rule=rule,
            state=state,
            right=said.get("malicious", 0),
            wrong=said.get("not-malicious", 0),
        )
        for rule, (state, said) in found.items()
    ]
    return sorted(made, key=lambda one: (-one.wrong, -one.false_share, -one.right, one.rule))[:most]


def _classify(row: _Case, events: list[_Event], by: str) -> tuple[str, float | None]:
    """Return what became of a case, and after how many hours if a registry acted."""
    acted = [one for one in events if one.what in BAD]
    cleared = [one for one in events if one.what in _CLEARED]
    if acted and not (cleared and cleared[-1].at >= acted[-1].at):
        return "true", _hours(row.opened_at, acted[0].at)
    if by == "engine" and row.state == "decided" and row.decision != "unsure":
        return ("true" if row.decision == "malicious" else "false"), None
    return ("false" if cleared else "pending"), None


def _hours(start: str, end: str) -> float | None:
    first, last = moment(start), moment(end)
    if first is None or last is None:
        return None
    return max(0.0, (last - first).total_seconds() / 3600)


def _events(
    connection: Connection, rows: Iterable[_Case], since: str
) -> dict[tuple[str, str], list[_Event]]:
    """Return what registries did to the cases' projects, in order."""
    wanted = {(row.ecosystem, row.project) for row in rows}
    table = registry_events
    query = (
        select(table.c.ecosystem, table.c.project, table.c.what, table.c.at)
        .where(table.c.what.in_((*BAD, *_CLEARED)), table.c.at >= since)
        .order_by(table.c.at, table.c.id)
    )
    found: dict[tuple[str, str], list[_Event]] = {}
    for ecosystem, project, what, at in connection.execute(query):
        if (ecosystem, project) in wanted:
            found.setdefault((ecosystem, project), []).append(_Event(what, at))
    return found
