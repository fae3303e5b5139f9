"""What runs when: evaluates the package from its roots, strongest first, then everything else.

Every fact gets the activation it was reached with. Code that no root reaches is evaluated as if
somebody called it, with arguments of which only the names are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from antivenom.analysis import dialects
from antivenom.analysis.flow.calls import construct
from antivenom.analysis.flow.machine import Frame, Machine, OutOfSteps
from antivenom.analysis.flow.objects import ClassRefValue, Env, FunctionRef, ModuleRef
from antivenom.analysis.given import given_class
from antivenom.analysis.package import Source
from antivenom.analysis.value import Taint, Value
from antivenom.model.label import STRENGTH, Activation, Hook, Label, Role, Root
from antivenom.model.program import Function, Module


def run(m: Machine, roots: Sequence[Root], hooks: Sequence[Hook] = ()) -> None:
    """Evaluate everything. Running out of budget ends it early and is recorded per member."""
    m.rooted = bool(roots)
    for hook in sorted(hooks, key=lambda h: -STRENGTH[h.activation]):
        _hooked(m, hook)
    for root in sorted(roots, key=lambda r: -STRENGTH[r.activation]):
        source = m.package.by_member.get(root.member)
        if source is not None:
            # What runs before anybody calls is read even when nothing in it stands out: it may only
            # hand over to a module that does.
            source.hot = source.hot or root.activation in _EARLY
            _guarded(m, source, root.activation, root)
    tests: list[Source] = []
    for source in m.package.sources:
        if source.dormant:
            continue
        activation = _loading(m, source)
        if activation is Activation.TEST:
            tests.append(source)
        else:
            _guarded(m, source, activation, None)
    _tests(m, tests)
    _unreached(m)


def _tests(m: Machine, sources: Sequence[Source]) -> None:
    """Evaluate what only a test runner loads: a share of it, and only what stands out itself.

    What anything else imports of it was met by then, as the code that it is.
    """
    left = MAX_TESTS
    for source in sources:
        if source.hot:
            left -= len(source.data)
            if left >= 0:
                _guarded(m, source, Activation.TEST, None)


MAX_TESTS = 400_000
"""Bytes of tests that are evaluated; next to no rule asks what only a test does."""
_EARLY = frozenset([Activation.STARTUP, Activation.INSTALL, Activation.BUILD])
_ASIDE = frozenset([Role.TEST, Role.DOCS, Role.EXAMPLE])


def _loading(m: Machine, source: Source) -> Activation:
    """When the top level of a member runs that no root reached: when somebody imports it."""
    label = source.label
    if label.role is Role.TEST and STRENGTH[label.activation] <= STRENGTH[Activation.CALL]:
        return Activation.TEST
    if label.activation is Activation.NEVER:
        return Activation.CALL
    if label.activation is Activation.CALL and label.role not in _ASIDE and _importable(m, source):
        return Activation.IMPORT
    return label.activation


def _importable(m: Machine, source: Source) -> bool:
    """Whether the member is a module of a package: scripts beside a package are run by name."""
    if source.lang == "python" and m.rooted and not _nameable(source.member):
        return False
    parent = source.name.rpartition(".")[0]
    if source.name and (not parent or parent in m.package.by_name):
        return True
    folder = source.member.rpartition("/")[0]
    return not m.rooted or (bool(folder) and folder in m.package.by_place)


def _nameable(member: str) -> bool:
    """Whether an import statement can name the file: nobody writes ``import hook-demo``."""
    return member.rpartition("/")[2].partition(".")[0].isidentifier()


def _guarded(m: Machine, source: Source, activation: Activation, root: Root | None) -> None:
    before = m.activation
    m.budget(activation)
    frames = len(m.frames)
    try:
        ref = m.module_ref(source)
        m.run_module(ref)
        if root is not None and root.function:
            _entry(m, ref, root.function)
    except (OutOfSteps, RecursionError):
        m.exhausted.add(source.member)
        del m.frames[frames:]
        m.depth = 0
        m.forks = m.loops = 0
    finally:
        m.budget(before)


def _hooked(m: Machine, hook: Hook) -> None:
    """Read a command line that a client runs, and what it starts."""
    from antivenom.analysis.flow import layers

    module = Module(member=hook.member, name="", lang="shell", text=hook.command)
    line = hook.line
    function = Function(name=hook.name, params=(), line=line, end_line=line, lower=lambda: ())
    module.functions.append(function)
    source = Source(member=hook.member, lang="shell", data=b"", label=Label())
    source.module = module
    home = ModuleRef(source, module, Env())
    before, m.activation = m.activation, hook.activation
    m.frames.append(Frame(module, function, home.env, home))
    try:
        layers.command_line(m, hook.command, "", line, folder=hook.folder)
        for program in layers.native_programs(m, hook.command):
            m.effects.emit(m, "process.spawn", line, value=program, path_class="bundled")
    except (OutOfSteps, RecursionError):
        m.exhausted.add(hook.member)
        m.depth = m.forks = m.loops = 0
    finally:
        m.budget(before)
        m.frames.clear()


def _entry(m: Machine, ref: ModuleRef, name: str) -> None:
    """Call an entry point, ``function`` or ``Class.method``."""
    if ref.module is None:
        return
    first, _, method = name.partition(".")
    value = ref.env.vars.get(first)
    if value is None or value.ref is None:
        return
    m.frames.append(Frame(ref.module, ref.module.functions[0], ref.env, ref))
    try:
        if isinstance(value.ref, FunctionRef):
            m.invoke(value.ref, [], {})
        elif isinstance(value.ref, ClassRefValue):
            made = construct(m, value.ref, [], {})
            called = value.ref.method(method) if method else None
            if called is not None:
                m.invoke(called, [], {}, made)
    finally:
        m.frames.pop()


def _unreached(m: Machine) -> None:
    """Evaluate hot functions nobody called, with symbolic arguments."""
    done: set[int] = set()
    for _ in range(3):
        known = m.reached | done
        waiting = [d for d in m.defined.values() if id(d.function) not in known]
        if not waiting:
            break
        done.update(id(d.function) for d in waiting)
        for ref, source in _chosen(m, [(r, _source(m, r)) for r in waiting]):
            _symbolic(m, ref, source)
    for ref in [d for d in m.defined.values() if id(d.function) not in done]:
        # Reached with other arguments: what does it do with the secret its parameter names?
        source = _source(m, ref)
        if source is not None and source.is_hot_function(ref.function) and _is_given(ref):
            _symbolic(m, ref, source)


def _is_given(ref: FunctionRef) -> bool:
    """Whether a parameter is named after a secret that should not leave as it is."""
    params = ref.function.params
    return any(given_class(p, ref.function.name, params) in _TELLING for p in params)


_TELLING = frozenset(["private", "secret"])


def _source(m: Machine, ref: FunctionRef) -> Source | None:
    return m.package.by_member.get(ref.module.member)


def _chosen(
    m: Machine, waiting: list[tuple[FunctionRef, Source | None]]
) -> list[tuple[FunctionRef, Source | None]]:
    """Return the functions worth evaluating on their own; of too many, the most unlike others.

    Those a bundle consists of resemble each other, and so do copies made to use up the budget.
    """
    worth = [
        (ref, source)
        for ref, source in waiting
        if source is None or source.module is not ref.module or source.near(ref.function)
    ]
    placed = [n for n, (ref, _) in enumerate(worth) if ref.function.start >= 0]
    room = max(0, MAX_STRANGERS - m.strangers)
    m.strangers += len(placed)
    if len(placed) <= room:
        return worth
    left_out = set(_by_rank(worth, placed)[room:])
    m.skimmed.update(worth[number][0].module.member for number in left_out)
    return [one for number, one in enumerate(worth) if number not in left_out]


def _by_rank(worth: list[tuple[FunctionRef, Source | None]], placed: list[int]) -> list[int]:
    """Return the numbers of functions, those first that tell the most and resemble no other."""
    seen: Counter[tuple[str, ...]] = Counter()
    ranks: dict[int, tuple[int, int, int]] = {}
    for number in placed:
        ref, source = worth[number]
        words = source.telling_words(ref.function) if source is not None else ()
        seen[words] += 1
        ranks[number] = (seen[words], -len(words), number)
    return sorted(placed, key=ranks.__getitem__)


MAX_STRANGERS = 3000
"""Functions nobody calls that are evaluated on their own, in languages shipped as bundles."""


def _symbolic(m: Machine, ref: FunctionRef, source: Source | None) -> None:
    tested = source is not None and source.label.role is Role.TEST
    m.budget(Activation.TEST if tested else Activation.CALL)
    frames = len(m.frames)
    m.frames.append(Frame(ref.module, ref.module.functions[0], Env(), ref.home))
    try:
        receiver = _receiver(m, ref)
        params = [p for p in ref.function.params if not p.startswith("*")]
        takes_this = dialects.of(ref.module.lang).receive is not None and params[:1] == ["this"]
        if receiver is not None or takes_this:
            params = params[1:]
        args = [
            _argument(ref.function, name, ref.module.member, ref.module.layer) for name in params
        ]
        m.again(ref.function)
        m.invoke(ref, args, {}, receiver)
    except (OutOfSteps, RecursionError):
        m.exhausted.add(ref.module.member)
        m.depth = 0
        m.forks = m.loops = 0
    finally:
        del m.frames[frames:]


def _receiver(m: Machine, ref: FunctionRef) -> Value | None:
    cls = ref.owner
    if cls is None or not ref.function.params:
        return None
    if cls.instance is None:
        cls.instance = m.new_instance(cls)
        init = cls.method("__init__")
        if init is not None and init.function is not ref.function:
            names = [p for p in init.function.params[1:] if not p.startswith("*")]
            args = [_argument(init.function, n, ref.module.member, ref.module.layer) for n in names]
            m.invoke(init, args, {}, cls.instance)
    return cls.instance


def _argument(function: Function, name: str, member: str, layer: int) -> Value:
    """A parameter whose name says that it holds a secret is a source."""
    kind = given_class(name, function.name, function.params)
    if not kind:
        return Value()
    taint = Taint(("secrets.given",), member, function.line, layer, name, path_class=kind)
    return Value(taints=(taint,))
