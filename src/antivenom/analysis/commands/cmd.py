"""Reads cmd.exe lines and batch files into pipelines, with carets and variable slices undone."""

from __future__ import annotations

import re

from antivenom.analysis.commands.script import MOST_TEXT, UNKNOWN, Command, Script, Word

_VARIABLE = re.compile(
    r"%([A-Za-z_(][\w()]{0,40})(?::~(-?\d{1,4})(?:,(-?\d{1,4}))?|:([^%=\n]{1,40})=([^%\n]{0,40}))?%"
)
_DELAYED = re.compile(r"!([A-Za-z_]\w{0,40})!")
_SET = re.compile(r'@?set\s+(?:/a\s+)?"?([A-Za-z_]\w{0,40})=([^"\n&|]{0,4000})', re.IGNORECASE)
_CONDITION = re.compile(
    r"if\s+(?:/i\s+)?(?:not\s+)?(?:exist\s+(?:\"[^\"\n]{0,260}\"|\S{1,260})|defined\s+\S{1,80}"
    r"|errorlevel\s+\d{1,4}|\S{1,200}\s{0,3}==\s{0,3}\S{1,200}"
    r"|\S{1,200}\s+(?:equ|neq|lss|leq|gtr|geq)\s+\S{1,200})\s*",
    re.IGNORECASE,
)
_LOOP = re.compile(
    r"for\s+(?:/[dlrf]\s+)?(?:\"[^\"\n]{0,200}\"\s+)?%{1,2}\w\s+in\s*", re.IGNORECASE
)
_DO = re.compile(r"(?:do|else)\b\s*", re.IGNORECASE)
_TOKEN = re.compile(r'"[^"\n]{0,8000}"?|[^\s"&|<>()^]{1,4096}|\^.?|.', re.DOTALL)
KNOWN = {
    "COMSPEC": r"C:\WINDOWS\system32\cmd.exe",
    "PATHEXT": ".COM;.EXE;.BAT;.CMD;.VBS;.VBE;.JS;.JSE;.WSF;.WSH;.MSC",
    "OS": "Windows_NT",
    "SYSTEMROOT": r"C:\WINDOWS",
    "WINDIR": r"C:\WINDOWS",
    "SYSTEMDRIVE": "C:",
    "PROGRAMFILES": r"C:\Program Files",
    "PUBLIC": r"C:\Users\Public",
    "PROGRAMDATA": r"C:\ProgramData",
}
"""Variables with the same value on nearly every machine, from which letters are cut."""


def parse(text: str) -> Script:
    """Return the pipelines of a batch text, whatever is wrong with it."""
    out: Script = []
    known = dict(KNOWN)
    budget = [MOST_TEXT]
    for number, line in _logical_lines(text[:MOST_TEXT]):
        _parse_line(_expand(line, known, budget), number, out)
        for name, value in _SET.findall(line.replace("^", "")[:8000]):
            known[name.upper()] = _expand(value, known, budget).strip()[:4096]
    return out


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Return (number, line), lines ending in a caret joined, comments and labels dropped."""
    out: list[tuple[int, str]] = []
    held: list[str] = []
    first = 1
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        if not held:
            first = number
        if line.endswith("^"):
            held.append(line[:-1])
            continue
        whole = "".join([*held, line]).strip()
        held = []
        if whole and not whole.lower().startswith(("::", "rem ", "@rem ", ":")):
            out.append((first, whole))
    if held:
        out.append((first, "".join(held)))
    return out


def _expand(line: str, known: dict[str, str], budget: list[int]) -> str:
    """Replace variables whose value is known; unknown slices become unknown text."""

    def value(found: re.Match[str]) -> str:
        name, start, size, old, new = found.groups()
        text = known.get(name.upper())
        if text is None:
            return found.group() if start is None and old is None else UNKNOWN
        if start is not None:
            first = int(start)
            text = text[first:]
            if size is not None:
                text = text[: int(size)]
        elif old is not None:
            text = text.replace(old, new or "")[:8192]
        budget[0] -= len(text)
        return text if budget[0] > 0 else UNKNOWN

    def delayed(found: re.Match[str]) -> str:
        text = known.get(found.group(1).upper(), found.group())
        budget[0] -= len(text)
        return text if budget[0] > 0 else UNKNOWN

    return _DELAYED.sub(delayed, _VARIABLE.sub(value, line))


def _parse_line(line: str, number: int, out: Script) -> None:
    command = Command(line=number)
    joined = False
    at = 0
    parts: list[str] = []
    target = ""
    blocks = 0

    def end_word() -> None:
        nonlocal target
        if not parts:
            return
        found = Word(("".join(parts),), quoted=True)
        parts.clear()
        if target:
            command.redirects.append((target, found))
            target = ""
        else:
            command.words.append(found)

    while at < len(line):
        if not command.words and not parts and (skipped := _grammar(line, at)):
            at = skipped
            continue
        found = _TOKEN.match(line, at)
        piece = found.group() if found else line[at]
        at += len(piece)
        if piece[0] == '"':
            parts.append(piece[1:].removesuffix('"'))
        elif piece[0] == "^":
            parts.append(piece[1:])
        elif (piece == "(" and (command.words or parts)) or (piece == ")" and not blocks):
            # Only where a command could begin does a parenthesis open a block.
            parts.append(piece)
        elif piece in "&|()":
            blocks += (piece == "(") - (piece == ")")
            end_word()
            _end(out, command, joined=joined)
            joined = piece == "|" and line[at : at + 1] != "|"
            at += line[at : at + 1] == piece and piece in "&|"
            command = Command(line=number)
        elif piece in "<>":
            if parts in (["1"], ["2"]):
                parts.clear()
            end_word()
            target = target + piece if target == ">" else piece
            if line[at : at + 1] == "&":
                at += 2
                target = ""
        elif piece.isspace():
            end_word()
        else:
            parts.append(piece)
    end_word()
    _end(out, command, joined=joined)


def _grammar(line: str, at: int) -> int:
    """Return where the command begins behind ``@``, ``if``, ``for`` and ``do``, or 0."""
    if line[at] in "@'":
        return at + 1
    for pattern in (_CONDITION, _LOOP, _DO):
        if found := pattern.match(line, at):
            return found.end()
    return 0


def _end(out: Script, command: Command, *, joined: bool) -> None:
    if command.empty:
        return
    if joined and out:
        out[-1].append(command)
    else:
        out.append([command])
