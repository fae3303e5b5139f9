"""Decoded text becomes a layer: registered, read as text, parsed, and run in place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from antivenom.analysis.api.row import Row
from antivenom.analysis.flow import written
from antivenom.analysis.flow.objects import Code
from antivenom.analysis.tools import command_class, programs
from antivenom.analysis.value import HOLE, Value, text_of
from antivenom.languages import identify
from antivenom.model.label import STRENGTH, Activation
from antivenom.model.program import Function, Module

if TYPE_CHECKING:
    from antivenom.analysis.commands import CommandReport
    from antivenom.analysis.flow.machine import Machine
    from antivenom.analysis.flow.site import Site
    from antivenom.model.fact import Decoded

_SHELLS = frozenset(["shell", "batch", "powershell", "vbs", "javascript"])
_LITERAL = "literal"
_OBSERVED_BYTES = 1 << 20
_MOST_RUNS = 200
_PROGRAM = 20
"""Characters that can be a program worth reading."""


def run(m: Machine, value: Value, line: int) -> Value | None:
    """Evaluate text that the program runs (``exec``); return the value of a single expression."""
    for option in (value, *value.alts):
        if isinstance(option.ref, Code):
            _enter(m, option.ref.module)
            return None
        const = option.const
        if isinstance(const, str) and const.strip():
            return run_text(m, const.encode("utf-8", "replace"), line, option.coded)
        if isinstance(const, (bytes, bytearray)) and const.strip():
            return run_text(m, bytes(const), line, option.coded)
        end = _known_end(option)
        if end:
            return run_text(m, end.encode("utf-8", "replace"), line, option.coded)
    return None


def _read_in_part(m: Machine) -> None:
    """Note that of a text that runs here only a part was read."""
    runs = m.activation not in (Activation.CALL, Activation.TEST, Activation.NEVER)
    (m.partly if runs else m.exhausted).add(m.frame.module.member)


def _known_end(value: Value) -> str:
    """Return the program at the end of a text that begins with what is not known, "" elsewhere.

    A beginning too long to be computed would hide what follows it.
    """
    hole, first, rest = value.hint.partition(HOLE)
    return rest if first and not hole and HOLE not in rest and len(rest) >= _PROGRAM else ""


def run_text(
    m: Machine, data: bytes, line: int, coded: tuple[str, ...], lang: str = ""
) -> Value | None:
    """Register a decoded text and, when it is Python, run it in the current scope."""
    lang = lang or m.frame.module.lang
    if len(data) > m.limits.layer_bytes:
        _read_in_part(m)
        data = data[: m.limits.layer_bytes]
    frame = m.frame
    number = m.effects.log.layer(
        frame.module.member, line, frame.module.layer, coded or (_LITERAL,), data
    )
    if number is None:
        m.exhausted.add(frame.module.member)
        return None
    from antivenom import languages

    if lang not in languages.LOWERED:
        _observe_script(m, data, lang, number)
        return None
    module = m.layers.get(number)
    if module is not None:
        return _enter(m, module) if _again(m, number, module) else None
    m.step(len(data) >> 3)
    module = m.layers[number] = languages.parse(
        lang, data, member=frame.module.member, name=frame.module.name, layer=number
    )
    result = _enter(m, module)
    if coded:
        from antivenom.analysis.text import observe_text

        _observe(m, module, observe_text(data[:_OBSERVED_BYTES], lang=lang, path="layer.py"))
    return result


def _again(m: Machine, number: int, module: Module) -> bool:
    """Whether a text that ran before runs again: not inside itself, and not for ever."""
    key = (-number, STRENGTH[m.activation])
    used = m.variants[key] = m.variants.get(key, 0) + 1
    return used <= _MOST_RUNS and all(frame.module is not module for frame in m.frames)


def _observe_script(m: Machine, data: bytes, lang: str, number: int) -> None:
    """Read a decoded shell script as the program it is."""
    if lang not in _SHELLS or number in m.layers:
        return
    text = data.decode("utf-8", "replace")
    module = Module(member=m.frame.module.member, name="", lang=lang, text=text, layer=number)
    m.layers[number] = module
    _read_script(m, module)


def _read_script(m: Machine, module: Module) -> None:
    """Read a script where it is started; what a limit leaves of it is told of who starts it."""
    from antivenom.analysis.commands import read_script

    module.functions.append(Function(name="", params=(), line=1, end_line=1, lower=lambda: ()))
    report = read_script(module.text, module.lang)
    if report.cut:
        _read_in_part(m)
    _observe(m, module, report.sightings)


def language_of(name: str, data: bytes) -> str:
    """Return the language of a written file: by its name, or by what it says."""
    found = identify(name, data)
    return "python" if found == "text" and b"import " in data else found


def _observe(m: Machine, module: Module, sightings: list) -> None:  # type: ignore[type-arg]
    from antivenom.analysis.flow.machine import Frame

    m.frames.append(Frame(module, module.functions[0], m.frame.env, m.frame.home))
    try:
        for seen in sightings:
            m.effects.sighting(m, seen, seen.line or 1)
    finally:
        m.frames.pop()


def _enter(m: Machine, module: Module) -> Value | None:
    """Run a module's top level with the variables of the place that runs it."""
    from antivenom.analysis.flow.expressions import evaluate
    from antivenom.analysis.flow.machine import Frame
    from antivenom.analysis.flow.statements import run_block
    from antivenom.model.program import Do

    if m.depth >= m.limits.call_depth or not module.functions:
        return None
    frame = m.frame
    top = module.functions[0]
    inner = Frame(module, top, frame.env, frame.home, receiver=frame.receiver)
    m.frames.append(inner)
    m.depth += 1
    try:
        body = top.body
        if len(body) == 1 and isinstance(body[0], Do):
            return evaluate(m, body[0].value)
        run_block(m, body)
    finally:
        m.depth -= 1
        m.frames.pop()
    return inner.returned


