"""Reports without a person, once people have shown that verdicts are right often enough.

Off unless `observations-precision` is set. Measured over the newest decided cases whose verdict
was `malicious`; one of them called not malicious counts against it.
"""

from __future__ import annotations

from msgspec import Struct
from sqlalchemy import Connection, Select, exists, select

from antivenom.errors import UsageError
from antivenom.service import observations
from antivenom.service.clock import Clock
from antivenom.service.settings import Settings
from antivenom.store import Store
from antivenom.store.schema_cases import actions, cases

_MOST = 20


class Measured(Struct, frozen=True, kw_only=True):
    """How right verdicts were, by what people decided."""

    decided: int
    right: int

    @property
    def precision(self) -> float:
        """Share that was right; 0 when nobody decided anything."""
        return self.right / self.decided if self.decided else 0.0


def measure(connection: Connection, newest: int) -> Measured:
    """Look at the newest decided cases with the verdict `malicious`."""
    query = (
        select(cases.c.decision)
        .where(cases.c.verdict == "malicious", cases.c.state == "decided")
        .where(cases.c.decided_by != observations.POLICY)
        .order_by(cases.c.decided_at.desc(), cases.c.id.desc())
        .limit(newest)
    )
    said = list(connection.scalars(query))
    return Measured(decided=len(said), right=said.count("malicious"))


def allows(measured: Measured, settings: Settings) -> bool:
    """Whether reports may go out without a person."""
    asked = settings.observations_precision
    enough = measured.decided >= settings.observations_decided
    return asked > 0 and enough and measured.precision >= asked


def run(store: Store, settings: Settings, clock: Clock) -> int:
    """Draft and approve reports on open malicious cases; return how many."""
    if settings.observations_precision <= 0 or not settings.observations_token:
        return 0
    with store.reading() as connection:
        if not allows(measure(connection, settings.observations_decided), settings):
            return 0
        waiting = list(connection.scalars(_open()))
    return sum(_report(store, case, clock) for case in waiting)


def _report(store: Store, case: int, clock: Clock) -> bool:
    now = clock.now()
    with store.writing() as connection:
        made = observations.draft(connection, case, author=observations.POLICY, now=now)
        if made is None:
            return False
        try:
            observations.approve(connection, made, author=observations.POLICY, now=now)
        except UsageError:
            # Without a link it stays a draft, for a person.
            return False
    return True


def _open() -> Select[int]:
    told = exists().where(actions.c.case == cases.c.id)
    return (
        select(cases.c.id)
        .where(cases.c.state == "open", cases.c.verdict == "malicious", ~told)
        .where(cases.c.ecosystem == "pypi")
        .order_by(cases.c.id)
        .limit(_MOST)
    )
