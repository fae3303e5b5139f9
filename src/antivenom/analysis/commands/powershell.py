"""Reads PowerShell: its command line, its encodings, and what its text does.

The language is expressions, so this reads text from which the quoting tricks were taken out, and
looks for what fetches, runs, sends and hides.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from antivenom import compiled
from antivenom.analysis import environment, secretpaths
from antivenom.analysis.commands import decoders, programs, quoting
from antivenom.analysis.commands.stream import Chain, Stream

if TYPE_CHECKING:
    from antivenom.analysis.commands.reading import Reading

SOURCE = Path(__file__).with_name("powershell.toml")
MOST_TEXT = 256 << 10

_URL = r"(?P<url>(?:https?|ftp)://[^\s'\"<>)|;,]{1,1000})"
_FETCH = re.compile(
    r"\b(?P<verb>downloadstring|downloaddata|downloadfile|openread|getstringasync|getasync|invoke-webrequest|iwr"
    r"|invoke-restmethod|irm|start-bitstransfer|curl|wget|xmlhttp|uploadstring|uploadfile|uploaddata"
    r"|uploadvalues|postasync)\b(?P<rest>[^\n;|]{0,600})",
    re.IGNORECASE,
)
_URL_IN = re.compile(_URL, re.IGNORECASE)
_RUN = re.compile(
    r"(?:^|[\s;|({&'\"=])(?:iex|invoke-expression)(?=[\s(;|'\"$)]|$)|\[scriptblock\]::create"
    r"|\.invokescript\(|\.newscriptblock\(|reflection\.assembly\]::load\(",
    re.IGNORECASE,
)
_SENDS = re.compile(
    r"\bupload(?:string|file|data|values)\b|postasync|-method\s{1,5}['\"]?(?:post|put)\b|-infile\b",
    re.IGNORECASE,
)
_OUT_FILE = re.compile(
    r"(?:-outfile|-destination|-o|-out)\s{1,5}(?:'([^'\n]{1,300})'|\"([^\"\n]{1,300})\"|([^\s;|)]{1,300}))",
    re.IGNORECASE,
)
_SECOND = re.compile(
    r",\s{0,5}(?:'([^'\n]{1,300})'|\"([^\"\n]{1,300})\"|([^\s;|)]{1,300}))\s{0,5}\)"
)
_TOKEN = re.compile(r"'([^'\n]{1,300})'|\"([^\"\n]{1,300})\"|([^\s;|&(){}'\"]{1,300})")
_NO_START = re.compile(
    r"^\s{0,40}(?:remove-item|del|rm|test-path|unblock-file|set-\w|copy-|move-|attrib)\b",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"-w(?:in(?:d(?:o(?:w(?:style?)?)?)?)?)?\s{1,5}['\"]?(?:hidden|h\b|hid\w{0,3}|1\b)|createnowindow\s{0,3}=\s{0,3}\$true",
    re.IGNORECASE,
)
_ENV = re.compile(
    r"\$env:([A-Za-z_]\w{0,60})|getenvironmentvariable\(\s?['\"]([A-Za-z_]\w{0,60})", re.IGNORECASE
)
_STRING = re.compile(
    r"'([^'\n]{3,300})'|\"([^\"\n]{3,300})\"|(?<=\s)([~$A-Za-z.][^\s'\"|;,)]{3,200})"
)
_BASE64 = re.compile(
    r"frombase64string\(\s{0,5}\(?\s{0,5}['\"]([A-Za-z0-9+/=\s]{8,500000})['\"]", re.IGNORECASE
)
_DECODES = re.compile(r"frombase64string|\bgzipstream\b|\bdeflatestream\b|-bxor\b", re.IGNORECASE)
_COMPRESSED = re.compile(r"\b(?:gzip|deflate)stream\b", re.IGNORECASE)
_SPAWNED = re.compile(r"[;\n|&{}]")


_COMMENT = re.compile(r"^[ \t]{0,200}#[^\n]*", re.MULTILINE)


class Does(Struct, frozen=True, forbid_unknown_fields=True):
    """One row of ``powershell.toml``."""

    behavior: str
    pattern: str
    certainty: Literal["low", "high"] = "high"


class Table(Struct, frozen=True):
    """The table."""

    does: list[Does]


def build() -> Table:
    """Read ``powershell.toml``."""
    return msgspec.convert(tomllib.loads(SOURCE.read_text(encoding="utf-8")), Table)


@cache
def _rows() -> list[tuple[Does, re.Pattern[str]]]:
    table = compiled.load("powershell", [SOURCE, Path(__file__)], build, Table)
    return [(row, re.compile(row.pattern, re.IGNORECASE)) for row in table.does]


# --------------------------------------------------------------------------- the command line


class Asked:
    """What a PowerShell command line asks for."""

    __slots__ = ("encoded", "file", "hidden", "script")

    def __init__(self) -> None:
        self.script = ""
        self.encoded: str | None = None
        self.file = ""
        self.hidden = False


def read_arguments(arguments: list[str]) -> Asked:
    """Read the options of powershell.exe, which may be cut short at any letter."""
    asked = Asked()
    number = 0
    while number < len(arguments):
        text = arguments[number]
        option = text.replace("^", "").replace("`", "").lower()
        option = (
            "-" + option[1:] if option[:1] in "/\u2013\u2014\u2015-" and len(option) > 1 else ""
        )
        following = arguments[number + 1] if number + 1 < len(arguments) else ""
        if not option:
            asked.script = " ".join(arguments[number:])
            break
        if option in ("-ec", "-enc") or (len(option) > 1 and "-encodedcommand".startswith(option)):
            asked.encoded = following
            number += 2
        elif len(option) > 1 and "-command".startswith(option):
            asked.script = " ".join(arguments[number + 1 :])
            break
        elif len(option) > 1 and "-file".startswith(option):
            asked.file = following
            break
        elif len(option) > 1 and "-windowstyle".startswith(option):
            asked.hidden = following.strip("'\"").lower().startswith(("h", "1"))
            number += 2
        elif (
            option in ("-ep", "-ex", "-exec")
            or "-executionpolicy".startswith(option)
            or any(
                o.startswith(option)
                for o in (
                    "-version",
                    "-psconsolefile",
                    "-inputformat",
                    "-outputformat",
                    "-configurationname",
                )
            )
        ):
            number += 2
        else:
            number += 1
    return asked


def decode_command(encoded: str) -> str | None:
    """Return the text of ``-EncodedCommand``: base64 over UTF-16."""
    raw = decoders.unbase64(encoded.encode("utf-8", "replace"))
    if raw is None:
        return None
    if b"\0" in raw[:64]:
        return raw.decode("utf-16-le", "replace")
    return raw.decode("utf-8", "replace")


# --------------------------------------------------------------------------- the text


def observe(reading: Reading, text: str, line: int, *, lines: bool = False) -> None:
    """Note what a PowerShell text does. With ``lines`` places are lines of the text itself."""
    text = reading.limit(text, MOST_TEXT)
    if lines:
        text = _COMMENT.sub("", _without_blocks(text))
    plain = quoting.undo(text)
    whole = _Text(reading, plain, line, lines=lines)
    whole.table()
    whole.decode()
    whole.transfers()
    whole.starts()
    whole.programs()


def _without_blocks(text: str) -> str:
    """Return the text without ``<# ... #>``, its lines where they were."""
    kept: list[str] = []
    at = 0
    while (start := text.find("<#", at)) >= 0 and (end := text.find("#>", start)) >= 0:
        kept += (text[at:start], "\n" * text.count("\n", start, end))
        at = end + 2
    return "".join((*kept, text[at:]))


