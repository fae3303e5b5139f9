"""Credentials written into a text: the keys under which a thief's loot is delivered, and others."""

from __future__ import annotations

import re
from collections.abc import Callable

_NOT_REAL = re.compile(rb"(?i)example|x{6}|0{8}|1234567890?|placeholder|your[_-]?|dummy|fake|test")


class Shape:
    """A kind of credential: what to look for in lower case, and what must stand there."""

    __slots__ = ("back", "kind", "needles", "pattern")

    def __init__(
        self, kind: str, needles: tuple[bytes, ...], pattern: bytes, back: int = 0
    ) -> None:
        self.kind = kind
        self.needles = needles
        self.pattern = re.compile(pattern)
        self.back = back
        """How far before the needle the credential begins at most."""

    def find(self, data: bytes, at: int) -> bytes | None:
        """Return the credential around a needle, or None."""
        if not self.back:
            found = self.pattern.match(data, at)
        else:
            found = self.pattern.search(data, max(0, at - self.back), at + 120)
        if found is None:
            return None
        value = found.group()
        return None if _NOT_REAL.search(value) else value


_T = rb"(?![A-Za-z0-9_-])"
SHAPES: tuple[Shape, ...] = (
    Shape("telegram-bot", (b":aa",), rb"(?<![0-9])\d{8,10}:AA[A-Za-z0-9_-]{33}" + _T, back=11),
    Shape(
        "discord-webhook",
        (b"/api/webhooks/",),
        rb"/api/webhooks/\d{17,20}/[A-Za-z0-9_-]{60,80}",
    ),
    Shape(
        "slack-webhook", (b"/services/t",), rb"/services/T[A-Z0-9]{7,12}/B[A-Z0-9]{7,12}/\w{20,26}"
    ),
    Shape("aws-key-id", (b"akia", b"asia"), rb"(?:AKIA|ASIA)[A-Z2-7]{16}" + _T),
    Shape("forge-token", (b"ghp_", b"gho_", b"ghs_", b"ghu_"), rb"gh[posu]_[A-Za-z0-9]{36}" + _T),
    Shape("forge-token", (b"github_pat_",), rb"github_pat_[A-Za-z0-9_]{70,90}"),
    Shape("forge-token", (b"glpat-",), rb"glpat-[A-Za-z0-9_-]{20}"),
    Shape("registry-token", (b"npm_",), rb"npm_[A-Za-z0-9]{36}" + _T),
    Shape("registry-token", (b"pypi-ag",), rb"pypi-Ag[A-Za-z0-9_-]{60,200}"),
    Shape("slack-token", (b"xoxb-", b"xoxp-"), rb"xox[bp]-[0-9]{9,14}-[A-Za-z0-9-]{20,80}"),
    Shape("mail-key", (b"sg.",), rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}" + _T),
    Shape("google-key", (b"aiza",), rb"AIza[A-Za-z0-9_-]{35}" + _T),
    Shape(
        "private-key",
        (b"-----begin ",),
        rb"-----BEGIN (?:[A-Z]{2,12} ){0,2}PRIVATE KEY-----\\?[nr\s]",
    ),
)

DISCORD_BOT = re.compile(rb"[MNO][A-Za-z\d]{23,25}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,38}" + _T)

Finder = Callable[[bytes, int], bytes | None]
