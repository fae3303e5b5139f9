"""A real wheel in memory, open to alteration, and back to archive bytes."""

from __future__ import annotations

import ast
import base64
import csv
import difflib
import hashlib
import io
import tarfile
import textwrap
import warnings
import zipfile
from pathlib import Path

_WHEN = (2026, 1, 2, 3, 4, 6)


class Release:
    """The members of a wheel, and what was done to them."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path) as wheel:
            self.members = {n: wheel.read(n) for n in wheel.namelist() if not n.endswith("/")}
        self.filename = path.name
        self.original = dict(self.members)
        self.twice: list[tuple[str, bytes]] = []
        """Entries written under a name the archive has already."""
        self.unrecorded: set[str] = set()

    @property
    def info(self) -> str:
        """The dist-info folder, with its slash."""
        record = next(name for name in self.members if name.endswith(".dist-info/RECORD"))
        return record.removesuffix("RECORD")

    def add(self, path: str, data: str | bytes) -> None:
        """Add a member."""
        assert path not in self.members, path
        self.members[path] = _dedented(data) if isinstance(data, str) else data

    def append(self, path: str, code: str) -> None:
        """Put code at the end of a module."""
        self.members[path] = self.members[path].rstrip() + b"\n\n\n" + _dedented(code)

    def prepend(self, path: str, code: str) -> None:
        """Put code before the first statement that may have something before it."""
        text = self.members[path].decode()
        line = _first_free_line(ast.parse(text))
        self._insert(path, line, textwrap.dedent(code).strip("\n"))

    def inside(self, path: str, function: str, code: str) -> None:
        """Put code at the start of a function's body, named as ``Class.method``."""
        found = _function(ast.parse(self.members[path]), function.split("."))
        first = found.body[0]
        documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        at = found.body[1] if documented and len(found.body) > 1 else first
        indented = textwrap.indent(textwrap.dedent(code).strip("\n"), " " * at.col_offset)
        self._insert(path, at.lineno - 1, indented)

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that stands there exactly once."""
        text = self.members[path].decode()
        assert text.count(old) == 1, (path, text.count(old))
        self.members[path] = text.replace(old, new).encode()

    def declare(self, line: str) -> None:
        """Add a header to the metadata."""
        path = f"{self.info}METADATA"
        head, _, rest = self.members[path].decode().partition("\n")
        self.members[path] = f"{head}\n{line}\n{rest}".encode()

    def entry_points(self, text: str) -> None:
        """Add entry points."""
        path = f"{self.info}entry_points.txt"
        self.members[path] = self.members.get(path, b"").rstrip() + b"\n\n" + _dedented(text)

    def wheel(self) -> bytes:
        """Return the wheel with a RECORD that fits, as an attacker's build tool would write it."""
        record = f"{self.info}RECORD"
        self.members[record] = self._record(record)
        raw = io.BytesIO()
        with warnings.catch_warnings(), zipfile.ZipFile(raw, "w") as archive:
            warnings.filterwarnings("ignore", "Duplicate name")
            for name, data in [*self.members.items(), *self.twice]:
                entry = zipfile.ZipInfo(name, _WHEN)
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
        return raw.getvalue()

    def sdist(self) -> bytes:
        """Return a source distribution with the same code; see `as_source`."""
        root = self.filename.split("-py")[0]
        raw = io.BytesIO()
        with tarfile.open(fileobj=raw, mode="w:gz") as archive:
            for name, data in self.members.items():
                entry = tarfile.TarInfo(f"{root}/{name}")
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return raw.getvalue()

    def as_source(self) -> None:
        """Turn the wheel's members into those of an ordinary source distribution."""
        info = self.info
        self.members["PKG-INFO"] = self.members[f"{info}METADATA"]
        name, version = self.filename.split("-")[:2]
        self.members = {n: d for n, d in self.members.items() if not n.startswith(info)}
        tops = sorted({n.split("/")[0] for n in self.members if n.endswith(".py") and "/" in n})
        self.members["setup.py"] = _dedented(
            f"""\
            from setuptools import setup

            setup(name="{name}", version="{version}", packages={tops!r})
            """
        )
        self.members["pyproject.toml"] = (
            b'[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        )
        self.original = dict(self.members)

    def altered(self) -> dict[str, frozenset[int]]:
        """Return the lines that were put in, by member; an empty set means the whole member."""
        found: dict[str, frozenset[int]] = {name: frozenset() for name, _ in self.twice}
        for name, data in self.members.items():
            before = self.original.get(name)
            if before is None:
                found[name] = frozenset()
            elif before != data and not name.endswith("/RECORD"):
                found[name] = _new_lines(before, data)
        return found

    def _insert(self, path: str, line: int, code: str) -> None:
        lines = self.members[path].decode().splitlines()
        lines[line:line] = code.splitlines()
        self.members[path] = ("\n".join(lines) + "\n").encode()

    def _record(self, record: str) -> bytes:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for name, data in self.members.items():
            if name in self.unrecorded or name == record:
                continue
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
            writer.writerow([name, f"sha256={digest}", len(data)])
        writer.writerow([record, "", ""])
        return out.getvalue().encode()


def _dedented(text: str) -> bytes:
    return textwrap.dedent(text).lstrip("\n").encode()


def _first_free_line(tree: ast.Module) -> int:
    """Return the index of the first line after docstring and future imports."""
    line = 0
    for node in tree.body:
        documented = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not documented and not future:
            break
        line = node.end_lineno or line
    return line


def _function(tree: ast.AST, names: list[str]) -> ast.FunctionDef | ast.AsyncFunctionDef:
    for name in names[:-1]:
        tree = next(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == name)
    named = (
        n
        for n in ast.walk(tree)
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == names[-1]
    )
    # Declared overloads have no body to speak of.
    return max(named, key=lambda n: len(n.body))


def _new_lines(before: bytes, after: bytes) -> frozenset[int]:
    old, new = before.decode().splitlines(), after.decode().splitlines()
    found: set[int] = set()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, _, _, first, last in matcher.get_opcodes():
        if tag in {"insert", "replace"}:
            found.update(range(first + 1, last + 1))
    return frozenset(found)
