"""Python: what the Program form means in general, and how its texts are searched."""

from __future__ import annotations

from antivenom.analysis import needles, package
from antivenom.analysis.dialects import Dialect

PYTHON = Dialect(
    language="python",
    is_hot=needles.is_hot,
    mark=package.mark,
    telling_places=needles.telling_places,
    wanted=package.wanted,
)
