"""Which language a member is written in. Content decides where it can; names lie."""

from __future__ import annotations

import re

BY_SUFFIX = {
    "py": "python",
    "pyw": "python",
    "pyi": "stub",
    "pye": "python",
    "py3": "python",
    "pyx": "cython",
    "pth": "pth",
    "pyc": "pyc",
    "pyo": "pyc",
    "ipynb": "notebook",
    "sh": "shell",
    "bash": "shell",
    "zsh": "shell",
    "bat": "batch",
    "cmd": "batch",
    "ps1": "powershell",
    "psm1": "powershell",
    "vbs": "vbs",
    "vbe": "vbs",
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "jsx": "javascript",
    "ts": "typescript",
    "tsx": "typescript",
    "json": "json",
    "md": "markdown",
    "rst": "markdown",
    "html": "html",
    "toml": "toml",
    "cfg": "ini",
    "ini": "ini",
    "yml": "yaml",
    "yaml": "yaml",
    "css": "css",
    "txt": "text",
    "csv": "text",
    "xml": "xml",
    "svg": "xml",
    "c": "c",
    "h": "c",
    "cpp": "c",
    "rs": "rust",
    "go": "go",
    "java": "java",
    "lua": "lua",
    "rb": "ruby",
    "php": "php",
    "pl": "perl",
}

_SHEBANG = re.compile(rb"\A#![^\n]{0,80}?\b(python|bash|zsh|sh|node|perl|ruby|pwsh)[0-9.]*\b")
_SHEBANG_LANG = {
    b"python": "python",
    b"bash": "shell",
    b"zsh": "shell",
    b"sh": "shell",
    b"node": "javascript",
    b"pwsh": "powershell",
    b"perl": "perl",
    b"ruby": "ruby",
}
_PYTHONIC = re.compile(
    rb"^(?:import [A-Za-z_][\w., ]*$|from [\w.]+ import |def \w+\(.*\):|class \w+[(:]"
    rb"|exec\(|_*\w+ ?= ?(?:lambda |__import__\(|compile\())",
    re.MULTILINE,
)
_PROSE = frozenset(["", "metadata", "pkg-info"])
"""Stems of headers whose long description quotes code."""
_TEXTUAL = frozenset({"text", ""})
_NATIVE = (b"\x7fELF", b"MZ", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")


def identify(path: str, data: bytes) -> str:
    """Return the language or kind of a member: ``python``, ``shell``, ``native``, ``binary`` ..."""
    head = bytes(data[:4096])
    if head.startswith(_NATIVE) and b"\0" in head:
        return "native"
    name = path.rpartition("/")[2].lower()
    stem, dot, suffix = name.rpartition(".")
    lang = BY_SUFFIX.get(suffix, "") if dot and stem else ""
    if lang in {"python", "pth", "shell", "batch", "powershell", "javascript"}:
        return lang if b"\0" not in head[:512] or _utf16(head) else _binary(head, lang)
    if lang == "pyc" or _looks_compiled(head, name):
        return "pyc"
    if shebang := _SHEBANG.match(head):
        return _SHEBANG_LANG[shebang.group(1)]
    if b"\0" in head and not _utf16(head):
        return "binary"
    if lang in _TEXTUAL and stem not in _PROSE and len(_PYTHONIC.findall(bytes(data[:65536]))) >= 2:
        return "python"
    return lang or "text"


def _utf16(head: bytes) -> bool:
    return head.startswith((b"\xff\xfe", b"\xfe\xff"))


def _binary(head: bytes, lang: str) -> str:
    """A source file with NUL bytes still runs in some interpreters: treat it as its language."""
    printable = sum(32 <= b < 127 or b in b"\r\n\t\0" for b in head)
    return lang if printable > 0.7 * len(head) else "binary"


def _looks_compiled(head: bytes, name: str) -> bool:
    """A ``.pyc``: magic number ends in CR LF and is followed by small flags."""
    return len(head) > 16 and head[2:4] == b"\r\n" and head[5:8] == b"\0\0\0" and "." in name
