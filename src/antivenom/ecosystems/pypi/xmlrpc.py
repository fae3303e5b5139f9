"""XML-RPC, as much of it as a changelog needs: one call written, one answer read.

The standard library's reader opens connections when it is imported, and expands what a document
type declares; here there is no connection, and a declaration ends the reading.
"""

from __future__ import annotations

from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from antivenom.errors import NetworkError

_DEEPEST = 8
_SCALARS = frozenset(["int", "i4", "i8", "string", "boolean", "double", "nil", "dateTime.iso8601"])


def call(method: str, *parameters: int | str) -> bytes:
    """Return the body of a request."""
    written = "".join(f"<param><value>{_value(one)}</value></param>" for one in parameters)
    return (
        f"<?xml version='1.0'?><methodCall><methodName>{escape(method)}</methodName>"
        f"<params>{written}</params></methodCall>"
    ).encode()


def answer(body: bytes) -> Any:  # noqa: ANN401  whatever the server has to say
    """Return what was answered: numbers, texts, None, lists and dicts of them.

    Raises `NetworkError` for a fault, for what is cut off, and for what is no XML-RPC.
    """
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        reason = expat.errors.messages[error.code]
        raise NetworkError(f"the registry's answer is no XML-RPC ({reason})") from None
    except (ValueError, IndexError, KeyError):
        raise NetworkError("the registry's answer is no XML-RPC") from None
    if reader.fault or len(reader.values) != 1:
        said = reader.values[-1].get("faultString") if reader.fault and reader.values else ""
        raise NetworkError(f"the registry answered with a fault: {str(said)[:200]!a}")
    return reader.values[0]


def _value(parameter: int | str) -> str:
    if isinstance(parameter, int):
        return f"<int>{parameter}</int>"
    return f"<string>{escape(parameter)}</string>"


class _Reader:
    """Values are built on a stack; a list or dict that is open stands below its content."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.values: list[Any] = []
        self.fault = False
        self._open: list[list[Any]] = []
        self._characters: list[str] = []
        self._typed = False

    def _start(self, tag: str, _attributes: object) -> None:
        self._characters = []
        self.fault |= tag == "fault"
        if tag in ("array", "struct"):
            self._open.append([])
            if len(self._open) > _DEEPEST:
                raise ValueError
        elif tag == "value":
            self._typed = False
        if tag in _SCALARS or tag in ("array", "struct"):
            self._typed = True

    def _end(self, tag: str) -> None:
        text = "".join(self._characters)
        self._characters = []
        if tag in ("int", "i4", "i8"):
            self._give(int(text))
        elif tag == "boolean":
            self._give(text.strip() == "1")
        elif tag == "double":
            self._give(float(text))
        elif tag == "nil":
            self._give(None)
        elif tag in ("string", "dateTime.iso8601", "name"):
            self._give(text)
        elif tag == "array":
            self._give(self._open.pop())
        elif tag == "struct":
            flat = self._open.pop()
            self._give(dict(zip(flat[::2], flat[1::2], strict=True)))
        elif tag == "value" and not self._typed:
            self._give(text)
        self._typed = True

    def _text(self, text: str) -> None:
        self._characters.append(text)

    def _give(self, value: Any) -> None:  # noqa: ANN401
        (self._open[-1] if self._open else self.values).append(value)


def _refuse(*_: object) -> None:
    raise ValueError("a document type")