def commands(m: Machine, row: Row, site: Site) -> None:
    """Read the command line a call starts: it is a program of its own."""
    if not row.command:
        return
    for value in _lines(row, site):
        for option in (value, *value.alts):
            command = command_of(option)
            if command:
                written.told(m, row, site, command_line(m, command, row.shell, site.line))


def _lines(row: Row, site: Site) -> list[Value]:
    """Return the command lines of a call; program and arguments given apart are one."""
    values = site.all(row.command)
    if len(values) == 2 and not isinstance(values[0].const, (list, tuple)):
        program, rest = values
        if rest.items is not None:
            return [Value(items=[program, *rest.items])]
        if isinstance(rest.const, (list, tuple)):
            return [Value(items=[program, *(Value(const=c) for c in rest.const[:100])])]
        return [program]
    return values


def command_line(
    m: Machine, command: str | list[str], shell: str, line: int, *, folder: str = ""
) -> CommandReport:
    """Read a command line as the program it is, and run what it starts of the artifact's own."""
    from antivenom.analysis.commands import observe_command

    if not isinstance(command, str):
        command = [part for word in command for part in _parted(word)]
    for program in programs(command):
        _run_member(m, program, folder)
    report = observe_command(command, shell=shell)
    if report.cut:
        _read_in_part(m)
    for seen in report.sightings:
        m.effects.sighting(m, seen, line)
    written.keep_report(m, report, line)
    for decoded in report.decoded:
        decode_layer(m, decoded, line)
    return report


def native_programs(m: Machine, command: str) -> list[str]:
    """Return the programs a command line starts that are machine code of the artifact itself."""
    found = []
    for program in programs(command):
        data = m.package.bundled(program)
        if data is not None and identify(program.rpartition("/")[2], data) == "native":
            found.append(program)
    return found


_INLINE = re.compile(r"""-c\s*(["'])(.*)\1\s*\Z""", re.DOTALL)


def _parted(word: str) -> tuple[str, ...]:
    """Take apart ``-c "text"`` written as one argument, as people do who thought of a shell."""
    found = _INLINE.match(word) if word.startswith("-c") else None
    return ("-c", found.group(2)) if found else (word,)


def _run_member(m: Machine, program: str, folder: str = "") -> None:
    """A script that the artifact brings along runs when a command line starts it."""
    name = program.rpartition("/")[2]
    source = m.package.by_name.get(program) or m.package.by_member.get(
        m.package.files.get(name, "")
    )
    if source is not None:
        # Of whatever language: something starts it.
        source.hot = source.hot or source.dormant
        m.run_module(m.module_ref(source))
        return
    data = m.package.bundled(program)
    lang = identify(name, data) if data is not None else ""
    if data is None and m.package.files.get(name) and identify(name, b"") in _SHELLS:
        _read_in_part(m)
    if data is not None and lang == "text" and b"import " in data:
        _run_unnamed(m, m.package.files[name], data)
    if data is None or lang not in _SHELLS:
        return
    text = data[:_OBSERVED_BYTES].decode("utf-8", "replace")
    _read_script(m, Module(member=m.package.files[name], name="", lang=lang, text=text))


def _run_unnamed(m: Machine, member: str, data: bytes) -> None:
    """A script needs no suffix when the interpreter is told its name."""
    from antivenom.analysis.package import Source
    from antivenom.model.label import Label

    source = Source(member=member, lang="python", data=data, label=Label(), hot=True)
    m.package.by_member[member] = source
    m.run_module(m.module_ref(source))


def shown(row: Row, site: Site) -> str:
    """Return the command line of a call as text, with holes for what is not known."""
    for value in _lines(row, site):
        command = command_of(value)
        if command:
            return command if isinstance(command, str) else " ".join(command)
    return ""


def decode_layer(m: Machine, decoded: Decoded, line: int) -> None:
    """Take up a text that another observer decoded."""
    run_text(m, decoded.data, line, decoded.via, decoded.lang or "text")


def started(row: Row, site: Site) -> str:
    """Return the class of the program that a call starts, "" for a call that starts none."""
    if not row.command:
        return "other" if row.runs_file and "process.spawn" in row.behavior else ""
    for value in _lines(row, site):
        for option in (value, *value.alts):
            command = command_of(option)
            if command:
                return command_class(command)
            if option.path == "sys.executable" or _is_interpreter(option):
                return "python"
    return "computed"


def _is_interpreter(value: Value) -> bool:
    return value.items is not None and [v.path for v in value.items[:1]] == ["sys.executable"]


def command_of(value: Value) -> str | list[str]:
    """Return a command line or argument vector with what is known of it, "" when nothing is."""
    if isinstance(value.const, (list, tuple)):
        return [str(c) for c in value.const]
    if value.items:
        words = [
            "python" if v.path == "sys.executable" else text_of(v) or HOLE
            for v in value.items[:100]
        ]
        return words if any(w != HOLE for w in words) else ""
    text = text_of(value).strip()
    if len(text) > 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1] and " " in text:
        # cmd takes off the quotes around a whole line.
        text = text[1:-1]
    return text if text.strip(HOLE + " ") else ""
