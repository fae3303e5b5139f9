"""One front end per language: text in, `model.program.Module` out.

`identify` names a member's language by its content first and its name second; `parse` lowers it.
A new language is one package here and one row in each of the two tables.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from antivenom.languages.identify import identify
from antivenom.model.program import Function, Module

__all__ = ["LOWERED", "identify", "parse", "release"]


def parse(
    lang: str,
    data: bytes | str,
    *,
    member: str,
    name: str = "",
    package: bool = False,
    layer: int = 0,
    wanted: Callable[[str], Sequence[int]] | None = None,
) -> Module:
    """Lower one source text.

    Args:
        lang: A member of `LOWERED`.
        data: The source, as bytes where an encoding declaration matters.
        member: Path inside the artifact.
        name: Dotted import name, "" when nothing can import it.
        package: Whether ``name`` is a package (its file is ``__init__``), for relative imports.
        layer: 0 as uploaded, otherwise the id of the decoded text.
        wanted: The text -> ascending numbers of the lines whose functions will be asked for; where
            nothing is known of that, everything may be.

    Never raises on hostile input: what could not be read is said in `Module.partial`.

    """
    place: dict[str, Any] = {"member": member, "name": name, "package": package, "layer": layer}
    if wanted is not None:
        place["wanted"] = wanted
    return _FRONT_ENDS[lang](data, **place)


def _python(data: bytes | str, **place: Any) -> Module:  # noqa: ANN401 - handed on as it is
    from antivenom.languages.python import parse as parse_python

    return parse_python(data, **place)


def _javascript(data: bytes | str, **place: Any) -> Module:  # noqa: ANN401
    from antivenom.languages.javascript import parse as parse_javascript

    return parse_javascript(data, **place)


def _typescript(data: bytes | str, **place: Any) -> Module:  # noqa: ANN401
    from antivenom.languages.javascript import parse as parse_javascript

    return parse_javascript(data, lang="typescript", **place)


_FRONT_ENDS: dict[str, Callable[..., Module]] = {
    "python": _python,
    "javascript": _javascript,
    "typescript": _typescript,
}
LOWERED = frozenset(_FRONT_ENDS)
"""Languages that are evaluated; others are read as text."""


def release(module: Module, wanted: Callable[[Function], bool]) -> None:
    """Free what a front end keeps for functions that are not wanted; all may still be asked for."""
    if module.lang == "python":
        from antivenom.languages.python.again import release as release_python

        release_python(module, wanted)
