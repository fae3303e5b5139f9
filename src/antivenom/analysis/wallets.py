"""Cryptocurrency addresses, told from other long words by the checksums they carry."""

from __future__ import annotations

import hashlib
import re

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {c: n for n, c in enumerate(_BASE58)}
_HEX_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_MONERO = re.compile(r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}")
_MASK = (1 << 64) - 1


def currency(word: str) -> str:
    """Return ``btc``, ``eth``, ``trx``, ``xmr``, ``sol`` for a valid address, "" otherwise."""
    size = len(word)
    if size == 42 and _HEX_ADDRESS.fullmatch(word):
        return "eth" if _is_ethereum(word[2:]) else ""
    if size in (42, 62) and word.startswith("bc1"):
        return "btc" if _is_bech32(word) else ""
    if 26 <= size <= 35 and word[0] in "13T":
        return _base58check(word)
    if size == 95 and _MONERO.fullmatch(word):
        return "xmr"
    return ""


def is_solana(word: str) -> bool:
    """Say whether a word could be a Solana address; it has no checksum, so ask for context."""
    return len(word) in (43, 44) and not word.isalpha() and _size58(word) == 32


def _size58(word: str) -> int:
    value = _decode58(word)
    return 0 if value is None else (value.bit_length() + 7) // 8


def _decode58(word: str) -> int | None:
    value = 0
    for c in word:
        digit = _VALUES.get(c)
        if digit is None:
            return None
        value = value * 58 + digit
    return value


def _base58check(word: str) -> str:
    value = _decode58(word)
    if value is None or value.bit_length() > 200:
        return ""
    raw = value.to_bytes(25, "big")
    check = hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4]
    if check != raw[21:]:
        return ""
    return {0x00: "btc", 0x05: "btc", 0x41: "trx"}.get(raw[0], "")


def _is_bech32(word: str) -> bool:
    values = [_BECH32.find(c) for c in word[3:]]
    if min(values) < 0:
        return False
    check = 1
    for v in [3, 3, 0, 2, 3, *values]:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ v
        for n, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if top >> n & 1 else 0
    return check in (1, 0x2BC830A3)


def _is_ethereum(digits: str) -> bool:
    """EIP-55: the case of the letters is a checksum. An address in one case has none: not taken."""
    if len(set(digits.lower())) < 8 or digits in (digits.lower(), digits.upper()):
        return False
    digest = _keccak256(digits.lower().encode()).hex()
    return all(
        c.isdigit() or c.isupper() == (int(h, 16) >= 8)
        for c, h in zip(digits, digest, strict=False)
    )


def _keccak256(data: bytes) -> bytes:
    """Hash one short block; the standard library has only the later SHA-3 padding."""
    block = bytearray(136)
    block[: len(data)] = data
    block[len(data)] ^= 0x01
    block[135] ^= 0x80
    state = [0] * 25
    for n in range(17):
        state[n] = int.from_bytes(block[n * 8 : n * 8 + 8], "little")
    _permute(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permute(a: list[int]) -> None:
    lfsr = 1
    for _ in range(24):
        c = [a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5)]
        d = [c[x - 1] ^ _rotate(c[(x + 1) % 5], 1) for x in range(5)]
        for n in range(25):
            a[n] ^= d[n % 5]
        x, y, current = 1, 0, a[1]
        for t in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            place = x + 5 * y
            current, a[place] = a[place], _rotate(current, (t + 1) * (t + 2) // 2 % 64)
        for row in range(0, 25, 5):
            r = a[row : row + 5]
            for n in range(5):
                a[row + n] = r[n] ^ (~r[(n + 1) % 5] & r[(n + 2) % 5] & _MASK)
        for bit in range(7):
            if lfsr & 1:
                a[0] ^= 1 << ((1 << bit) - 1)
            lfsr = (lfsr << 1) ^ (0x171 if lfsr & 0x80 else 0)


def _rotate(value: int, count: int) -> int:
    return (value << count | value >> (64 - count)) & _MASK if count else value
