"""How the console says times, ranks and what joins cases."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

from antivenom.model.moments import moment

_STEPS = ((60, "min"), (60, "h"), (24, "d"))
_KEYS: Mapping[str, str] = {
    "campaign": "the code of campaign {}",
    "specimen": "the code of known malware {}",
    "payload": "the same hidden text {}",
    "file": "the same file {}",
    "code": "the same code under other names",
    "host": "{}",
    "uploader": "uploads by {}",
}
_SHORT = frozenset({"specimen", "payload", "file", "code"})
_WORDS: Mapping[str, str] = {
    "malicious": "malicious",
    "not-malicious": "not malicious",
    "unsure": "unsure",
    "undone": "undone",
    "open": "to review",
    "decided": "decided",
    "lapsed": "lapsed",
    "dependency-confusion": "dependency confusion",
}


def ago(text: str, now: datetime.datetime) -> str:
    """Return how long ago a moment was: ``4 min``, ``3 h``, ``12 d``; "" for no moment."""
    then = moment(text)
    return span((now - then).total_seconds()) if then else ""


def span(seconds: float) -> str:
    """Return a duration: ``42 s``, ``4 min``, ``3 h``, ``12 d``."""
    value, unit = max(seconds, 0.0), "s"
    for size, larger in _STEPS:
        if value < size * (2 if unit == "h" else 1):
            break
        value, unit = value / size, larger
    return f"{value:.1f} s" if unit == "s" and 0 < value < 10 else f"{value:.0f} {unit}"


def day(text: str) -> str:
    """Return a moment as ``21 Nov 2026, 12:05``."""
    then = moment(text)
    return f"{then.day} {then:%b %Y, %H:%M}" if then else ""


def known(popular: int) -> str:
    """Return how well known a project is, "" when it is not."""
    if not popular:
        return ""
    for most in (10, 100, 500, 1000, 5000):
        if popular <= most:
            return f"top {most:,}"
    return "well known"


def key(name: str) -> str:
    """Return what joins the cases of a campaign, from its ``kind:value``."""
    kind, _, value = name.partition(":")
    if kind not in _KEYS:
        return name
    value = (
        value[:12] if kind in _SHORT else value.rpartition("/")[2] if kind == "uploader" else value
    )
    return _KEYS[kind].format(value)


def word(name: str) -> str:
    """Return a word of a closed list as people write it."""
    return _WORDS.get(name, name.replace("-", " "))
