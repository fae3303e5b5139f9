"""`antivenom catalog search`."""

from __future__ import annotations

import argparse
import sys

import msgspec
from msgspec import structs

from antivenom.catalog import queries
from antivenom.catalog.queries import Wanted
from antivenom.catalog.specimen import Specimen
from antivenom.cli.catalog.opening import opened
from antivenom.errors import UsageError
from antivenom.report.escape import visible

_FIELDS = (
    *("name", "purl", "hash", "indicator", "behavior", "activation", "campaign", "label"),
    *("ecosystem", "source"),
)


def run(arguments: argparse.Namespace) -> int:
    """Print what fits; 1 when nothing does."""
    given = {field: getattr(arguments, field) for field in _FIELDS if getattr(arguments, field)}
    wanted = structs.replace(queries.guess(arguments.text), **given)
    if wanted == Wanted():
        raise UsageError("nothing to search for", hint="give a TEXT or an option; see --help")
    with opened(arguments) as store, store.reading() as connection:
        found = queries.find(connection, wanted, most=arguments.limit)
    for one in found:
        sys.stdout.write(_line(one, arguments.format) + "\n")
    if len(found) == arguments.limit and arguments.format == "text":
        sys.stdout.write(f"at most {arguments.limit:,} are shown; see --limit\n")
    return 0 if found else 1


def _line(one: Specimen, format: str) -> str:
    if format == "jsonl":
        return msgspec.json.encode(one).decode()
    if format == "ids":
        return one.id
    short = one.sha256[:16] or "-"
    campaign = f"  campaign {one.membership.campaign}" if one.membership else ""
    runs = one.activations[0] if one.activations else "-"
    name = visible(one.purl or one.filename or one.id, 80)
    return f"{short:<16}  {one.label:<16} {runs:<8} {name}{campaign}"
