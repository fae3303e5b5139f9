"""The smallest ELF, PE and Mach-O files that a loader would recognise, made from nothing."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def elf(
    imports: Sequence[str] = (),
    *,
    text: bytes = b"\xc3" * 16,
    tail: bytes = b"",
    machine: int = 62,
) -> bytes:
    """A 64-bit shared object that imports functions; for x86 unless told otherwise."""
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in imports)
    symbols = bytes(24)
    at = 1
    for name in imports:
        symbols += struct.pack("<IBBHQQ", at, 0x12, 0, 0, 0, 0)
        at += len(name) + 1
    # ELF hash table with one bucket, so that the number of symbols is known.
    count = len(imports) + 1
    hashes = struct.pack("<4I", 1, count, 1, 0) + bytes(4 * (count - 1))
    base = 64 + 2 * 56
    offsets = [base]
    for blob in (strings, symbols, hashes):
        offsets.append(offsets[-1] + len(blob) + (-len(blob) % 8))
    strtab, symtab, hashed, dynamic = offsets
    entries = [(5, strtab), (6, symtab), (10, len(strings)), (11, 24), (4, hashed), (0, 0)]
    dyn = b"".join(struct.pack("<QQ", tag, value) for tag, value in entries)
    start = dynamic + len(dyn)
    names = b"\0.text\0.dynamic\0.dynsym\0.dynstr\0.shstrtab\0"
    sections_at = start + len(text) + len(names)
    sections_at += -sections_at % 8
    total = sections_at + 6 * 64
    head = b"\x7fELF\x02\x01\x01" + bytes(9)
    head += struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, sections_at, 0, 64, 56, 2, 64, 6, 5)
    load = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, total, total, 4096)
    dynamic_header = struct.pack(
        "<IIQQQQQQ", 2, 6, dynamic, dynamic, dynamic, len(dyn), len(dyn), 8
    )
    body = bytearray(total)
    for offset, blob in (
        (0, head + load + dynamic_header),
        (strtab, strings),
        (symtab, symbols),
        (hashed, hashes),
        (dynamic, dyn),
        (start, text + names),
    ):
        body[offset : offset + len(blob)] = blob
    rows = [
        (0, 0, 0, 0, 0, 0, 0),
        (names.index(b".text"), 1, 6, start, len(text), 0, 0),
        (names.index(b".dynamic"), 6, 3, dynamic, len(dyn), 4, 16),
        (names.index(b".dynsym"), 11, 2, symtab, len(symbols), 4, 24),
        (names.index(b".dynstr"), 3, 2, strtab, len(strings), 0, 0),
        (names.index(b".shstrtab"), 3, 0, start + len(text), len(names), 0, 0),
    ]
    for number, (title, kind, flags, offset, size, link, entry) in enumerate(rows):
        row = struct.pack(
            "<IIQQQQIIQQ", title, kind, flags, offset, offset, size, link, 1, 1, entry
        )
        body[sections_at + 64 * number : sections_at + 64 * (number + 1)] = row
    return bytes(body) + tail


def pe(
    imports: dict[str, Sequence[str | int]] | None = None,
    *,
    section: str = ".text",
    text: bytes = b"\xc3" * 16,
) -> bytes:
    """A 64-bit executable with one section that holds code and import table."""
    base = 0x1000
    code = text + bytes(-len(text) % 16)
    table = _import_table(imports or {}, base + len(code))
    raw = code + table
    raw += bytes(-len(raw) % 512)
    dos = b"MZ" + bytes(58) + struct.pack("<I", 64)
    coff = b"PE\0\0" + struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, 240, 0x22)
    optional = struct.pack("<HBBIIIII", 0x20B, 14, 0, len(raw), 0, 0, base, base)
    size = base + len(raw) + (-len(raw) % 0x1000)
    optional += struct.pack(
        "<QIIHHHHHHIIIIHH", 0x140000000, 4096, 512, 6, 0, 0, 0, 6, 0, 0, size, 512, 0, 3, 0
    )
    optional += struct.pack("<QQQQII", 1 << 20, 4096, 1 << 20, 4096, 0, 16)
    folders = [(0, 0)] * 16
    if imports:
        folders[1] = (base + len(code), len(table))
    optional += b"".join(struct.pack("<II", *folder) for folder in folders)
    name = section.encode()[:8].ljust(8, b"\0")
    header = name + struct.pack("<IIIIIIHHI", len(raw), base, len(raw), 512, 0, 0, 0, 0, 0x60000020)
    head = dos + coff + optional + header
    return head + bytes(512 - len(head)) + raw


def _import_table(imports: dict[str, Sequence[str | int]], at: int) -> bytes:
    """Descriptors, then for each library its look-ups, addresses, names."""
    descriptors = b""
    data = b""
    start = at + 20 * (len(imports) + 1)
    for library, functions in imports.items():
        here = start + len(data)
        lookups_size = 8 * (len(functions) + 1)
        names = b""
        entries = []
        for function in functions:
            if isinstance(function, int):
                entries.append(1 << 63 | function)
                continue
            entries.append(here + 2 * lookups_size + len(names))
            names += b"\0\0" + function.encode() + b"\0"
        library_at = here + 2 * lookups_size + len(names)
        names += library.encode() + b"\0"
        lookups = b"".join(struct.pack("<Q", e) for e in (*entries, 0))
        descriptors += struct.pack("<IIIII", here, 0, 0, library_at, here + lookups_size)
        data += lookups * 2 + names
    return descriptors + bytes(20) + data


def macho(imports: Sequence[str] = ()) -> bytes:
    """A 64-bit Mach-O library with an undefined symbol for each import."""
    strings = b"\0" + b"".join(b"_" + name.encode() + b"\0" for name in imports)
    symbols = b""
    at = 1
    for name in imports:
        symbols += struct.pack("<IBBHQ", at, 0x01, 0, 0x100, 0)
        at += len(name) + 2
    start = 32 + 24
    commands = struct.pack(
        "<IIIIII", 2, 24, start, len(imports), start + len(symbols), len(strings)
    )
    head = struct.pack("<IIIIIIII", 0xFEEDFACF, 0x01000007, 3, 6, 1, len(commands), 0x85, 0)
    return head + commands + symbols + strings
