"""`antivenom hunt`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from antivenom import cli
from antivenom.cli import settings
from antivenom.errors import RuleError, UsageError
from antivenom.report.escape import visible

if TYPE_CHECKING:
    from antivenom.lab.hunting import Found, Hit, Where
    from antivenom.lab.lake import Lake
    from antivenom.model.fact import Fact

_HELP = """\
A RULE is the id of a page of the book, or the path of a page.
The lake is what `antivenom review --lake PLACE` has filled; see docs/hunting.md.

exit status: 0 something fits, 1 nothing does, 2 wrong usage
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "hunt",
        help="find past reviews by a rule, an indicator or SQL",
        description="Ask the facts of all reviews that were kept.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("rule", metavar="RULE", nargs="?", help="by a page, see below")
    what.add_argument("--match", metavar="EXPRESSION", help="by an expression as in a page")
    what.add_argument(
        "--indicator", metavar="TEXT", help="by a host, address, path, wallet or sha256; * globs"
    )
    what.add_argument("--sql", metavar="SELECT", help="by a query over `facts` and `reviews`")
    where(parser)
    parser.add_argument("--format", choices=("text", "jsonl"), default="text")
    parser.add_argument("--limit", metavar="N", type=int, default=20, help="show at most N")
    parser.set_defaults(run=run)


def where(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which history is asked."""
    parser.add_argument("--lake", metavar="PLACE", help="a folder, or a URL that fsspec knows")
    parser.add_argument("--ecosystem", metavar="NAME", default="", help="only pypi, npm, ...")
    parser.add_argument("--since", metavar="MONTH", default="", help="from YYYY-MM on")
    parser.add_argument("--until", metavar="MONTH", default="", help="up to YYYY-MM")


def run(arguments: argparse.Namespace) -> int:
    """Print what fits; 1 when nothing does."""
    if arguments.sql:
        return _sql(arguments)
    found = _hunt(arguments)
    for hit in found.hits:
        sys.stdout.write(_json(hit) if arguments.format == "jsonl" else shown(hit))
    rest = f"; the newest {len(found.hits):,} are shown" if len(found.hits) < found.total else ""
    cli.say(f"{found.total:,} of {found.asked:,} reviews fit{rest}")
    return 0 if found.total else 1


def lake_of(arguments: argparse.Namespace) -> Lake:
    """Return the lake that flags or settings name. Raises `UsageError` when neither does."""
    from antivenom.lab.lake import Lake

    values, _ = settings.read([])
    place = arguments.lake or values.lake
    if not place:
        raise UsageError("no lake was named", hint="give --lake PLACE, or set ANTIVENOM_LAKE")
    return Lake(place)


def asked_where(arguments: argparse.Namespace) -> Where:
    """Return which part of history is meant."""
    from antivenom.lab.hunting import Where

    given = {"ecosystem": arguments.ecosystem, "since": arguments.since, "until": arguments.until}
    return Where(**given)


def _hunt(arguments: argparse.Namespace) -> Found:
    from antivenom.lab import hunting

    lake, where = lake_of(arguments), asked_where(arguments)
    if arguments.indicator:
        return hunting.by_indicator(lake, arguments.indicator, where, most=arguments.limit)
    try:
        if arguments.match:
            rule = hunting.ad_hoc(arguments.match)
        else:
            rule = hunting.named(arguments.rule)
    except RuleError as error:
        raise UsageError(str(error), hint=error.hint) from None
    return hunting.by_rule(lake, rule, where, most=arguments.limit)


def _sql(arguments: argparse.Namespace) -> int:
    from antivenom.lab.hunting import selected
    from antivenom.lab.lake_database import asked, database

    lake = lake_of(arguments)
    with database(lake, selected(lake, asked_where(arguments))) as connection:
        columns, rows = asked(connection, arguments.sql)
    first = rows[: arguments.limit]
    line = _json_row if arguments.format == "jsonl" else _tab_row
    if arguments.format == "text":
        sys.stdout.write("\t".join(map(visible, columns)) + "\n")
    for row in first:
        sys.stdout.write(line(columns, row))
    if len(first) < len(rows):
        cli.say(f"{len(rows):,} rows; the first {len(first):,} are shown", hint="see --limit")
    return 0 if rows else 1


def shown(hit: Hit) -> str:
    """Return one review and its places as lines for people."""
    name = visible(hit.purl or hit.filename or hit.artifact, 90)
    lines = [f"{hit.artifact[:16]}  {hit.verdict:<12} {hit.reviewed[:10]}  {name}"]
    if hit.reason:
        lines.append(f"    {visible(hit.reason, 160)}")
    lines += [f"    {visible(_place(fact), 160)}" for fact in hit.facts]
    return "\n".join(lines) + "\n"


def _place(fact: Fact) -> str:
    line = f":{fact.line}" if fact.line else ""
    layer = f" layer {fact.layer}" if fact.layer else ""
    said = f"  {fact.value}" if fact.value else ""
    return f"{fact.member}{line}{layer}  {fact.id} at {fact.activation}{said}"


def _json(hit: Hit) -> str:
    import msgspec

    # In ASCII: every character that could command a terminal is an escape of JSON.
    return json.dumps(msgspec.to_builtins(hit)) + "\n"


def _json_row(columns: Sequence[str], row: Sequence[Any]) -> str:
    return json.dumps(dict(zip(columns, row, strict=True)), default=str) + "\n"


def _tab_row(columns: Sequence[str], row: Sequence[Any]) -> str:
    return "\t".join(visible(str(cell), 200) for cell in row) + "\n"
