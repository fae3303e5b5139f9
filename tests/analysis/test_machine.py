"""The machine evaluates any program: never an exception, never past its budget."""

# ruff: noqa: E501 - tables read better in columns
from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antivenom.model import program as p
from antivenom.model.label import Activation, Root
from antivenom.model.limits import DEFAULT_LIMITS
from tests.analysis.machines import run, run_modules
from tests.analysis.thieves import function

LIMITS = replace(DEFAULT_LIMITS, fold_steps=20_000)
ANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
NAMES = st.sampled_from(["a", "b", "c", "f", "self", "exec", "open", "__builtins__", "__name__"])
PATHS = st.sampled_from([
    "os.environ", "builtins.exec", "builtins.open", "requests.post", "subprocess.Popen", "base64.b64decode",
    "builtins.getattr", "builtins.map", "functools.partial", "functools.reduce", "builtins.globals", "os.path.join",
    "builtins.type", "builtins.super", "pickle.loads", "marshal.loads", "threading.Thread", "setuptools.setup",
    "builtins.__import__", "operator.methodcaller", "cryptography.fernet.Fernet", "socket.socket", "sys.modules",
    "pathlib.Path", "builtins.str.join", "builtins.vars", "builtins.setattr", "types.FunctionType", "builtins.filter",
])  # fmt: skip
ATTRS = st.sampled_from(
    ["read", "write", "join", "format", "append", "environ", "get", "decode", "__dict__", "send",
     "decrypt", "update", "start", "split", "__getitem__", "then"]
)  # fmt: skip
CONSTS = st.one_of(
    st.none(), st.booleans(), st.integers(-300, 10**6), st.floats(), st.complex_numbers(),
    st.text(max_size=12), st.binary(max_size=12),
    st.sampled_from(["exec", "os", "~/.aws/credentials", "aGVsbG8gd29ybGQ=", "import os\nos.getcwd()", "{}", "%s"]),
)  # fmt: skip
OPS = st.sampled_from(["+", "-", "*", "/", "//", "%", "**", "&", "|", "^", "<<", ">>", "@", "neg", "pos", "inv", "not", "and", "or", "==", "!=", "<", "in", "notin", "is", "isnot", "cond", "list", "tuple", "set", "dict", "star", "await", "yield", "unknown", "walrus"])  # fmt: skip
KINDS = st.sampled_from(["list", "set", "dict", "gen"])

leaves = st.one_of(
    st.builds(p.Const, st.just(1), CONSTS),
    st.builds(p.Global, st.just(1), PATHS),
    st.builds(p.Name, st.just(1), NAMES),
    st.builds(p.FuncRef, st.just(1), st.integers(1, 2)),
    st.builds(p.ClassRef, st.just(1), st.just(0)),
)


def _inner(expr: st.SearchStrategy[p.Expr]) -> st.SearchStrategy[p.Expr]:
    maybe = st.none() | expr
    return st.one_of(
        st.builds(p.Attr, st.just(1), expr, ATTRS),
        st.builds(p.Index, st.just(1), expr, expr | st.builds(p.Range, st.just(1), maybe, maybe, maybe)),
        st.builds(_op, OPS, st.lists(expr, min_size=1, max_size=4)),
        st.builds(p.Template, st.just(1), st.lists(expr, max_size=3).map(tuple)),
        st.builds(
            p.Call, st.just(1), expr, st.lists(expr, max_size=3).map(tuple),
            st.lists(st.tuples(st.sampled_from(["data", "target", "args", "cmdclass", "**"]), expr), max_size=2).map(tuple),
            st.just(1),
        ),
        st.builds(_comp, KINDS, expr, expr, st.lists(expr, max_size=1)),
    )  # fmt: skip


