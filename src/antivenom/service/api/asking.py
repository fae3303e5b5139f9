"""What the routes share: kinds of parameters, and pages of long lists."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from litestar import Request
from litestar.datastructures import State
from litestar.params import PathParameter, QueryParameter
from msgspec import Struct

Asked: TypeAlias = Request[Any, Any, State]
_MOST = 2**53


class Closed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What clients send: a key that nobody knows is a mistake, and refused."""


Number = Annotated[int, PathParameter(ge=1, le=_MOST)]
"""Of a row, in a path."""
Sha256 = Annotated[str, PathParameter(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, QueryParameter(max_length=300, pattern="^[^\\x00-\\x1f]*$")]
"""In a query; "" does not matter."""
After = Annotated[int, QueryParameter(ge=0, le=_MOST, description="`next` of the page before")]
Most = Annotated[int, QueryParameter(ge=1, le=500, description="most rows of a page")]
PLAIN = "^[^\\x00-\\x1f\\x7f]*$"
"""A text of one line."""
