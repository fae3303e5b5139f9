"""From Python's syntax tree to the Program form.

Statements of functions are lowered when somebody asks for the function's body. Names stay names:
which thing a name means depends on what ran before, and `analysis.flow` knows that.
"""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Callable, Container
from functools import partial
from typing import Any

from antivenom.languages.python.again import Body, Text
from antivenom.model import program as p

_BINARY: dict[type, str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.MatMult: "@",
}
_COMPARE: dict[type, str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "isnot",
    ast.In: "in",
    ast.NotIn: "notin",
}
_UNARY: dict[type, str] = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "inv", ast.Not: "not"}
_SEQUENCE: dict[type, str] = {ast.List: "list", ast.Tuple: "tuple", ast.Set: "set"}

_LONG_CHAIN = 60


class Lowering:
    """Lowers one module; remembers where it is for relative imports and qualified names."""

    def __init__(
        self,
        module: p.Module,
        *,
        package: bool,
        text: Text | None = None,
        cut: Container[int] = (),
    ) -> None:
        self.module = module
        self.text = text
        """What trees can be made again from, None when they must be kept."""
        self.cut = cut
        """Lines of functions whose body the tree lacks."""
        parts = module.name.split(".") if module.name else []
        self.parents = parts if package else parts[:-1]

    # ------------------------------------------------------------------ statements

    def block(self, body: list[ast.stmt], scope: str, owner: int | None) -> tuple[p.Stmt, ...]:
        """Lower statements that stand in `scope` (a qualified name) of class `owner`."""
        out: list[p.Stmt] = []
        for node in body:
            handler = _STATEMENTS.get(type(node))
            if handler is None:
                continue
            try:
                handler(self, node, scope, owner, out)
            except RecursionError:
                # One expression too deep for anybody: what stands beside it is still read.
                self.module.partial = self.module.partial or f"line {node.lineno} is too deep"
        return tuple(out)

    def _function(self, node: Any, scope: str, owner: int | None, out: list[p.Stmt]) -> None:
        index = self._add_function(node, scope, owner, node.name)
        decorators = tuple(self.expr(d, scope) for d in node.decorator_list)
        name = _plain(node.name)
        if owner is not None:
            self.module.classes[owner].methods[name] = index
        ref = p.FuncRef(node.lineno, index)
        out.append(p.Define(node.lineno, name, ref, decorators))

    def _add_function(self, node: Any, scope: str, owner: int | None, name: str) -> int:
        qualified = f"{scope}.{_plain(name)}" if scope else _plain(name)
        params, defaults = self._parameters(node.args, scope)
        inner = qualified

        def lower(node: Any) -> tuple[p.Stmt, ...]:
            if isinstance(node, ast.Lambda):
                return (p.Return(node.lineno, self.expr(node.body, inner)),)
            return self.block(node.body, inner, None)

        text = None if isinstance(node, ast.Lambda) else self.text
        body = Body(node, text, lower) if text else partial(lower, node)
        if isinstance(body, Body) and node.lineno in self.cut:
            body.forget()
        function = p.Function(
            name=qualified,
            params=params,
            line=node.lineno,
            end_line=node.end_lineno or node.lineno,
            lower=body,
            defaults=defaults,
            owner=owner,
        )
        self.module.functions.append(function)
        return len(self.module.functions) - 1

    def _parameters(
        self, args: ast.arguments, scope: str
    ) -> tuple[tuple[str, ...], tuple[tuple[str, p.Expr], ...]]:
        plain = [*args.posonlyargs, *args.args]
        names = [_plain(a.arg) for a in plain]
        values = list(zip(names[len(names) - len(args.defaults) :], args.defaults, strict=True))
        if args.vararg:
            names.append("*" + _plain(args.vararg.arg))
        for keyword, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            names.append(_plain(keyword.arg))
            if default is not None:
                values.append((_plain(keyword.arg), default))
        if args.kwarg:
            names.append("**" + _plain(args.kwarg.arg))
        return tuple(names), tuple((name, self.expr(value, scope)) for name, value in values)

    def _class(self, node: ast.ClassDef, scope: str, owner: int | None, out: list[p.Stmt]) -> None:
        name = _plain(node.name)
        qualified = f"{scope}.{name}" if scope else name
        bases = tuple(self.expr(b, scope) for b in node.bases)
        made = p.Class(
            name=qualified, bases=bases, line=node.lineno, end_line=node.end_lineno or node.lineno
        )
        index = len(self.module.classes)
        self.module.classes.append(made)
        made.body = self.block(node.body, qualified, index)
        decorators = tuple(self.expr(d, scope) for d in node.decorator_list)
        decorators += tuple(self.expr(k.value, scope) for k in node.keywords)
        out.append(p.Define(node.lineno, name, p.ClassRef(node.lineno, index), decorators))

    def _return(self, node: ast.Return, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        value = self.expr(node.value, scope) if node.value else None
        out.append(p.Return(node.lineno, value))

    def _assign(self, node: ast.Assign, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        targets = tuple(self.expr(t, scope) for t in node.targets)
        out.append(p.Assign(node.lineno, targets, self.expr(node.value, scope)))

    def _annotated(self, node: ast.AnnAssign, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        if node.value is not None:
            target = self.expr(node.target, scope)
            out.append(p.Assign(node.lineno, (target,), self.expr(node.value, scope)))
        elif isinstance(node.annotation, ast.Call):
            # An annotation at module or class level is evaluated: it can hide a call.
            out.append(p.Do(node.lineno, self.expr(node.annotation, scope)))

    def _augmented(self, node: ast.AugAssign, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        target = self.expr(node.target, scope)
        value = self.expr(node.value, scope)
        out.append(p.Assign(node.lineno, (target,), value, _BINARY.get(type(node.op), "+")))

    def _if(self, node: ast.If, scope: str, owner: int | None, out: list[p.Stmt]) -> None:
        chain = _elifs(node)
        if len(chain) > _LONG_CHAIN:
            self._alternatives(chain, scope, owner, out)
            return
        arms = [self.block(node.body, scope, owner)]
        test = self.expr(node.test, scope)
        arms.append(self.block(node.orelse, scope, owner))
        out.append(p.Branch(node.lineno, "if", test, tuple(arms)))

    def _alternatives(
        self, chain: list[ast.If], scope: str, owner: int | None, out: list[p.Stmt]
    ) -> None:
        """A chain too long to nest: all its conditions, then one choice among its bodies."""
        out.extend(p.Do(node.lineno, self.expr(node.test, scope)) for node in chain)
        arms = [self.block(node.body, scope, owner) for node in chain]
        arms.append(self.block(chain[-1].orelse, scope, owner))
        out.append(p.Branch(chain[0].lineno, "match", None, tuple(arms)))

    def _while(self, node: ast.While, scope: str, owner: int | None, out: list[p.Stmt]) -> None:
        test = self.expr(node.test, scope)
        out.append(p.Loop(node.lineno, "while", None, test, self.block(node.body, scope, owner)))
        out.extend(self.block(node.orelse, scope, owner))

    def _for(self, node: Any, scope: str, owner: int | None, out: list[p.Stmt]) -> None:
        target = self.expr(node.target, scope)
        source = self.expr(node.iter, scope)
        body = self.block(node.body, scope, owner)
        out.append(p.Loop(node.lineno, "for", target, source, body))
        out.extend(self.block(node.orelse, scope, owner))

    def _with(self, node: Any, scope: str, owner: int | None, out: list[p.Stmt]) -> None:
        for item in node.items:
            value = self.expr(item.context_expr, scope)
            if item.optional_vars is None:
                out.append(p.Do(item.context_expr.lineno, value))
            else:
                target = self.expr(item.optional_vars, scope)
                out.append(p.Assign(item.context_expr.lineno, (target,), value, ""))
        out.append(p.Branch(node.lineno, "with", None, (self.block(node.body, scope, owner),)))

    def _try(self, node: Any, scope: str, owner: int | None, out: list[p.Stmt]) -> None:
        arms = [self.block(node.body + node.orelse, scope, owner)]
        arms += [self.block(h.body, scope, owner) for h in node.handlers]
        arms.append(self.block(node.finalbody, scope, owner))
        out.append(p.Branch(node.lineno, "try", None, tuple(arms)))

    def _match(self, node: ast.Match, scope: str, owner: int | None, out: list[p.Stmt]) -> None:
        arms = tuple(self.block(case.body, scope, owner) for case in node.cases)
        out.append(p.Branch(node.lineno, "match", self.expr(node.subject, scope), arms))

    def _import(self, node: ast.Import, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        out += [p.Import(node.lineno, n.name, (), _plain(n.asname or "")) for n in node.names]

    def _import_from(
        self, node: ast.ImportFrom, scope: str, _: int | None, out: list[p.Stmt]
    ) -> None:
        path = self._absolute(node.module or "", node.level)
        names = tuple((n.name, _plain(n.asname or n.name)) for n in node.names)
        out.append(p.Import(node.lineno, path, names))

    def _absolute(self, path: str, level: int) -> str:
        """Resolve a relative import; without a known package the dots stay in front."""
        if not level:
            return path
        if level - 1 > len(self.parents) or not self.parents:
            return "." * level + path
        base = self.parents[: len(self.parents) - (level - 1)]
        return ".".join([*base, path] if path else base)

    def _expr(self, node: ast.Expr, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        if not isinstance(node.value, ast.Constant):
            out.append(p.Do(node.lineno, self.expr(node.value, scope)))

    def _raise(self, node: ast.Raise, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        value = self.expr(node.exc, scope) if node.exc else None
        out.append(p.Jump(node.lineno, "raise", value))

    def _assert(self, node: ast.Assert, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        out.append(p.Do(node.lineno, self.expr(node.test, scope)))

    def _jump(self, node: ast.stmt, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        kind = "break" if isinstance(node, ast.Break) else "continue"
        out.append(p.Jump(node.lineno, kind))

    def _scope(self, node: Any, scope: str, _: int | None, out: list[p.Stmt]) -> None:
        kind = "global" if isinstance(node, ast.Global) else "outer"
        out.append(p.Scope(node.lineno, kind, tuple(_plain(n) for n in node.names)))

    # ------------------------------------------------------------------ expressions

    def expr(self, node: ast.expr, scope: str) -> p.Expr:
        """Lower one expression."""
        handler = _EXPRESSIONS.get(type(node))
        if handler is None:
            return p.Op(getattr(node, "lineno", 0), "unknown", ())
        return handler(self, node, scope)

    def _constant(self, node: ast.Constant, scope: str) -> p.Expr:
        value = node.value
        return p.Const(node.lineno, None if value is ... else value)

    def _name(self, node: ast.Name, scope: str) -> p.Expr:
        return p.Name(node.lineno, _plain(node.id))

    def _attribute(self, node: ast.Attribute, scope: str) -> p.Expr:
        return p.Attr(
            node.end_lineno or node.lineno, self.expr(node.value, scope), _plain(node.attr)
        )

    def _subscript(self, node: ast.Subscript, scope: str) -> p.Expr:
        return p.Index(node.lineno, self.expr(node.value, scope), self.expr(node.slice, scope))

    def _slice(self, node: ast.Slice, scope: str) -> p.Expr:
        parts = [self.expr(x, scope) if x else None for x in (node.lower, node.upper, node.step)]
        return p.Range(node.lineno, *parts)

    def _binary(self, node: ast.BinOp, scope: str) -> p.Expr:
        # A long concatenation is a left-deep tree: walk it without recursion.
        operator = type(node.op)
        chain: list[ast.expr] = []
        left: ast.expr = node
        while isinstance(left, ast.BinOp) and type(left.op) is operator:
            chain.append(left.right)
            left = left.left
        args = [self.expr(left, scope)]
        args += [self.expr(part, scope) for part in reversed(chain)]
        return p.Op(node.lineno, _BINARY[operator], tuple(args))

    def _unary(self, node: ast.UnaryOp, scope: str) -> p.Expr:
        return p.Op(node.lineno, _UNARY[type(node.op)], (self.expr(node.operand, scope),))

    def _boolean(self, node: ast.BoolOp, scope: str) -> p.Expr:
        op = "and" if isinstance(node.op, ast.And) else "or"
        return p.Op(node.lineno, op, tuple(self.expr(v, scope) for v in node.values))

    def _comparison(self, node: ast.Compare, scope: str) -> p.Expr:
        operands = [self.expr(x, scope) for x in (node.left, *node.comparators)]
        pairs = [
            p.Op(node.lineno, _COMPARE[type(op)], (operands[n], operands[n + 1]))
            for n, op in enumerate(node.ops)
        ]
        return pairs[0] if len(pairs) == 1 else p.Op(node.lineno, "and", tuple(pairs))

    def _conditional(self, node: ast.IfExp, scope: str) -> p.Expr:
        parts = (node.test, node.body, node.orelse)
        return p.Op(node.lineno, "cond", tuple(self.expr(x, scope) for x in parts))

    def _sequence(self, node: Any, scope: str) -> p.Expr:
        elements = node.elts
        return p.Op(
            node.lineno, _SEQUENCE[type(node)], tuple([self.expr(e, scope) for e in elements])
        )

    def _dict(self, node: ast.Dict, scope: str) -> p.Expr:
        parts: list[p.Expr | None] = []
        for key, value in zip(node.keys, node.values, strict=True):
            parts.append(self.expr(key, scope) if key else None)
            parts.append(self.expr(value, scope))
        return p.Op(node.lineno, "dict", tuple(parts))

    def _call(self, node: ast.Call, scope: str) -> p.Expr:
        # `line` is where the called name stands, which is the line a person looks for.
        func = self.expr(node.func, scope)
        args = tuple([self.expr(a, scope) for a in node.args])
        named = tuple([(_plain(k.arg or "**"), self.expr(k.value, scope)) for k in node.keywords])
        line = func.line if isinstance(func, p.Attr) else node.lineno
        return p.Call(line, func, args, named, node.end_lineno or node.lineno)

    def _lambda(self, node: ast.Lambda, scope: str) -> p.Expr:
        index = self._add_function(node, scope, None, f"<lambda:{node.lineno}>")
        return p.FuncRef(node.lineno, index)

    def _joined(self, node: ast.JoinedStr, scope: str) -> p.Expr:
        return p.Template(node.lineno, tuple(self.expr(v, scope) for v in node.values))

    def _formatted(self, node: ast.FormattedValue, scope: str) -> p.Expr:
        value = self.expr(node.value, scope)
        if node.conversion == ord("r"):
            value = p.Call(node.lineno, p.Global(node.lineno, "builtins.repr"), (value,), ())
        if node.format_spec is None:
            return value
        spec = self.expr(node.format_spec, scope)
        return p.Call(node.lineno, p.Global(node.lineno, "builtins.format"), (value, spec), ())

    def _comprehension(self, node: Any, scope: str) -> p.Expr:
        loops = tuple(
            (
                self.expr(g.target, scope),
                self.expr(g.iter, scope),
                tuple(self.expr(c, scope) for c in g.ifs),
            )
            for g in node.generators
        )
        if isinstance(node, ast.DictComp):
            pair = (self.expr(node.key, scope), self.expr(node.value, scope))
            return p.Comp(node.lineno, "dict", p.Op(node.lineno, "tuple", pair), loops)
        kinds = {ast.ListComp: "list", ast.SetComp: "set"}
        kind = kinds.get(type(node), "gen")
        return p.Comp(node.lineno, kind, self.expr(node.elt, scope), loops)

    def _walrus(self, node: ast.NamedExpr, scope: str) -> p.Expr:
        parts = (self.expr(node.target, scope), self.expr(node.value, scope))
        return p.Op(node.lineno, "walrus", parts)

    def _wrapped(self, node: Any, scope: str) -> p.Expr:
        op = {ast.Await: "await", ast.Starred: "star"}.get(type(node), "yield")
        value = node.value
        return p.Op(node.lineno, op, (self.expr(value, scope),) if value else ())


def _elifs(node: ast.If) -> list[ast.If]:
    chain = [node]
    while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], ast.If):
        chain.append(chain[-1].orelse[0])
    return chain


def _plain(name: str) -> str:
    """Fold an identifier as Python does, so that look-alike letters do not hide it."""
    return name if name.isascii() else unicodedata.normalize("NFKC", name)


_STATEMENTS: dict[type, Callable[..., None]] = {
    ast.FunctionDef: Lowering._function,
    ast.AsyncFunctionDef: Lowering._function,
    ast.ClassDef: Lowering._class,
    ast.Return: Lowering._return,
    ast.Assign: Lowering._assign,
    ast.AnnAssign: Lowering._annotated,
    ast.AugAssign: Lowering._augmented,
    ast.If: Lowering._if,
    ast.While: Lowering._while,
    ast.For: Lowering._for,
    ast.AsyncFor: Lowering._for,
    ast.With: Lowering._with,
    ast.AsyncWith: Lowering._with,
    ast.Try: Lowering._try,
    ast.TryStar: Lowering._try,
    ast.Match: Lowering._match,
    ast.Import: Lowering._import,
    ast.ImportFrom: Lowering._import_from,
    ast.Expr: Lowering._expr,
    ast.Raise: Lowering._raise,
    ast.Assert: Lowering._assert,
    ast.Break: Lowering._jump,
    ast.Continue: Lowering._jump,
    ast.Global: Lowering._scope,
    ast.Nonlocal: Lowering._scope,
}

_EXPRESSIONS: dict[type, Callable[..., p.Expr]] = {
    ast.Constant: Lowering._constant,
    ast.Name: Lowering._name,
    ast.Attribute: Lowering._attribute,
    ast.Subscript: Lowering._subscript,
    ast.Slice: Lowering._slice,
    ast.BinOp: Lowering._binary,
    ast.UnaryOp: Lowering._unary,
    ast.BoolOp: Lowering._boolean,
    ast.Compare: Lowering._comparison,
    ast.IfExp: Lowering._conditional,
    ast.List: Lowering._sequence,
    ast.Tuple: Lowering._sequence,
    ast.Set: Lowering._sequence,
    ast.Dict: Lowering._dict,
    ast.Call: Lowering._call,
    ast.Lambda: Lowering._lambda,
    ast.JoinedStr: Lowering._joined,
    ast.FormattedValue: Lowering._formatted,
    ast.ListComp: Lowering._comprehension,
    ast.SetComp: Lowering._comprehension,
    ast.GeneratorExp: Lowering._comprehension,
    ast.DictComp: Lowering._comprehension,
    ast.NamedExpr: Lowering._walrus,
    ast.Await: Lowering._wrapped,
    ast.Starred: Lowering._wrapped,
    ast.Yield: Lowering._wrapped,
    ast.YieldFrom: Lowering._wrapped,
}
