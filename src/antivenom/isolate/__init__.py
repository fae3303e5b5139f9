"""The one place that starts processes: killable children with limits.

Whatever reads an upload runs in a child of this pool. A child that hangs, eats memory or dies
costs one review, never the program: it is killed by its id, replaced, and its request answered
with `Killed` and the reason. Children answer in bytes that are never unpickled, so that even one
taken over by its input can only send a wrong answer of bounded size.
"""

from __future__ import annotations

from antivenom.isolate.bounds import DEFAULT_BOUNDS, Bounds, Done, Killed, Result
from antivenom.isolate.pool import Pool

__all__ = ["DEFAULT_BOUNDS", "Bounds", "Done", "Killed", "Pool", "Result"]
