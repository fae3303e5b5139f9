"""``package.json`` as npm understands it: tolerant, typed, with the lines of what matters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

MOST_BYTES = 16 << 20
_DEEPEST = 200
"""Levels of a `package.json`; what is nested deeper says nothing about a package."""
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONG_NUMBER = re.compile(r"(?<=[:,\[\s])-?\d{300,}+")
_MOST_DEPENDENCIES = 5000
_GROUPS = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")
INSTALLED = ("dependencies", "optionalDependencies")
"""Groups that installing the package installs too."""
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One ``package.json``; whatever has the wrong type is as if it were not there."""

    member: str
    folder: str
    """Of the package inside the tree, with a slash at the end, or ""."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    text: str = field(default="", repr=False)
    broken: str = ""
    """Why it could not be read."""

    @property
    def name(self) -> str:
        """The package's name as written."""
        return self.string("name")

    @property
    def version(self) -> str:
        """The version as written."""
        return self.string("version")

    def string(self, key: str) -> str:
        """Return a field that is a text, "" otherwise."""
        value = self.fields.get(key)
        return value[:4096] if isinstance(value, str) else ""

    def mapping(self, key: str) -> dict[str, Any]:
        """Return a field that is a mapping, empty otherwise."""
        value = self.fields.get(key)
        return value if isinstance(value, dict) else {}

    def scripts(self) -> Iterator[tuple[str, str]]:
        """Yield (event, command) of every script that is a text."""
        for event, command in self.mapping("scripts").items():
            if isinstance(command, str) and command.strip():
                yield event, command

    def dependencies(self) -> Iterator[tuple[str, str, str]]:
        """Yield (group, name, what is asked for)."""
        count = 0
        for group in _GROUPS:
            for name, spec in self.mapping(group).items():
                count += 1
                if isinstance(spec, str) and count <= _MOST_DEPENDENCIES:
                    yield group, name, spec

    def line_of(self, key: str, value: str = "") -> int:
        """Return the 1-based line of ``"key": "value`` in the text; 1 when it is not found."""
        pattern = re.escape(msgspec.json.encode(key[:200]).decode())
        start = msgspec.json.encode(value[:40]).decode()[:-1]
        for ending in (rf"\s{{0,200}}:\s{{0,200}}{re.escape(start)}", r"\s{0,200}:", ""):
            found = re.search(pattern + ending, self.text)
            if found:
                return self.text.count("\n", 0, found.start()) + 1
        return 1


def read_manifest(data: bytes, *, member: str, folder: str) -> Manifest:
    """Read the bytes of a ``package.json``; a later key wins over an earlier, as in JavaScript."""
    if len(data) > MOST_BYTES:
        why = f"{len(data):,} bytes are too many to be read"
        return Manifest(member=member, folder=folder, broken=why)
    text = bytes(data).removeprefix(_BOM).decode("utf-8", "replace")
    try:
        found = _decoded(text)
    except (msgspec.DecodeError, RecursionError) as error:
        return Manifest(member=member, folder=folder, text=text, broken=str(error)[:200])
    fields = found if isinstance(found, dict) else {}
    return Manifest(member=member, folder=folder, fields=fields, text=text)


def _decoded(text: str) -> object:
    """Parse JSON, also what JavaScript takes and our parser does not.

    Halves of characters, numbers of any length and any depth: each would hide what runs.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        plain = _LONG_NUMBER.sub("0", _SURROGATE.sub(r"\\ufffd", text))
        return msgspec.json.decode(_shallow(plain))


def _shallow(text: str) -> str:
    """Return JSON with ``null`` for what is nested too deeply."""
    depth, kept, start = 0, [], 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in ("[", "{"):
            depth += 1
            if depth == _DEEPEST + 1:
                kept.append(text[start : token.start()])
        elif mark in ("]", "}"):
            if depth == _DEEPEST + 1:
                kept.append("null")
                start = token.end()
            depth -= 1
    return "".join(kept) + text[start:] if depth <= _DEEPEST else text
