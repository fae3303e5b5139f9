from __future__ import annotations

import importlib.util
import marshal
import struct

import pytest

from antivenom.unpack import Format, sniff
from tests.builders import archives as b

PYC = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compile("x = 1", "x", "exec"))
PE = b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0" + bytes(64)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b.make_zip({"a.py": "x"}), Format.ZIP),
        (b.make_zip({}), Format.ZIP),
        (b.make_tar({"a.py": "x"}), Format.TAR),
        *((b.compressed(b"hello" * 50, how), kind) for how, kind in [
            ("gz", Format.GZIP), ("bz2", Format.BZIP2), ("xz", Format.XZ),
            ("lzma", Format.LZMA), ("zst", Format.ZSTD)]),
        (PE, Format.PE),
        (b"\x7fELF\x02\x01\x01" + bytes(60), Format.ELF),
        (b"\xcf\xfa\xed\xfe" + bytes(60), Format.MACHO),
        (b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(40), Format.MACHO),
        (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(40), Format.CLASS),
        (PYC, Format.PYC),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), Format.PNG),
        ("print('héllo')\n".encode(), Format.TEXT),
        ("print('héllo')\n".encode("utf-16"), Format.TEXT),
        ("print('héllo')\n".encode("latin-1"), Format.TEXT),
        (b"MZ is a text that begins like this, and goes on for long enough to be text\n" * 2,
         Format.TEXT),
        (b"BZh1 is no archive", Format.TEXT),
        (b"", Format.EMPTY),
        (bytes(range(256)), Format.UNKNOWN),
    ],
)  # fmt: skip
def test_content_decides(data: bytes, expected: Format) -> None:
    assert sniff(data, "innocent.txt") is expected
    assert sniff(memoryview(data), "innocent.txt") is expected
