"""The names archives give their entries: what a client would make of them, and what is odd."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from antivenom.model.tree import AnomalyKind

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]"
)
_DRIVE = re.compile(r"[A-Za-z]:")


def decode_utf8(raw: bytes) -> tuple[str, bool]:
    """Return the text and whether it was valid; invalid bytes become escapes, not surrogates."""
    try:
        return raw.decode("utf-8"), True
    except UnicodeDecodeError:
        return raw.decode("utf-8", "backslashreplace"), False


def tidy(name: str) -> str:
    """Return the path a client would write: cut at NUL, without ``./``, doubled or final slash."""
    if "\0" in name:
        name = name[: name.index("\0")]
    if name.startswith("./") or "//" in name or "/./" in name or name.endswith("/"):
        lead = "/" if name.startswith("/") else ""
        name = lead + "/".join(part for part in name.split("/") if part not in ("", "."))
    return name


def oddities(name: str) -> Iterator[tuple[AnomalyKind, str]]:
    """Yield what is hostile about a name as the archive spells it."""
    if not (name.isascii() and name.isprintable()) and _HIDDEN.search(name):
        yield AnomalyKind.CONTROL_IN_NAME, "the name holds invisible or control characters"
    if ".." in name and ".." in name.replace("\\", "/").split("/"):
        yield AnomalyKind.TRAVERSAL, "the path climbs out of the folder it is unpacked in"
    if name[:1] in ("/", "\\") or _DRIVE.match(name):
        yield AnomalyKind.ABSOLUTE_PATH, "the path is absolute"


def folded(path: str) -> str:
    """Return the form under which case-blind and normalising file systems confuse two names."""
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def numbered(path: str, number: int) -> str:
    """Return ``pkg/setup#2.py`` for the second ``pkg/setup.py``: the extension still tells."""
    folder, slash, last = path.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    if not stem:
        stem, dot, extension = last, "", ""
    return f"{folder}{slash}{stem}#{number}{dot}{extension}"


def escapes(path: str, target: str, *, from_top: bool) -> bool:
    """Tell whether a link at `path` points outside the unpacked tree."""
    target = target.replace("\\", "/")
    if target.startswith("/") or _DRIVE.match(target):
        return True
    return resolve(path, target, from_top=from_top) is None


def resolve(path: str, target: str, *, from_top: bool) -> str | None:
    """Return the path a link means, or None when it leaves the tree."""
    here = [] if from_top else [p for p in path.split("/")[:-1] if p not in ("", ".")]
    for part in target.split("/"):
        if part == "..":
            if not here:
                return None
            here.pop()
        elif part not in ("", "."):
            here.append(part)
    return "/".join(here)
