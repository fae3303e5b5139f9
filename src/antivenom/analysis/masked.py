"""An executable whose bytes were all changed the same way, so that nothing recognises it.

A loader that undoes this is two lines and looks like any arithmetic; the file itself gives the
trick away, since the header of an executable is known byte for byte.
"""

from __future__ import annotations

from antivenom.model.fact import Sighting

_HEAD = 4096
_LEAST = 512
_ELF = b"\x7fELF"
_PE = b"PE\0\0"


def observe_masked(data: bytes) -> list[Sighting]:
    """Return a sighting for data that is an executable under a mask of one byte or reversed."""
    if len(data) < _LEAST or data.startswith((b"MZ", _ELF)):
        return []
    head = bytes(data[:_HEAD])
    tail = bytes(data[-_HEAD:])[::-1]
    for how, plain in (
        ("xor", _xored(head)),
        ("sum", _added(head)),
        ("reversed", tail),
    ):
        if kind := _executable(plain):
            return [
                Sighting(
                    id="native.disguised",
                    kind="native",
                    value=f"{kind} under a mask ({how})",
                    args=(f"encoding={how}",),
                    certainty="high",
                )
            ]
    return []


def _xored(head: bytes) -> bytes:
    for magic in (b"MZ", _ELF):
        key = head[0] ^ magic[0]
        if bytes(b ^ key for b in head[: len(magic)]) == magic:
            return head.translate(bytes(b ^ key for b in range(256)))
    return b""


def _added(head: bytes) -> bytes:
    for magic in (b"MZ", _ELF):
        key = (head[0] - magic[0]) % 256
        if bytes((b - key) % 256 for b in head[: len(magic)]) == magic:
            return head.translate(bytes((b - key) % 256 for b in range(256)))
    return b""


def _executable(head: bytes) -> str:
    """Return what the beginning of a file is, by more than its first bytes."""
    if head.startswith(_ELF):
        return "elf" if head[4:5] in {b"\1", b"\2"} and head[6:7] == b"\1" else ""
    if not head.startswith(b"MZ"):
        return ""
    at = int.from_bytes(head[0x3C:0x40], "little")
    return "pe" if 0x40 <= at <= _HEAD - 4 and head[at : at + 4] == _PE else ""
