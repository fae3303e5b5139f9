"""Marshalled objects as plain data, code objects among them. Nothing is ever loaded or run.

All format versions (0 to 5) and the layouts of code objects of CPython 2.7 and 3.0 to 3.14.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MAX_DEPTH = 150
MAX_OBJECTS = 300_000
_FLAG_REF = 0x80
_SHIFT = 15


class MarshalError(Exception):
    """The bytes are not marshalled data, or not of the layout that was tried."""


@dataclass(slots=True, kw_only=True, eq=False)
class Code:
    """A code object, as data."""

    layout: str
    """Which interpreters lay it out so: ``2.7``, ``3.0``, ``3.8`` or ``3.11``; each and later."""
    argcount: int
    posonly: int
    kwonly: int
    flags: int
    code: bytes = field(repr=False)
    consts: tuple[Any, ...] = field(repr=False)
    names: tuple[str, ...]
    varnames: tuple[str, ...]
    """Local variables; from 3.11 on cells and free variables too."""
    cells: tuple[str, ...]
    """Cells, then free variables; the same as `varnames` from 3.11 on."""
    filename: str
    name: str
    line: int
    exceptions: bytes = field(repr=False)


_FAILURES = (MarshalError, struct.error, IndexError, ValueError, OverflowError, RecursionError)
_LAYOUTS = ("3.11", "3.8", "3.0", "2.7")


def read(data: bytes, layout: str = "") -> tuple[Any, list[Any]]:
    """Return the object, and all texts seen on the way; of the first layout that fits.

    Raises:
        MarshalError: No layout fits; the second argument holds the texts of the best attempt.

    """
    best: list[Any] = []
    for one in (layout,) if layout else _LAYOUTS:
        reader = _Reader(data, one)
        try:
            return reader.object(0), reader.texts
        except _FAILURES as error:
            if len(reader.texts) > len(best):
                best = reader.texts
            failure = error
    raise MarshalError(str(failure), best)


class _Reader:
    """One pass over the bytes with one layout of code objects."""

    def __init__(self, data: bytes, layout: str) -> None:
        self.data = data
        self.layout = layout
        self.old = layout == "2.7"
        self.at = 0
        self.count = 0
        self.refs: list[Any] = []
        self.interned: list[Any] = []
        self.texts: list[Any] = []

    def take(self, size: int) -> bytes:
        """Return the next bytes, all of them."""
        if size < 0 or self.at + size > len(self.data):
            raise MarshalError("ends early")
        self.at += size
        return self.data[self.at - size : self.at]

    def long(self) -> int:
        """Return a signed 32-bit number."""
        value: int = struct.unpack("<i", self.take(4))[0]
        return value

    def size(self) -> int:
        """Return a count of things that still have to follow."""
        value = self.long()
        if value < 0 or value > len(self.data) - self.at:
            raise MarshalError("a size beyond the end")
        return value

    def object(self, depth: int) -> Any:  # noqa: ANN401 - any marshalled object
        """Read one object."""
        self.count += 1
        if depth > MAX_DEPTH or self.count > MAX_OBJECTS:
            raise MarshalError("too deep or too many objects")
        kind = self.take(1)[0]
        slot = -1
        if kind & _FLAG_REF:
            slot = len(self.refs)
            self.refs.append(None)
        handler = _HANDLERS.get(chr(kind & ~_FLAG_REF))
        if handler is None:
            raise MarshalError(f"no object has type {kind}")
        value = handler(self, depth)
        if slot >= 0:
            self.refs[slot] = value
        return value

    def _ref(self, _: int) -> Any:  # noqa: ANN401
        place = self.long()
        if not 0 <= place < len(self.refs):
            raise MarshalError("a reference to nothing")
        return self.refs[place]

    def _interned_ref(self, _: int) -> Any:  # noqa: ANN401
        place = self.long()
        if not 0 <= place < len(self.interned):
            raise MarshalError("a reference to no string")
        return self.interned[place]

    def _int(self, _: int) -> int:
        return self.long()

    def _int64(self, _: int) -> int:
        value: int = struct.unpack("<q", self.take(8))[0]
        return value

    def _big(self, _: int) -> int:
        count = self.long()
        digits = self.take(2 * abs(count))
        # 15 bits in each 16: shifted together in blocks, so that the cost stays near linear.
        values = [(d, 1) for d in struct.unpack(f"<{abs(count)}H", digits)]
        while len(values) > 1:
            paired = [
                (low | (high << (_SHIFT * width)), width + wide)
                for (low, width), (high, wide) in zip(values[::2], values[1::2], strict=False)
            ]
            values = paired + ([values[-1]] if len(values) % 2 else [])
        value = values[0][0] if values else 0
        return -value if count < 0 else value

    def _float(self, _: int) -> float:
        value: float = struct.unpack("<d", self.take(8))[0]
        return value

    def _float_text(self, _: int) -> float:
        return float(self.take(self.take(1)[0]).decode("latin-1"))

    def _complex(self, _: int) -> complex:
        return complex(*struct.unpack("<dd", self.take(16)))

    def _complex_text(self, _: int) -> complex:
        return complex(self._float_text(0), self._float_text(0))

    def _bytes(self, _: int) -> Any:  # noqa: ANN401
        value = self.take(self.size())
        return self._seen(value)

    def _old_interned(self, _: int) -> Any:  # noqa: ANN401
        raw = self.take(self.size())
        value = raw if self.old else raw.decode("utf-8", "surrogatepass")
        self.interned.append(value)
        return self._seen(value)

    def _unicode(self, _: int) -> Any:  # noqa: ANN401
        return self._seen(self.take(self.size()).decode("utf-8", "surrogatepass"))

    def _ascii(self, _: int) -> Any:  # noqa: ANN401
        return self._seen(self.take(self.size()).decode("latin-1"))

    def _short(self, _: int) -> Any:  # noqa: ANN401
        return self._seen(self.take(self.take(1)[0]).decode("latin-1"))

    def _seen(self, value: str | bytes) -> str | bytes:
        self.texts.append(self._text(value))
        return value

    def _sequence(self, count: int, depth: int) -> list[Any]:
        return [self._text(self.object(depth + 1)) for _ in range(count)]

    def _tuple(self, depth: int) -> tuple[Any, ...]:
        return tuple(self._sequence(self.size(), depth))

    def _small_tuple(self, depth: int) -> tuple[Any, ...]:
        return tuple(self._sequence(self.take(1)[0], depth))

    def _list(self, depth: int) -> list[Any]:
        return self._sequence(self.size(), depth)

    def _set(self, depth: int) -> tuple[Any, ...]:
        # As a tuple: members that a real set could not hold do not matter here.
        return tuple(self._sequence(self.size(), depth))

    def _dict(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while self.data[self.at : self.at + 1] != b"0":
            found += [self.object(depth + 1), self.object(depth + 1)]
        self.at += 1
        return found

    def _slice(self, depth: int) -> tuple[Any, ...]:
        return ("slice", *self._sequence(3, depth))

    # ------------------------------------------------------------------ code

    def _code(self, depth: int) -> Code:
        depth += 1
        new = self.layout == "3.11"
        argcount = self.long()
        posonly = self.long() if self.layout in {"3.8", "3.11"} else 0
        kwonly = 0 if self.old else self.long()
        if not new:
            self.long()  # the number of locals
        self.long()  # the size of the stack
        flags = self.long()
        code = self._expect(bytes, depth)
        if self.texts:
            self.texts.pop()  # the bytecode is no text
        consts = self._expect(tuple, depth)
        names = self._names(depth)
        varnames = self._names(depth)
        cells = varnames
        if new:
            self._expect(bytes, depth)  # the kinds of the locals
        else:
            free = self._names(depth)
            cells = (*self._names(depth), *free)
        filename, name = self._word(depth), self._word(depth)
        if new:
            self._word(depth)  # the qualified name
        line = self.long()
        self._expect(bytes, depth)  # the table of lines
        exceptions = self._expect(bytes, depth) if new else b""
        if argcount < 0 or argcount > len(varnames) or not 0 <= kwonly <= len(varnames):
            raise MarshalError("more parameters than names")
        return Code(
            layout=self.layout,
            argcount=argcount,
            posonly=posonly,
            kwonly=kwonly,
            flags=flags,
            code=code,
            consts=consts,
            names=names,
            varnames=varnames,
            cells=cells,
            filename=filename,
            name=name,
            line=line,
            exceptions=exceptions,
        )

    def _text(self, value: Any) -> Any:  # noqa: ANN401
        # A string of Python 2 is text wherever it can be; its bytecode is never in a collection.
        if self.old and isinstance(value, bytes) and value.isascii():
            return value.decode("ascii")
        return value

    def _expect(self, kind: type, depth: int) -> Any:  # noqa: ANN401
        value = self.object(depth)
        if type(value) is not kind:
            raise MarshalError(f"a code object without its {kind.__name__}")
        return value

    def _word(self, depth: int) -> str:
        value = self.object(depth)
        if isinstance(value, bytes) and self.old:
            return value.decode("utf-8", "replace")
        if not isinstance(value, str):
            raise MarshalError("a code object without a name")
        return value

    def _names(self, depth: int) -> tuple[str, ...]:
        found = self._expect(tuple, depth)
        words = [x.decode("latin-1") if isinstance(x, bytes) and self.old else x for x in found]
        if not all(isinstance(x, str) for x in words):
            raise MarshalError("names that are no text")
        return tuple(words)


def _constant(value: object) -> Callable[[_Reader, int], object]:
    return lambda _reader, _depth: value


_HANDLERS: dict[str, Callable[[_Reader, int], Any]] = {
    "N": _constant(None),
    "F": _constant(False),
    "T": _constant(True),
    "S": _constant("StopIteration"),
    ".": _constant(...),
    "i": _Reader._int,
    "I": _Reader._int64,
    "l": _Reader._big,
    "f": _Reader._float_text,
    "g": _Reader._float,
    "x": _Reader._complex_text,
    "y": _Reader._complex,
    "s": _Reader._bytes,
    "t": _Reader._old_interned,
    "u": _Reader._unicode,
    "a": _Reader._ascii,
    "A": _Reader._ascii,
    "z": _Reader._short,
    "Z": _Reader._short,
    "R": _Reader._interned_ref,
    "r": _Reader._ref,
    "(": _Reader._tuple,
    ")": _Reader._small_tuple,
    "[": _Reader._list,
    "{": _Reader._dict,
    "<": _Reader._set,
    ">": _Reader._set,
    ":": _Reader._slice,
    "c": _Reader._code,
}
