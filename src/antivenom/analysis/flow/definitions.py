"""Run definitions and imports: what a name is bound to before anybody calls it."""

from __future__ import annotations

from antivenom.analysis.flow import handovers, protocols, written
from antivenom.analysis.flow.calls import call_value
from antivenom.analysis.flow.expressions import by_path, defaults, evaluate
from antivenom.analysis.flow.machine import Machine
from antivenom.analysis.flow.objects import ClassRefValue, Env, FunctionRef, ModuleRef
from antivenom.analysis.package import FAR
from antivenom.analysis.value import Value, join
from antivenom.model import program as p

_MOST_STARS = 200


def define(m: Machine, stmt: p.Define) -> None:
    """Bind a function or class to its name, through its decorators."""
    frame = m.frame
    if isinstance(stmt.ref, p.ClassRef):
        value = define_class(m, stmt.ref)
    else:
        function = frame.module.functions[stmt.ref.index]
        made = FunctionRef(frame.module, function, _closure(m), frame.home)
        made.defaults = defaults(m, function)
        m.defined.setdefault(id(function), made)
        value = Value(ref=made)
    for decorator in reversed(stmt.decorators):
        value = _decorate(m, decorator, value, stmt)
    frame.env.set(stmt.name, value)


def _closure(m: Machine) -> Env:
    """A method's names are looked up around the class, not in its body."""
    env = m.frame.env
    if getattr(m.frame, "receiver", None) is _CLASS_BODY and env.outer is not None:
        return env.outer
    return env


_CLASS_BODY = Value()


def _decorate(m: Machine, decorator: p.Expr, value: Value, stmt: p.Define) -> Value:
    wrapper = evaluate(m, decorator)
    cls = m.frame.env.vars.get("__antivenom_class__")
    if wrapper.path in {"builtins.property", "functools.cached_property"} and cls is not None:
        cls.ref.properties.add(stmt.name)
        return value
    if wrapper.path == "builtins.staticmethod" and cls is not None:
        cls.ref.statics.add(stmt.name)
        return value
    if not wrapper.path and wrapper.ref is None:
        return value
    handovers.registered(m, wrapper.path, value)
    made = call_value(m, wrapper, [value], {}, stmt.line, stmt.line)
    # A registering decorator returns nothing we know: the name keeps its function.
    data = made.known and made.const is not None
    return made if data or made.coded or made.ref is not None else value


def define_class(m: Machine, ref: p.ClassRef) -> Value:
    """Run a class body and return the class."""
    frame = m.frame
    definition = frame.module.classes[ref.index]
    bases = [evaluate(m, b) for b in definition.bases]
    env = Env(frame.env)
    cls = ClassRefValue(frame.module, definition, env, frame.home, bases)
    env.vars["__antivenom_class__"] = Value(ref=cls)
    from antivenom.analysis.flow.machine import Frame
    from antivenom.analysis.flow.statements import run_block

    m.frames.append(Frame(frame.module, frame.function, env, frame.home, receiver=_CLASS_BODY))
    try:
        run_block(m, definition.body)
    finally:
        m.frames.pop()
    for value in env.vars.values():
        if isinstance(value.ref, FunctionRef) and value.ref.owner is None:
            value.ref.owner = cls
    m.classes.append(cls)
    protocols.class_made(m, cls)
    return Value(ref=cls)


def import_names(m: Machine, stmt: p.Import) -> None:
    """Load what an import names and bind it."""
    frame = m.frame
    importer = frame.home.source
    env = frame.env
    if m.files:
        written.imported(m, stmt.path, stmt.line)
    if not stmt.names:
        ref = m.load(stmt.path, importer)
        if stmt.alias:
            env.set(stmt.alias, _module_value(m, ref, stmt.path))
        else:
            root = stmt.path.partition(".")[0]
            top = m.load(root, importer) if "." in stmt.path else ref
            env.set(root, _module_value(m, top, root))
        name = stmt.alias or stmt.path.partition(".")[0]
        renamed = ref is None and stmt.alias and _noticed(m, stmt.path.partition(".")[0])
        if renamed:
            importer.learn(name, 0)
        elif ref is not None:
            _learn(m, name, Value(ref=ref))
        return
    ref = m.load(stmt.path, importer)
    for name, alias in stmt.names:
        if name == "*":
            _star(m, ref, stmt.path)
        else:
            value = _imported(m, ref, stmt.path, name)
            env.set(alias, value)
            if value.ref is not None:
                _learn(m, alias, value)
            elif alias != name and _noticed(m, value.path.partition(".")[0], name):
                importer.learn(alias, 0)


def _learn(m: Machine, name: str, value: Value) -> None:
    """Remember what an imported name of the artifact's own leads to."""
    importer = m.frame.home.source
    if isinstance(value.ref, ModuleRef):
        if m.distance(value) < FAR:
            importer.hot_modules[name] = value.ref.source
    else:
        importer.learn(name, m.distance(value))


def _noticed(m: Machine, *names: str) -> bool:
    """Whether a search by name would have found one of these, had it kept its name.

    The functions of most libraries are noticed by their own names, which an alias of the library
    does not hide: everybody says ``np``.
    """
    table = m.frame.table
    return any(name in table.strong or name in table.weak for name in names)


def _module_value(m: Machine, ref: ModuleRef | None, path: str) -> Value:
    return _either(m, Value(ref=ref), path) if ref is not None else Value(path=path)


def _either(m: Machine, value: Value, path: str) -> Value:
    """A member under a well-known library's name may be what runs, or lie beside it unused.

    Code of that library itself rarely asks for it by its full name; what was added to a copy does.
    """
    root = path.partition(".")[0]
    if root not in m.frame.table.modules:
        return value
    own = m.frame.home.source.name.partition(".")[0] == root
    if own and path.count(".") > 1:
        return value
    return join(by_path(m, path), value)


def _star(m: Machine, ref: ModuleRef | None, path: str) -> None:
    if ref is None:
        _add_stars(m, [path])
        return
    for name, value in list(ref.env.vars.items()):
        m.frame.env.set(name, value)
    _add_stars(m, ref.stars)


def _add_stars(m: Machine, paths: list[str]) -> None:
    """Remember each library once: modules that import each other would double them each time."""
    known = m.frame.home.stars
    known.extend([path for path in dict.fromkeys(paths) if path not in known][:_MOST_STARS])
    del known[_MOST_STARS:]


def _imported(m: Machine, ref: ModuleRef | None, path: str, name: str) -> Value:
    importer = m.frame.home.source
    if ref is not None:
        found = ref.env.vars.get(name)
        if found is not None:
            return _either(m, found, f"{path}.{name}")
    joint = path + name if path.endswith(".") else f"{path}.{name}"
    sub = m.load(joint, importer)
    if sub is not None:
        return _either(m, Value(ref=sub), joint)
    if ref is not None:
        return _either(m, protocols.module_missing(m, ref, name) or Value(), joint)
    value = Value(path=joint)
    known = m.frame.table.constants.get(joint)
    return Value(const=known, path=joint) if known is not None else value
