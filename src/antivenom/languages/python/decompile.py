"""Code objects as statements."""

from __future__ import annotations

import ast
from typing import Any

from antivenom.languages.python.marshal_reader import Code
from antivenom.languages.python.rendered import mention


def decompile(codes: list[Code], version: str, texts: list[Any]) -> tuple[list[ast.stmt], str]:
    """Return statements equivalent to code objects, and why not all of them."""
    return mention(texts, "_texts"), "compiled code: read as constants only"
