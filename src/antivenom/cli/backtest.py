"""`antivenom lab backtest`."""

from __future__ import annotations

import argparse
import sys

from antivenom.cli import hunt
from antivenom.errors import RuleError, UsageError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of the lab."""
    parser = commands.add_parser(
        "backtest",
        help="what a rule would have said of past reviews",
        description="Ask every review of a lake whether a rule fits, whatever its state.",
    )
    parser.add_argument("rule", metavar="RULE", help="a page's id, or the path of a page")
    hunt.where(parser)
    parser.add_argument("--limit", metavar="N", type=int, default=20, help="show at most N")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print rates and the newest reviews that fit; 0 however many fit."""
    from antivenom.lab import hunting
    from antivenom.lab.backtest import backtest

    try:
        rule = hunting.named(arguments.rule)
    except RuleError as error:
        raise UsageError(str(error), hint=error.hint) from None
    place, where = hunt.lake_of(arguments), hunt.asked_where(arguments)
    found = backtest(place, rule, where, most=arguments.limit)
    write = sys.stdout.write
    write(f"{found.rule} fits {found.fits:,} of {found.reviews:,} reviews, {found.months} months\n")
    for rate in found.rates:
        share = f"{rate.fits / rate.reviews:.3%}"
        kind = f"{rate.ecosystem or 'unknown'} {rate.verdict}"
        write(f"  {kind:<24} {rate.fits:>9,} of {rate.reviews:>11,}  {share}\n")
    for hit in found.hits:
        write(hunt.shown(hit))
    return 0
