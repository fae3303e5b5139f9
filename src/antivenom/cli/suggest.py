"""`antivenom lab suggest`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from antivenom.errors import AntivenomError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to those of the lab."""
    parser = commands.add_parser(
        "suggest",
        help="draft a rule for a campaign",
        description="Mine what a campaign does and no ordinary package, and draft a rule page.",
    )
    option = parser.add_argument
    option(
        "campaign", metavar="CAMPAIGN", help="id or name in the catalog, or a cluster of DATASET"
    )
    option("--dataset", metavar="DATASET", type=Path, required=True, help="what ordinary means")
    option("--store", metavar="URL", help="the catalog; default as in `catalog`")
    option("--output", "-o", metavar="FILE", type=Path, help="write the draft there, not to stdout")
    option("--yara", metavar="FILE", type=Path, help="also write a YARA rule of shared texts")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the draft; 1 when nothing separates the campaign from ordinary packages."""
    import datetime

    from antivenom.cli.catalog.opening import opened
    from antivenom.lab import dataset, members
    from antivenom.lab.suggesting import suggest, told

    rows, _ = dataset.read(arguments.dataset)
    found = members.of_dataset(rows, arguments.campaign)
    if found is None:
        with opened(arguments) as store:
            found = members.of_catalog(store, arguments.campaign)
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    made = suggest(found.name, found.profiles, members.ordinary(rows), day=today)
    sys.stderr.writelines(f"{line}\n" for line in told(made))
    if found.unseen:
        sys.stderr.write(f"  {found.unseen} more specimens were not looked at\n")
    if arguments.yara is not None:
        _write(arguments.yara, made.yara, "the specimens share no text of their own")
    if made.page and arguments.output is not None:
        _write(arguments.output, made.page, "")
    else:
        sys.stdout.write(made.page)
    return 0 if made.page else 1


def _write(place: Path, text: str, otherwise: str) -> None:
    if not text:
        sys.stderr.write(f"antivenom: {place} is not written: {otherwise}\n")
        return
    try:
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise AntivenomError(f"{place}: {error.strerror}") from None
