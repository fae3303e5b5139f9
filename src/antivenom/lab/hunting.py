"""Ask all history: which reviews does a rule, an indicator or a query fit, and where.

DuckDB finds the reviews; of those that are shown, the facts are read and the rule is matched once
more by `rules.matching`, which gives the reason and orders the places as in a review.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from antivenom.errors import UsageError
from antivenom.lab.lake import Batch, Lake
from antivenom.lab.lake_database import database
from antivenom.lab.lake_schema import FACT_FIELDS, UNKNOWN, fact_of
from antivenom.model.fact import Fact
from antivenom.model.label import Activation
from antivenom.rules import book, sql
from antivenom.rules.language import parse
from antivenom.rules.matching import match_one, strength
from antivenom.rules.rule import Rule

if TYPE_CHECKING:
    import duckdb

SHOWN = 50
"""Artifacts whose places are looked up unless told otherwise."""
PLACES = 5
"""Facts shown of an artifact."""
SOURCE = sql.Source(table="facts", key="review")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^/]*")
_META = ("artifact", "ecosystem", "name", "version", "purl", "filename", "engine", "verdict")
_COLUMNS = (*_META, "score", "reviewed", "review")


class Where(Struct, frozen=True, kw_only=True):
    """Which part of history is asked."""

    ecosystem: str = ""
    since: str = ""
    """First month, ``2026-11``; "" is the beginning."""
    until: str = ""
    """Last month; "" is the newest."""

    def holds(self, batch: Batch, ecosystems: Sequence[str] = ()) -> bool:
        """Say whether a batch belongs to it, and to what a rule asks of."""
        parts = dict(piece.partition("=")[::2] for piece in batch.partition.split("/"))
        found, month = parts.get("ecosystem", ""), parts.get("month", "")
        if self.ecosystem and found != self.ecosystem:
            return False
        if ecosystems and found not in {*ecosystems, UNKNOWN}:
            return False
        return month >= self.since and (not self.until or month <= self.until)


EVERYWHERE = Where()


def selected(lake: Lake, where: Where, ecosystems: Sequence[str] = ()) -> list[Batch]:
    """Return the batches of a part of history; a rule may ask of some registries alone."""
    return [batch for batch in lake.batches() if where.holds(batch, ecosystems)]


class Hit(Struct, frozen=True, kw_only=True):
    """One review that fits."""

    artifact: str
    ecosystem: str
    name: str
    version: str
    purl: str
    filename: str
    engine: str
    verdict: str
    score: float
    reviewed: str
    reason: str = ""
    facts: tuple[Fact, ...] = ()
    """Where, strongest first, at most `PLACES`."""


class Found(Struct, frozen=True, kw_only=True):
    """What a hunt found."""

    total: int
    """Reviews that fit."""
    asked: int
    """Reviews that were asked."""
    hits: tuple[Hit, ...] = ()
    """The newest of them."""


def by_rule(lake: Lake, rule: Rule, where: Where = EVERYWHERE, *, most: int = SHOWN) -> Found:
    """Return the reviews in which a rule holds, whatever its state."""
    batches = selected(lake, where, rule.ecosystems)
    with database(lake, batches) as connection:
        found, rows = _newest(connection, sql.artifacts(rule, SOURCE), most)
        facts = _facts(connection, sql.evidence(rule, SOURCE), [row["review"] for row in rows])
        hits = [_by_rule(row, rule, facts.get(row["review"], [])) for row in rows]
        return Found(total=found, asked=_count(connection), hits=tuple(hits))


def by_indicator(lake: Lake, text: str, where: Where = EVERYWHERE, *, most: int = SHOWN) -> Found:
    """Return the reviews that name a host, an address, a path, a wallet, or have this sha256.

    Hosts and values are compared whole, an address also with what follows it; with a ``*`` the
    text is a glob over both, which has to read everything.
    """
    batches = selected(lake, where)
    with database(lake, batches) as connection:
        if _SHA256.fullmatch(text.lower()):
            said = sql.quoted(text.lower())
            reviews = f"SELECT review FROM reviews WHERE artifact = {said}"  # noqa: S608  quoted
            found, rows = _newest(connection, reviews, most)
            hits = [_hit(row, "these are its bytes", ()) for row in rows]
            return Found(total=found, asked=_count(connection), hits=tuple(hits))
        conditions = indicator(text)
        queries = [f"SELECT review FROM facts WHERE {one}" for one in conditions]  # noqa: S608
        found, rows = _newest(connection, " UNION ".join(queries), most)
        evidence = " UNION ALL ".join(f"SELECT * FROM facts WHERE {one}" for one in conditions)  # noqa: S608
        facts = _facts(connection, evidence, [row["review"] for row in rows])
        hits = [_by_indicator(row, facts.get(row["review"], [])) for row in rows]
        return Found(total=found, asked=_count(connection), hits=tuple(hits))


def indicator(text: str) -> list[str]:
    """Return the conditions of which a fact that names an indicator fits one."""
    if not text.strip("* "):
        raise UsageError("an indicator is a host, an address, a path, a wallet, or a sha256")
    if "*" in text:
        return [sql.glob("host", text), sql.glob("value", text)]
    said = sql.quoted(text)
    address = _URL.match(text)
    if address is None:
        return [f"host = {sql.quoted(text.lower())}", f"value = {said}"]
    host = address.group().partition("://")[2].rpartition("@")[2].lower()
    host = host if host.count(":") > 1 else host.partition(":")[0]
    return [
        f"host = {sql.quoted(host)} AND starts_with(value, {said})",
        f"host = '' AND value = {said}",
    ]


def ad_hoc(match: str) -> Rule:
    """Return a rule of an expression somebody typed. Raises `RuleError` with the column."""
    return Rule(
        id="hunt/ad-hoc",
        title="What was asked",
        kind="malware",
        severity="low",
        confidence="low",
        state="draft",
        when=tuple(one.value for one in Activation if one not in {"test", "never"}),
        match=match,
        tree=parse(match, book.read_lists()),
        template="Fits what was asked.",
        summary="",
    )


def named(name: str) -> Rule:
    """Return the rule of a page on disk, or of the book by its id. Raises `RuleError`."""
    place = Path(name)
    if place.suffix == ".md" and place.is_file():
        from antivenom.rules.page import read_page

        return book.rule_of(read_page(place), book.read_lists())
    return book.load().rule(name)


# ---------------------------------------------------------------------- rows


def _newest(
    connection: duckdb.DuckDBPyConnection, reviews: str, most: int
) -> tuple[int, list[dict[str, Any]]]:
    """Return how many reviews a query names, and the newest of them, one for each artifact."""
    connection.execute(f"CREATE TEMP TABLE fitting AS SELECT DISTINCT review FROM ({reviews})")  # noqa: S608
    (total,) = connection.execute("SELECT count(*) FROM fitting").fetchone() or (0,)
    if not total:
        return 0, []
    # First which, then what of them: names and hashes of all others stay unread.
    newest = (
        "SELECT review FROM reviews WHERE review IN (SELECT review FROM fitting) "  # noqa: S608
        f"ORDER BY reviewed DESC, review LIMIT {max(most, 0) * 2}"
    )
    listed = ", ".join(str(number) for (number,) in connection.execute(newest).fetchall())
    described = (
        f"SELECT {', '.join(_COLUMNS)} FROM reviews WHERE review IN ({listed or 'NULL'}) "  # noqa: S608
        "ORDER BY reviewed DESC, review"
    )
    once: dict[tuple[str, str], dict[str, Any]] = {}
    for row in connection.execute(described).fetchall():
        one = dict(zip(_COLUMNS, row, strict=True))
        once.setdefault((one["artifact"], one["purl"]), one)
    return total, list(once.values())[:most]


def _facts(
    connection: duckdb.DuckDBPyConnection, query: str, reviews: Sequence[int]
) -> dict[int, list[Fact]]:
    """Return the facts that a query gives of these reviews, each once."""
    if not reviews:
        return {}
    names = ("review", *FACT_FIELDS)
    listed = ", ".join(map(str, reviews))
    asked = f"SELECT {', '.join(names)} FROM ({query}) WHERE review IN ({listed})"  # noqa: S608
    found: dict[int, dict[int, Fact]] = {}
    for row in connection.execute(asked).fetchall():
        one = dict(zip(names, row, strict=True))
        found.setdefault(one["review"], {})[one["n"]] = fact_of(one)
    return {review: [facts[n] for n in sorted(facts)] for review, facts in found.items()}


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM reviews").fetchone() or (0,)
    return int(count)


def _by_rule(row: dict[str, Any], rule: Rule, facts: Sequence[Fact]) -> Hit:
    found = match_one(rule, facts)
    if found is None:
        return _hit(row, "", facts)
    return _hit(row, rule.reason(found.facts), (*found.facts, *found.also))


def _by_indicator(row: dict[str, Any], facts: Sequence[Fact]) -> Hit:
    return _hit(row, "", sorted(facts, key=strength, reverse=True))


def _hit(row: dict[str, Any], reason: str, facts: Sequence[Fact]) -> Hit:
    about = {name: value for name, value in row.items() if name != "review"}
    return Hit(**about, reason=reason, facts=tuple(facts[:PLACES]))
