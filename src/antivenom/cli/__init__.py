"""The command line: one file per command, parsing only.

Exit status: 0 nothing at or above ``--fail-on``, 1 something, 2 usage or environment error,
3 nothing above but something inconclusive.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence

from antivenom.cli.parser import build
from antivenom.errors import AntivenomError

INTERRUPTED = 130
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""A disk's fault, not ours."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; never a traceback for what users do."""
    _have_streams()
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
        _forget_output()
        return 2
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _FULL:
            _forget_output()
            say(f"error: what was found cannot be written: {error.strerror}")
            return 2
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


def _have_streams() -> None:
    """Open what a caller closed, so that no file of ours gets the number of a standard stream."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number is this one
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _forget_output() -> None:
    """Let Python flush into nothing when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _tolerate_odd_terminals() -> None:
    """Write escapes where a terminal cannot show a character, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
