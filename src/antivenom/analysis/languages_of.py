"""Which code a member holds: one text, the cells of a notebook, the lines of a ``.pth``."""

from __future__ import annotations

from collections.abc import Container

import msgspec

from antivenom import languages
from antivenom.analysis.package import Source
from antivenom.languages import identify
from antivenom.model.label import Label

__all__ = ["identify", "sources"]


def sources(
    path: str, data: bytes, lang: str, label: Label, running: Container[str] = ("python",)
) -> list[Source]:
    """Return the texts of a member that a front end can lower.

    Only members in one of the languages in `running` run by themselves.
    """
    made = _sources(path, data, lang, label)
    for source in made:
        source.dormant = source.lang not in running
    return made


def _sources(path: str, data: bytes, lang: str, label: Label) -> list[Source]:
    package = path.rpartition("/")[2].startswith("__init__.")
    if lang == "python":
        return [Source(member=path, lang=lang, data=data, label=label, package=package)]
    if lang in languages.LOWERED and not path.endswith(_DECLARATIONS):
        return [Source(member=path, lang=lang, data=data, label=label)]
    if lang == "pth":
        return [Source(member=path, lang="python", data=_startup(data), label=label)]
    if lang == "notebook":
        cells = _cells(data)
        return [Source(member=path, lang="python", data=cells, label=label)] if cells else []
    if lang == "pyc":
        from antivenom.languages.python.marshalled import module_from_pyc

        module = module_from_pyc(data, member=path, name=label.module)
        if module is None:
            return []
        source = Source(member=path, lang="python", data=b"", label=label, hot=True)
        source.module = module
        return [source]
    return []


_DECLARATIONS = (".d.ts", ".d.mts", ".d.cts")
"""Types of code that lies elsewhere."""


def _startup(data: bytes) -> bytes:
    """Keep the lines that ``site`` executes; others are paths, blank here to keep the numbers."""
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    return b"\n".join(x if x.startswith((b"import ", b"import\t")) else b"" for x in lines)


class _Cell(msgspec.Struct):
    cell_type: str = ""
    source: str | list[str] = ""


class _Notebook(msgspec.Struct):
    cells: list[_Cell] = []


def _cells(data: bytes) -> bytes:
    """Return the code cells of a notebook; magics become comments."""
    try:
        book = msgspec.json.decode(data, type=_Notebook)
    except msgspec.DecodeError:
        return b""
    out: list[str] = []
    for cell in book.cells:
        if cell.cell_type != "code":
            continue
        text = cell.source if isinstance(cell.source, str) else "".join(cell.source)
        out += ["#" + x if x.lstrip().startswith(("%", "!")) else x for x in text.split("\n")]
    return "\n".join(out).encode("utf-8", "replace")
