"""AES zips, in memory: the only way this project ever reads or keeps a specimen.

The standard library knows zip but not WinZip's AES, and a library for it would bring a second
crypto library with it; the format (AE-1, AE-2) is two pages. Nothing here can write a file.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

_AES = 99
_EXTRA = 0x9901
_ROUNDS = 1000
_MAC = 10
_MOST = 256 << 20
"""Bytes a member may inflate to; the corpus has nothing near it."""


class SealedZip:
    """An encrypted zip, opened once; every read decrypts one member into memory."""

    def __init__(self, place: Path | BinaryIO, password: bytes) -> None:
        self._password = password
        self._file = place.open("rb") if isinstance(place, Path) else place
        self.zip = zipfile.ZipFile(self._file)
        """What the standard library makes of it: names, sizes, members that are not sealed."""
        self._members = {info.filename: info for info in self.zip.infolist()}

    def names(self) -> list[str]:
        """Return the names of all members."""
        return list(self._members)

    def close(self) -> None:
        """Let go of the file."""
        self.zip.close()
        self._file.close()

    def read(self, name: str) -> bytes:
        """Return a member's bytes, authenticated."""
        info = self._members[name]
        if info.compress_type != _AES:
            raise ValueError(f"{name}: not encrypted as expected")
        method, strength = _scheme(info.extra)
        salt_size = 4 + 4 * strength
        key_size = 8 + 8 * strength
        raw = self._raw(info)
        keys = hashlib.pbkdf2_hmac(
            "sha1", self._password, raw[:salt_size], _ROUNDS, 2 * key_size + 2
        )
        body = raw[salt_size + 2 : -_MAC]
        if raw[salt_size : salt_size + 2] != keys[-2:]:
            raise ValueError(f"{name}: wrong password")
        seal = hmac.digest(keys[key_size : 2 * key_size], body, "sha1")[:_MAC]
        if not hmac.compare_digest(seal, raw[-_MAC:]):
            raise ValueError(f"{name}: damaged")
        plain = counter_mode(keys[:key_size], body)
        return plain if method == zipfile.ZIP_STORED else _inflate(plain, name)

    def _raw(self, info: zipfile.ZipInfo) -> bytes:
        self._file.seek(info.header_offset)
        header = self._file.read(30)
        name_size, extra_size = struct.unpack("<HH", header[26:30])
        self._file.seek(name_size + extra_size, 1)
        return self._file.read(info.compress_size)


def seal(members: Mapping[str, bytes], password: bytes) -> bytes:
    """Return an AES zip (AE-2, AES-256) of members, as any zip program with a password opens it."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            # One date for all: when something was sealed is nobody's business.
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED
            info.extra = struct.pack("<HHHBBBH", _EXTRA, 7, 2, 0x41, 0x45, 3, zipfile.ZIP_DEFLATED)
            archive.writestr(info, _sealed(data, password))
        starts = [info.header_offset for info in archive.infolist()]
    return _marked(bytearray(plain.getvalue()), starts)


def _sealed(data: bytes, password: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(data) + packer.flush()
    salt = os.urandom(16)
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, _ROUNDS, 66)
    body = counter_mode(keys[:32], packed)
    return salt + keys[64:] + body + hmac.digest(keys[32:64], body, "sha1")[:_MAC]


def _marked(archive: bytearray, starts: list[int]) -> bytes:
    """Say "AES" where the standard library, which cannot write it, said "stored"."""
    at = archive.rindex(b"PK\x05\x06")
    entry = int.from_bytes(archive[at + 16 : at + 20], "little")
    for start in starts:
        _mark(archive, start + 6, start + 14)
        _mark(archive, entry + 8, entry + 16)
        entry += 46 + sum(struct.unpack_from("<HHH", archive, entry + 28))
    return bytes(archive)


def _mark(archive: bytearray, flags: int, checksum: int) -> None:
    was = struct.unpack_from("<H", archive, flags)[0]
    struct.pack_into("<HH", archive, flags, was | 1, _AES)
    # AE-2 leaves it out: the checksum of what is hidden would say what it is.
    struct.pack_into("<I", archive, checksum, 0)


def counter_mode(key: bytes, data: bytes) -> bytes:
    """Apply AES in WinZip's counter mode (the counter is little-endian and starts at one)."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    blocks = -(-len(data) // 16)
    counters = b"".join(n.to_bytes(16, "little") for n in range(1, blocks + 1))
    # One block at a time is what counter mode needs: every counter is enciphered on its own.
    stream = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(counters)  # noqa: S305
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream[: len(data)], "big")
    return mixed.to_bytes(len(data), "big")


def _scheme(extra: bytes) -> tuple[int, int]:
    """Return the compression method and the key strength (1, 2, 3) of an AES member."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        if kind == _EXTRA:
            strength, method = struct.unpack_from("<BH", extra, at + 8)
            return method, strength
        at += 4 + size
    raise ValueError("an AES member without its extra field")


def _inflate(data: bytes, name: str) -> bytes:
    inflater = zlib.decompressobj(-15)
    plain = inflater.decompress(data, _MOST)
    if inflater.unconsumed_tail:
        raise ValueError(f"{name}: larger than anything we keep")
    return plain