def _op(name: str, args: list[p.Expr]) -> p.Op:
    """Operations have the number of arguments that the Program form promises."""
    if name == "cond":
        args = (args * 3)[:3]
    elif name == "walrus":
        return p.Op(1, name, (p.Name(1, "a"), args[0]))
    elif name in {"neg", "pos", "inv", "not", "await", "star", "yield"}:
        args = args[:1]
    elif name == "dict":
        args = (args * 2)[: 2 * (len(args) // 2 or 1)]
    elif name not in {"list", "tuple", "set", "and", "or", "unknown", "+"}:
        args = (args * 2)[:2]
    return p.Op(1, name, tuple(args))


def _comp(kind: str, element: p.Expr, source: p.Expr, tests: list[p.Expr]) -> p.Comp:
    if kind == "dict":
        element = p.Op(1, "tuple", (element, element))
    return p.Comp(1, kind, element, ((p.Name(1, "a"), source, tuple(tests)),))


def _pair(one: p.Expr, rest: p.Expr) -> p.Op:
    return p.Op(1, "tuple", (one, p.Op(1, "star", (rest,))))


exprs = st.recursive(leaves, _inner, max_leaves=10)
targets = st.one_of(
    st.builds(p.Name, st.just(1), NAMES),
    st.builds(p.Attr, st.just(1), exprs, ATTRS),
    st.builds(p.Index, st.just(1), exprs, exprs),
    st.builds(_pair,
              st.builds(p.Name, st.just(1), NAMES), st.builds(p.Name, st.just(1), NAMES)),
)  # fmt: skip
plain = st.one_of(
    st.builds(p.Do, st.just(1), exprs),
    st.builds(p.Assign, st.just(1), st.lists(targets, min_size=1, max_size=2).map(tuple), exprs,
              st.sampled_from(["", "+", "^"])),
    st.builds(p.Return, st.just(1), st.none() | exprs),
    st.builds(p.Import, st.just(1), st.sampled_from(["os", "demo", "demo.x", ".", "..a", ""]),
              st.sampled_from([(), (("*", "*"),), (("environ", "e"),)]), st.sampled_from(["", "a"])),
    st.builds(p.Define, st.just(1), NAMES, st.builds(p.FuncRef, st.just(1), st.integers(1, 2)),
              st.lists(exprs, max_size=1).map(tuple)),
    st.builds(p.Define, st.just(1), NAMES, st.builds(p.ClassRef, st.just(1), st.just(0))),
    st.builds(p.Jump, st.just(1), st.sampled_from(["break", "continue", "raise", "exit"]), st.none() | exprs),
    st.builds(p.Scope, st.just(1), st.sampled_from(["global", "outer"]), st.just(("a", "b"))),
)  # fmt: skip


def _blocks(stmt: st.SearchStrategy[p.Stmt]) -> st.SearchStrategy[p.Stmt]:
    body = st.lists(stmt, max_size=3).map(tuple)
    return st.one_of(
        st.builds(p.Branch, st.just(1), st.just("if"), exprs, st.tuples(body, body)),
        st.builds(p.Branch, st.just(1), st.just("try"), st.none(), st.tuples(body, body, body)),
        st.builds(p.Branch, st.just(1), st.just("match"), st.none() | exprs, st.tuples(body, body)),
        st.builds(p.Branch, st.just(1), st.just("with"), st.none(), st.tuples(body)),
        st.builds(p.Loop, st.just(1), st.just("for"), targets, exprs, body),
        st.builds(p.Loop, st.just(1), st.just("while"), st.none(), exprs, body),
    )


stmts = st.lists(st.recursive(plain, _blocks, max_leaves=5), max_size=5).map(tuple)


def _module(lang: str, bodies: tuple[tuple[p.Stmt, ...], ...]) -> p.Module:
    module = p.Module(member="demo/__init__.py", name="demo", lang=lang, text="")
    heads: list[tuple[str, tuple[str, ...]]]
    heads = [("", ()), ("f", ("a", "*b")), ("A.run", ("self", "**c"))]
    for (name, params), body in zip(heads, bodies, strict=True):
        module.functions.append(function(name, params, 1, *body))
    module.classes.append(
        p.Class(name="A", bases=(p.Global(1, "threading.Thread"),), line=1, end_line=1,
                methods={"run": 2}, body=(p.Define(1, "run", p.FuncRef(1, 2)),))
    )  # fmt: skip
    return module


@ANY
@given(
    lang=st.sampled_from(["python", "python", "javascript", "rust", "java"]),
    bodies=st.tuples(stmts, stmts, stmts),
)
def test_any_program(lang: str, bodies: tuple[tuple[p.Stmt, ...], ...]) -> None:
    roots = [Root(member="demo/__init__.py", activation=Activation.IMPORT, function="f")]
    seen = run_modules([_module(lang, bodies)], roots, LIMITS)
    assert seen.steps <= 3 * LIMITS.fold_steps + 10_000
    assert len(seen.facts) <= LIMITS.facts
    assert {f.activation for f in seen.facts} <= {a.value for a in Activation}


WORDS = ["x", "os", "exec", "open", "(", ")", "[", "]", "'a'", "'~/.ssh/id_rsa'", "=", "+", ".", ",", ":", "def f():",
         "\n", "\n    ", "import", "from", "lambda", "for", "in", "if", "return", "class A:", "environ", "1", "requests",
         "post", "base64", "b64decode", "'aGVsbG8='", "globals()", "getattr", "try:", "except:", "while", "True", "*", "{}"]  # fmt: skip


@ANY
@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_heap_of_words(words: list[str]) -> None:
    text = "import os, requests, base64\nexec('x')\n" + " ".join(words)
    seen = run({"demo/__init__.py": text, "setup.py": text[::-1]}, limits=LIMITS)
    assert seen.steps <= 3 * LIMITS.fold_steps + 10_000
