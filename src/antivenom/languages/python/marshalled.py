"""Compiled Python as a module: ``.pyc`` files and marshalled code objects, read as data."""

from __future__ import annotations

from antivenom.languages.python.marshal_reader import Code, MarshalError, read
from antivenom.languages.python.rendered import mention, module_of
from antivenom.model.program import Module

_HEADERS = (
    (62211, 62211, "2.7", 8),
    (3000, 3359, "3.0", 12),
    (3360, 3379, "3.6", 12),
    (3390, 3399, "3.7", 16),
    (3400, 3419, "3.8", 16),
    (3420, 3429, "3.9", 16),
    (3430, 3449, "3.10", 16),
    (3450, 3499, "3.11", 16),
    (3500, 3549, "3.12", 16),
    (3550, 3599, "3.13", 16),
    (3600, 3649, "3.14", 16),
)
"""First and last magic number, version, bytes of the header."""
_LAYOUT = {"2.7": "2.7", "3.0": "3.0", "3.6": "3.0", "3.7": "3.0", "3.8": "3.8", "3.9": "3.8"}
_LAYOUT |= {"3.10": "3.8", "3.11": "3.11", "3.12": "3.11", "3.13": "3.11", "3.14": "3.11"}


def module_from_marshal(data: bytes, *, member: str, layer: int) -> Module | None:
    """Return a module equivalent to a marshalled code object."""
    return _module(data, "", "", member=member, name="", layer=layer)


def module_from_pyc(data: bytes, *, member: str, name: str) -> Module | None:
    """Return a module equivalent to a compiled file."""
    magic = int.from_bytes(data[:2], "little")
    for first, last, version, header in _HEADERS:
        if first <= magic <= last and data[2:4] == b"\r\n":
            layout = _LAYOUT[version]
            return _module(data[header:], layout, version, member=member, name=name, layer=0)
    for header in (16, 12, 8, 0):
        made = _module(data[header:], "", "", member=member, name=name, layer=0)
        if made is not None and not made.partial:
            return made
    return _module(data[16:], "", "", member=member, name=name, layer=0)


def _module(
    data: bytes, layout: str, version: str, *, member: str, name: str, layer: int
) -> Module | None:
    try:
        value, texts = read(data, layout)
    except MarshalError as error:
        texts = error.args[1] if len(error.args) > 1 else []
        body = mention(texts, "_texts")
        why = f"compiled code: {error.args[0]}" if error.args else "compiled code"
        return module_of(body, why[:160], member=member, name=name, layer=layer) if body else None
    codes = [value] if isinstance(value, Code) else _inside(value)
    if not codes:
        return None
    from antivenom.languages.python.decompile import decompile

    body, why = decompile(codes, version, texts)
    return module_of(body, why, member=member, name=name, layer=layer)


def _inside(value: object) -> list[Code]:
    """Return the code objects inside a marshalled collection."""
    found: list[Code] = []
    waiting, left = [value], 10_000
    while waiting and left:
        left -= 1
        one = waiting.pop()
        if isinstance(one, Code):
            found.append(one)
        elif isinstance(one, (tuple, list)):
            waiting += one[:left]
    return found
