"""Targets in, reviews out: joins intake, the killable children and the pipeline.

The command line, the Python API and later the lab review through here, so that an upload is
never read in a process that matters.
"""

from __future__ import annotations

from antivenom.session.api import review, stream
from antivenom.session.reviewing import Options, Outcome, Reviewed, compare, run

__all__ = ["Options", "Outcome", "Reviewed", "compare", "review", "run", "stream"]
