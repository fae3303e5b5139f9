"""What a service has reviewed, into a lake: its table of reviews, its profiles as facts.

A review is there once, so this may run as often as one likes, and whatever stopped it, it goes on.
Facts are made again from the kept profile alone: what its surroundings added in the service (new
against the release before, siblings) is not among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import Struct, structs

from antivenom import pipeline
from antivenom.judge import Knowledge
from antivenom.lab import lake_merging
from antivenom.lab.lake_schema import DIGEST, Record
from antivenom.model.context import NOTHING
from antivenom.model.moments import moment
from antivenom.model.profile import Profile
from antivenom.store.packing import unpack
from antivenom.store.schema import profiles
from antivenom.store.schema_uploads import reviews

if TYPE_CHECKING:
    from antivenom.lab.lake import Lake
    from antivenom.store import Store

_Key: TypeAlias = tuple[str, str, str]
"""sha256, ecosystem, engine."""

_AT_ONCE = 500
"""Reviews of a batch: what a kill costs at most."""
_SAME = ("purl", "ecosystem", "version", "filename", "verdict", "score")
_COLUMNS = (*_SAME, "id", "sha256", "project", "engine", "rulebook", "made_at")


class Filled(Struct, frozen=True, kw_only=True):
    """What became of the reviews that were looked at."""

    looked: int = 0
    added: int = 0
    bare: int = 0
    """Of those added: without facts, since no profile of their engine is kept."""


def fill(
    lake: Lake,
    store: Store,
    knowledge: Knowledge,
    *,
    since: str = "",
    tell: Callable[[Filled], None] | None = None,
) -> Filled:
    """Append the reviews a store holds and the lake does not, those made at `since` or later."""
    total = Filled()
    for rows in _batches(store, since):
        records = [_record(row) for row in rows]
        there = lake.known([one.number for one in records])
        # Unpacking a profile is what costs, so it is done for what is new alone.
        new = {
            one.number: (one, row)
            for one, row in zip(records, rows, strict=True)
            if one.number not in there
        }
        known = _profiles(store, [row for _, row in new.values()])
        full = [_with_facts(one, known.get(_key(row)), knowledge) for one, row in new.values()]
        total = Filled(
            looked=total.looked + len(rows),
            added=total.added + lake.append(full),
            bare=total.bare + sum(_key(row) not in known for _, row in new.values()),
        )
        if tell:
            tell(total)
    if total.added:
        lake_merging.compact(lake, at_least=lake_merging.ENOUGH)
    return total


def _batches(store: Store, since: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of reviews in the order they were made; nothing is open in between."""
    from sqlalchemy import select, tuple_

    column = reviews.c
    query = select(*(column[name] for name in _COLUMNS)).order_by(column.made_at, column.id)
    at, last = since, ""
    while True:
        later = tuple_(column.made_at, column.id) > (at, last)
        with store.reading() as connection:
            found = connection.execute(query.where(later).limit(_AT_ONCE)).mappings()
            rows = [dict(row) for row in found]
        if not rows:
            return
        yield rows
        at, last = rows[-1]["made_at"], rows[-1]["id"]


def _record(row: Mapping[str, Any]) -> Record:
    """Return what the lake keeps of a review, without its facts."""
    made = moment(row["made_at"])
    return Record(
        artifact=row["sha256"],
        name=row["project"],
        engine=row["engine"][:DIGEST],
        rulebook=row["rulebook"][:DIGEST],
        reviewed=made.isoformat(timespec="seconds") if made else row["made_at"],
        **{name: row[name] for name in _SAME},
    )


def _with_facts(one: Record, profile: Profile | None, knowledge: Knowledge) -> Record:
    if profile is None:
        return one
    return structs.replace(one, facts=pipeline.judged_facts(profile, NOTHING, knowledge))


def _profiles(store: Store, rows: Sequence[Mapping[str, Any]]) -> dict[_Key, Profile]:
    """Return the profiles of reviews, each by the engine that made the review."""
    from sqlalchemy import select

    column = profiles.c
    wanted = {_key(row) for row in rows}
    query = select(column.sha256, column.ecosystem, column.engine, column.document)
    hashes = sorted({sha256 for sha256, _, _ in wanted})
    found = {}
    with store.reading() as connection:
        for sha256, ecosystem, engine, document in connection.execute(
            query.where(column.sha256.in_(hashes))
        ):
            key = (sha256, ecosystem, engine)
            profile = _unpacked(document) if key in wanted else None
            if profile is not None:
                found[key] = profile
    return found


def _unpacked(document: bytes) -> Profile | None:
    """Return a profile, None for one that an older engine wrote otherwise."""
    try:
        return unpack(document, Profile)
    except msgspec.DecodeError:
        return None


def _key(row: Mapping[str, Any]) -> _Key:
    return row["sha256"], row["ecosystem"], row["engine"]
