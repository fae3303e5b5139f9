"""What holds for every test."""

from __future__ import annotations

import os
import sys

import pytest

_status = pytest.StashKey[int]()
os.environ["XDG_DATA_HOME"] = os.path.join(os.sep, "nonexistent", "antivenom-tests")
"""What this user knows of malware changes no test."""


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Remember how the run ended."""
    session.config.stash[_status] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave before LIEF's bindings list what they leaked, so that the summary is the last line.

    Nothing that reviews is concerned: its processes leave the same way.
    """
    if "lief" in sys.modules and _status in config.stash:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_status])
