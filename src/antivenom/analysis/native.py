"""What a native file imports, whether it is packed, and whether it is where it says it is.

The header is read by hand, and all of ELF (`analysis.elf`), so that nothing but a real executable
for Windows or macOS wakes LIEF, which meets hostile bytes only inside a killable child.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from antivenom import compiled
from antivenom.analysis.elf import read_elf
from antivenom.model.fact import Sighting

PARSED_BYTES = 64 << 20
"""Larger files are judged by their header alone."""
MOST_NAMES = 20_000
MOST_SECTIONS = 200
ENTROPY_SAMPLE = 16 << 10
PACKED_ENTROPY = 7.2
"""Bits a byte; compiled code stays below 6.7."""
_DENSE_ENTROPY = 7.8
"""Where instructions of two and four bytes mix; what is compressed or encrypted is above."""
_DENSE = frozenset([0xF3])
"""ELF's numbers of such machines: RISC-V."""
FEW_IMPORTS = 12

_TABLE = Path(__file__).with_name("native.toml")


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


_PLAIN = words(
    """
    txt md rst log csv tsv json xml yml yaml toml ini cfg conf html htm css js ts svg png jpg
    jpeg gif bmp ico webp tif tiff wav mp3 mp4 ogg flac avi mov pdf doc docx xls xlsx ppt pptx
    py pyi pyc pyo pyw pyx pth sh bat ps1 vbs ttf otf woff woff2 zip gz bz2 xz 7z rar tar whl
    egg db sqlite pkl pickle npy npz h5 pt onnx po mo pem crt key license lock map
    """
)
"""Suffixes under which nobody expects machine code."""
_VAGUE = frozenset({"dat", "data", "tmp", "bak", "cache", "raw", "blob"})
_HONEST = frozenset({"exe", "dll", "pyd", "so", "dylib", "sys", "node"})
_EXPECTED = {"linux": "elf", "manylinux": "elf", "musllinux": "elf", "win": "pe", "macosx": "macho"}
_THIN = {b"\xfe\xed\xfa\xce", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe"}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names that, imported, let a file do one thing."""

    behavior: str
    any: frozenset[str] = frozenset()
    all: tuple[str, ...] = ()
    ordinals: frozenset[str] = frozenset()


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The data of ``native.toml``."""

    row: tuple[Row, ...]
    packers: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What is needed of a parsed file, the same for every format."""

    names: frozenset[str]
    """Imported functions; by number as ``library.dll:4``."""
    sections: tuple[tuple[str, bool, bytes], ...]
    """(name, executable, sample of the contents)."""


@cache
def table() -> Table:
    """Return the table of names."""

    def build() -> Table:
        return msgspec.toml.decode(_TABLE.read_bytes(), type=Table)

    return compiled.load("native", [_TABLE], build, Table)


def native_format(data: bytes) -> str:
    """Return "pe", "elf", "macho" or "" by the header alone."""
    head = data[:64]
    if head[:4] == b"\x7fELF":
        return "elf"
    if head[:4] in _THIN:
        return "macho"
    if head[:4] in (b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf") and len(head) >= 8:
        # A Java class has its version here, and no version of Java is that low.
        return "macho" if 0 < int.from_bytes(head[4:8], "big") < 43 else ""
    if head[:2] == b"MZ" and len(head) == 64:
        offset = struct.unpack_from("<I", head, 60)[0]
        return "pe" if data[offset : offset + 4] == b"PE\0\0" else ""
    return ""


def observe_native(data: bytes, path: str, platform_tag: str = "") -> list[Sighting]:
    """Return the facts of one native file; nothing for any other.

    `platform_tag` is a wheel's: ``any``, ``win_amd64``, ``manylinux_2_17_x86_64`` or several
    joined by dots; "" when there is none to compare with.
    """
    kind = native_format(data)
    if not kind:
        return []
    form = "extension" if data.find(b"PyInit_", 0, PARSED_BYTES) >= 0 else "program or library"
    details = (f"format={kind}", f"form={form}")
    found = [*_misplaced(kind, path, platform_tag, details)]
    if len(data) > PARSED_BYTES:
        return found
    image = _parse(kind, data)
    if image is None:
        broken = f"{kind} headers that no loader agrees on"
        return [*found, Sighting(id="archive.unreadable", kind="archive", value=broken)]
    found += _imports(image.names, details)
    found += _packed(image, data, details)
    return found


# --------------------------------------------------------------------------- place


def _misplaced(
    kind: str, path: str, platform_tag: str, details: tuple[str, ...]
) -> Iterator[Sighting]:
    name = path.rpartition("/")[2].lower()
    suffix = name.rpartition(".")[2] if "." in name else ""
    if suffix in _PLAIN or suffix in _VAGUE:
        yield Sighting(
            id="native.disguised",
            kind="native",
            value=f"{kind} named .{suffix}",
            args=details,
            certainty="high" if suffix in _PLAIN else "low",
        )
    expected = _expected(platform_tag)
    if expected is not None and kind not in expected:
        # Launchers for other systems travel openly in pure wheels; hidden ones do not.
        yield Sighting(
            id="native.wrong-platform",
            kind="native",
            value=f"{kind} in a wheel for {platform_tag[:100]}",
            args=details,
            certainty="low" if suffix in _HONEST else "high",
        )


def _expected(platform_tag: str) -> frozenset[str] | None:
    """Return the formats a platform tag allows, or None when it says nothing known."""
    formats = set()
    for tag in filter(None, platform_tag.lower().split(".")):
        family = tag.partition("_")[0].rstrip("0123456789")
        if tag == "any":
            continue
        if family not in _EXPECTED:
            return None
        formats.add(_EXPECTED[family])
    return frozenset(formats) if platform_tag else None


# --------------------------------------------------------------------------- imports


def _imports(names: frozenset[str], details: tuple[str, ...]) -> Iterator[Sighting]:
    found: dict[str, set[str]] = {}
    for row in table().row:
        hits = _hits(row, names)
        if hits:
            found.setdefault(row.behavior, set()).update(hits)
    for behavior, imported in found.items():
        value = ", ".join(sorted(imported))[:256]
        yield Sighting(id=f"native.imports-{behavior}", kind="native", value=value, args=details)


def _hits(row: Row, names: frozenset[str]) -> frozenset[str]:
    if row.all:
        groups = [frozenset(group.split("|")) & names for group in row.all]
        return frozenset(n for g in groups for n in g) if all(groups) else frozenset()
    return (row.any | row.ordinals) & names


def _spellings(name: str) -> Iterable[str]:
    """Return a symbol as written and as the table has it."""
    plain = name.partition("@")[0]
    bare = plain.removeprefix("__imp_").removeprefix("_") if plain[:1] == "_" else plain
    return (plain, bare, plain[:-1]) if plain[-1:] in ("A", "W") else (plain, bare)


def _names(symbols: Iterable[str]) -> frozenset[str]:
    return frozenset(s for name in islice(symbols, MOST_NAMES) for s in _spellings(name))


# --------------------------------------------------------------------------- packing


def _packed(image: Image, data: bytes, details: tuple[str, ...]) -> Iterator[Sighting]:
    packers = table().packers
    known = next((packers[name] for name, _, _ in image.sections if name in packers), "")
    if not known and b"UPX!" in data[:4096]:
        known = "UPX"
    if known:
        yield Sighting(id="native.packed", kind="native", value=known, args=details)
        return
    if len(image.names) > FEW_IMPORTS * 2:
        return
    bar = _DENSE_ENTROPY if _machine(data) in _DENSE else PACKED_ENTROPY
    for name, executable, sample in image.sections:
        if executable and len(sample) >= 4096 and entropy(sample) >= bar:
            value = f"section {name[:40]} is compressed or encrypted"
            yield Sighting(
                id="native.packed", kind="native", value=value, args=details, certainty="low"
            )
            return


def _machine(data: bytes) -> int:
    """Return the machine that an ELF file is for, 0 for other files."""
    if data[:4] != b"\x7fELF":
        return 0
    return int.from_bytes(data[18:20], "big" if data[5:6] == b"\x02" else "little")


def entropy(data: bytes) -> float:
    """Return the bits of information a byte."""
    total = len(data)
    if not total:
        return 0.0
    return -sum(n / total * math.log2(n / total) for n in Counter(data).values())


# --------------------------------------------------------------------------- LIEF


def _parse(kind: str, data: bytes) -> Image | None:
    """Read ELF in place and the others with LIEF, which copies; None when it gives up."""
    if kind == "elf":
        return _elf(data)
    import lief

    lief.logging.disable()
    try:
        return _pe(lief, data) if kind == "pe" else _macho(lief, data)
    except (ValueError, RuntimeError, TypeError, UnicodeError, OverflowError, MemoryError):
        return None


def _elf(data: bytes) -> Image:
    found = read_elf(data)
    sections = tuple(
        (name, executable, _sample(data, offset, size))
        for name, executable, offset, size in found.sections
    )
    return Image(names=_names(found.imports), sections=sections)


def _pe(lief: Any, data: bytes) -> Image | None:  # noqa: ANN401
    config = lief.PE.ParserConfig()
    config.parse_exports = config.parse_reloc = config.parse_rsrc = False
    config.parse_signature = config.parse_exceptions = config.parse_arm64x_binary = False
    config.parse_imports = True
    binary = lief.PE.parse(data, config)
    if binary is None:
        return None
    executable = lief.PE.Section.CHARACTERISTICS.MEM_EXECUTE
    sections = tuple(
        (
            _text(s.name).rstrip("\0"),
            s.has_characteristic(executable),
            _sample(data, s.pointerto_raw_data, s.sizeof_raw_data),
        )
        for s in islice(binary.sections, MOST_SECTIONS)
    )
    names = _names(_pe_names(binary))
    return Image(names=names, sections=sections)


def _pe_names(binary: Any) -> Iterator[str]:  # noqa: ANN401
    delayed = getattr(binary, "delay_imports", ())
    for library in (*islice(binary.imports, 500), *islice(delayed, 500)):
        for entry in islice(library.entries, MOST_NAMES):
            if entry.is_ordinal:
                yield f"{_text(library.name).lower()}:{entry.ordinal}"
            else:
                yield _text(entry.name)


def _macho(lief: Any, data: bytes) -> Image | None:  # noqa: ANN401
    fat = lief.MachO.parse(data, lief.MachO.ParserConfig.quick)
    if fat is None or not len(fat):
        return None
    found: set[str] = set()
    sections: list[tuple[str, bool, bytes]] = []
    for binary in islice(fat, 4):
        found |= _names(_text(symbol.name) for symbol in binary.imported_symbols)
        offset = binary.fat_offset
        sections += [
            (
                _text(s.name),
                _text(s.segment_name) == "__TEXT" and _text(s.name) == "__text",
                _sample(data, offset + s.offset, s.size),
            )
            for s in islice(binary.sections, MOST_SECTIONS)
        ]
    return Image(names=frozenset(found), sections=tuple(sections))


def _text(name: str | bytes) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else name


def _sample(data: bytes, offset: int, size: int) -> bytes:
    """Return a slice from the middle of a section, where headers and padding are not."""
    start = offset + max(0, (size - ENTROPY_SAMPLE) // 2)
    return bytes(data[start : start + min(size, ENTROPY_SAMPLE)])
