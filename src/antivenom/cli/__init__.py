"""The command line: one file per command, parsing only.

Exit status: 0 nothing at or above ``--fail-on``, 1 something, 2 usage or environment error,
3 nothing above but something inconclusive.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from antivenom.cli.parser import build
from antivenom.errors import AntivenomError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; never a traceback for what users do."""
    _tolerate_odd_terminals()
    arguments = build().parse_args(argv)
    try:
        status: int = arguments.run(arguments)
        sys.stdout.flush()
    except AntivenomError as error:
        say(f"error: {error}", hint=error.hint)
        return 2
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output left; Python must not complain while it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 2
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        say(
            f"a fault of Antivenom: {type(error).__name__}: {error}",
            hint="python -X dev says where",
        )
        return 2
    return status


def say(sentence: str, *, hint: str | None = None) -> None:
    """Write one line to standard error, hostile characters as escapes."""
    from antivenom.report.escape import visible

    advice = f"; {hint}" if hint else ""
    sys.stderr.write(f"antivenom: {visible(sentence + advice)}\n")


def _tolerate_odd_terminals() -> None:
    """Write escapes where a terminal cannot show a character, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
