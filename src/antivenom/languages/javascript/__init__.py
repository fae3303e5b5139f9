"""JavaScript and TypeScript, whole or broken, lowered to `model.program`.

tree-sitter reads the text; functions are lowered when somebody asks for their body, so a bundle
of megabytes costs what is looked at. Every function but an arrow has the first parameter
``this``; operators that other languages lack keep their spelling (``>>>``, ``??``, ``typeof``,
``instanceof``), and ``new`` is an operation over the class and its arguments.
"""

from __future__ import annotations

from antivenom.languages.javascript.again import KEPT
from antivenom.languages.javascript.context import Scope, Text
from antivenom.languages.javascript.grammar import parse_text
from antivenom.model.program import Function, Module, Stmt

__all__ = ["decode_source", "parse"]


def decode_source(data: bytes) -> str:
    """Return the text of a source file: UTF-8 unless a mark says UTF-16."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def parse(
    data: bytes | str,
    *,
    member: str,
    name: str = "",
    package: bool = False,
    layer: int = 0,
    lang: str = "javascript",
) -> Module:
    """Lower one text; see `antivenom.languages.parse`."""
    from antivenom.languages.javascript import statements

    text = decode_source(data) if isinstance(data, bytes) else data
    encoded = text.encode("utf-8", "replace")
    if encoded == data:
        encoded = data  # one copy of it in memory, not two
    module = Module(member=member, name=name, lang="javascript", text=text, layer=layer)
    tree, grammar = parse_text(encoded, member, lang)
    if tree is None:
        module.partial, module.cut = "the code cannot be parsed in bounded time", True
    elif tree.root_node.has_error:
        module.partial = "parts of the code could not be parsed"
    broken = tree is None or tree.root_node.has_error
    made = Text(encoded, module, grammar, broken)
    if tree is not None and broken:
        made.tree = tree
    elif tree is not None:
        KEPT.add(made, len(encoded))
    scope = Scope(made, "")

    def lower() -> tuple[Stmt, ...]:
        return statements.block(scope, tree.root_node) if tree is not None else ()

    module.functions.append(
        Function(
            name="", params=(), line=1, end_line=text.count("\n") + 1, lower=lower,
            start=0, end=len(encoded),
        )
    )  # fmt: skip
    return module
