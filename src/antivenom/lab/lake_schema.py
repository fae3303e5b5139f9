"""The two tables of a lake: one row for each review, one row for each fact.

In the lake an artifact is a number: `review` in both tables, eight bytes instead of the sixty-four
of a sha256 in every one of a hundred million rows. It is taken from what makes a review another
one, so that whoever appends the same review again finds it there.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from antivenom.model.fact import Fact
from antivenom.model.review import Review

if TYPE_CHECKING:
    import pyarrow as pa

ORDER = ("id", "host", "value", "review", "n")
"""How facts lie in a file: whoever looks for an id, or for a host, skips nearly everything."""
GROUP = 122_880
"""Rows of a row group: what is skipped at once."""
WRITTEN = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {GROUP}, DICTIONARY_SIZE_LIMIT {GROUP}"
"""How DuckDB writes a file. A column gets a Bloom filter where it has a dictionary; with room for
every row of a group all have one, and a text that a group does not hold is not looked for in it. A
file grows by half, and a value is found in a tenth of the time."""
DIGEST = 16
"""Characters kept of the digests of engine and rule book."""
UNKNOWN = "unknown"
"""The partition of artifacts whose registry nobody knows."""


class Record(Struct, frozen=True, kw_only=True):
    """One review on its way into the lake; "" where something is not known."""

    artifact: str
    """sha256 of its bytes."""
    ecosystem: str
    name: str = ""
    version: str = ""
    purl: str = ""
    filename: str = ""
    engine: str
    rulebook: str = ""
    verdict: str
    score: float
    reviewed: str
    """When, as ISO 8601 in UTC; its month is the partition."""
    facts: tuple[Fact, ...] = ()

    @property
    def number(self) -> int:
        """What the lake calls it: 63 bits of a hash over bytes, name and engine.

        Should two ever share one, their facts are looked at together; no match is lost.
        """
        said = f"{self.artifact}\0{self.purl}\0{self.engine}".encode("utf-8", "replace")
        return int.from_bytes(hashlib.sha256(said).digest()[:8]) >> 1

    @property
    def partition(self) -> str:
        """The folder of its files below a table."""
        return f"ecosystem={self.ecosystem or UNKNOWN}/month={self.reviewed[:7]}"


def record(review: Review, facts: Sequence[Fact], now: datetime.datetime) -> Record:
    """Return what the lake keeps of a review, and when it was made."""
    artifact = review.artifact
    return Record(
        artifact=artifact.sha256,
        ecosystem=artifact.ecosystem or "",
        name=artifact.name or "",
        version=artifact.version or "",
        purl=artifact.purl or "",
        filename=artifact.filename,
        engine=review.digests.engine[:DIGEST],
        rulebook=review.digests.rulebook[:DIGEST],
        verdict=review.verdict.value,
        score=review.score,
        reviewed=now.astimezone(datetime.UTC).isoformat(timespec="seconds"),
        facts=tuple(facts),
    )


def review_rows(records: Sequence[Record]) -> pa.Table:
    """Return the rows of reviews, by number."""
    import pyarrow as pa

    rows = [
        {name: getattr(one, name) for name in _REVIEW_TEXTS}
        | {"review": one.number, "score": one.score, "facts": len(one.facts)}
        for one in sorted(records, key=lambda one: one.number)
    ]
    kinds = {"review": pa.int64(), "score": pa.float64(), "facts": pa.int32()}
    columns = [pa.field(name, kind, nullable=False) for name, kind in kinds.items()]
    columns += [pa.field(name, pa.string(), nullable=False) for name in _REVIEW_TEXTS]
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))


def fact_rows(records: Sequence[Record]) -> pa.Table:
    """Return the rows of facts, in the order of the lake."""
    import pyarrow as pa

    rows = [row for one in records for row in _rows(one)]
    rows.sort(key=lambda row: tuple(row[name] for name in ORDER))
    return pa.Table.from_pylist(rows, schema=fact_schema())


def fact_schema() -> pa.Schema:
    """Return the columns of facts: those of contracts 6, the artifact as a number."""
    import pyarrow as pa

    columns = [pa.field("review", pa.int64(), nullable=False)]
    for field in FACT_FIELDS:
        kind = pa.int32() if field in _NUMBERS else pa.string()
        kind = pa.list_(pa.string()) if field in _LISTS else kind
        columns.append(pa.field(field, kind, nullable=False))
    return pa.schema(columns)


def fact_of(row: dict[str, Any]) -> Fact:
    """Return a fact again from a row that holds its columns."""
    values = {name: row[name] for name in FACT_FIELDS}
    return msgspec.convert(values, Fact)


def _rows(one: Record) -> list[dict[str, Any]]:
    number = one.number
    rows = []
    for n, fact in enumerate(one.facts):
        row = {name: getattr(fact, name) for name in FACT_FIELDS}
        # What passes through a flow is asked of its id: the contract says they agree.
        said = "->".join(fact.via) if fact.kind == "flow" and fact.via else fact.id
        rows.append({**row, "review": number, "n": n, "id": said})
    return rows


_ALL = msgspec.structs.fields(Fact)
FACT_FIELDS = tuple(field.name for field in _ALL if field.name != "artifact")
_NUMBERS = frozenset(field.name for field in _ALL if field.type is int)
_LISTS = frozenset({"args", "via"})
_REVIEW_TEXTS = tuple(name for name in Record.__struct_fields__ if name not in {"score", "facts"})
