"""What the declarations of a distribution betray: `meta.*` facts.

Each only raises suspicion; none is proof. Values are what a person would look for.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from antivenom.ecosystems.pypi.headers import EntryPoint
from antivenom.ecosystems.pypi.places import is_code, words
from antivenom.model.coordinate import normalize_pypi
from antivenom.model.fact import Sighting
from antivenom.model.label import Label, Role
from antivenom.model.tree import Member, MemberError

Seen = tuple[str, int, Sighting]

_COMMANDS = words(
    """
    sudo su doas ls dir cat cp mv rm mkdir chmod chown ln find grep sed awk tar gzip zip unzip
    which env id whoami uname ps kill top ping ifconfig ip ssh scp sftp ssh-keygen git curl wget
    bash sh zsh fish dash ksh cmd powershell pwsh cmd.exe powershell.exe node npm npx yarn pnpm
    cargo rustc go java javac ruby gem perl php docker kubectl gcc cc make apt apt-get yum dnf
    apk brew systemctl service crontab vim vi nano code explorer notepad conda easy_install gpg
    openssl mount passwd login less more head tail xargs
    """
)
_INTERPRETER = re.compile(r"(?:python|pip|pypy|pythonw|py)[0-9.]{0,6}w?(?:\.exe)?$")
_URL = re.compile(r"@\s{0,20}([A-Za-z][\w+.-]{0,30}:[^\s;]{1,500})")
_HOST = re.compile(r"[\w+.-]{1,30}://(?:[^/@\s]{0,100}@)?([^/:?#\s]{1,253})")
_CALVER = re.compile(r"(?:19|20)\d\d(?:\d\d){0,2}$")
MOST_EMPTY = 500
"""Modules that are read before their number alone says that this is no placeholder."""
SHORT_CODE = 400
"""Bytes of a module worth reading to see that it holds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A name and version as one place states them."""

    source: str
    name: str
    version: str


def commands(entries: Sequence[EntryPoint], scripts: Iterable[str]) -> Iterator[Seen]:
    """Yield declared commands that take the name of a tool people type."""
    for entry in entries:
        if entry.group in ("console_scripts", "gui_scripts") and shadows(entry.name):
            yield entry.member, entry.line, _meta("shadowing-command", entry.name)
    for script in scripts:
        name = script.rpartition("/")[2]
        if shadows(name):
            yield script, 0, _meta("shadowing-command", name)


def shadows(name: str) -> bool:
    """Whether a command of this name hides one that people and programs already use."""
    return name.lower() in _COMMANDS or _INTERPRETER.match(name.lower()) is not None


def url_dependencies(requires: Iterable[tuple[str, str, int]]) -> Iterator[Seen]:
    """Yield dependencies that come from an address instead of an index."""
    for spec, member, line in requires:
        found = _URL.search(spec[:1000])
        if found is None:
            continue
        host = _HOST.match(found[1])
        args = ("extra=yes",) if re.search(r";.{0,300}extra\s{0,9}==", spec[:1500]) else ()
        sighting = Sighting(
            id="meta.url-dependency",
            kind="meta",
            value=found[1][:256],
            host=host[1].lower() if host else "",
            args=args,
        )
        yield member, line, sighting


def version_jump(version: str, member: str, line: int) -> Iterator[Seen]:
    """Yield a version meant to win over every other: 99.0.0, but not 2024.1 or 20240101."""
    release = version.strip().lower().removeprefix("v").rpartition("!")[2]
    major = re.match(r"\d{1,20}", release)
    if major is None or int(major[0]) < 90 or _CALVER.match(major[0]):
        return
    nines = re.match(r"9{2,}(?:\.\d{1,10})*$", release) is not None
    yield member, line, _meta("version-jump", version[:100], ("nines=yes",) if nines else ())


def mismatches(statements: Sequence[Statement], member: str) -> Iterator[Seen]:
    """Yield places that disagree with the first about the project's name or version."""
    if not statements:
        return
    base = statements[0]
    for other in statements[1:]:
        if base.name and other.name and normalize_pypi(base.name) != normalize_pypi(other.name):
            value = f"{base.source} says {base.name[:80]}, {other.source} says {other.name[:80]}"
            yield member, 0, _meta("mismatch", value, ("field=name",))
        elif base.version and other.version and not same_version(base.version, other.version):
            value = (
                f"{base.source} says {base.version[:80]}, {other.source} says {other.version[:80]}"
            )
            yield member, 0, _meta("mismatch", value, ("field=version",))


def same_version(one: str, other: str) -> bool:
    """Whether two spellings mean one version; those no rule can read compare as text."""
    plain = [re.sub(r"[-_+]", ".", v.strip().lower()).removeprefix("v") for v in (one, other)]
    if plain[0] == plain[1]:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        # File names spell the + of a local version and the - of a pre-release as they can.
        first, second = Version(one[:200]), Version(other[:200].replace("_", "+"))
    except InvalidVersion:
        return False
    return first == second


def emptiness(
    members: Iterable[Member],
    labels: Mapping[str, Label],
    read: Callable[[Member], bytes],
    at: str,
) -> Iterator[Seen]:
    """Yield that a distribution holds no code but its build file."""
    files = 0
    built: tuple[str, ...] = ()
    for member in members:
        label = labels.get(member.path, Label())
        name = member.path.rpartition("/")[2]
        if name == "setup.py" and member.size:
            built = ("build=setup.py",)
        if not is_code(name) or name == "setup.py" or label.role in (Role.TEST, Role.DOCS):
            continue
        files += 1
        if files > MOST_EMPTY:
            return
        if member.size > SHORT_CODE or (member.size and _holds_code(member, read)):
            return
    yield at, 0, _meta("empty", f"{files} files without code" if files else "no code", built)


def _holds_code(member: Member, read: Callable[[Member], bytes]) -> bool:
    try:
        return _says_something(read(member))
    except MemberError:
        return True


def _says_something(data: bytes) -> bool:
    """Whether a short module has a statement that does anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(data[:4096]).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return not all(_is_nothing(node) for node in body)


def _is_nothing(node: ast.stmt) -> bool:
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.ImportFrom):
        return node.module == "__future__"
    return isinstance(node, (ast.Expr, ast.Assign)) and isinstance(node.value, ast.Constant)


def _meta(name: str, value: str, args: tuple[str, ...] = ()) -> Sighting:
    return Sighting(id=f"meta.{name}", kind="meta", value=value[:256], args=args)
