"""What the text of any member shows, whatever its language: addresses, keys, hiding places.

One pass over every byte of every package, so it is built on searches that the machine does fast:
an automaton for all fixed needles, a byte translation that makes long words visible, `find`.
Regular expressions only look at what those point to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from math import log2
from typing import TYPE_CHECKING, Any, Literal

from antivenom.analysis import glyphs, hosts, instructions, obfuscators, tokens, wallets
from antivenom.model.fact import Sighting

if TYPE_CHECKING:
    from antivenom.model.fact import HostClass

CODE = frozenset(
    [
        "python",
        "pth",
        "stub",
        "cython",
        "notebook",
        "shell",
        "batch",
        "powershell",
        "vbs",
        "javascript",
        "typescript",
        "ruby",
        "php",
        "perl",
        "lua",
        "c",
        "rust",
        "go",
        "java",
    ]
)
"""Languages in which invisible and far-away text is a way to hide, not typography."""
_SCRIPTS = frozenset(
    ["python", "pth", "shell", "batch", "powershell", "vbs", "ruby", "perl", "php"]
)
"""Code that people write by hand line by line: a very long line is no minifier's work."""

_BARE_CLASSES = frozenset(
    ["webhook", "bot-api", "paste", "oast", "tunnel", "dyndns", "chat-cdn", "free-hosting"]
)
_TELLING = frozenset(
    ["webhook", "bot-api", "paste", "oast", "tunnel", "dyndns", "chat-cdn", "raw-ip"]
)
_LINKED = frozenset({"paste", "chat-cdn", "raw-ip"})
"""Classes that prose and data link to for good reasons."""
_MOST_OF_CLASS: dict[str, int] = {"unknown": 20, "free-hosting": 10, "code-host": 5}
_MOST_TELLING = 50
_MOST_TOKENS = 20
_MOST_WALLETS = 20
_WALLET_CHECKS = 200
_ORDER_STRIDE = 200
_LONG_LINE = 1500
_ENTROPY_RUN = 160
_ENTROPY_BITS = 4.3
_WORD_RUN = 24
_WORDS = bytes(65 if chr(b).isascii() and chr(b).isalnum() else 32 for b in range(256))
_CODED = bytes(
    65 if chr(b).isascii() and (chr(b).isalnum() or b in b"+/=_-\\") else 32 for b in range(256)
)

_URL = re.compile(rb"[^\s\"'<>`{}|^\\,;()\[\]\x00-\x1f]{1,400}")
_SCHEME_BACK = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{0,12}\Z")
_WORD_OR_ADDRESS = re.compile(rb"\.\d{1,3}\.\d{1,3}\.")
_QUAD = re.compile(rb"(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.])")
_NAME_BEFORE = re.compile(rb"[A-Za-z0-9.-]{0,80}\Z")
_DOWNLOAD = (b"/raw/", b"/releases/download/", b"raw.githubusercontent", b"codeload.", b"/archive/")
_EDGE_BEFORE = b"\"'`/@= \t\n(<,:>)}"
"""The last two end an expansion of a shell or a template: ``$(hostname)abc.oast.example``."""
_EDGE_AFTER = b"\"'`/:?\\ \t\r\n)<>,"


class Lines:
    """Line numbers of offsets, counted on from the last one asked."""

    __slots__ = ("_at", "_data", "_line")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._line = 1

    def of(self, at: int) -> int:
        """Return the 1-based line of an offset."""
        if at < self._at:
            self._at, self._line = 0, 1
        self._line += self._data.count(b"\n", self._at, at)
        self._at = at
        return self._line


