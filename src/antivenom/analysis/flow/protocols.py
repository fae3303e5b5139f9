"""What the interpreter calls by itself: operators, subscripts, iteration, hooks of classes.

Code under review uses these to run without anybody calling it by name: a subclass, an addition or
a loop is enough. Names and order follow the data model of the language reference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from antivenom.analysis.flow.objects import ClassRefValue, FunctionRef, Instance, ModuleRef
from antivenom.analysis.value import Value

if TYPE_CHECKING:
    from antivenom.analysis.flow.machine import Machine

_OPERATORS = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "//": "floordiv",
    "%": "mod",
    "**": "pow",
    "@": "matmul",
    "<<": "lshift",
    ">>": "rshift",
    "&": "and",
    "|": "or",
    "^": "xor",
}
_COMPARED = {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}
_ASKED = {
    "builtins.list": "__iter__",
    "builtins.tuple": "__iter__",
    "builtins.set": "__iter__",
    "builtins.sorted": "__iter__",
    "builtins.sum": "__iter__",
    "builtins.any": "__iter__",
    "builtins.all": "__iter__",
    "builtins.iter": "__iter__",
    "builtins.next": "__next__",
    "builtins.str": "__str__",
    "builtins.print": "__str__",
    "builtins.format": "__format__",
    "builtins.repr": "__repr__",
    "builtins.len": "__len__",
    "builtins.bool": "__bool__",
    "builtins.int": "__int__",
    "builtins.hash": "__hash__",
    "builtins.bytes": "__bytes__",
    "builtins.reversed": "__reversed__",
    "builtins.dir": "__dir__",
}


def ask(m: Machine, value: Value, name: str, args: list[Value] | None = None) -> Value | None:
    """Call a special method that the program itself defines, or return None."""
    ref = value.ref
    if not isinstance(ref, Instance):
        return None
    method = ref.cls.method(name)
    return m.invoke(method, args or [], {}, value) if method is not None else None


def operate(m: Machine, op: str, left: Value, right: Value) -> Value | None:
    """Return ``left op right`` where a class of the program says what that is."""
    word = _OPERATORS.get(op)
    if word is None:
        compared = _COMPARED.get(op)
        return ask(m, left, f"__{compared}__", [right]) if compared else None
    done = ask(m, left, f"__{word}__", [right])
    return done if done is not None else ask(m, right, f"__r{word}__", [left])


def iterate(m: Machine, value: Value) -> Value | None:
    """Return what iterating over an object of the program yields, joined."""
    made = ask(m, value, "__iter__")
    if made is None:
        return ask(m, value, "__getitem__", [Value()])
    step = ask(m, made, "__next__") if made.ref is not value.ref else ask(m, value, "__next__")
    return step if step is not None else made


def built_in(m: Machine, path: str, args: list[Value]) -> None:
    """Run what a built-in function asks of the object it is given."""
    name = _ASKED.get(path)
    if name is None or not args or not isinstance(args[0].ref, Instance):
        return
    if name == "__iter__":
        iterate(m, args[0])
    elif ask(m, args[0], name) is None and name in {"__str__", "__format__"}:
        ask(m, args[0], "__str__" if name == "__format__" else "__repr__")


def missing(m: Machine, value: Value, name: str) -> Value | None:
    """Return what ``__getattr__`` of an object gives for a name that it does not have."""
    if name.startswith("__"):
        return None
    return ask(m, value, "__getattr__", [Value(const=name)])


def module_missing(m: Machine, ref: ModuleRef, name: str) -> Value | None:
    """Return what a module's own ``__getattr__`` gives (PEP 562)."""
    hook = ref.env.vars.get("__getattr__")
    if hook is None or not isinstance(hook.ref, FunctionRef) or name.startswith("__"):
        return None
    return m.invoke(hook.ref, [Value(const=name)], {})


def class_made(m: Machine, cls: ClassRefValue) -> None:
    """Run the hooks that making a class runs: of its attributes, and of its base."""
    for name, value in list(cls.env.vars.items()):
        if isinstance(value.ref, Instance):
            ask(m, value, "__set_name__", [Value(ref=cls), Value(const=name)])
    for base in cls.bases:
        if isinstance(base.ref, ClassRefValue):
            hook = base.ref.method("__init_subclass__")
            if hook is not None:
                m.invoke(hook, [], {}, Value(ref=cls))
                return
