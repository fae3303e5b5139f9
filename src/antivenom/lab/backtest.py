"""The hit rate of a rule on history, before anybody enables it."""

from __future__ import annotations

from msgspec import Struct

from antivenom.lab import hunting
from antivenom.lab.hunting import EVERYWHERE, SOURCE, Hit, Where
from antivenom.lab.lake import Lake
from antivenom.lab.lake_database import database
from antivenom.rules import sql
from antivenom.rules.rule import Rule


class Rate(Struct, frozen=True, kw_only=True):
    """How many reviews of one kind a rule fits."""

    ecosystem: str
    verdict: str
    """What the review said then."""
    reviews: int
    fits: int


class Backtest(Struct, frozen=True, kw_only=True):
    """What a rule would have said."""

    rule: str
    reviews: int
    fits: int
    months: int
    """Months of history that were asked."""
    rates: tuple[Rate, ...]
    """By registry, then verdict."""
    hits: tuple[Hit, ...]
    """The newest reviews it fits, to be read by a person."""


def backtest(lake: Lake, rule: Rule, where: Where = EVERYWHERE, *, most: int = 20) -> Backtest:
    """Ask all history what a rule fits, whatever its state.

    Verdicts are those of the time: what fits among the clean is a find or a false alarm, and only
    a person can say which.
    """
    with database(lake, hunting.selected(lake, where, rule.ecosystems)) as connection:
        fitting = sql.artifacts(rule, SOURCE)
        query = (
            "SELECT ecosystem, verdict, count(*), count(fitting.review) "  # noqa: S608  quoted
            f"FROM reviews LEFT JOIN ({fitting}) AS fitting ON reviews.review = fitting.review "
            "GROUP BY ALL ORDER BY ALL"
        )
        rates = [
            Rate(ecosystem=row[0], verdict=row[1], reviews=row[2], fits=row[3])
            for row in connection.execute(query).fetchall()
        ]
        (months,) = connection.execute("SELECT count(DISTINCT month) FROM reviews").fetchone() or (
            0,
        )
    found = hunting.by_rule(lake, rule, where, most=most)
    return Backtest(
        rule=rule.id,
        reviews=sum(rate.reviews for rate in rates),
        fits=sum(rate.fits for rate in rates),
        months=months,
        rates=tuple(rates),
        hits=found.hits,
    )
