"""Files that the program wrote: whoever reads, runs or enters one later meets what was written.

Files are known by the last part of their path, folders too: what a download was unpacked or cloned
into holds the download.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from antivenom.analysis import tools
from antivenom.analysis.flow import telling
from antivenom.analysis.flow.site import Site
from antivenom.analysis.value import (
    HOLE,
    UNKNOWN,
    Taint,
    Value,
    merge_taints,
    taints_of,
    text_of,
)

if TYPE_CHECKING:
    from antivenom.analysis.api.row import Row
    from antivenom.analysis.commands.report import CommandReport
    from antivenom.analysis.flow.machine import Machine

_PROGRAMS = {"sys.executable": "python"}
_SHORTEST = 5
"""Letters of a name that is looked for anywhere in a command line."""
_BOOTSTRAPS = frozenset(["ez_setup", "distribute_setup", "get_pip", "get_poetry"])
"""Installers of installers, which old build scripts fetch to have them at all."""
_EVERYWHERE = frozenset([*sys.stdlib_module_names, "setuptools", "pkg_resources", "pip", "wheel"])
SEARCHED = "\0sys.path"
"""Key in the machine's files of what lies where modules are looked for; no path is spelt so."""
_BROUGHT = ("net.", "data.")
_TAKEN = ("secrets.", "user.", "host.identify", "process.shell", "process.spawn")
_LEAVING = {"net.lookup": "net.lookup", "net.send": "net.send", "net.fetch": "net.send"}
_MOST_TAKEN = 4
_MOST_PARTS = 12


def keep(m: Machine, path: str, taints: tuple[Taint, ...]) -> None:
    """Remember what lies in a file now."""
    key = telling.file_key(path)
    if key:
        m.files[key] = merge_taints(m.files.get(key, ()), taints)


def keep_report(m: Machine, report: CommandReport, line: int) -> None:
    """Remember the files that a command line wrote: another call may start them."""
    for name, chains in report.written:
        taints = tuple(
            m.effects.taint(
                m,
                chain.via[0],
                line,
                value=chain.value,
                host=chain.host,
                hostclass=chain.hostclass,
                path_class=chain.path_class,
                args=chain.args,
            ).through("file.write")
            for chain in chains
            if chain.via[0].startswith(_BROUGHT)
        )
        if taints:
            keep(m, name, taints)


def told(m: Machine, row: Row, site: Site, report: CommandReport) -> None:
    """Record that values put into a command line leave with it: ``nslookup {user}.evil``."""
    taints = [
        t
        for value in site.all(row.command)
        for t in taints_of([value, *(value.items or ())])
        if t.via[0].startswith(_TAKEN)
    ]
    for seen in report.sightings if taints else ():
        if seen.id not in _LEAVING or seen.kind != "behavior":
            continue
        for taint in taints[:_MOST_TAKEN]:
            # A token beside an address mostly says who asks; in the address it is handed over.
            if HOLE in seen.value or (seen.id == "net.send" and taint.via[0] != "secrets.env"):
                host = (seen.host, seen.hostclass)
                m.effects.flow(m, taint, _LEAVING[seen.id], site, value=seen.value, host=host)


def arriving(m: Machine, row: Row, site: Site) -> tuple[Taint, ...]:
    """Return the taints of files written earlier that a call reads, runs or names."""
    if not (row.reads or row.runs_file or row.command) or not (m.files or m.folder):
        return ()
    groups: list[tuple[Taint, ...]] = []
    for value in site.all((*row.reads, *row.runs_file, *row.command)):
        for text in telling.texts(value):
            groups += _of_text(m, text, command=bool(row.command))
    if row.command:
        groups += _of_folder(m, row, site)
    return merge_taints(*groups)


def _of_text(m: Machine, text: str, *, command: bool) -> list[tuple[Taint, ...]]:
    found = m.files.get(telling.file_key(text))
    if found is not None:
        return [found]
    groups = [m.files[part] for part in _folders(text) if part in m.files]
    if groups and tools.builds(text):
        return []
    if command and not groups and not any(map(tools.builds, tools.programs(text))):
        groups = [t for k, t in m.files.items() if len(k) >= _SHORTEST and k in text]
    return groups


