"""Packages with nothing in them but a claim: floods are made of them.

Reward schemes for open code pay by the number of packages that name an account. What is published
for that has a manifest, texts, the file with the account, and at most a line of code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from antivenom.model.fact import Sighting

_CLAIMS = ("tea.yaml", "tea.yml", ".tea.yaml")
_ACCOUNT = re.compile(rb"\b0x[0-9a-fA-F]{40}\b")
_TEXT = re.compile(
    r"(?i)(?:.{0,60}/)?(?:package(?:-lock)?\.json|\.[a-z]{2,20}(?:ignore|attributes|rc)|[\w-]{1,60}\.(?:md|txt)"
    r"|licen[cs]e|readme|changelog)$"
)
_CODE = re.compile(r"\.(?:[cm]?[jt]s|json)$")
_MOST_CODE = 200
_MOST_FILES = 40


def claimed(
    paths: Mapping[str, str], size: Callable[[str], int], peek: Callable[[str], bytes]
) -> tuple[str, int, Sighting] | None:
    """Return the member that claims a reward in a package that holds nothing else, its line, and
    what is said of it.

    Args:
        paths: Path inside the package -> member.
        size: Gives the bytes of a member.
        peek: Reads a member.

    """
    claim = next((paths[path] for path in _CLAIMS if path in paths), None)
    if claim is None or len(paths) > _MOST_FILES:
        return None
    code = [m for p, m in paths.items() if p not in _CLAIMS and not _TEXT.fullmatch(p)]
    if any(not _CODE.search(member) for member in code) or sum(map(size, code)) > _MOST_CODE:
        return None
    data = peek(claim)
    account = _ACCOUNT.search(data)
    if account is None:
        return None
    seen = Sighting(
        id="meta.empty",
        kind="meta",
        value=f"nothing but a claim for {account.group().decode()}",
        args=("what=reward",),
    )
    return claim, data.count(b"\n", 0, account.start()) + 1, seen
