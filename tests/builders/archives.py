"""Packages and hostile archives, made in code: every function returns bytes."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Files = Mapping[str, bytes | str]


def as_bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


# ------------------------------------------------------------------------------- ordinary


def make_zip(files: Files | Iterable[tuple[str, bytes | str]], *, stored: bool = False) -> bytes:
    """A plain zip; a name may stand twice when pairs are given."""
    pairs = files.items() if isinstance(files, Mapping) else files
    out = io.BytesIO()
    method = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, content in pairs:
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.compress_type = method
            info.external_attr = 0o100644 << 16
            archive.writestr(info, as_bytes(content))
    return out.getvalue()


def record(files: Files, folder: str) -> str:
    """The RECORD of a wheel, itself included."""
    lines = []
    for name, content in files.items():
        data = as_bytes(content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}")
    return "\n".join([*lines, f"{folder}/RECORD,,", ""])


def wheel(files: Files, *, name: str = "demo", version: str = "1.0", metadata: str = "") -> bytes:
    """A valid pure wheel around `files`."""
    folder = f"{name}-{version}.dist-info"
    head = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}"
    everything: dict[str, bytes | str] = {
        **files,
        f"{folder}/METADATA": head,
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    everything[f"{folder}/RECORD"] = record(everything, folder)
    return make_zip(everything)


def sdist(files: Files, *, name: str = "demo", version: str = "1.0", compress: str = "gz") -> bytes:
    """A source distribution: one top folder with PKG-INFO."""
    top = f"{name}-{version}"
    info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    everything = {f"{top}/PKG-INFO": info, **{f"{top}/{k}": v for k, v in files.items()}}
    return compressed(make_tar(everything), compress)


def npm(files: Files) -> bytes:
    """An npm tarball."""
    return compressed(make_tar({f"package/{k}": v for k, v in files.items()}), "gz")


def compressed(data: bytes, how: str) -> bytes:
    """Compress as gz, bz2, xz, lzma, zst or not at all."""
    if how == "zst":
        import zstandard

        return zstandard.ZstdCompressor().compress(data)
    packers: dict[str, Callable[[bytes], bytes]] = {
        "gz": lambda d: gzip.compress(d, mtime=0),
        "bz2": bz2.compress,
        "xz": lzma.compress,
        "lzma": lambda d: lzma.compress(d, format=lzma.FORMAT_ALONE),
        "": bytes,
    }
    return packers[how](data)


# ------------------------------------------------------------------------------- tar


def entry(
    name: str,
    content: bytes | str = b"",
    *,
    kind: bytes = tarfile.REGTYPE,
    link: str = "",
    mode: int = 0o644,
    pax: Mapping[str, str] | None = None,
) -> tuple[tarfile.TarInfo, bytes]:
    """One tar entry."""
    data = as_bytes(content)
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname, info.mode = len(data), kind, link, mode
    info.pax_headers = dict(pax or {})
    return info, data


def make_tar(
    files: Files | Iterable[tuple[tarfile.TarInfo, bytes]], *, form: int = tarfile.PAX_FORMAT
) -> bytes:
    """A tar from a mapping or from entries in order."""
    entries = [entry(k, v) for k, v in files.items()] if isinstance(files, Mapping) else files
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def raw_header(name: str, size: int, kind: bytes = b"0", *, link: str = "") -> bytes:
    """A ustar header block whose size need not be that of what follows."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info.tobuf(tarfile.USTAR_FORMAT)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 512)


def pax_block(**records: str) -> bytes:
    """A pax header with the given records, for the entry that follows."""
    body = b""
    for key, value in records.items():
        line = f" {key}={value}\n".encode()
        size = len(line)
        while size != len(str(size)) + len(line):
            size = len(str(size)) + len(line)
        body += str(size).encode() + line
    return raw_header("PaxHeader/x", len(body), b"x") + padded(body)


def tar_hidden_by_pax(shown: bytes, secret: bytes) -> bytes:
    """An entry whose header says 0 bytes while pax says more: two readings of what follows."""
    inside = raw_header("demo-1.0/secret.py", len(secret)) + padded(secret)
    block = pax_block(size=str(len(inside))) + raw_header("demo-1.0/data.bin", 0) + inside
    plain = raw_header("demo-1.0/setup.py", len(shown)) + padded(shown)
    return plain + block + b"\0" * 1024


def tar_behind_the_end(shown: bytes, secret: bytes, zeros: int = 1024) -> bytes:
    """Entries behind the blocks that end an archive."""
    first = raw_header("demo-1.0/setup.py", len(shown)) + padded(shown)
    second = raw_header("demo-1.0/secret.py", len(secret)) + padded(secret)
    return first + b"\0" * zeros + second + b"\0" * 1024


