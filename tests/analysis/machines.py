"""Runs the machine over a few files, without archives or labels."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from antivenom.analysis import reach
from antivenom.analysis.factlog import FactLog
from antivenom.analysis.flow.effects import Effects
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.needles import is_hot
from antivenom.analysis.package import Package, Source
from antivenom.model.fact import Fact, Layer
from antivenom.model.label import Activation, Label, Role, Root
from antivenom.model.limits import DEFAULT_LIMITS, Limits
from antivenom.model.program import Module


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the machine saw."""

    facts: tuple[Fact, ...]
    layers: tuple[Layer, ...]
    steps: int
    exhausted: frozenset[str]
    skimmed: frozenset[str]
    overflow: int

    def ids(self) -> set[str]:
        return {f.id for f in self.facts}

    def flows(self) -> set[str]:
        return {f.id for f in self.facts if f.kind == "flow"}

    def of(self, name: str) -> list[Fact]:
        return [f for f in self.facts if f.id == name]

    def one(self, name: str) -> Fact:
        found = self.of(name)
        assert len(found) == 1, (name, [(f.id, f.line, f.value) for f in self.facts])
        return found[0]


def run(
    files: Mapping[str, str | bytes] | str,
    *,
    roots: Sequence[Root] | None = None,
    roles: Mapping[str, Role] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Seen:
    """Evaluate sources; a mere text is the package ``demo``."""
    texts = {"demo/__init__.py": files} if isinstance(files, str) else files
    data = {k: v.encode("utf-8", "surrogatepass") if isinstance(v, str) else v
            for k, v in texts.items()}  # fmt: skip
    sources = [_source(path, text, (roles or {}).get(path, Role.CODE))
               for path, text in data.items()]  # fmt: skip
    return evaluate(sources, roots or _roots(data), limits, data)


def run_modules(
    modules: Sequence[Module], roots: Sequence[Root], limits: Limits = DEFAULT_LIMITS
) -> Seen:
    """Evaluate modules made by hand: no text, no parser."""
    sources = []
    for module in modules:
        label = Label(module=module.name)
        source = Source(member=module.member, lang=module.lang, data=b"", label=label, hot=True)
        source.module = module
        sources.append(source)
    return evaluate(sources, roots, limits, {})


def evaluate(
    sources: list[Source], roots: Sequence[Root], limits: Limits, data: Mapping[str, bytes]
) -> Seen:
    log = FactLog(limits)
    package = Package(sources, {p.rpartition("/")[2]: p for p in data}, data.get)
    machine = Machine(package, Effects(log, {s.member: s.label for s in sources}), limits)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 12_000))  # as the pipeline does
    try:
        reach.run(machine, roots)
    finally:
        sys.setrecursionlimit(before)
    seen = Seen(
        facts=log.facts(""),
        layers=tuple(log.layers),
        steps=machine.steps,
        exhausted=frozenset(machine.exhausted | machine.partly),
        skimmed=frozenset(machine.skimmed),
        overflow=log.overflow,
    )
    machine.dispose()
    return seen


def _source(path: str, data: bytes, role: Role) -> Source:
    stem = path.removesuffix(".py").replace("/", ".")
    name = "" if path == "setup.py" else stem.removesuffix(".__init__")
    label = Label(module=name, role=role)
    package = stem.endswith(".__init__")
    return Source(
        member=path, lang="python", data=data, label=label, package=package, hot=is_hot(data)
    )


def _roots(paths: Iterable[str]) -> list[Root]:
    roots = []
    for path in paths:
        if path == "setup.py":
            roots.append(Root(member=path, activation=Activation.BUILD))
        elif path.endswith("__init__.py") and path.count("/") <= 1:
            roots.append(Root(member=path, activation=Activation.IMPORT))
    return roots