def observe_text(data: bytes, *, lang: str, path: str) -> list[Sighting]:
    """Return what the bytes of a member show without being parsed."""
    data = _readable(data)
    if not data:
        return []
    code = lang in CODE
    orders = _takes_orders(lang, path)
    seen = list(_by_needle(data, code=code, orders=orders))
    seen += _quads(data) if code else ()
    seen += _long_words(data, code=code)
    if not data.isascii():
        seen += glyphs.observe(data, code=code)
    if lang in CODE - {"notebook", "c", "go", "java", "rust"}:
        hidden = [*glyphs.pushed_right(data), *glyphs.below_blank_lines(data)]
        # Compilers to JavaScript leave blanks where types and comments were.
        compiled = lang in ("javascript", "typescript")
        seen += [h for h in hidden if not compiled or _ACTS.search(h[1].value)]
    if lang in ("javascript", "typescript"):
        seen += obfuscators.observe(data)
    if lang in _SCRIPTS:
        seen += _long_lines(data)
        seen += _high_entropy(data)
    return _placed(data, seen)


_ACTS = re.compile(
    r"\b(?:require|eval|Function|fetch|process|atob|global|globalThis|fromCharCode|import|unescape)\b"
    r"|_0x|_\$"
)


def _readable(data: bytes) -> bytes:
    """Return UTF-8 for text in UTF-16, which Windows scripts come in."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return bytes(data).decode("utf-16", "replace").encode("utf-8", "replace")
    return bytes(data)


def _placed(data: bytes, seen: list[tuple[int, Sighting]]) -> list[Sighting]:
    """Order by place and write the line numbers in."""
    from msgspec.structs import replace

    seen.sort(key=lambda pair: pair[0])
    lines = Lines(data)
    placed = []
    for at, sighting in seen:
        line = lines.of(at)
        placed.append(replace(sighting, line=line, end_line=line))
    return placed


# --------------------------------------------------------------------------- needles

_Kind = Literal["url", "host", "token", "order"]


@cache
def _automaton() -> tuple[Any, list[tuple[_Kind, int]]]:
    """Return the automaton over all fixed needles and what each stands for."""
    from ahocorasick_rs import BytesAhoCorasick

    needles: list[tuple[bytes, _Kind, int]] = [(b"://", "url", 0)]
    needles += ((name, "host", 0) for name in _bare_names())
    for number, shape in enumerate(tokens.SHAPES):
        needles += ((needle, "token", number) for needle in shape.needles)
    for number, order in enumerate(instructions.table().order):
        needles += ((needle.encode(), "order", number) for needle in order.needles)
    automaton = BytesAhoCorasick([needle for needle, _, _ in needles])
    return automaton, [(kind, number) for _, kind, number in needles]


def _bare_names() -> list[bytes]:
    """Return the telling domains, which count also where no scheme stands before them."""
    known = hosts.table()
    names = {d for d, c in known.domains.items() if c in _BARE_CLASSES and "." in d}
    for domain, paths in known.paths.items():
        names |= {f"{domain}/{p}" for p, c in paths if c in _BARE_CLASSES}
    return sorted(n.encode() for n in names if "*" not in n)


def _takes_orders(lang: str, path: str) -> bool:
    """Orders to agents matter where agents read: code, prose and agent files, not data."""
    return lang in CODE or lang in {"markdown", "text", "json", "toml", "yaml"} or "." not in path


def _by_needle(data: bytes, *, code: bool, orders: bool) -> Iterator[tuple[int, Sighting]]:
    automaton, meanings = _automaton()
    endpoints = _Endpoints(data, code=code)
    found_tokens: set[bytes] = set()
    next_order: dict[int, int] = {}
    for needle, start, end in automaton.find_matches_as_indexes(data.lower(), overlapping=True):
        kind, number = meanings[needle]
        seen: Sighting | None = None
        if kind == "url":
            seen = endpoints.url(start)
        elif kind == "host":
            seen = endpoints.bare(start, end)
        elif kind == "token":
            seen = _token(data, number, start, found_tokens)
        elif orders and start >= next_order.get(number, 0):
            # Windows overlap: one look for each stretch of text is enough.
            seen = instructions.find(data, number, start)
            next_order[number] = start + (_ORDER_STRIDE if seen is None else 10 * _ORDER_STRIDE)
        if seen is not None:
            yield start, seen


def _token(data: bytes, number: int, at: int, found: set[bytes]) -> Sighting | None:
    shape = tokens.SHAPES[number]
    value = shape.find(data, at)
    if value is None or value in found or len(found) >= _MOST_TOKENS:
        return None
    found.add(value)
    return _secret(shape.kind, value)


def _secret(kind: str, value: bytes) -> Sighting:
    certainty: Literal["low", "high"] = "low" if kind in {"private-key", "google-key"} else "high"
    return Sighting(
        id="text.secret-literal",
        kind="text",
        value=value.decode("utf-8", "replace").strip()[:200],
        args=(f"name={kind}",),
        certainty=certainty,
    )


class _Endpoints:
    """Addresses of one member: each distinct one once, each class up to its share."""

    def __init__(self, data: bytes, *, code: bool) -> None:
        self._data = data
        self._code = code
        self._raw: set[bytes] = set()
        self._given: set[tuple[str, str]] = set()
        self._count: Counter[str] = Counter()

    def url(self, at: int) -> Sighting | None:
        """Read the URL whose ``://`` stands here."""
        found = _URL.match(self._data, at + 3)
        if found is None:
            return None
        rest = found.group()
        authority = rest.split(b"/", 1)[0]
        telling_path = rest[:90] if authority.endswith((b"discord.com", b"discordapp.com")) else b""
        key = telling_path or authority
        if key in self._raw and not (authority.endswith(b"github.com")):
            return None
        self._raw.add(key)
        scheme = _SCHEME_BACK.search(self._data, max(0, at - 13), at)
        text = (scheme.group() if scheme else b"") + b"://" + rest
        return self._emit(text, full=True)

    def bare(self, start: int, end: int) -> Sighting | None:
        """Read a telling domain that stands on its own, as in a socket call."""
        data = self._data
        before = _NAME_BEFORE.search(data, max(0, start - 80), start)
        begin = before.start() if before else start
        if begin < start and data[start - 1] != 46:
            return None
        left, right = data[begin - 1 : begin], data[end : end + 1]
        if data[max(0, begin - 3) : begin] == b"://" or b"://" in data[max(0, begin - 80) : begin]:
            return None
        if (left and left not in _EDGE_BEFORE) or (right and right not in _EDGE_AFTER):
            return None
        if data[end - 1 : end] != b"/" and b"/" not in data[start:end] and left in b" \t\n(,:>":
            # Without a quote or a path it is as likely an attribute or prose.
            return None
        found = _URL.match(data, begin + (data[begin : begin + 1] == b"."))
        return self._emit(found.group(), full=False) if found else None

    def _emit(self, raw: bytes, *, full: bool) -> Sighting | None:
        text = raw.decode("utf-8", "replace").rstrip(".")
        host, hostclass = hosts.classify(text)
        if not host or not self._wanted(text, raw, host, hostclass):
            return None
        self._count[hostclass] += 1
        self._given.add((host, hostclass))
        return Sighting(
            id="text.endpoint",
            kind="text",
            value=text[:256],
            host=host[:256],
            hostclass=hostclass,
            certainty="high" if full and (self._code or hostclass not in _LINKED) else "low",
        )

    def _wanted(self, text: str, raw: bytes, host: str, hostclass: HostClass) -> bool:
        if (host, hostclass) in self._given or hostclass in {"", "local", "service"}:
            return False
        if hostclass in _TELLING:
            return self._count[hostclass] < _MOST_TELLING
        if not self._code or ("." not in host):
            return False
        if hostclass == "code-host" and not any(part in raw for part in _DOWNLOAD):
            return False
        return self._count[hostclass] < _MOST_OF_CLASS.get(hostclass, 20)


