"""What the trained scorer sees of a review: numbers made from the facts that rules see.

A row is the package together with one of its files, and a review ranks as its worst row: ordinary
packages are large and do everything somewhere, a specimen does it in one place.

Every feature is a maximum, a capped count or an existence, never below 0, and more facts never make
one smaller, nor does one more file take a row away. A fact counts wherever it runs at least as
early as the feature says: what happens at install also happens "at import or earlier" and "at
all", so code that runs earlier weighs no less. No name, author, size or rank of the project is
among them.

=====================  ==============================================================
feature                meaning
=====================  ==============================================================
``ID @WHEN``           facts of this id (``net.fetch``, ``text.endpoint``)
``FAMILY.* @WHEN``     facts of this family (``secrets.*``)
``A->B @WHEN``         values that flow from behavior A to behavior B, first to last
``F->B @WHEN``         ... from any behavior of family F
``->B @WHEN``          ... from anywhere
``long @WHEN``         flows through three behaviors or more
``hidden ID``          behaviors inside decoded text
``host CLASS @WHEN``   facts that name a host of this class
``path CLASS @WHEN``   facts that name a file of this class
``how ID DETAIL``      a telling detail of a behavior (``process.spawn hidden=yes``)
``file NAME``          any of the above, of facts of the row's file alone
``near RULE``          a rule that holds but for when its evidence runs
``layers``             decoded texts
``rule FOLDER``        weight of the heaviest finding of this folder of the book
``rules``              findings of different rules that weigh something
``rules score``        the score the rules alone give
=====================  ==============================================================

WHEN is ``early`` (startup, install, build), ``load`` (also import, open) or ``ever`` (also run,
call). What only a test runner or a reader reaches is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from antivenom.model.fact import Fact
from antivenom.model.review import Finding
from antivenom.rules.matching import Match

MOST = 3
"""Where a count ends: what matters is whether, and whether more than once."""
_EVER, _LOAD, _EARLY = ("ever",), ("ever", "load"), ("ever", "load", "early")
_WHEN: Mapping[str, tuple[str, ...]] = {
    "startup": _EARLY,
    "install": _EARLY,
    "build": _EARLY,
    "import": _LOAD,
    "open": _LOAD,
    "run": _EVER,
    "call": _EVER,
}
_ASIDE = frozenset(["test", "docs"])
"""What a package calls an example may become one by another package added beside it."""
_TELLING = frozenset(
    ["hidden", "detached", "silent", "encoded", "executable", "built", "whole", "computed"]
)
_UNLEARNT = frozenset(["change", "like"])
"""Kinds that need surroundings which archives of a data set do not have; rules weigh them."""


_IN_FILE = frozenset(["behavior", "flow", "text"])
"""Kinds of facts that are about a file; the others are about the package."""
ABSENT = "meta.empty"
"""The one fact that a harmless file takes away: it may not teach a model anything."""
FILE = "file "
"""What the features of a file begin with."""
NEAR = "near "


class Seen(NamedTuple):
    """What a model sees of a review: features that are not 0, by name."""

    package: dict[str, float]
    files: dict[str, dict[str, float]]
    """By member, each name with `FILE` before it."""

    def rows(self) -> list[dict[str, float]]:
        """Return what is ranked, at least one row; those of files in the order of `files`."""
        return [self.package | one for one in self.files.values()] or [self.package]

    def member(self, at: int) -> str:
        """Return the file of a row; "" is the package alone."""
        return list(self.files)[at] if self.files else ""


class Evidence(NamedTuple):
    """What a scorer is asked about."""

    facts: Sequence[Fact]
    """Those the rules saw."""
    layers: int = 0
    """Decoded texts."""
    findings: Sequence[Finding] = ()
    rules: float = 0.0
    """The score the rules alone give."""
    near: Sequence[Match] = ()
    """Rules that hold but for when their evidence runs (`rules.nearly`)."""


def seen(evidence: Evidence) -> Seen:
    """Return the features of a review."""
    package: dict[str, float] = {}
    files: dict[str, dict[str, float]] = {}
    for fact in evidence.facts:
        names = names_of(fact)
        _count(names, package)
        if names and fact.kind in _IN_FILE:
            _count(map(FILE.__add__, names), files.setdefault(fact.member, {}))
    package.update(
        (f"{NEAR}{one.rule.id}", 1.0)
        for one in evidence.near
        if all(fact.id != ABSENT for fact in one.facts)
    )
    if evidence.layers:
        package["layers"] = float(min(evidence.layers, MOST))
    package.update(_of_rules(evidence.findings))
    if evidence.rules:
        package["rules score"] = evidence.rules
    return Seen(package, files)


def _count(names: Iterable[str], found: dict[str, float]) -> None:
    for name in names:
        count = found.get(name, 0.0)
        if count < MOST:
            found[name] = count + 1.0


def names_of(fact: Fact) -> tuple[str, ...]:
    """Return the names of the features a fact counts for."""
    return _of(
        fact.id, fact.kind, fact.activation, fact.role, fact.via, fact.hostclass,
        fact.path_class, fact.args, fact.layer > 0,
    )  # fmt: skip


def _of_rules(findings: Sequence[Finding]) -> dict[str, float]:
    found: dict[str, float] = {}
    for finding in findings:
        name = f"rule {finding.rule.partition('/')[0]}"
        found[name] = max(found.get(name, 0.0), finding.weight)
    weighing = len({f.rule for f in findings if f.weight > 0})
    if weighing:
        found["rules"] = float(min(weighing, 2 * MOST))
    return found


@lru_cache(maxsize=1 << 14)
def _of(
    id: str,
    kind: str,
    activation: str,
    role: str,
    via: tuple[str, ...],
    hostclass: str,
    path_class: str,
    args: tuple[str, ...],
    hidden: bool,
) -> tuple[str, ...]:
    """Return the names of the features a fact counts for; facts of a package repeat themselves."""
    when = _WHEN.get(activation, ())
    if (role in _ASIDE and when == _EVER) or kind in _UNLEARNT or id == ABSENT:
        return ()
    if kind not in _IN_FILE:
        return (id,)
    names = [f"{name} @{at}" for at in when for name in _timed(id, kind, via)]
    names += [f"host {hostclass} @{at}" for at in when if hostclass]
    names += [f"path {path_class} @{at}" for at in when if path_class]
    if when and kind == "behavior":
        names += [f"how {id} {a}" for a in args if len(a) < 24 and a.partition("=")[0] in _TELLING]
        if hidden:
            names += [f"hidden {id}", "hidden *"]
    return tuple(dict.fromkeys(names))


def _timed(id: str, kind: str, via: tuple[str, ...]) -> Iterator[str]:
    if kind == "flow":
        chain = via or tuple(id.split("->"))
        first, last = chain[0], chain[-1]
        yield f"{first}->{last}"
        yield f"{first.partition('.')[0]}->{last}"
        yield f"->{last}"
        if len(chain) > 2:
            yield "long"
        return
    yield id
    if kind == "behavior":
        yield f"{id.partition('.')[0]}.*"
