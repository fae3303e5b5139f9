"""What bytes are, judged by the bytes: the name of a file is a claim of whoever uploaded it."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview


class Format(StrEnum):
    """A kind of content."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"
    LZMA = "lzma"
    ZSTD = "zstd"
    RAR = "rar"
    SEVENZIP = "7z"
    CAB = "cab"
    AR = "ar"
    ASAR = "asar"
    PE = "pe"
    ELF = "elf"
    MACHO = "macho"
    CLASS = "class"
    DEX = "dex"
    WASM = "wasm"
    PYC = "pyc"
    PICKLE = "pickle"
    LNK = "lnk"
    OLE = "ole"
    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    GIF = "gif"
    ICO = "ico"
    WEBP = "webp"
    FONT = "font"
    SQLITE = "sqlite"
    NUMPY = "numpy"
    HDF5 = "hdf5"
    TEXT = "text"
    EMPTY = "empty"
    UNKNOWN = "unknown"


STREAMS = frozenset({Format.GZIP, Format.BZIP2, Format.XZ, Format.LZMA, Format.ZSTD})
"""One compressed stream, which may hold a tar or a single file."""

ARCHIVES = STREAMS | {Format.ZIP, Format.TAR}
"""What `unpack` opens."""

NATIVE = frozenset({Format.PE, Format.ELF, Format.MACHO})

_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"PK\x03\x04", Format.ZIP),
    (b"PK\x05\x06", Format.ZIP),
    (b"PK\x07\x08PK\x03\x04", Format.ZIP),
    (b"\x1f\x8b\x08", Format.GZIP),
    (b"BZh", Format.BZIP2),
    (b"\xfd7zXZ\x00", Format.XZ),
    (b"\x28\xb5\x2f\xfd", Format.ZSTD),
    (b"Rar!\x1a\x07", Format.RAR),
    (b"7z\xbc\xaf\x27\x1c", Format.SEVENZIP),
    (b"MSCF\x00\x00\x00\x00", Format.CAB),
    (b"!<arch>\n", Format.AR),
    (b"\x7fELF", Format.ELF),
    (b"\xfe\xed\xfa\xce", Format.MACHO),
    (b"\xfe\xed\xfa\xcf", Format.MACHO),
    (b"\xce\xfa\xed\xfe", Format.MACHO),
    (b"\xcf\xfa\xed\xfe", Format.MACHO),
    (b"dex\n0", Format.DEX),
    (b"\x00asm", Format.WASM),
    (b"L\x00\x00\x00\x01\x14\x02\x00", Format.LNK),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format.OLE),
    (b"%PDF-", Format.PDF),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"\xff\xd8\xff", Format.JPEG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"\x00\x00\x01\x00", Format.ICO),
    (b"wOFF", Format.FONT),
    (b"wOF2", Format.FONT),
    (b"OTTO\x00", Format.FONT),
    (b"\x00\x01\x00\x00\x00", Format.FONT),
    (b"SQLite format 3\x00", Format.SQLITE),
    (b"\x93NUMPY", Format.NUMPY),
    (b"\x89HDF\r\n\x1a\n", Format.HDF5),
)
_BY_FIRST: dict[int, list[tuple[bytes, Format]]] = {}
for _magic, _format in _MAGIC:
    _BY_FIRST.setdefault(_magic[0], []).append((_magic, _format))

HEAD = 512
"""Bytes that decide the format of everything but a zip behind a prefix."""

_TEXT_SAMPLE = 4096
_NOT_TEXT = bytes(range(7)) + bytes(range(14, 27)) + bytes(range(28, 32))
_PYC_VERSIONS = range(3000, 3900)
_PYC_OLD = frozenset({20121, 50428, 50823, 60202, 60717, 62011, 62021, 62041, 62051, 62061, 62071,
                      62081, 62091, 62092, 62101, 62111, 62121, 62131, 62151, 62161, 62171, 62181,
                      62191, 62201, 62211})  # fmt: skip
_LOWEST_CLASS_VERSION = 45


def sniff(data: Buffer, name: str = "") -> Format:
    """Return the format of `data`; `name` only decides between readings the bytes leave open."""
    head = bytes(data[:_TEXT_SAMPLE])
    if not head:
        return Format.EMPTY
    return _by_magic(head, len(data)) or _by_shape(head, name)


def _by_magic(head: bytes, size: int) -> Format | None:
    """Match fixed signatures, then those that need a second look."""
    for magic, found in _BY_FIRST.get(head[0], ()):
        if head.startswith(magic):
            return found if found is not Format.BZIP2 or _is_bzip2(head) else None
    if head.startswith(b"\xca\xfe\xba\xbe") and len(head) >= 8:
        return _class_or_fat(head)
    if head.startswith(b"MZ") and _is_pe(head, size):
        return Format.PE
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Format.WEBP
    if head.startswith(b"\x5d\x00\x00") and len(head) > 13 and _is_lzma(head):
        return Format.LZMA
    return Format.TAR if is_tar(head) else None


def _by_shape(head: bytes, name: str) -> Format:
    """Recognise what has no signature: byte code, pickles, text."""
    if _is_pyc(head):
        return Format.PYC
    if head[0] == 0x80 and len(head) > 2 and 2 <= head[1] <= 5:
        return Format.PICKLE
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Format.TEXT
    if head.startswith(b"\x04\x00\x00\x00") and name.endswith(".asar"):
        return Format.ASAR
    return Format.TEXT if _is_text(head) else Format.UNKNOWN


def is_tar(head: bytes) -> bool:
    """Tell whether a block is a tar header: its checksum adds up and something is named."""
    if len(head) < 512 or head[0] == 0:
        return False
    if b"\0" not in head[148:156] and head[257:262] != b"ustar":
        return False
    try:
        announced = int(head[148:156].strip(b" \0") or b"-1", 8)
    except ValueError:
        return False
    return announced == sum(head[:148]) + sum(head[156:512]) + 256


def _is_bzip2(head: bytes) -> bool:
    """Tell whether a level digit and a block signature follow the three letters."""
    return head[3:4].isdigit() and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")


def _is_lzma(head: bytes) -> bool:
    """Recognise the old form by a power-of-two dictionary and a plausible size."""
    dictionary = int.from_bytes(head[1:5], "little")
    size = int.from_bytes(head[5:13], "little")
    return dictionary & (dictionary - 1) == 0 and (size == (1 << 64) - 1 or size < 1 << 40)


def _is_pe(head: bytes, size: int) -> bool:
    """Look for the PE header where the DOS header says, as far as it can be seen."""
    if len(head) < 64:
        return False
    offset = int.from_bytes(head[60:64], "little")
    if offset + 4 <= len(head):
        return head[offset : offset + 2] in (b"PE", b"NE", b"LE")
    return len(head) < size and offset < size


def _class_or_fat(head: bytes) -> Format:
    """One magic number, two formats: a Java class has a version where Mach-O has a small count."""
    major = int.from_bytes(head[6:8], "big")
    minor = int.from_bytes(head[4:6], "big")
    return Format.CLASS if minor or major >= _LOWEST_CLASS_VERSION else Format.MACHO


def _is_pyc(head: bytes) -> bool:
    """Recognise a CPython magic number: a version, then CR LF."""
    if len(head) < 9 or head[2:4] != b"\r\n":
        return False
    version = int.from_bytes(head[:2], "little")
    return version in _PYC_VERSIONS or version in _PYC_OLD


def _is_text(head: bytes) -> bool:
    """Tell whether no control bytes stand in it but white space and escape."""
    return len(head.translate(None, _NOT_TEXT)) == len(head)
