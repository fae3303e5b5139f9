"""Python, 2.7 to 3.14, whole or broken, lowered to `model.program`.

``ast`` reads what the running interpreter's grammar reads; everything else goes through a
tolerant parser that yields the same tree for the parts it understands.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Mapping, Sequence

from antivenom.languages.python.again import SMALL, Text, parsed
from antivenom.languages.python.lower import Lowering
from antivenom.languages.python.outline import outlined
from antivenom.model.program import Function, Module

_CODING = re.compile(rb"^[ \t\f]*#.{0,200}?coding[:=][ \t]*([-\w.]{1,40})")

_DOTTED = re.compile(r"(?:\.[ \t\\\n]{0,4}\w{1,40}[ \t\\\n]{0,4})++")
_MANY_DOTS = 4000
_OUTLINED = 4_000
"""Characters of a text above which functions nobody wants are left out of the first parse."""

__all__ = ["decode_source", "parse"]


def decode_source(data: bytes) -> str:
    """Return the text of a source file as Python itself would decode it, replacing what fails."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    first = data.split(b"\n", 2)[:2]
    for line in first:
        if found := _CODING.match(line):
            return _decode_declared(data, found.group(1).decode("ascii", "replace"))
    return data.decode("utf-8", "replace")


def _decode_declared(data: bytes, encoding: str) -> str:
    # Only codecs from text to text: a declared codec must not be able to run or expand anything.
    known = {"latin-1", "iso-8859-1", "iso-8859-15", "cp1252", "cp1251", "gbk", "gb2312", "big5"}
    known |= {"utf-16", "utf-7", "cp437", "koi8-r", "shift_jis", "euc-jp", "euc-kr", "mbcs"}
    name = encoding.lower().replace("_", "-")
    if name in known and name != "mbcs":
        return data.decode(name, "replace")
    return data.decode("utf-8", "replace")


def parse(
    data: bytes | str,
    *,
    member: str,
    name: str = "",
    package: bool = False,
    layer: int = 0,
    wanted: Callable[[str], Sequence[int]] | None = None,
) -> Module:
    """Lower one Python text; see `antivenom.languages.parse`."""
    text = decode_source(data) if isinstance(data, bytes) else data
    module = Module(member=member, name=name, lang="python", text=text, layer=layer)
    shortened = (
        _without_bodies(text, wanted) if wanted is not None and len(text) > _OUTLINED else None
    )
    if shortened is not None:
        tree, cut = shortened
        kept: Text | None = Text(text, module)
    else:
        tree, module.partial, whole = _tree(text)
        cut = {}
        kept = Text(text, module) if whole and len(text) > SMALL else None
    lowering = Lowering(module, package=package, text=kept, cut=cut)
    last = text.count("\n") + 1
    top = Function(
        name="", params=(), line=1, end_line=last, lower=lambda: lowering.block(tree.body, "", None)
    )
    module.functions.append(top)
    return module


def _without_bodies(
    text: str, wanted: Callable[[str], Sequence[int]]
) -> tuple[ast.Module, Mapping[int, int]] | None:
    """Return the tree of a text without the bodies that nobody wants, and where those were."""
    made = outlined(text, wanted(text))
    if made is None:
        return None
    tree = parsed(_sane(made.text))
    return (tree, made.cut) if tree is not None and made.holds(tree) else None


def _tree(text: str) -> tuple[ast.Module, str, bool]:
    """Return a syntax tree, why it is not the whole text ("" when it is), and whether ``ast``
    made it of the text as it stands."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(_sane(text)), "", True
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        from antivenom.languages.python.tolerant import parse_tolerant

        return (*parse_tolerant(text, error), False)


def _sane(text: str) -> str:
    """Refuse what costs CPython's own parser the square of its length: a very long dotted name."""
    if text.count(".") > _MANY_DOTS:
        for run in _DOTTED.finditer(text):
            if run.group().count(".") > _MANY_DOTS:
                raise ValueError("a name of thousands of parts")
    return text