def _quads(data: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield IPv4 addresses that stand in quotes or before a port; versions look the same."""
    given: set[bytes] = set()
    for hint in _WORD_OR_ADDRESS.finditer(data):
        at = hint.start()
        found = _QUAD.search(data, max(0, at - 4), at + 16)
        if found is None or found.group() in given or len(given) >= _MOST_TELLING:
            continue
        before, after = data[found.start() - 1 : found.start()], data[found.end() : found.end() + 6]
        quoted = before in b"\"'" and after[:1] in b"\"'" and before and after
        port = re.match(rb":\d{2,5}", after)
        if not port and found.group()[:2] in (b"0.", b"1.", b"2."):
            continue  # an object identifier, as likely
        slashed = data[max(0, found.start() - 2) : found.start()] == b"//"
        if slashed or not (quoted or port):
            continue
        host, hostclass = hosts.classify(found.group().decode())
        if hostclass == "raw-ip":
            given.add(found.group())
            yield (
                found.start(),
                Sighting(
                    id="text.endpoint",
                    kind="text",
                    value=host,
                    host=host,
                    hostclass=hostclass,
                    certainty="low",
                ),
            )


# --------------------------------------------------------------------------- long words


def _runs(data: bytes, classes: bytes, size: int) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of maximal runs of at least `size` bytes of a class."""
    marked = data.translate(classes)
    needle = b"A" * size
    at = marked.find(needle)
    while at >= 0:
        end = marked.find(b" ", at + size)
        end = len(data) if end < 0 else end
        yield at, end
        at = marked.find(needle, end)


def _long_words(data: bytes, *, code: bool) -> Iterator[tuple[int, Sighting]]:
    """Yield wallets and bot tokens among the words too long to be read."""
    given: set[bytes] = set()
    checks = 0
    for start, end in _runs(data, _WORDS, _WORD_RUN):
        size = end - start
        if size > 95 or len(given) >= _MOST_WALLETS:
            continue
        first = data[start]
        if size <= 26 and first in b"MNO" and data[end : end + 1] == b".":
            bot = DISCORD_BOT.match(data, start)
            if bot and bot.group() not in given:
                given.add(bot.group())
                yield start, _secret("discord-bot", bot.group())
            continue
        if size < 26 or first not in b"0134b8T":
            continue
        word = data[start:end]
        if word in given or checks >= _WALLET_CHECKS:
            continue
        checks += 1
        name = wallets.currency(word.decode("ascii"))
        if name:
            given.add(word)
            yield start, _wallet(name, word, code=code)


DISCORD_BOT = tokens.DISCORD_BOT


def _wallet(name: str, word: bytes, *, code: bool) -> Sighting:
    return Sighting(
        id="text.wallet",
        kind="text",
        value=word.decode("ascii"),
        args=(f"currency={name}",),
        certainty="high" if code else "low",
    )


def _high_entropy(data: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield the longest coded literal and how many there are: one fact, however many pieces."""
    best: tuple[int, int] | None = None
    count = total = 0
    for start, end in _runs(data, _CODED, _ENTROPY_RUN):
        if _bits(data[start : min(end, start + 4096)]) < _ENTROPY_BITS:
            continue
        count += 1
        total += end - start
        if best is None or end - start > best[1] - best[0]:
            best = (start, end)
    if best is None:
        return
    sample = data[best[0] : best[0] + 64]
    bits = _bits(data[best[0] : min(best[1], best[0] + 4096)])
    args = (f"length={best[1] - best[0]}", f"count={count}", f"bits={bits:.1f}")
    text = sample.decode("utf-8", "replace")
    yield best[0], Sighting(id="text.high-entropy", kind="text", value=text, args=args)


def _bits(raw: bytes) -> float:
    """Return the Shannon entropy in bits a byte."""
    size = len(raw)
    return -sum(n / size * log2(n / size) for n in Counter(raw).values()) if size else 0.0


def _long_lines(data: bytes) -> Iterator[tuple[int, Sighting]]:
    """Yield the longest line when nobody would read it to the end."""
    lines = data.split(b"\n")
    longest = max(map(len, lines))
    if longest < _LONG_LINE:
        return
    number = next(n for n, line in enumerate(lines) if len(line) == longest)
    at = sum(len(line) + 1 for line in lines[:number])
    line = lines[number]
    yield (
        at,
        Sighting(
            id="text.long-line",
            kind="text",
            value=line.strip()[:80].decode("utf-8", "replace"),
            args=(f"length={longest}", f"count={sum(len(x) >= _LONG_LINE for x in lines)}"),
        ),
    )
