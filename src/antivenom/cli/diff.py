"""`antivenom diff OLD NEW`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from antivenom import session
from antivenom.cli import review
from antivenom.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Review what is new against what is old, and return the exit status."""
    old, new = arguments.old, arguments.new
    for target in (old, new):
        if target == "-" or target.startswith("-"):
            raise UsageError(f"{target}: give two files, folders or releases")

    def outcomes(options: session.Options) -> Iterator[session.Outcome]:
        return session.compare(old, new, options)

    folders = review.folders([old, new])
    return review.carry_out(arguments, [old, new], folders, outcomes, compares=True)
