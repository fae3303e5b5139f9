"""The version that the code itself states, where the metadata says another: a remark, no more.

Honest packages forget to raise it, so no rule condemns for it; a release whose metadata alone was
rewritten shows here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from antivenom.ecosystems.pypi.declared import Seen, same_version
from antivenom.ecosystems.pypi.headers import decode
from antivenom.ecosystems.pypi.layout import Layout
from antivenom.model.coordinate import normalize_pypi
from antivenom.model.fact import Sighting
from antivenom.model.label import Metadata

_BASES = ("", "src/", "lib/")
_FILES = ("__init__.py", "_version.py", "__about__.py", "version.py", "__version__.py")
_STATED = re.compile(
    r"^__version__[ \t]{0,9}(?::[ \t]{0,9}\w{1,20}[ \t]{0,9})?=[ \t]{0,9}"
    r"(?:\w{1,40}[ \t]{0,9}=[ \t]{0,9})?(['\"])(\d[^'\"\n]{0,80})\1",
    re.MULTILINE,
)


def in_code(layout: Layout, metadata: Metadata, peek: Callable[[str], bytes]) -> Iterator[Seen]:
    """Yield the first version in the project's own package that is not the declared one."""
    if not metadata.name or not metadata.version:
        return
    for member in _candidates(layout, normalize_pypi(metadata.name).replace("-", "_")):
        text = decode(peek(member))
        found = _STATED.search(text)
        if found is None:
            continue
        if not _is_made(found[2]) and not same_version(metadata.version, found[2]):
            line = text.count("\n", 0, found.start()) + 1
            value = f"the code says {found[2]}, the metadata {metadata.version[:80]}"
            args = ("field=code-version",)
            yield member, line, Sighting(id="meta.mismatch", kind="meta", value=value, args=args)
        return


def _candidates(layout: Layout, module: str) -> Iterator[str]:
    """Yield the members in which a package states its version."""
    for project in layout.projects[:2]:
        for base in _BASES:
            for inner in (*(f"{module}/{name}" for name in _FILES), f"{module}.py"):
                member = layout.find(project, base + inner)
                if member:
                    yield member


def _is_made(version: str) -> bool:
    """Whether a build writes this version, or writes another in its place."""
    from packaging.version import InvalidVersion, Version

    try:
        parsed = Version(version)
    except InvalidVersion:
        return True
    return parsed.is_devrelease or parsed.local is not None or not any(parsed.release)