def sparse_gnu(name: str, data: bytes, real: int) -> bytes:
    """An old GNU sparse member with one piece of data."""
    header = bytearray(raw_header(name, len(data), b"S"))
    header[257:265] = b"ustar  \0"
    header[345:500] = bytes(155)
    header[386:398], header[398:410] = b"%011o\0" % 0, b"%011o\0" % len(data)
    header[483:495] = b"%011o\0" % real
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + padded(data) + b"\0" * 1024


# ------------------------------------------------------------------------------- zip by hand


@dataclass(kw_only=True)
class Part:
    """One zip entry, every field free to lie; None means the true value."""

    name: bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    listed: bool = True
    local_name: bytes | None = None
    local_size: int | None = None
    local_packed: int | None = None
    local_crc: int | None = None
    local_method: int | None = None
    size: int | None = None
    packed: int | None = None
    crc: int | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    comment: bytes = b""
    attributes: int = 0o100644 << 16
    descriptor: bytes | None = None
    body: bytes | None = None
    header: int | None = None

    def pack(self) -> bytes:
        if self.body is not None:
            return self.body
        if self.method == 8:
            engine = zlib.compressobj(9, zlib.DEFLATED, -15)
            return engine.compress(self.data) + engine.flush()
        return self.data


def true(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value


def zip_parts(
    parts: Iterable[Part],
    *,
    prefix: bytes = b"",
    gap: bytes = b"",
    trailing: bytes = b"",
    comment: bytes = b"",
    count: int | None = None,
    zip64: bool = False,
) -> bytes:
    """A zip from parts that may lie, with bytes wherever nobody expects them."""
    out, central, listed = bytearray(prefix), bytearray(), 0
    for part in parts:
        header, body = len(out), part.pack()
        crc = true(part.crc, zlib.crc32(part.data))
        out += _local(part, len(body), crc)
        out += body + (part.descriptor or b"") + gap
        if part.listed:
            listed += 1
            central += _central(part, len(body), crc, true(part.header, header))
    start = len(out)
    out += central
    number = true(count, listed)
    if zip64:
        where = len(out)
        sizes = (number, number, len(central), start)
        out += struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *sizes)
        out += struct.pack("<4sLQL", b"PK\x06\x07", 0, where, 1)
    end = (number, number, len(central), start, len(comment))
    out += struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *end)
    return bytes(out + comment + trailing)


def _local(part: Part, packed: int, crc: int) -> bytes:
    name = part.name if part.local_name is None else part.local_name
    fixed = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 20, part.flags, true(part.local_method, part.method), 0, 33,
        true(part.local_crc, crc),
        true(part.local_packed, true(part.packed, packed)),
        true(part.local_size, true(part.size, len(part.data))),
        len(name), len(part.local_extra),
    )  # fmt: skip
    return fixed + name + part.local_extra


def _central(part: Part, packed: int, crc: int, header: int) -> bytes:
    fixed = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 3 << 8 | 20, 20, part.flags, part.method, 0, 33, crc,
        true(part.packed, packed), true(part.size, len(part.data)),
        len(part.name), len(part.extra), len(part.comment), 0, 0, part.attributes, header,
    )  # fmt: skip
    return fixed + part.name + part.extra + part.comment


def unicode_path(name: bytes, other: bytes) -> bytes:
    """The Info-ZIP extra field that gives an entry another name."""
    body = struct.pack("<BL", 1, zlib.crc32(name)) + other
    return struct.pack("<HH", 0x7075, len(body)) + body


def zip64_extra(*values: int) -> bytes:
    return struct.pack(f"<HH{len(values)}Q", 1, 8 * len(values), *values)


def streamed_zip(files: Files) -> bytes:
    """What a writer to a pipe makes: sizes behind the data, in descriptors."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.parts.append(bytes(data))  # type: ignore[call-overload]
            return len(self.parts[-1])

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, as_bytes(content))
    return b"".join(pipe.parts)


def zip_bomb(megabytes: int = 80) -> bytes:
    """Few bytes that become many."""
    return make_zip({"demo/bomb.bin": bytes(megabytes << 20), "demo/after.py": b"x = 1\n"})


def gzip_bomb(megabytes: int = 80) -> bytes:
    """A tar.gz of one enormous file behind a small one."""
    files = {"demo-1.0/setup.py": b"x = 1\n", "demo-1.0/bomb.bin": bytes(megabytes << 20)}
    return gzip.compress(make_tar(files), mtime=0)


def matryoshka(depth: int, core: bytes) -> bytes:
    """Zips in zips."""
    data, name = core, "core.py"
    for level in range(depth):
        data, name = make_zip({name: data}, stored=True), f"level{level}.zip"
    return data