def _folders(text: str) -> list[str]:
    """Return the folders of a path."""
    if len(text) > 2000:
        return []
    return [p for p in text.replace("\\", "/").split("/")[:-1][-_MOST_PARTS:] if len(p) > 2]


def _of_folder(m: Machine, row: Row, site: Site) -> list[tuple[Taint, ...]]:
    """A script named without a folder lies where the program went to, or sends the call."""
    given = site.named.get("cwd")
    inside = _held(m, given) if given is not None else m.folder
    if not inside:
        return []
    for place in site.all(row.command):
        words = place.items if place.items is not None else [place]
        text = [text_of(w) or _PROGRAMS.get(w.path, HOLE) for w in words]
        line = text[0] if len(text) == 1 else text
        if isinstance(place.const, (list, tuple)):
            line = [str(word) for word in place.const]
        if any(not _absolute(p) and not tools.builds(p) for p in tools.programs(line)):
            return [inside]
    return []


def _absolute(program: str) -> bool:
    return program.startswith(("/", "~", "%")) or program[1:2] == ":"


def enter(m: Machine, value: Value) -> None:
    """The program changes into a folder."""
    m.folder = _held(m, value)


def searched(m: Machine, value: Value) -> None:
    """The program adds a place where modules are looked for: what was put there gets imported."""
    brought = tuple(t for t in _held(m, value) if t.via[0].startswith("data.") or _foreign(t))
    if brought:
        m.files[SEARCHED] = merge_taints(m.files.get(SEARCHED, ()), brought)


def _foreign(taint: Taint) -> bool:
    """Whether a file comes from somewhere no build script gets its helpers."""
    known = taint.hostclass in {"", "service", "code-host", "local"}
    return taint.via[0].startswith("net.") and bool(taint.host) and not known


def _held(m: Machine, value: Value) -> tuple[Taint, ...]:
    groups = [t for text in telling.texts(value) for t in _of_text(m, text, command=False)]
    return merge_taints(value.taints, *groups)


def started(m: Machine, site: Site, row: Row, path_class: str) -> str:
    """Return the class of a program; one that was written here is no tool of the machine."""
    if path_class != "tool" or not m.files:
        return path_class
    for value in site.all(row.command):
        for text in telling.texts(value)[:1]:
            word = text if isinstance(value.const, (list, tuple)) else text.split(" ", 1)[0]
            key = telling.file_key(word)
            if any(_disguised(t, key) for t in m.files.get(key, ())):
                return "other"
    return path_class


def _disguised(taint: Taint, name: str) -> bool:
    """Whether a download goes by the name of a tool that its address does not mention."""
    plain = name.lower().removesuffix(".exe")
    address = taint.value.lower().partition("://")[2].partition("/")[2]
    return taint.via[0].startswith("net.") and plain not in address


def imported(m: Machine, path: str, line: int) -> None:
    """An import of a module that the program put there itself runs what it put there."""
    name = path.partition(".")[0]
    if not m.files or name in _BOOTSTRAPS:
        return
    groups = [m.files.get(f"{name}.py", ())]
    if name not in _EVERYWHERE and name not in m.frame.table.modules:
        groups.append(m.files.get(SEARCHED, ()))
    for taint in merge_taints(*groups):
        if taint.via[0].startswith(_BROUGHT):
            site = Site(line, line, [], {}, None)
            m.effects.flow(m, taint, "code.import", site, value=f"{name}.py")


def opened_by_stranger(m: Machine, values: Iterable[Value]) -> tuple[Taint, ...]:
    """Return what a call of something unknown may find in the files that it is told of.

    A picture or a sound holds no program unless somebody hid one in it.
    """
    groups: list[tuple[Taint, ...]] = []
    for value in values:
        if value.const is UNKNOWN and not value.hint and not value.alts:
            continue
        text = text_of(value)
        if not 3 < len(text) < 300 or "\n" in text:
            continue
        key = telling.file_key(text)
        found = m.files.get(key, ()) if "." in key else ()
        groups.append(tuple(t for t in found if t.via[0].startswith(_BROUGHT)))
        if not groups[-1] and telling.MEDIA.search(text) and "://" not in text:
            fresh = m.effects.taint(m, "file.read", 0, value=text, args=("what=media",))
            groups.append((fresh,))
    return merge_taints(*groups)
