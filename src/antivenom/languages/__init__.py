"""One front end per language: text in, `model.program.Module` out.

`identify` names a member's language by its content first and its name second; `parse` lowers it.
A new language is one package here and one row in each of the two tables.
"""

from __future__ import annotations

from antivenom.languages.identify import identify
from antivenom.model.program import Module

LOWERED = frozenset({"python"})
"""Languages with a front end; others are read as text."""

__all__ = ["LOWERED", "identify", "parse"]


def parse(
    lang: str,
    data: bytes | str,
    *,
    member: str,
    name: str = "",
    package: bool = False,
    layer: int = 0,
) -> Module:
    """Lower one source text.

    Args:
        lang: A member of `LOWERED`.
        data: The source, as bytes where an encoding declaration matters.
        member: Path inside the artifact.
        name: Dotted import name, "" when nothing can import it.
        package: Whether ``name`` is a package (its file is ``__init__``), for relative imports.
        layer: 0 as uploaded, otherwise the id of the decoded text.

    Never raises on hostile input: what could not be read is said in `Module.partial`.

    """
    if lang == "python":
        from antivenom.languages.python import parse as parse_python

        return parse_python(data, member=member, name=name, package=package, layer=layer)
    raise KeyError(lang)
