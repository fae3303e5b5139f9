"""Links to exact lines of an upload in PyPI's inspector, computed without asking anybody."""

from __future__ import annotations

import re
from urllib.parse import quote

from antivenom.model.review import FindingSpan, Review

HOST = "inspector.pypi.io"
_BLAKE2B = re.compile(r"[0-9a-f]{64}")


def link(
    project: str, version: str, filename: str, blake2b: str, member: str = "", line: int = 0
) -> str:
    """Return the page of a member, "" when the hash of the file is not known.

    `blake2b` is the 256-bit one of the file's bytes, under which its registry keeps it.
    """
    if not _BLAKE2B.fullmatch(blake2b):
        return ""
    # The inspector opens no archive inside another: it shows that there is one.
    outer, nested, _ = member.partition("!/")
    place = f"packages/{blake2b[:2]}/{blake2b[2:4]}/{blake2b[4:]}/{quote(filename, safe='')}"
    path = "/".join(quote(part, safe="") for part in outer.split("/") if part)
    at = f"#line.{line}" if line and path and not nested else ""
    release = f"project/{quote(project, safe='')}/{quote(version, safe='')}"
    return f"https://{HOST}/{release}/{place}/{path}{at}"


def shown_at(review: Review, span: FindingSpan) -> tuple[str, int]:
    """Return the member and line of an upload as it is; of a decoded text, where it was hidden."""
    layers = {layer.id: layer for layer in review.layers}
    member, line, layer = span.member, span.line, span.layer
    for _ in range(len(layers) + 1):
        found = layers.get(layer)
        if found is None:
            break
        member, line, layer = found.member, found.line, found.parent
    return member, line
