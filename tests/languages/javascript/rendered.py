"""A Program as text, short enough to compare by eye."""

from __future__ import annotations

from collections.abc import Iterable

from antivenom.languages.javascript import parse
from antivenom.model import program as p


def render(text: str, lang: str = "javascript") -> str:
    """The top level of a text, functions in place."""
    module = parse(text, member="a.js", lang=lang)
    return _block(module, module.functions[0].body)


def _block(m: p.Module, body: Iterable[p.Stmt]) -> str:
    return "; ".join(_stmt(m, s) for s in body)


def _stmt(m: p.Module, s: p.Stmt) -> str:
    match s:
        case p.Do():
            return expr(m, s.value)
        case p.Assign():
            return f"{', '.join(expr(m, t) for t in s.targets)} {s.op}= {expr(m, s.value)}"
        case p.Return():
            return f"return {expr(m, s.value) if s.value else ''}".strip()
        case p.Branch():
            arms = " | ".join(_block(m, arm) for arm in s.arms)
            return f"{s.kind} {expr(m, s.test) if s.test else ''} {{{arms}}}"
        case p.Loop():
            target = f"{expr(m, s.target)} of " if s.target else ""
            step = f" step {_block(m, s.step)}" if s.step else ""
            return f"{s.kind} {target}{expr(m, s.test)} {{{_block(m, s.body)}}}{step}"
        case p.Define():
            return f"def {s.name} = {expr(m, s.ref)}"
        case p.Jump():
            return s.kind
        case p.Scope():
            return f"outer {' '.join(s.names)}"
    return type(s).__name__


def expr(m: p.Module, e: p.Expr | None) -> str:
    match e:
        case None:
            return "_"
        case p.Const():
            return repr(e.value)
        case p.Global():
            return f"@{e.path}"
        case p.Name():
            return e.id
        case p.Attr():
            return f"{expr(m, e.base)}.{e.name}"
        case p.Index():
            return f"{expr(m, e.base)}[{expr(m, e.key)}]"
        case p.Op():
            return f"({e.op} {' '.join(expr(m, a) for a in e.args)})".replace(" )", ")")
        case p.Template():
            return f"`{' '.join(expr(m, a) for a in e.parts)}`"
        case p.Call():
            return f"{expr(m, e.func)}({', '.join(expr(m, a) for a in e.args)})"
        case p.FuncRef():
            f = m.functions[e.index]
            return f"<{f.name}({', '.join(f.params)}) {_block(m, f.body)}>".replace(" >", ">")
        case p.ClassRef():
            c = m.classes[e.index]
            bases = ", ".join(expr(m, b) for b in c.bases)
            return f"class {c.name}({bases}) {{{_block(m, c.body)}}}"
    return type(e).__name__
