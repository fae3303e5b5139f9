"""An AES zip like the corpus' own, made in code around harmless members."""

from __future__ import annotations

import hashlib
import hmac
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from bench.sealed import counter_mode

_SALT = b"0123456789abcdef"


def sealed_zip(members: Mapping[str, bytes], password: bytes) -> bytes:
    """A zip whose members are deflated and encrypted (AE-2, AES-256)."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
            info.extra = struct.pack("<HHHHBH", 0x9901, 7, 2, 0x4541, 3, zipfile.ZIP_DEFLATED)
            archive.writestr(info, _sealed(data, password))
    return _as_aes(plain.getvalue())


def _sealed(data: bytes, password: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(data) + packer.flush()
    keys = hashlib.pbkdf2_hmac("sha1", password, _SALT, 1000, 66)
    body = counter_mode(keys[:32], packed)
    return _SALT + keys[64:] + body + hmac.digest(keys[32:64], body, "sha1")[:10]


def _as_aes(archive: bytes) -> bytes:
    """Say "AES" where the standard library, which cannot write it, said "stored"."""
    changed = bytearray(archive)
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = changed.find(signature)
        while start >= 0:
            struct.pack_into("<HH", changed, start + at, 1, 99)
            start = changed.find(signature, start + 4)
    return bytes(changed)
