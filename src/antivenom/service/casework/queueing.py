"""The queue: ranked, filtered, a campaign as one entry, a page at a time.

A page is one walk along an index, whatever the number of cases; where it continues is said by the
rank and id of its last entry, so that nothing is skipped or repeated while cases come and go.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    case,
    exists,
    func,
    or_,
    select,
)

from antivenom.errors import UsageError
from antivenom.service.casework.nouns import CaseRow
from antivenom.service.casework.rows import cases_of
from antivenom.store.schema_cases import cases

View = Literal["review", "second", "unread", "decided"]
VIEWS: tuple[View, ...] = ("review", "second", "unread", "decided")
"""`review`: malicious and suspicious ones; `second`: somebody was unsure; `unread`: something
that could run was not read; `decided`: ruled on, the newest first."""

_PAGE = 40
_MEMBERS = 200
"""Cases of one campaign that are shown together."""


class Wanted(Struct, frozen=True, kw_only=True):
    """Which cases. Everything that is "" does not matter."""

    view: View = "review"
    verdict: str = ""
    ecosystem: str = ""
    activation: str = ""
    kind: str = ""
    rule: str = ""
    campaign: str = ""
    holder: str = ""
    decision: str = ""
    text: str = ""
    """Part of a project's name."""
    after: str = ""
    """`Page.next` of the page before."""
    most: int = _PAGE


class Group(Struct, frozen=True, kw_only=True):
    """One entry of the queue: a case, or the cases of a campaign with the worst in front."""

    cases: tuple[CaseRow, ...]
    total: int = 1
    """Cases of the campaign in this view, of which `cases` are the first."""

    @property
    def first(self) -> CaseRow:
        """The case that stands for the group."""
        return self.cases[0]


class Page(Struct, frozen=True, kw_only=True):
    """A page of the queue."""

    groups: tuple[Group, ...]
    next: str = ""
    """Where the next page begins, "" when this is the last."""


class Counts(Struct, frozen=True, kw_only=True):
    """How many cases each view has, and the open ones by verdict."""

    review: int = 0
    second: int = 0
    unread: int = 0
    verdicts: dict[str, int] = {}
    held: int = 0
    oldest: str = ""
    """When the oldest case of the first view was opened."""


def queue(connection: Connection, wanted: Wanted) -> Page:
    """Return a page. Raises `UsageError` for an `after` that no page gave."""
    table = cases
    conditions = _conditions(table, wanted)
    query = select(table).where(*conditions, _after(table, wanted))
    if wanted.view != "decided" and not wanted.campaign:
        query = query.where(or_(table.c.campaign == "", ~_better(wanted)))
    query = query.order_by(*_order(table, wanted)).limit(wanted.most + 1)
    found = cases_of(connection, query)
    shown = found[: wanted.most]
    alone = wanted.view == "decided" or bool(wanted.campaign)
    groups = (
        [Group(cases=(one,)) for one in shown] if alone else _grouped(connection, shown, wanted)
    )
    last = _mark(shown[-1], wanted) if len(found) > wanted.most else ""
    return Page(groups=tuple(groups), next=last)


def counts(connection: Connection) -> Counts:
    """Return how much there is to do."""
    held = func.sum(case((cases.c.holder != "", 1), else_=0))
    # One walk over what is open, which is little beside what was decided.
    query = (
        select(cases.c.state, cases.c.verdict, func.count(), func.min(cases.c.opened_at), held)
        .where(cases.c.state.in_(("open", "unsure")))
        .group_by(cases.c.state, cases.c.verdict)
    )
    rows = connection.execute(query).all()
    verdicts = {row[1]: row[2] for row in rows if row[0] == "open"}
    unread = verdicts.get("inconclusive", 0)
    first_view = [row[3] for row in rows if row[0] == "open" and row[1] != "inconclusive"]
    return Counts(
        review=sum(verdicts.values()) - unread,
        second=sum(row[2] for row in rows if row[0] == "unsure"),
        unread=unread,
        verdicts=verdicts,
        held=sum(row[4] for row in rows if row[0] == "open"),
        oldest=min(first_view, default=""),
    )