class _Text:
    """One PowerShell text under observation."""

    def __init__(self, reading: Reading, text: str, line: int, *, lines: bool) -> None:
        self.reading = reading
        self.text = text
        self.base = line
        self.lines = lines
        self.runs = [m.start() for m in _RUN.finditer(text)][:50]
        self.loot: list[Chain] = []

    def line(self, at: int) -> int:
        """Return the line of an offset."""
        return self.text.count("\n", 0, at) + 1 if self.lines else self.base

    def table(self) -> None:
        """Note what the table knows, and what could be sent."""
        for row, pattern in _rows():
            found = pattern.search(self.text)
            if found is None:
                continue
            value = (found.group(1) if found.re.groups and found.group(1) else found.group())[:200]
            self.reading.see(
                row.behavior,
                self.line(found.start()),
                value=value.strip(),
                address=value if row.behavior == "net.connect" else "",
                certainty=row.certainty,
            )
            if row.behavior.startswith(("secrets.", "user.")) or row.behavior == "host.identify":
                self.loot.append(Chain((row.behavior,), value=value.strip()))
            if row.behavior == "net.connect" and self.runs:
                chain = Chain(("net.connect",), value=value)
                self.reading.flow(chain, "process.shell", self.line(found.start()), address=value)
        if found := _HIDDEN.search(self.text):
            self.reading.see(
                "process.spawn",
                self.line(found.start()),
                value=self.text[:200],
                args=("hidden=yes",),
            )
        self._names_and_paths()

    def _names_and_paths(self) -> None:
        for n, found in enumerate(_ENV.finditer(self.text)):
            behavior, meaning = environment.classify(found.group(1) or found.group(2))
            if n < 40 and behavior.startswith("secrets."):
                name = found.group(1) or found.group(2)
                self.loot.append(Chain((behavior,), value=name, path_class=meaning))
        for n, found in enumerate(_STRING.finditer(self.text)):
            if n >= 400:
                break
            value = found.group(1) or found.group(2) or found.group(3)
            place = (
                secretpaths.classify(value)
                if "/" in value or "\\" in value or "." in value
                else None
            )
            if place and "://" not in value:
                self.reading.see(
                    place[0], self.line(found.start()), value=value, path_class=place[1]
                )
                self.loot.append(Chain((place[0],), value=value, path_class=place[1]))

    def decode(self) -> None:
        """Take up encoded texts; one that is run is a flow."""
        for n, found in enumerate(_BASE64.finditer(self.text)):
            raw = decoders.unbase64(found.group(1).encode()) if n < 20 else None
            if raw is None:
                continue
            via: tuple[str, ...] = ("base64",)
            if _COMPRESSED.search(self.text):
                inflated = decoders.gunzip(raw) or _inflate(raw)
                via, raw = (("base64", "zlib"), inflated) if inflated else (via, raw)
            plain = (
                raw.decode("utf-16-le", "replace")
                if b"\0" in raw[:64]
                else raw.decode("utf-8", "replace")
            )
            self.reading.hide(
                via, plain.encode(), self.line(found.start()), "powershell" if self.runs else ""
            )
            if self.runs and self.reading.depth < 8:
                self.reading.depth += 1
                observe(self.reading, plain, self.line(found.start()))
                self.reading.depth -= 1
        found_any = _DECODES.search(self.text)
        if found_any and self.runs:
            chain = Chain(("data.decode",), value=self.text[found_any.start() :][:120])
            self.reading.flow(chain, "code.run", self.line(found_any.start()))

    def transfers(self) -> None:
        """Note what is fetched, sent, saved, and run."""
        for n, found in enumerate(_FETCH.finditer(self.text)):
            if n >= 60:
                break
            rest = found.group("rest")
            url_found = _URL_IN.search(rest) or _URL_IN.search(self.text)
            url = url_found.group("url") if url_found else ""
            line = self.line(found.start())
            if _SENDS.search(found.group()):
                self._send(url, line)
                continue
            self.reading.see("net.fetch", line, address=url, value=url or found.group()[:120])
            self._fetched(found.group("verb").lower(), rest, url, found.start(), line)

    def _send(self, url: str, line: int) -> None:
        self.reading.see("net.send", line, address=url, value=url or self.text[:120])
        for chain in self.loot[:10]:
            self.reading.flow(chain, "net.send", line, address=url)

    def _fetched(self, verb: str, rest: str, url: str, at: int, line: int) -> None:
        from antivenom.analysis.commands.network import fetched, save

        got = fetched(url) if url else Stream((Chain(("net.fetch",)),))
        target = _SECOND.search(rest) if verb == "downloadfile" else _OUT_FILE.search(rest)
        if target:
            save(self.reading, next(g for g in target.groups() if g), got, line)
            return
        if not self.runs:
            return
        near = any(abs(run - at) < 1500 for run in self.runs)
        for chain in got.chains:
            self.reading.flow(chain, "code.run", line, certainty="high" if near else "low")

    def starts(self) -> None:
        """Note that a fetched file is started."""
        from antivenom.analysis.commands.network import run_known

        if not self.reading.files:
            return
        at = 0
        for n, statement in enumerate(_SPAWNED.split(self.text)):
            if n >= 2000:
                break
            if not _FETCH.search(statement) and not _NO_START.match(statement):
                for found in list(_TOKEN.finditer(statement))[:12]:
                    name = next((g for g in found.groups() if g), "")
                    run_known(self.reading, name, self.line(at))
            at += len(statement) + 1

    def programs(self) -> None:
        """Note what ordinary programs called by name do."""
        at = 0
        for n, statement in enumerate(_SPAWNED.split(self.text)):
            words = statement.split(None, 1)
            if words and n < 2000:
                name = programs.plain_name(words[0].strip("&'\"("))
                rest = words[1][:500] if len(words) > 1 else ""
                for row in programs.effects(name, rest) if name.isascii() else ():
                    if not row.quiet:
                        self.reading.see(
                            row.behavior,
                            self.line(at),
                            value=statement.strip(),
                            args=row.args,
                            certainty=row.certainty,
                        )
            at += len(statement) + 1


def _inflate(raw: bytes) -> bytes | None:
    import zlib

    try:
        return zlib.decompressobj(-15).decompress(raw, decoders.MOST_DECODED)
    except zlib.error:
        return None
