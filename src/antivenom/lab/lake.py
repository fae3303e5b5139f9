"""The history of reviews: facts in Parquet, in a folder or in any place that fsspec knows.

    reviews/ecosystem=pypi/month=2026-11/BATCH.parquet    one row for each review
    facts/ecosystem=pypi/month=2026-11/BATCH.parquet      one row for each fact

A batch is there once its file of reviews is: the facts are written first, and each file under
another name until it is whole. What was cut off in between is looked at by nobody and removed by
the next compaction. A merged batch names those it stands for in ``BATCH.replaces`` before it is
there; from then on they are not, whoever deletes them when.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from antivenom.errors import MissingDependencyError, TargetError
from antivenom.lab.lake_schema import GROUP, Record, fact_rows, review_rows

if TYPE_CHECKING:
    import pyarrow as pa

REPLACES = ".replaces"
PARTIAL = ".partial"
_SUFFIX = ".parquet"


class Batch(NamedTuple):
    """A pair of files that is there."""

    partition: str
    name: str
    size: int
    """Bytes of its reviews' file."""


class Lake:
    """Facts of every review at one place."""

    def __init__(self, url: str) -> None:
        """Name the place; nothing is made until something is appended."""
        try:
            import fsspec
            import pyarrow  # noqa: F401  said here, not in the middle of an append
        except ImportError:
            raise MissingDependencyError(
                "the lake needs more libraries", hint="pip install 'antivenom[lab]'"
            ) from None
        try:
            self.fs, self.root = fsspec.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise TargetError(f"{url}: {error}") from None
        self.url = url
        self.local = "file" in _protocols(self.fs)

    # ------------------------------------------------------------------ reading

    def batches(self) -> list[Batch]:
        """Return what is there now, in the order of partition and name."""
        found, replaced = self.listed()
        return [batch for batch in found if (batch.partition, batch.name) not in replaced]

    def listed(self) -> tuple[list[Batch], set[tuple[str, str]]]:
        """Return every batch with a file of reviews, and which of them others stand for."""
        top = f"{self.root}/reviews"
        try:
            files: dict[str, Any] = self.fs.find(top, detail=True)
        except FileNotFoundError:
            return [], set()
        found, notes = [], {}
        for path, about in sorted(files.items()):
            place, _, file = path[len(top) :].strip("/").rpartition("/")
            if file.endswith(_SUFFIX):
                found.append(Batch(place, file.removesuffix(_SUFFIX), about["size"]))
            elif file.endswith(REPLACES):
                notes[place, file.removesuffix(REPLACES)] = path
        there = {(batch.partition, batch.name) for batch in found}
        replaced = {
            (place, name)
            for (place, by), path in notes.items()
            if (place, by) in there
            for name in self.fs.cat_file(path).decode().split()
        }
        return found, replaced

    def path(self, table: str, batch: Batch, suffix: str = _SUFFIX) -> str:
        """Return where a file of a batch lies, as its file system names it."""
        return f"{self.root}/{table}/{batch.partition}/{batch.name}{suffix}"

    def address(self, table: str, batch: Batch) -> str:
        """Return where a file lies as DuckDB names it."""
        path = self.path(table, batch)
        return path if self.local else str(self.fs.unstrip_protocol(path))

    # ------------------------------------------------------------------ writing

    def append(self, records: Iterable[Record]) -> int:
        """Add reviews that are not there yet, and return how many that were.

        Two who append the same review at once may both succeed; it then lies there twice, which
        no question notices, until a compaction.
        """
        wanted = {one.number: one for one in records}
        for number in self.known(list(wanted)):
            del wanted[number]
        parts: dict[str, list[Record]] = {}
        for one in wanted.values():
            parts.setdefault(one.partition, []).append(one)
        for partition, some in parts.items():
            self.write(new_batch(partition), review_rows(some), fact_rows(some))
        return len(wanted)

    def known(self, numbers: Sequence[int]) -> set[int]:
        """Return which of these reviews are there."""
        from antivenom.lab.lake_database import database

        batches = self.batches()
        if not batches or not numbers:
            return set()
        with database(self, batches) as connection:
            query = "SELECT DISTINCT review FROM reviews WHERE review IN (SELECT unnest(?))"
            return {row[0] for row in connection.execute(query, [list(numbers)]).fetchall()}

    def write(self, batch: Batch, reviews: pa.Table, facts: pa.Table) -> None:
        """Write the two files of a batch; it is there when this returns, or not at all."""
        import pyarrow.parquet as pq

        for table, rows in (("facts", facts), ("reviews", reviews)):
            partial = self.path(table, batch, PARTIAL)
            self.fs.makedirs(partial.rpartition("/")[0], exist_ok=True)
            with self.fs.open(partial, "wb") as file:
                pq.write_table(rows, file, compression="zstd", row_group_size=GROUP)
            self.fs.mv(partial, self.path(table, batch))


def new_batch(partition: str) -> Batch:
    """Return a name that no other batch has; names sort by time."""
    now = datetime.datetime.now(datetime.UTC)
    return Batch(partition, f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(6)}", 0)


def _protocols(fs: Any) -> tuple[str, ...]:  # noqa: ANN401  fsspec has no types
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)
