"""One call: where it stands and what it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.api.row import ABSENT, Place
from antivenom.analysis.api.row import UNKNOWN as UNKNOWN_ARGUMENT
from antivenom.analysis.value import Value, taints_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping


_ASKED = frozenset(
    ["authorization", "cookie", "x-api-key", "apikey", "api-key", "x-auth-token", "private-token"]
)


def _unasked(headers: Value | None) -> Value | None:
    """Return the headers of a request by which nobody says who they are."""
    if headers is None or headers.table is None:
        return None
    rest = [v for k, v in headers.table.items() if str(k).lower() not in _ASKED]
    return Value(taints=taints_of(rest)) if rest else None


class Site:
    """One call: where it stands and what it is given."""

    __slots__ = ("args", "end_line", "line", "named", "receiver")

    def __init__(
        self,
        line: int,
        end_line: int,
        args: list[Value],
        named: Mapping[str, Value],
        receiver: Value | None,
    ) -> None:
        self.line = line
        self.end_line = end_line
        self.args = args
        self.named = named
        self.receiver = receiver

    def at(self, place: Place) -> list[Value]:
        """Return the values in a place; none when the call has no such argument."""
        if isinstance(place, int):
            return [self.args[place]] if -len(self.args) <= place < len(self.args) else []
        if place == "*":
            return [*self.args, *self.named.values()]
        if place == "self":
            return [self.receiver] if self.receiver is not None else []
        found = self.named.get(place)
        if found is None and place[:1].isdigit():
            found = self._inside(place)
        return [found] if found is not None else []

    def _inside(self, place: str) -> Value | None:
        """Return ``1.body``: the entry of a mapping given as an argument; all of it when what is
        given is not known to be one."""
        number, _, key = place.partition(".")
        if int(number) >= len(self.args):
            return None
        given = self.args[int(number)]
        if key.endswith("~"):
            return _unasked(given.table.get(key[:-1])) if given.table is not None else None
        if given.table is not None:
            return given.table.get(key)
        if isinstance(given.const, dict):
            return Value(const=given.const[key]) if key in given.const else None
        return given if not (given.known or given.items is not None or given.ref) else None

    def first(self, places: tuple[Place, ...]) -> Value | None:
        """Return the first value that is there."""
        for place in places:
            for value in self.at(place):
                return value
        return None

    def all(self, places: tuple[Place, ...]) -> list[Value]:
        """Return all values that are there."""
        return [value for place in places for value in self.at(place)]

    def lookup(self, place: Place) -> object:
        """Answer `api.row.Lookup`."""
        values = self.at(place)
        if not values:
            return ABSENT
        value = values[0]
        if value.known:
            return value.const
        return text_of(value) or value.path or UNKNOWN_ARGUMENT
