"""The abstract machine: its state, its budget, and running a module or a function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from antivenom.analysis import api, dialects
from antivenom.analysis.dialects import Dialect
from antivenom.analysis.flow.objects import ClassRefValue, Env, FunctionRef, Instance, ModuleRef
from antivenom.analysis.imported import absolute, imports
from antivenom.analysis.package import FAR, Package, Source, lower, runs_text
from antivenom.analysis.value import Taint, Value, join, merge_taints, taints_of
from antivenom.model.label import STRENGTH, Activation, Role
from antivenom.model.limits import Limits
from antivenom.model.program import Expr, Function, Module, Stmt

if TYPE_CHECKING:
    from antivenom.analysis.flow.effects import Effects

MAX_VARIANTS = 3
"""Evaluations of one function with different arguments at one activation."""
TEST_STEPS = 20_000
"""Steps of one test before its loops are no longer unrolled."""
TESTS_STEPS = 60_000
"""Steps of all tests together before none of their loops are."""
MAX_FOLLOWED = 400_000
"""Bytes of modules read because they call something that calls what matters, from any distance;
beyond that, only those that call it themselves."""
MAX_BESIDE_HOT = 1_000_000
"""Bytes of modules read for what they import, from any distance or none."""
MAX_TREES = 1_000_000
"""Bytes of modules whose syntax trees are kept, at forty bytes of memory each."""
MAX_BESIDE = 200_000
"""Bytes of a module that is read only because its importer runs text."""


class OutOfSteps(Exception):
    """The hard end of the budget; what was seen so far stands."""


@dataclass(slots=True, eq=False)
class Frame:
    """Where evaluation is: whose facts these are."""

    module: Module
    function: Function
    env: Env
    home: ModuleRef
    returned: Value | None = None
    receiver: Value | None = None
    swallows: bool = False
    """Whether a handler around does nothing about errors."""
    unanswered: int = 0
    """Line of the call whose result nobody takes, 0 for none."""
    dropped: Expr | None = None
    """The call that is a whole statement: nobody takes its result."""
    unread: bool = False
    """Whether the call being made is that one."""
    given: list[Value] = field(default_factory=list)
    """The arguments as they were given."""
    dialect: Dialect = field(init=False)
    table: api.ApiTable = field(init=False)
    """What names mean in the language of the code here."""

    def __post_init__(self) -> None:
        """Look the language up once."""
        self.dialect = dialects.of(self.module.lang)
        self.table = api.table(self.module.lang)


@dataclass(eq=False)
class Machine:
    """Evaluates one package. Not reusable."""

    package: Package
    effects: Effects
    limits: Limits
    activation: Activation = Activation.CALL
    steps: int = 0
    soft: int = 0
    """Steps at which evaluation becomes coarse; set by `budget`."""
    hard: int = 0
    """Steps at which evaluation ends."""
    depth: int = 0
    forks: int = 0
    """How many undecided branches or loops are around."""
    loops: int = 0
    """How many loops of unknown length are around."""
    frames: list[Frame] = field(default_factory=list)
    modules: dict[str, ModuleRef] = field(default_factory=dict)
    memo: dict[tuple[object, ...], Value | None] = field(default_factory=dict)
    held: list[object] = field(default_factory=list)
    """What keys of `memo` name by its id: were it freed, something else could take the number."""
    variants: dict[tuple[int, ...], int] = field(default_factory=dict)
    files: dict[str, tuple[Taint, ...]] = field(default_factory=dict)
    """Path text -> taints of what was written there."""
    folder: tuple[Taint, ...] = ()
    """Taints of what lies in the folder that the program changed into."""
    contents: dict[Taint, Value] = field(default_factory=dict)
    """Taint of a written file -> the constant text in it, until it is started."""
    layers: dict[int, Module] = field(default_factory=dict)
    """Decoded texts already parsed: a loop may run the same text many times."""
    reached: set[int] = field(default_factory=set)
    """ids of functions evaluated at least once."""
    defined: dict[int, FunctionRef] = field(default_factory=dict)
    """Functions defined so far, by id."""
    classes: list[ClassRefValue] = field(default_factory=list)
    handlers: dict[str, list[Value]] = field(default_factory=dict)
    """First name of a library -> functions that its objects were told to call."""
    rooted: bool = True
    """Whether anything says where execution starts; in a heap of files everything may."""
    exhausted: set[str] = field(default_factory=set)
    """Members whose evaluation was cut."""
    partly: set[str] = field(default_factory=set)
    """Members that start, by themselves, a text of which only a part was read."""
    parsed: int = 0
    """Bytes of modules lowered so far."""
    followed: int = 0
    """Bytes of modules read for what they import."""
    strangers: int = 0
    """Functions nobody calls that were met so far and are worth evaluating on their own."""
    skimmed: set[str] = field(default_factory=set)
    """Members with functions nobody calls that were left out because there are too many."""
    tested: int = 0
    """Steps that tests took so far."""
    _since: int = 0
    """Steps at which the present budget began."""
    constructed: dict[tuple[object, ...], dict[str, Value]] = field(default_factory=dict)
    """What constructors left in a new object, by class and arguments."""
    _free: dict[int, tuple[Module, int, dict[str, Function]]] = field(default_factory=dict)

    @property
    def frame(self) -> Frame:
        """Where evaluation is now."""
        return self.frames[-1]

    @property
    def coarse(self) -> bool:
        """Past the soft budget: every function is evaluated once, loops are not unrolled."""
        return self.steps > self.soft

    def budget(self, activation: Activation) -> None:
        """Begin to evaluate what runs at an activation; a test does not deserve long loops."""
        if self.activation is Activation.TEST:
            self.tested += self.steps - self._since
        self.activation = activation
        self.soft = self.limits.fold_steps
        self._since = self.steps
        if activation is Activation.TEST:
            share = max(0, min(TEST_STEPS, TESTS_STEPS - self.tested))
            self.soft = min(self.soft, self.steps + share)

    def step(self, amount: int = 1) -> None:
        """Count work; raise `OutOfSteps` at the hard end."""
        self.steps += amount
        if self.steps > self.hard:
            raise OutOfSteps

    def __post_init__(self) -> None:
        """Begin with the whole budget."""
        self.hard = 2 * self.limits.fold_steps
        self.budget(self.activation)

    # ------------------------------------------------------------------ modules

    def module_ref(self, source: Source) -> ModuleRef:
        """Return the module object of a member, not yet run."""
        found = self.modules.get(source.member)
        if found is None:
            module = self.lowered(source) if source.hot else None
            found = ModuleRef(source, module, Env())
            self.modules[source.member] = found
            if module is not None and module.cut:
                self.exhausted.add(source.member)
        return found

    def lowered(self, source: Source) -> Module:
        """Lower a module, keeping syntax trees while all texts together are small."""
        self.parsed += len(source.data)
        return lower(source, thrifty=self.parsed > MAX_TREES)

    def load(self, path: str, importer: Source) -> ModuleRef | None:
        """Import a module of the package by its absolute path, parents first."""
        source = self.package.find(path, importer)
        if source is None:
            return None
        if path.partition(".")[0] in sys.stdlib_module_names:
            # The interpreter has its own; only beside a script may a file stand in its place.
            self.run_module(self.module_ref(source))
            return None
        if "." in path and not path.startswith("."):
            parent = self.package.find(path.rpartition(".")[0], importer)
            if parent is not None and parent is not importer:
                self.run_module(self.module_ref(parent))
        ref = self.module_ref(source)
        if ref.module is None and runs_text(importer) and len(source.data) <= MAX_BESIDE:
            # Split work: who runs text may keep the text, or its cipher, in a module that does
            # nothing by itself.
            source.hot = True
            ref.module = self.lowered(source)
        self.run_module(ref)
        return ref

    def run_module(self, ref: ModuleRef) -> None:
        """Run a module's top level unless it already ran with this activation or a stronger one."""
        strength = STRENGTH[self.activation]
        if ref.strength >= strength or self.depth > self.limits.call_depth:
            return
        ref.strength = strength
        if ref.module is None:
            self._run_cold(ref)
            return
        from antivenom.analysis.flow.statements import run_block

        begin = dialects.of(ref.module.lang).begin
        if begin is not None:
            begin(self, ref)
        top = ref.module.functions[0]
        self.frames.append(Frame(ref.module, top, ref.env, ref))
        self.depth += 1
        forks, self.forks = self.forks, 0
        try:
            run_block(self, top.body)
        finally:
            self.forks = forks
            self.depth -= 1
            self.frames.pop()

    def _run_cold(self, ref: ModuleRef) -> None:
        """A module that does nothing itself may import one that does."""
        self.depth += 1
        away = FAR
        own = dialects.of(ref.source.lang).run_cold
        if own is not None:
            away = own(self, ref)
        for path, names in imports(ref.source.data) if own is None else ():
            full = absolute(path, ref.source)
            self.step()
            loaded = self.load(full, ref.source)
            if loaded is not None and not names:
                away = min(away, self.distance(Value(ref=loaded)))
            if loaded is not None and "*" in names:
                away = min([away, *map(self.distance, loaded.env.vars.values())])
            for name in names:
                joint = full + name if full.endswith(".") else f"{full}.{name}"
                sub = self.load(joint, ref.source)
                found = loaded.env.vars.get(name) if loaded is not None else None
                value = Value(ref=sub) if sub is not None else found
                away = min(away, self.distance(value)) if value is not None else away
        self.depth -= 1
        if away < FAR and self._worth_following(ref.source, away):
            self.followed += len(ref.source.data)
            ref.source.hot = True
            ref.module = self.lowered(ref.source)
            ref.strength = -1
            self.run_module(ref)

    def _worth_following(self, source: Source, away: int) -> bool:
        """Whether a module that only calls what matters, from so far away, is read too.

        It decides when that runs and what it is given. A test says neither.
        """
        if source.label.role is Role.TEST and self.activation is Activation.TEST:
            return False
        most = MAX_BESIDE_HOT if away == 0 else MAX_FOLLOWED
        return self.followed + len(source.data) <= most

    def distance(self, value: Value) -> int:
        """Return how many calls a value is away from hot code of the artifact, `FAR` for never."""
        ref = value.ref
        if isinstance(ref, ModuleRef):
            return 0 if ref.source.hot_functions else FAR
        if not isinstance(ref, (FunctionRef, ClassRefValue)):
            return FAR
        source = self.package.by_member.get(ref.module.member)
        if source is None:
            return FAR
        if isinstance(ref, FunctionRef):
            away = source.distance(ref.function)
            return away if not away or self.followed < MAX_FOLLOWED else FAR
        methods = ref.definition.methods.values()
        hot = any(source.is_hot_function(ref.module.functions[n]) for n in methods)
        return 0 if hot else FAR

    # ------------------------------------------------------------------ functions

    def free_functions(self, module: Module) -> dict[str, Function]:
        """Return the functions of a module that belong to no class, by name."""
        _, seen, found = self._free.get(id(module), (module, 0, {}))
        if seen != len(module.functions):
            for function in module.functions[max(seen, 1) :]:
                if function.owner is None:
                    found.setdefault(function.name, function)
            self._free[id(module)] = (module, len(module.functions), found)
        return found

    def invoke(
        self,
        ref: FunctionRef,
        args: list[Value],
        named: dict[str, Value],
        receiver: Value | None = None,
    ) -> Value:
        """Call a function of the artifact and return what it may return."""
        dialect = dialects.of(ref.module.lang)
        receive = dialect.receive
        if receive is not None:
            given = receive(ref, args, receiver)
        else:
            given = [receiver, *args] if receiver is not None else args
        source = self.package.by_member.get(ref.module.member)
        carried = merge_taints(taints_of(given), taints_of(tuple(named.values())))
        deep = min(self.limits.call_depth, dialect.depth)
        if self.depth >= deep or self._cold(ref, source, given):
            return Value(taints=carried)
        key = (id(ref.function), id(ref.env), STRENGTH[self.activation], *map(_key, given))
        if named:
            key += tuple((k, _key(v)) for k, v in sorted(named.items()))
        if key in self.memo:
            return self.memo[key] or Value(taints=carried)
        # A function written as a value is often called on nothing known: what it is given counts.
        constant = all(v.known for v in given[len(given) - len(args) :]) and bool(args)
        # Counted apart: calls with constants must not use up the turns of those without.
        counter = (id(ref.function), STRENGTH[self.activation], constant)
        used = self.variants.get(counter, 0)
        most = dialect.variants if constant else MAX_VARIANTS
        if used >= (1 if self.coarse else most):
            return Value(taints=carried)
        self.variants[counter] = used + 1
        self.held.append(ref.env)
        self.held += [v.ref or v for v in (*given, *named.values()) if v.ref or v.items]
        self.memo[key] = None
        self.memo[key] = result = self._enter(ref, given, named, receiver)
        return result

    def again(self, function: Function) -> None:
        """Let a function be evaluated once more, however often others called it."""
        for constant in (False, True):
            self.variants.pop((id(function), STRENGTH[self.activation], constant), None)

    def _cold(self, ref: FunctionRef, source: Source | None, given: list[Value]) -> bool:
        """Whether evaluating the body cannot matter."""
        if source is None or source.module is not ref.module:
            return False
        if source.is_warm_function(ref.function):
            return False
        if source.near(ref.function):
            return False
        small = ref.function.end_line - ref.function.line < 40
        # A home-made decoder has no needle of its own: it is recognised by constant text given.
        texts = any(v.known and isinstance(v.const, (str, bytes, list, tuple)) for v in given)
        return not (small and (texts or len(source.data) < 20_000))

    def _enter(
        self,
        ref: FunctionRef,
        given: list[Value],
        named: dict[str, Value],
        receiver: Value | None,
    ) -> Value:
        self.reached.add(id(ref.function))
        env = Env(ref.env)
        frame = Frame(ref.module, ref.function, env, ref.home, receiver=receiver, given=given)
        self.frames.append(frame)
        self.depth += 1
        forks, self.forks = self.forks, 0
        try:
            self._bind(ref, env, given, named)
            _runner()(self, ref.function.body)
        finally:
            self.forks = forks
            self.depth -= 1
            self.frames.pop()
        return frame.returned or Value(const=None)

    def _bind(
        self, ref: FunctionRef, env: Env, given: list[Value], named: dict[str, Value]
    ) -> None:
        left = dict(named)
        position = 0
        for name in ref.function.params:
            if name.startswith("**"):
                env.vars[name[2:]] = Value(table=dict(left), taints=taints_of(list(left.values())))
            elif name.startswith("*"):
                rest = given[position:]
                position = len(given)
                env.vars[name[1:]] = Value(items=rest, taints=taints_of(rest))
            elif position < len(given):
                env.vars[name] = given[position]
                position += 1
            elif name in left:
                env.vars[name] = left.pop(name)
        for name, default in ref.function.defaults:
            if name not in env.vars:
                made = ref.defaults.get(name)
                env.vars[name] = made if made is not None else _evaluator()(self, default)
        undefined = dialects.of(ref.module.lang).undefined
        for name in ref.function.params:
            if name.lstrip("*") not in env.vars:
                env.vars[name.lstrip("*")] = Value(const=None) if undefined else Value()

    def new_instance(self, cls: ClassRefValue) -> Value:
        """Return a fresh object of a class, before its constructor ran."""
        return Value(ref=Instance(cls))

    def dispose(self) -> None:
        """Cut the cycles between functions, variables and syntax trees.

        Reference counting then frees them at once; collecting millions of objects later would
        cost as much as the evaluation.
        """
        for ref in self.defined.values():
            ref.env.vars.clear()
        for cls in self.classes:
            cls.env.vars.clear()
            cls.instance = None
        for module in self.modules.values():
            module.env.vars.clear()
            if module.module is not None:
                module.module.functions.clear()
                module.module.classes.clear()
        for kept in (self.layers, self.memo, self.defined, self.classes, self.frames, self.held):
            kept.clear()
        self._free.clear()
        self.handlers.clear()
        self.constructed.clear()

    def give(self, value: Value) -> None:
        """Record what the current function returns."""
        frame = self.frames[-1]
        frame.returned = value if frame.returned is None else join(frame.returned, value)


