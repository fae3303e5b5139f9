"""Sdists, wheels and npm tarballs, made in memory; the same every time."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping

Files = Mapping[str, str]
_DATE = (2026, 1, 1, 0, 0, 0)


def sdist(name: str, version: str, files: Files) -> bytes:
    """Return a source distribution."""
    top = f"{name}-{version}"
    info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: A demonstration\n"
    return _tarball({f"{top}/PKG-INFO": info, **{f"{top}/{k}": v for k, v in files.items()}})


def wheel(name: str, version: str, files: Files) -> bytes:
    """Return a pure wheel."""
    folder = f"{name.replace('-', '_')}-{version}.dist-info"
    every = {
        **files,
        f"{folder}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{folder}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},{_digest(text)},{len(text.encode())}" for path, text in every.items()]
    every[f"{folder}/RECORD"] = "\n".join([*rows, f"{folder}/RECORD,,", ""])
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in every.items():
            archive.writestr(zipfile.ZipInfo(path, _DATE), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def npm(files: Files) -> bytes:
    """Return a tarball of npm."""
    return _tarball({f"package/{path}": text for path, text in files.items()})


def cut(archive: bytes) -> bytes:
    """Return an archive that ends in the middle."""
    return archive[: len(archive) // 2]


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _tarball(files: Files) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, text in files.items():
            data = text.encode()
            info = tarfile.TarInfo(path)
            info.size, info.mtime, info.mode = len(data), 1_767_225_600, 0o644
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(out.getvalue(), mtime=0)
