"""The program's own objects as the abstract machine sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from antivenom.analysis.value import Value, join
from antivenom.model.program import Class, Function, Module

if TYPE_CHECKING:
    from antivenom.analysis.package import Source


class Env:
    """The variables of one function call, class body or module.

    Inside a branch whose condition is unknown, changes are journaled so that the other arm starts
    from the same state and both results can be joined.
    """

    __slots__ = ("journal", "outer", "shared", "vars")

    def __init__(self, outer: Env | None = None) -> None:
        self.vars: dict[str, Value] = {}
        self.outer = outer
        self.shared: set[str] = set()
        """Names declared global or nonlocal: they are written to the environment outside."""
        self.journal: list[dict[str, Value | None]] = []

    def get(self, name: str) -> Value | None:
        """Look a name up, inner to outer."""
        env: Env | None = self
        while env is not None:
            found = env.vars.get(name)
            if found is not None:
                return found
            env = env.outer
        return None

    def set(self, name: str, value: Value) -> None:
        """Bind a name where Python would bind it."""
        if name in self.shared and self.outer is not None:
            root = self.outer
            while root.outer is not None and name not in root.vars:
                root = root.outer
            root.set(name, value)
            return
        if self.journal and name not in self.journal[-1]:
            self.journal[-1][name] = self.vars.get(name)
        self.vars[name] = value

    def begin(self) -> None:
        """Start an arm."""
        self.journal.append({})

    def undo(self) -> dict[str, Value]:
        """End an arm: restore what was before and return what the arm bound."""
        made: dict[str, Value] = {}
        for name, old in self.journal.pop().items():
            made[name] = self.vars[name]
            if old is None:
                del self.vars[name]
            else:
                self.vars[name] = old
        return made

    def merge(self, arms: list[dict[str, Value]], *, exhaustive: bool) -> None:
        """Bind what several arms bound, joined with the old value unless one always runs."""
        for name in dict.fromkeys(n for arm in arms for n in arm):
            values = [arm[name] for arm in arms if name in arm]
            value = values[0]
            for other in values[1:]:
                value = join(value, other)
            if not exhaustive or len(values) < len(arms):
                value = join(value, self.vars.get(name))
            self.set(name, value)


@dataclass(slots=True, eq=False)
class ModuleRef:
    """A module of the artifact, with its variables once it ran."""

    source: Source
    module: Module | None
    """None when nothing in its text is worth lowering."""
    env: Env
    strength: int = -1
    """Strength of the strongest activation it ran with, -1 before."""
    stars: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class FunctionRef:
    """A function of the artifact with the variables around it."""

    module: Module
    function: Function
    env: Env
    home: ModuleRef
    owner: ClassRefValue | None = None
    defaults: dict[str, Value] = field(default_factory=dict)
    """Defaults that are no literals: evaluated where the function is defined."""


@dataclass(slots=True, eq=False)
class Method:
    """A function bound to its receiver."""

    function: FunctionRef
    receiver: Value


@dataclass(slots=True, eq=False)
class ClassRefValue:
    """A class of the artifact."""

    module: Module
    definition: Class
    env: Env
    """Its body's variables."""
    home: ModuleRef
    bases: list[Value]
    properties: set[str] = field(default_factory=set)
    statics: set[str] = field(default_factory=set)
    instance: Value | None = None
    """The instance used when nobody in the package makes one."""

    def method(self, name: str, depth: int = 0) -> FunctionRef | None:
        """Find a method here or in a base class of the artifact."""
        found = self.env.vars.get(name)
        if found is not None and isinstance(found.ref, FunctionRef):
            return found.ref
        if depth > 8:
            return None
        for base in self.bases:
            if isinstance(base.ref, ClassRefValue):
                if method := base.ref.method(name, depth + 1):
                    return method
        return None

    def attribute(self, name: str, depth: int = 0) -> Value | None:
        """Find a class attribute here or in a base class of the artifact."""
        found = self.env.vars.get(name)
        if found is not None or depth > 8:
            return found
        for base in self.bases:
            if isinstance(base.ref, ClassRefValue):
                if value := base.ref.attribute(name, depth + 1):
                    return value
        return None

    def external(self, depth: int = 0) -> list[str]:
        """Return the canonical paths of base classes outside the artifact."""
        paths: list[str] = []
        for base in self.bases:
            if isinstance(base.ref, ClassRefValue) and depth < 8:
                paths += base.ref.external(depth + 1)
            elif base.path:
                paths.append(base.path)
        return paths


@dataclass(slots=True, eq=False)
class Instance:
    """An object of one of the artifact's classes."""

    cls: ClassRefValue
    attrs: dict[str, Value] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Namespace:
    """``globals()``, ``vars()``, ``__dict__``: names as a mapping."""

    env: Env | None
    path: str = ""


@dataclass(slots=True, eq=False)
class Code:
    """Compiled code found as data: a text that says the same, or nothing."""

    module: Module


@dataclass(slots=True, eq=False)
class Partial:
    """``functools.partial`` and other callables with arguments already given."""

    target: Value
    args: list[Value]
    named: dict[str, Value]


@dataclass(slots=True, eq=False)
class Getter:
    """``operator.attrgetter`` or ``methodcaller``: a name to look up on what it is called with."""

    name: str
    call: bool
    args: list[Value] = field(default_factory=list)
