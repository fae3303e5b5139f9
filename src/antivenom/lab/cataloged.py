"""The specimens of a catalog as samples of a data set.

What counts is the catalog's own label: ``malware`` is a specimen, ``benign`` an ordinary package of
the stratum ``catalog``; what was labelled otherwise, and what is only known by name, stays out. A
profile of this engine is taken as it is; bytes the catalog keeps are observed in children.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from antivenom.lab.extraction import Observed
from antivenom.lab.sample import Kept, Part, Sample, plain
from antivenom.model.coordinate import Coordinate, Ecosystem
from antivenom.model.profile import Profile
from antivenom.store import Store, schema
from antivenom.store.packing import unpack

_LABELS = ("malware", "benign")
STRATUM = "catalog"
"""Of what a catalog calls benign."""


class Cataloged(NamedTuple):
    """What a catalog gives a data set."""

    samples: list[Sample]
    given: dict[str, Observed]
    """Key of a sample -> its profile by this engine."""
    unseen: int
    """Specimens with bytes known to somebody, but neither kept nor observed by this engine."""


def cataloged(store: Store, *, engine: str, blobs: str = "") -> Cataloged:
    """Return the labelled specimens of a catalog; `blobs` is the URL of the bytes it keeps."""
    from sqlalchemy import select

    table = schema.specimens
    query = select(table).where(table.c.label.in_(_LABELS), table.c.sha256 != "")
    with store.reading() as connection:
        rows = [dict(row) for row in connection.execute(query.order_by(table.c.id)).mappings()]
        groups = _groups(connection)
        given = _profiles(connection, engine, {row["sha256"] for row in rows})
    samples = [_sample(row, groups.get(row["id"], {}), blobs) for row in rows]
    ready = [s for s in samples if s.sha256 in given or s.kept is not None]
    known = {s.key: given[s.sha256] for s in ready if s.sha256 in given}
    return Cataloged(ready, known, len(samples) - len(ready))


def _sample(row: dict[str, Any], group: dict[str, str], blobs: str) -> Sample:
    hostile = row["label"] == "malware"
    part: Part = "check" if group.get("part") == "check" else "study"
    known = {one.value for one in Ecosystem}
    coordinate = None
    if row["name"] and row["ecosystem"] in known:
        coordinate = Coordinate(
            ecosystem=Ecosystem(row["ecosystem"]), name=row["name"], version=row["version"]
        )
    kept = None
    if blobs and row["kept"]:
        kept = Kept(
            blobs=blobs, sha256=row["sha256"], filename=row["filename"], coordinate=coordinate
        )
    return Sample(
        key=f"{row['sha256']} catalog",
        sha256=row["sha256"],
        name=plain(row["name"]),
        part=part,
        stratum="malware" if hostile else STRATUM,
        # Who stands alone is a cluster of one, and never tied to nothing.
        cluster=(group.get("cluster") or row["sha256"]) if hostile else "",
        family=(group.get("family") or row["sha256"]) if hostile else "",
        tags=tuple(group.get("tags", "").split()),
        date=row["first_seen"][:10],
        kept=kept,
    )


def _groups(connection: Any) -> dict[str, dict[str, str]]:  # noqa: ANN401  a connection
    """Return cluster, family, part and tags by specimen: ours where it was grouped, else claimed.

    A specimen that any source puts into the part *check* is checked.
    """
    from sqlalchemy import select

    found: dict[str, dict[str, str]] = {}
    for row in _all(connection, select(schema.claims)):
        one = found.setdefault(row["specimen"], {})
        for name in ("cluster", "family", "tags"):
            one[name] = one.get(name) or row[name]
        if one.get("part") != "check":
            one["part"] = row["part"]
    for row in _all(connection, select(schema.campaign_members)):
        one = found.setdefault(row["specimen"], {})
        one |= {"cluster": row["cluster"], "family": row["campaign"]}
    return found


def _profiles(connection: Any, engine: str, wanted: Iterable[str]) -> dict[str, Observed]:  # noqa: ANN401
    from sqlalchemy import select

    table, chosen = schema.profiles, frozenset(wanted)
    query = select(table.c.sha256, table.c.document).where(table.c.engine == engine)
    return {
        row["sha256"]: Observed(profile=unpack(row["document"], Profile))
        for row in _all(connection, query)
        if row["sha256"] in chosen
    }


def _all(connection: Any, query: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    for row in connection.execute(query).mappings():
        yield dict(row)