def campaign(connection: Connection, name: str, *, most: int = _MEMBERS) -> list[CaseRow]:
    """Return the cases of a campaign, the worst of those to do first, then those ruled on."""
    done = cases.c.state.in_(("decided", "lapsed"))
    query = select(cases).where(cases.c.campaign == name)
    return cases_of(connection, query.order_by(done, cases.c.rank.desc(), cases.c.id).limit(most))


def _of_view(table: FromClause, view: View) -> tuple[ColumnElement[bool], ...]:
    unread = table.c.verdict == "inconclusive"
    if view == "second":
        return (table.c.state == "unsure",)
    if view == "decided":
        return (table.c.state == "decided",)
    return table.c.state == "open", unread if view == "unread" else ~unread


def _conditions(table: FromClause, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = list(_of_view(table, wanted.view))
    names = ("verdict", "ecosystem", "activation", "kind", "rule", "campaign", "decision")
    for name in (*names, "holder"):
        value = getattr(wanted, name)
        if value:
            found.append(table.c[name] == value)
    if wanted.text:
        found.append(table.c.project.contains(wanted.text.lower(), autoescape=True))
    return found


def _better(wanted: Wanted) -> ColumnElement[bool]:
    """Whether the same campaign has a case before this one, which then stands for both."""
    other = cases.alias("other")
    sooner = or_(
        other.c.rank > cases.c.rank,
        and_(other.c.rank == cases.c.rank, other.c.id < cases.c.id),
    )
    same = other.c.campaign == cases.c.campaign
    return exists().where(same, sooner, *_conditions(other, wanted)).correlate(cases)


def _order(table: FromClause, wanted: Wanted) -> tuple[ColumnElement[Any], ...]:
    if wanted.view == "decided":
        return table.c.decided_at.desc(), table.c.id.desc()
    return table.c.rank.desc(), table.c.id.asc()


def _mark(last: CaseRow, wanted: Wanted) -> str:
    return f"{last.decided_at if wanted.view == 'decided' else last.rank}~{last.id}"


def _after(table: FromClause, wanted: Wanted) -> ColumnElement[bool]:
    if not wanted.after:
        return table.c.id > 0
    where, _, id = wanted.after.rpartition("~")
    if not (id.isascii() and id.isdigit() and len(id) < 19):
        raise UsageError("this page does not exist")
    if wanted.view == "decided":
        sooner, same = table.c.decided_at < where, table.c.decided_at == where
        # What is said twice is where an index can begin.
        return and_(table.c.decided_at <= where, or_(sooner, and_(same, table.c.id < int(id))))
    try:
        rank = float(where)
    except ValueError:
        raise UsageError("this page does not exist") from None
    later = or_(table.c.rank < rank, and_(table.c.rank == rank, table.c.id > int(id)))
    return and_(table.c.rank <= rank, later)


def _grouped(connection: Connection, shown: list[CaseRow], wanted: Wanted) -> list[Group]:
    names = sorted({one.campaign for one in shown if one.campaign})
    if not names:
        return [Group(cases=(one,)) for one in shown]
    conditions = _conditions(cases, wanted)
    query = select(cases).where(*conditions, cases.c.campaign.in_(names))
    members: dict[str, list[CaseRow]] = {}
    for one in cases_of(connection, query.order_by(*_order(cases, wanted)).limit(_MEMBERS * 4)):
        members.setdefault(one.campaign, []).append(one)
    count = select(cases.c.campaign, func.count()).where(*conditions)
    count = count.where(cases.c.campaign.in_(names)).group_by(cases.c.campaign)
    totals: dict[str, int] = {name: number for name, number in connection.execute(count)}  # noqa: C416
    return [
        Group(
            cases=tuple(members.get(one.campaign, [one])[:_MEMBERS]) if one.campaign else (one,),
            total=totals.get(one.campaign, 1) if one.campaign else 1,
        )
        for one in shown
    ]
