"""Bytes by sha256, sealed: on this disk or in any object store that fsspec reaches.

Each blob is an AES zip of one member, so that nothing kept can be run or trips a scanner, and a
researcher opens one with any zip program. The password keeps accidents away, not people.
"""

from __future__ import annotations

import hashlib
import io
import re
import uuid
from contextlib import suppress

from antivenom.errors import ConfigError, MissingDependencyError
from antivenom.store.sealed import SealedZip, seal

PASSWORD = b"infected"
"""What the field uses."""
_NAME = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """A folder of sealed blobs, ``ab/abcd….zip``. Putting is atomic, reading is checked."""

    def __init__(self, url: str, *, password: bytes = PASSWORD) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise MissingDependencyError(
                "keeping bytes needs a library", hint="pip install 'antivenom[catalog]'"
            ) from None
        try:
            self._fs, self._root = url_to_fs(url)
        except (ImportError, ValueError, OSError) as error:
            raise ConfigError(f"{url}: cannot keep bytes there: {error}") from None
        self._password = password

    def has(self, sha256: str) -> bool:
        """Whether a blob is there."""
        return bool(self._fs.exists(self._place(sha256)))

    def size(self, sha256: str) -> int:
        """Return the bytes of a blob as it is kept. Raises `KeyError` when it is not there."""
        try:
            return int(self._fs.size(self._place(sha256)))
        except FileNotFoundError:
            raise KeyError(sha256) from None

    def put(self, data: bytes) -> str:
        """Keep bytes and return their sha256; what is there already stays."""
        sha256 = hashlib.sha256(data).hexdigest()
        place = self._place(sha256)
        if not self._fs.exists(place):
            self._fs.makedirs(place.rpartition("/")[0], exist_ok=True)
            passing = f"{place}.{uuid.uuid4().hex}.part"
            try:
                self._fs.pipe_file(passing, seal({sha256: data}, self._password))
                self._fs.mv(passing, place)
            except OSError:
                # A full disk is not made fuller by what was written halfway.
                with suppress(OSError):
                    self._fs.rm_file(passing)
                raise
        return sha256

    def remove(self, sha256: str) -> None:
        """Throw bytes away; that they are not there is no error."""
        try:
            self._fs.rm_file(self._place(sha256))
        except FileNotFoundError:
            pass

    def get(self, sha256: str) -> bytes:
        """Return bytes. Raises `KeyError` when they are not there, `ValueError` when damaged."""
        archive = SealedZip(io.BytesIO(self.sealed(sha256)), self._password)
        try:
            data = archive.read(sha256)
        finally:
            archive.close()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ValueError(f"{sha256}: the kept bytes are others")
        return data

    def sealed(self, sha256: str) -> bytes:
        """Return a blob as it is kept, an encrypted zip. Raises as `get` does."""
        try:
            return bytes(self._fs.cat_file(self._place(sha256)))
        except FileNotFoundError:
            raise KeyError(sha256) from None

    def _place(self, sha256: str) -> str:
        if not _NAME.fullmatch(sha256):
            raise ValueError(f"{sha256!a} is not a sha256")
        return f"{self._root}/{sha256[:2]}/{sha256}.zip"
