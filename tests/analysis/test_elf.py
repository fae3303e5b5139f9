"""ELF read as a loader reads it. Every file is built here."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antivenom.analysis.elf import MOST_SYMBOLS, read_elf
from tests.builders.executables import elf

IMPORTS = ("system", "malloc", "memfd_create")
FILE = elf(IMPORTS)
GNU_HASH, UNKNOWN = 0x6FFFFEF5, 0x6FFFFFFF


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def with_tag(data: bytes, old: int, new: int) -> bytes:
    """Rename an entry of the dynamic table."""
    dynamic = struct.unpack_from("<Q", data, 64 + 56 + 8)[0]
    at = dynamic
    while struct.unpack_from("<Q", data, at)[0] != old:
        at += 16
    return patched(data, at, struct.pack("<Q", new))


def narrow(imports: tuple[str, ...], order: str) -> bytes:
    """Return a 32-bit object without a section table."""
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in imports)
    symbols, at = bytes(16), 1
    for name in imports:
        symbols += struct.pack(order + "IIIBBH", at, 0, 0, 0x12, 0, 0)
        at += len(name) + 1
    base = 52 + 2 * 32
    symtab = base + len(strings)
    hashed = symtab + len(symbols)
    dynamic = hashed + 8
    tags = [(5, base), (6, symtab), (4, hashed), (0, 0)]
    table = b"".join(struct.pack(order + "II", *tag) for tag in tags)
    total = dynamic + len(table)
    head = b"\x7fELF\x01" + (b"\x01" if order == "<" else b"\x02") + b"\x01" + bytes(9)
    head += struct.pack(order + "HHIIIIIHHHHHH", 3, 3, 1, 0, 52, 0, 0, 52, 32, 2, 0, 0, 0)
    load = struct.pack(order + "8I", 1, 0, 0, 0, total, total, 5, 4096)
    dyn = struct.pack(order + "8I", 2, dynamic, dynamic, 0, len(table), len(table), 6, 8)
    counted = struct.pack(order + "II", 1, len(imports) + 1)
    return head + load + dyn + strings + symbols + counted + table


def test_imports_and_sections() -> None:
    found = read_elf(FILE)
    assert found.imports == IMPORTS
    assert [(name, runs) for name, runs, _, _ in found.sections if runs] == [(".text", True)]
    assert {".dynamic", ".dynsym", ".dynstr", ".shstrtab"} <= {s[0] for s in found.sections}


def test_symbols_without_a_type_are_imports_too() -> None:
    """Where a library is missing when it is linked, nobody knows what its symbols are."""
    symbols = FILE.index(struct.pack("<IBB", 1, 0x12, 0))
    assert read_elf(patched(FILE, symbols + 4, b"\x10")).imports == IMPORTS


@pytest.mark.parametrize("order", ["<", ">"])
def test_narrow_files_in_both_byte_orders(order: str) -> None:
    data = narrow(IMPORTS, order)
    found = read_elf(data)
    assert found.imports == IMPORTS
    assert found.sections[0] == ("segment", True, 0, len(data))


@pytest.mark.parametrize(("at", "byte"), [(4, b"\x01"), (4, b"\x07"), (5, b"\x02"), (5, b"\x00")])
def test_the_bytes_that_tell_the_layout_may_lie(at: int, byte: bytes) -> None:
    assert read_elf(patched(FILE, at, byte)).imports == IMPORTS


def test_the_section_table_decides_nothing() -> None:
    stripped = patched(patched(FILE, 40, bytes(8)), 60, bytes(4))
    found = read_elf(stripped)
    assert found.imports == IMPORTS
    assert {name for name, _, _, _ in found.sections} == {"segment"}
    elsewhere = patched(FILE, 40, struct.pack("<Q", 1 << 60))
    assert read_elf(elsewhere).imports == IMPORTS


def test_the_newer_hash_table_and_none_at_all() -> None:
    assert read_elf(with_tag(FILE, 4, GNU_HASH)).imports == IMPORTS
    assert read_elf(with_tag(FILE, 4, UNKNOWN)).imports[:3] == IMPORTS


def test_an_object_file_has_only_sections() -> None:
    """Without segments the table of sections is all there is."""
    assert read_elf(patched(FILE, 56, bytes(2))).imports == IMPORTS


def test_numbers_of_rows_are_no_promise() -> None:
    counted = FILE.index(struct.pack("<4I", 1, len(IMPORTS) + 1, 1, 0))
    many = patched(FILE, counted + 4, struct.pack("<I", 0xFFFF_FFFF))
    found = read_elf(many)
    assert set(IMPORTS) <= set(found.imports)
    assert len(found.imports) < MOST_SYMBOLS


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([FILE, narrow(IMPORTS, "<"), narrow(IMPORTS, ">")]),
    st.lists(st.tuples(st.integers(4, 1000), st.integers(0, 255)), max_size=12),
    st.integers(4, 1000),
)
def test_damage_never_raises(data: bytes, changes: list[tuple[int, int]], length: int) -> None:
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(damaged) or 4] = value
    found = read_elf(bytes(damaged[:length]))
    assert all(isinstance(name, str) for name in found.imports)
