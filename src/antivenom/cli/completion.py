"""`antivenom completion SHELL`."""

from __future__ import annotations

import argparse
import sys


def run(arguments: argparse.Namespace) -> int:
    """Print the completion script of a shell."""
    import shtab

    from antivenom.cli.parser import build

    script = shtab.complete(build(), shell=arguments.shell)
    sys.stdout.write(script + "\n")
    return 0
