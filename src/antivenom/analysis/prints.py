"""What the code of an artifact is recognised by: hashes of functions, skeletons, fingerprints.

Only code that is parsed anyway is looked at, and scripts; skeleton and fingerprint are
taken where the code does something. Everything is bounded, what runs with less help
from the victim first, and what did not fit is counted.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from antivenom.analysis.factlog import FactLog
from antivenom.analysis.members import SCRIPTS, Reading
from antivenom.analysis.normal import Normal, digest, normalise
from antivenom.model.fingerprint import fingerprint
from antivenom.model.label import STRENGTH, Activation, Role
from antivenom.model.profile import LayerPrint, ManifestEntry
from antivenom.model.program import Function, Module

MOST_FUNCTIONS = 2500
"""Hashed functions of one artifact."""
MOST_FINGERPRINTS = 200
"""Members and layers of one artifact that get a fingerprint."""
MOST_NAMES = 4000
"""Names of functions in code that was not parsed."""
MOST_BYTES = 4 << 20
"""Of one text; a longer one is known by its sha256 alone."""
SCRIPT_BYTES = 128 << 10
SHORTEST = 48
"""Characters of a function's lines below which it says nothing about where it comes from."""
_THINNEST = 2
"""Units of a text below which its skeleton and fingerprint say nothing."""
_NAME = 120
_DEFINED = re.compile(
    rb"^[ \t]{0,64}(?:async[ \t]{1,8})?def[ \t]{1,8}([A-Za-z_]\w{0,80})", re.MULTILINE
)
_EARLY = frozenset([Activation.STARTUP, Activation.INSTALL, Activation.BUILD])
_ASIDE = frozenset([Role.TEST.value, Role.DOCS.value, Role.EXAMPLE.value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What one text is recognised by."""

    functions: Mapping[str, str] = field(default_factory=dict)
    skeleton: str = ""
    fingerprint: str = ""


@dataclass(slots=True, kw_only=True)
class Prints:
    """The prints of one artifact, as far as they fit."""

    members: dict[str, Print] = field(default_factory=dict)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Of members that were not parsed: the functions they define."""
    layers: list[LayerPrint] = field(default_factory=list)
    unhashed: int = 0
    """Functions and texts that did not fit."""

    def onto(self, manifest: Iterable[ManifestEntry]) -> tuple[ManifestEntry, ...]:
        """Return the manifest with the prints of its members."""
        return tuple(self._with(entry) for entry in manifest)

    def _with(self, entry: ManifestEntry) -> ManifestEntry:
        taken = self.members.get(entry.path)
        if taken is None:
            names = self.names.get(entry.path)
            return msgspec.structs.replace(entry, names=names) if names else entry
        return msgspec.structs.replace(
            entry,
            functions=dict(taken.functions),
            skeleton=taken.skeleton,
            fingerprint=taken.fingerprint,
        )


@dataclass(slots=True, kw_only=True)
class Text:
    """One text to be recognised again."""

    member: str
    lang: str
    text: str
    functions: Iterable[Function] = ()
    acts: bool = False
    """Whether something was observed in it."""


def take(reading: Reading, log: FactLog, layers: Mapping[int, Module]) -> Prints:
    """Take the prints of an artifact's texts and of the texts decoded from them."""
    entries = {entry.path: entry for entry in reading.manifest}
    prints = Prints()
    rest = _Room()
    texts = list(_texts(reading, log.acting(), entries))
    for text in sorted(texts, key=lambda t: _order(entries[t.member])):
        if len(text.text) > MOST_BYTES:
            prints.unhashed += 1
        else:
            prints.members[text.member] = _print(text, rest, prints)
    prints.names = _names(reading)
    for number, module in sorted(layers.items()):
        if len(module.text) > MOST_BYTES or rest.fingerprints <= 0:
            prints.unhashed += 1
            continue
        skeleton, sketch = _shape(normalise(module.text, module.lang), fingerprinted=True)
        if sketch:
            rest.fingerprints -= 1
            prints.layers.append(LayerPrint(layer=number, skeleton=skeleton, fingerprint=sketch))
    return prints


def _names(reading: Reading) -> dict[str, tuple[str, ...]]:
    """Return what code defines that was not parsed, so that a later release can be compared."""
    found: dict[str, tuple[str, ...]] = {}
    room = MOST_NAMES
    for source in reading.sources:
        if source.module is not None or len(source.data) > MOST_BYTES or room <= 0:
            continue
        names = dict.fromkeys(hit[1].decode() for hit in _DEFINED.finditer(source.data))
        found[source.member] = tuple(names)[:room]
        room -= len(found[source.member])
    return found


@dataclass(slots=True)
class _Room:
    functions: int = MOST_FUNCTIONS
    fingerprints: int = MOST_FINGERPRINTS


def _texts(
    reading: Reading, acting: Container[str], entries: Mapping[str, ManifestEntry]
) -> Iterator[Text]:
    """Yield the texts that were parsed, and scripts in which something was seen."""
    parsed = set()
    for source in reading.sources:
        module = source.module
        if module is None or not module.text or source.member in parsed:
            continue
        parsed.add(source.member)
        acts = source.member in acting or Activation(source.label.activation) in _EARLY
        yield Text(
            member=source.member,
            lang=module.lang,
            text=module.text,
            functions=module.functions[1:],
            acts=acts,
        )
    for path, data in reading.texts.items():
        lang = entries[path].lang
        if path not in parsed and lang in SCRIPTS and len(data) <= SCRIPT_BYTES:
            text = data.decode("utf-8", "replace")
            yield Text(member=path, lang=lang, text=text, acts=path in acting)


def _print(text: Text, rest: _Room, prints: Prints) -> Print:
    normal = normalise(text.text, text.lang)
    functions = hashes(normal, text.functions)
    kept = dict(list(functions.items())[: rest.functions])
    rest.functions -= len(kept)
    full = text.acts and rest.fingerprints > 0
    rest.fingerprints -= full
    prints.unhashed += len(functions) - len(kept) + (text.acts and not full)
    skeleton, sketch = _shape(normal, fingerprinted=full) if text.acts else ("", "")
    return Print(functions=kept, skeleton=skeleton, fingerprint=sketch)


def _order(entry: ManifestEntry) -> tuple[bool, int, str]:
    return entry.role in _ASIDE, -STRENGTH[entry.activation], entry.path


def _shape(normal: Normal, *, fingerprinted: bool) -> tuple[str, str]:
    """Return skeleton and fingerprint, "" for a text that is too short to have any."""
    if len(normal.units) < _THINNEST:
        return "", ""
    skeleton = normal.skeleton()
    return skeleton, fingerprint(normal.hashes()).text() if fingerprinted else ""


def hashes(normal: Normal, functions: Iterable[Function]) -> dict[str, str]:
    """Return name -> hash of the outermost functions; "" is all the code outside of them.

    Functions of one name (a property's getter and setter, the arms of a choice) are one entry.
    """
    found: dict[str, list[str]] = {}
    ranges: list[tuple[int, int]] = []
    for function in functions:
        inside = bool(ranges) and function.line <= ranges[-1][1]
        if inside or not function.name or function.name.rpartition(".")[2].startswith("<"):
            continue
        ranges.append((function.line, function.end_line))
        if _size(normal, function) >= SHORTEST:
            hashed = normal.hash(function.line, function.end_line)
            found.setdefault(function.name[:_NAME], []).append(hashed)
    top = normal.outside(ranges)
    named = {name: x[0] if len(x) == 1 else digest(x) for name, x in found.items()}
    return {"": top, **named} if top else named


def _size(normal: Normal, function: Function) -> int:
    return sum(map(len, normal.lines[function.line - 1 : function.end_line]))
