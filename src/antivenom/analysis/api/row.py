"""One row of an API table: what a call, or a mere access, of a known name does.

Names are canonical dotted paths: the result of calling ``P`` has the path ``P()``, so methods of
instances read ``socket.socket().connect``. A *place* says which value is meant: the index of a
positional argument, the name of a keyword argument, ``1.body`` (an entry of the mapping that is
the second argument), ``self`` (the receiver), ``*`` (every argument) or ``returns``. A tuple of
places names synonyms or several arguments.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

Place = int | str
Places = tuple[Place, ...]
Constant = str | bytes | int | float | complex | bool | None


class Unknown:
    """The two answers to "what constant stands there" that are no constant."""


ABSENT = Unknown()
"""The call has no such argument."""
UNKNOWN = Unknown()
"""The argument is there, its value could not be computed."""

Lookup = Callable[[Place], object]
"""Answers what stands in a place: a constant, the canonical path of a name, or one of the two."""


class Condition(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Holds when a constant stands in one of `places` and one of `globs` matches it.

    A glob is an exact text, or has ``*`` at its start, its end or both, or is ``&N``: an integer
    that has a bit of N. Numbers and truth values are compared as Python prints them.
    """

    places: Places
    globs: tuple[str, ...]
    strict: bool = False
    """As `Row.only_if`: an argument of unknown value does not pass."""

    def holds(self, lookup: Lookup) -> bool | None:
        """Return whether it holds; None when the argument is there but unknown."""
        found = [v for v in map(lookup, self.places) if v is not ABSENT]
        if any(_matches(value, glob) for value in found for glob in self.globs):
            return True
        return None if UNKNOWN in found else False


class Detail(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A ``key=value`` of `Fact.args`: fixed, copied from an argument, or under a condition."""

    key: str
    value: str = ""
    places: Places = ()
    """Where the value is copied from, instead of `value`."""
    when: Condition | None = None

    def text(self, lookup: Lookup) -> str | None:
        """Return ``key=value`` for this call, or None when it has nothing to say."""
        if self.when is not None and self.when.holds(lookup) is not True:
            return None
        if not self.places:
            return f"{self.key}={self.value}"
        for place in self.places:
            value = lookup(place)
            if not isinstance(value, Unknown):
                return f"{self.key}={value}"
        return None


class Row(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What one or several synonymous names do; keys as in the TOML, places always a tuple."""

    names: tuple[str, ...]
    behavior: tuple[str, ...] = ()
    """Facts the call is; empty for plumbing (aliases, callbacks, constants)."""
    sink: Places = ()
    """Arguments whose taint flows into `into`."""
    weak_sink: Places = ()
    """As `sink`, where a secret usually only authenticates (headers): certainty low."""
    into: str = ""
    """The behavior that `sink` feeds; defaults to the first of `behavior`."""
    source: Places = ()
    """What becomes a source of `yields`: ``returns``, ``self``, an argument, or ``params``: what
    the callable in `calls` is given."""
    yields: str = ""
    """The behavior that `source` carries; defaults to the first of `behavior`."""
    joined: bool = False
    """The behaviors are one flow in this order (``urlretrieve``: net.fetch -> file.write)."""
    value: Places = ()
    """The argument whose constant becomes `Fact.value`; the first that is present."""
    host: Places = ()
    """The argument with the URL or host, when it is not `value`."""
    reads: Places = ()
    """The argument with the path of a file read here: its class and content are a source."""
    writes: Places = ()
    """The argument with the path of the file written; ``self``: the file the receiver opened."""
    runs_file: Places = ()
    """The argument with the path of a file started, loaded or run."""
    command: Places = ()
    """The argument with a command line or an argument vector."""
    shell: str = ""
    """Who reads `command`: ``sh``, ``cmd``, ``powershell``; "" lets the command's text decide."""
    calls: Places = ()
    """The argument with a callable (or coroutine) that this call runs."""
    passes: Places = ()
    """The arguments handed on to that callable."""
    returns: str = ""
    """The path the result goes by, where it is not ``<name>()``; ``self``: that of the receiver,
    which a builder returns."""
    carries: bool | Places = True
    """Whether (or from which arguments) the result keeps taint; the receiver counts as one."""
    absorbs: bool = False
    """The receiver takes on the taint of the arguments (``list.append``)."""
    access: bool = False
    """Applies when the name is merely read, without a call."""
    only_if: tuple[Condition, ...] = ()
    """All must hold; an argument of unknown value passes unless the condition is strict (its
    places are written ``=0|mode``), a missing one does not."""
    unless: tuple[Condition, ...] = ()
    """None may hold; an argument that is unknown or missing does no harm."""
    args: tuple[Detail, ...] = ()
    """Details for `Fact.args`."""
    constant: str | int | None = None
    """The value of a name that is a constant (``subprocess.CREATE_NO_WINDOW``)."""
    stands_for: str = ""
    """Text to build paths with in place of the unknown result (``~``, ``site-packages``), or
    ``{place|place}``: the text of an argument."""
    note: str = ""
    """For whoever edits the table."""

    @property
    def feeds(self) -> str:
        """The behavior that taint in a sink argument reaches."""
        return self.into or (self.behavior[0] if self.behavior else "")

    @property
    def gives(self) -> str:
        """The behavior that the source value carries."""
        return self.yields or (self.behavior[0] if self.behavior else "")

    def applies(self, lookup: Lookup) -> bool:
        """Return whether the conditions on the arguments allow this row."""
        if not (self.only_if or self.unless):
            return True
        for condition in self.only_if:
            held = condition.holds(lookup)
            if held is False or (held is None and condition.strict):
                return False
        return not any(c.holds(lookup) for c in self.unless)

    def standing(self, lookup: Lookup) -> str:
        """Return the text the result of one call stands for, "" when it is unknown."""
        if not self.stands_for.startswith("{"):
            return self.stands_for
        for place in self.stands_for.strip("{}").split("|"):
            value = lookup(int(place) if place.isdigit() else place)
            if isinstance(value, str):
                return value
        return ""

    def details(self, lookup: Lookup) -> tuple[str, ...]:
        """Return the ``key=value`` details of one call."""
        return tuple(t for t in (d.text(lookup) for d in self.args) if t is not None)


def _matches(value: object, glob: str) -> bool:
    if isinstance(value, Unknown):
        return False
    if glob.startswith("&"):
        return isinstance(value, int) and bool(value & int(glob[1:], 0))
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    head, tail = glob.startswith("*"), glob.endswith("*")
    core = glob.strip("*")
    if head and tail:
        return core in text
    if head:
        return text.endswith(core)
    return text.startswith(core) if tail else text == core
