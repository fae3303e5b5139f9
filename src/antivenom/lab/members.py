"""Who belongs to a campaign, and what was observed of them: from a catalog or a data set.

Specimens of the part *check* are never looked at, wherever they come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from antivenom.errors import TargetError
from antivenom.lab import extraction
from antivenom.lab.dataset import Row
from antivenom.model.profile import Profile
from antivenom.store import Store, schema
from antivenom.store.packing import unpack

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Members(NamedTuple):
    """A campaign's name and the profiles of its specimens."""

    name: str
    profiles: list[Profile]
    unseen: int
    """Specimens of which nobody here has seen the bytes, or of the part *check*."""


def of_catalog(store: Store, campaign: str) -> Members:
    """Return a campaign of a catalog by its id, the start of it, or its name.

    Raises `TargetError` when none or several fit, or when nothing was observed of it.
    """
    from sqlalchemy import or_, select

    table, members = schema.campaigns, schema.campaign_members
    with store.reading() as connection:
        named = or_(table.c.id.startswith(campaign, autoescape=True), table.c.name == campaign)
        found = connection.execute(select(table.c.id, table.c.name).where(named)).all()
        exact = [row for row in found if campaign in {row.id, row.name}] or found
        if len(exact) != 1:
            why = "no such campaign" if not exact else f"{len(exact)} campaigns fit"
            raise TargetError(f"{campaign}: {why}", hint="antivenom catalog campaigns")
        query = select(members.c.specimen).where(members.c.campaign == exact[0].id)
        ids = sorted(connection.scalars(query))
        claims = schema.claims
        checked = select(claims.c.specimen).where(claims.c.part == "check")
        looked = sorted(set(ids) - set(connection.scalars(checked)))
        profiles = [p for id in looked if (p := _profile(connection, id)) is not None]
    if not profiles:
        raise TargetError(f"{campaign}: none of its {len(ids)} specimens may be looked at")
    return Members(exact[0].name or exact[0].id, profiles, len(ids) - len(profiles))


def of_dataset(rows: Sequence[Row], campaign: str) -> Members | None:
    """Return a cluster or family of a data set, None where it has no such group."""
    group = [
        r for r in rows if r.sample.hostile and campaign in (r.sample.cluster, r.sample.family)
    ]
    if not group:
        return None
    chosen = [row.sample for row in group if row.sample.part != "check"]
    observed = [one.profile for one in extraction.profiles(chosen)]
    profiles = [profile for profile in observed if profile is not None]
    if not profiles:
        raise TargetError(f"{campaign}: none of its {len(group)} specimens may be looked at")
    return Members(campaign, profiles, len(group) - len(profiles))


def ordinary(rows: Sequence[Row]) -> list[Profile]:
    """Return what was observed of the ordinary packages of a data set that one may look at."""
    chosen = [r.sample for r in rows if not r.sample.hostile and r.sample.part != "check"]
    observed = [one.profile for one in extraction.profiles(chosen)]
    return [profile for profile in observed if profile is not None]


def _profile(connection: Connection, id: str) -> Profile | None:
    """Return what the engine that looked last saw of a specimen."""
    from sqlalchemy import select

    kept, specimens = schema.profiles, schema.specimens
    query = (
        select(kept.c.document)
        .join(specimens, specimens.c.sha256 == kept.c.sha256)
        .where(specimens.c.id == id, kept.c.engine == specimens.c.engine)
    )
    document = connection.scalars(query).first()
    return None if document is None else unpack(document, Profile)
