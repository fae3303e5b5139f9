"""What was fetched before, in the cache folder: files under their sha256, pages under their URL."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import msgspec

from antivenom.compiled import cache_folder
from antivenom.ecosystems.pypi.locate import IndexFile


class KeptPage(msgspec.Struct):
    """A project page as it came, with what the index needs to say whether it changed."""

    url: str
    content_type: str
    etag: str
    body: bytes


# Made here and not by the threads that read pages: msgspec bears only one that is the first.
_KEPT_PAGE = msgspec.msgpack.Decoder(KeptPage)


def kept(sha256: str) -> Path:
    """Return where a file is kept; it may not be there."""
    safe = sha256 if re.fullmatch(r"[0-9a-f]{64}", sha256) else "invalid"
    return artifacts() / safe[:2] / safe


def artifacts() -> Path:
    """Return the folder of fetched files."""
    return cache_folder() / "artifacts"


def recall(file: IndexFile) -> str:
    """Return the sha256 of a file whose index announces another hash, "" when never fetched."""
    try:
        return _by_url(file).read_text(encoding="ascii")[:64]
    except (OSError, UnicodeError):
        return ""


def remember(file: IndexFile, sha256: str) -> None:
    """Note which bytes an address gave, for indexes that do not announce a sha256."""
    _write(_by_url(file), sha256.encode("ascii"))


def read_page(url: str) -> KeptPage | None:
    """Return the page kept for a URL, or None."""
    try:
        page = _KEPT_PAGE.decode(_page(url).read_bytes())
    except (OSError, msgspec.DecodeError):
        return None
    return page if page.url == url else None


def keep_page(page: KeptPage) -> None:
    """Keep a page for the next run."""
    _write(_page(page.url), msgspec.msgpack.encode(page))


def writable(folder: Path) -> Path:
    """Return the folder, or where it cannot be written one that lasts as long as the process."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if os.access(folder, os.W_OK):
        return folder
    own = Path(tempfile.mkdtemp(prefix="antivenom-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


def _by_url(file: IndexFile) -> Path:
    key = f"{file.url} {file.strongest}"
    return artifacts() / "by-url" / hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def _page(url: str) -> Path:
    return cache_folder() / "pages" / hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()


def _write(place: Path, data: bytes) -> None:
    """Write atomically; a cache that cannot be written only costs time."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f"{place.name}.{os.getpid()}")
        partial.write_bytes(data)
        partial.replace(place)
    except OSError:
        return