@cache
def _runner() -> Callable[[Machine, tuple[Stmt, ...]], object]:
    """Return what runs statements, which needs this module."""
    from antivenom.analysis.flow.statements import run_block

    return run_block


@cache
def _evaluator() -> Callable[[Machine, Expr], Value]:
    from antivenom.analysis.flow.expressions import evaluate

    return evaluate


def _key(value: Value) -> object:
    """What distinguishes one argument from another for memoising."""
    const = value.const
    if value.known and isinstance(const, (str, bytes, int, float, bool, type(None))):
        return (type(const).__name__, const, value.taints)
    ref = id(value.ref) if value.ref is not None else 0
    if isinstance(value.ref, Instance):
        # A method sees what other methods left in the object since the last call.
        return (ref, taints_of(list(value.ref.attrs.values())))
    return (value.path, value.taints, value.hint, ref, id(value) if value.items else 0)


def plain_key(value: Value) -> object | None:
    """Return what a value is told apart by where nothing else could tell, None where it could."""
    const = value.const
    if value.known:
        simple = isinstance(const, (str, bytes, int, float, type(None)))
        return (type(const).__name__, const, value.taints, value.path) if simple else None
    if value.items is not None or value.table is not None or value.alts or value.made:
        return None
    if value.ref is not None or value.base is not None:
        return None
    return (value.path, value.taints, value.hint)
