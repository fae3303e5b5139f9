"""Programs that run other programs: shells, interpreters, and files that were just made."""

from __future__ import annotations

import re

from antivenom.analysis import tools
from antivenom.analysis.commands import powershell as ps
from antivenom.analysis.commands import programs
from antivenom.analysis.commands.network import run_known
from antivenom.analysis.commands.reading import Arg, Reading, file_key, program_of
from antivenom.analysis.commands.script import MOST_DEPTH, UNKNOWN, Command
from antivenom.analysis.commands.stream import NOTHING, Chain, Stream

_LANGS = {
    "python": "python",
    "pypy": "python",
    "py": "python",
    "perl": "perl",
    "ruby": "ruby",
    "node": "javascript",
    "deno": "javascript",
    "bun": "javascript",
    "php": "php",
    "lua": "lua",
    "osascript": "applescript",
    "wscript": "vbs",
    "cscript": "vbs",
}
_EVAL_FLAGS = frozenset(["-c", "-e", "-r", "-E", "--eval", "-p", "--print", "eval"])
_SHELL_SCRIPT = re.compile(r'do shell script "((?:[^"\\]|\\.){1,4000})"')
_OPENERS = frozenset(
    [
        "open",
        "xdg-open",
        "explorer",
        "start",
        "wscript",
        "cscript",
        "java",
        "dpkg",
        "installer",
        "msiexec",
        "unshare",
        "cmd",
        "strace",
    ]
)


def sink_code(reading: Reading, stream: Stream, lang: str, line: int) -> None:
    """Run a stream as a program."""
    for chain in stream.chains:
        if chain.via[0] in ("net.connect", "net.listen"):
            reading.flow(chain, "process.shell", line)
        elif _runs(chain):
            reading.flow(chain, "code.run", line)
    if stream.data is None:
        return
    if stream.coded:
        reading.hide(stream.coded, stream.data, line, lang)
    if lang == "shell":
        reading.nested(stream.data.decode("utf-8", "replace"), "sh", line)
    elif not stream.coded:
        reading.hide(("command-line",), stream.data, line, lang)


def shell(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow ``sh -c TEXT``, ``sh FILE`` and ``... | sh``."""
    for number, arg in enumerate(arguments[1:], 1):
        if re.fullmatch(r"[-+][a-zA-Z]{0,6}c[a-zA-Z]{0,3}", arg.text):
            return _inline(reading, command, arguments[number + 1 : number + 2])
        if arg.text.startswith(("-", "+")) and arg.text != "-":
            continue
        if arg.file is not None:
            sink_code(reading, arg.file, "shell", command.line)
            return NOTHING
        if arg.text in ("-", "/dev/stdin"):
            break
        _script_file(reading, arg, command.line)
        return NOTHING
    sink_code(reading, stdin, "shell", command.line)
    return Stream((Chain(("process.shell",)),))


def _inline(reading: Reading, command: Command, scripts: list[Arg]) -> Stream:
    for arg in scripts:
        for chain in arg.chains:
            reading.flow(chain, "code.run", command.line) if _runs(chain) else None
        return reading.nested(arg.text, "sh", command.line)
    return NOTHING


def _runs(chain: Chain) -> bool:
    return chain.via[0] in ("net.fetch", "data.decode", "secrets.cloud")


def _script_file(reading: Reading, arg: Arg, line: int) -> None:
    run_known(reading, arg.text, line)
    known = reading.files.get(file_key(arg.text))
    if known is not None and known.text and known.coded:
        reading.hide(known.coded, known.data or b"", line, "")
    if known is None:
        _run_unpacked(reading, arg.text, line)


def evaluate(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow ``eval`` and ``source``."""
    if program_of(arguments[0]) in ("source", "."):
        for arg in arguments[1:2]:
            if arg.file is not None:
                sink_code(reading, arg.file, "shell", command.line)
            elif arg.text in ("/dev/stdin", "-"):
                sink_code(reading, stdin, "shell", command.line)
            else:
                _script_file(reading, arg, command.line)
        return NOTHING
    for arg in arguments[1:]:
        for chain in arg.chains:
            if _runs(chain):
                reading.flow(chain, "code.run", command.line)
    text = " ".join(a.text for a in arguments[1:])
    if UNKNOWN not in text[:1]:
        return reading.nested(text, "sh", command.line)
    return NOTHING


def cmd(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow ``cmd /c ...``."""
    for number, arg in enumerate(arguments[1:], 1):
        flag = arg.text.lower()
        if flag[:2] in ("/c", "/k", "/r") and len(flag) < 400:
            rest = " ".join([arg.text[2:], *(_quoted(a.text) for a in arguments[number + 1 :])])
            return reading.nested(rest.strip().strip('"'), "cmd", command.line)
    sink_code(reading, stdin, "batch", command.line) if stdin.chains else None
    return Stream((Chain(("process.shell",)),))


def _quoted(text: str) -> str:
    """Quote an argument again whose blanks would be lost; operators inside stay live for cmd."""
    return f'"{text}"' if " " in text and not re.search(r"[&|<>\"]", text) else text


def powershell(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow ``powershell -enc ...`` and ``powershell -c ...``."""
    line = command.line
    asked = ps.read_arguments([a.text for a in arguments[1:]])
    if asked.hidden:
        text = " ".join(a.text for a in arguments)
        reading.see("process.spawn", line, value=text, args=("hidden=yes",))
    if asked.encoded is not None:
        decoded = ps.decode_command(asked.encoded)
        if decoded is None:
            return NOTHING
        reading.hide(("base64", "utf-16"), decoded.encode(), line, "powershell")
        chain = Chain(("data.decode",), value=decoded[:200], args=("encoding=base64",))
        reading.flow(chain, "code.run", line)
        asked.script = decoded
    if asked.file:
        run_known(reading, asked.file, line)
    for chain in (*stdin.chains, *(c for a in arguments[1:] for c in a.chains)):
        if _runs(chain):
            reading.flow(chain, "code.run", line)
    if asked.script in ("-", "") and stdin.text and not asked.file:
        asked.script = stdin.text
    if asked.script and reading.depth < MOST_DEPTH:
        reading.depth += 1
        ps.observe(reading, asked.script, line)
        reading.depth -= 1
    return NOTHING


def interpreter(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow ``python -c TEXT``, ``node FILE`` and ``... | perl``."""
    line = command.line
    lang = _lang(program_of(arguments[0]))
    for number, arg in enumerate(arguments[1:], 1):
        if arg.text in _EVAL_FLAGS:
            _program_text(reading, arguments[number + 1 : number + 2], lang, line)
            return NOTHING
        if arg.text == "-m":
            return NOTHING
        if arg.text.startswith("-") and arg.text != "-":
            continue
        if arg.file is not None:
            sink_code(reading, arg.file, lang, line)
        elif arg.text in ("-", "/dev/stdin"):
            sink_code(reading, stdin, lang, line)
        else:
            _script_file(reading, arg, line)
        return NOTHING
    if len(arguments) == 1 or stdin.chains or stdin.data:
        sink_code(reading, stdin, lang, line)
    return NOTHING


def _lang(name: str) -> str:
    return next((lang for key, lang in _LANGS.items() if name.startswith(key)), "")


def _program_text(reading: Reading, texts: list[Arg], lang: str, line: int) -> None:
    for arg in texts:
        for chain in arg.chains:
            if _runs(chain):
                reading.flow(chain, "code.run", line)
        if arg.text.strip(UNKNOWN + " "):
            reading.hide(("command-line",), arg.text.encode("utf-8", "replace"), line, lang)
        if lang == "applescript":
            for script in _SHELL_SCRIPT.findall(arg.text)[:5]:
                reading.nested(script.replace('\\"', '"'), "sh", line)


def run_file(reading: Reading, command: Command, arguments: list[Arg]) -> None:
    """Note that the program itself came from the network or from a decoder."""
    program = arguments[0]
    for chain in program.chains:
        if _runs(chain) and not program.literal:
            reading.flow(chain, "code.run", command.line)
    if "/" in program.text or "\\" in program.text or file_key(program.text) in reading.files:
        run_known(reading, program.text, command.line)
        _run_unpacked(reading, program.text, command.line)
    name = program_of(program)
    if name in _OPENERS and not programs.has_role(name, "interpreter"):
        for arg in arguments[1:6]:
            run_known(reading, arg.text, command.line)
    if program.text == UNKNOWN and reading.socket and not program.literal:
        value, host, hostclass = reading.socket
        chain = Chain(("net.connect",), value=value, host=host, hostclass=hostclass)
        reading.flow(chain, "process.shell", command.line)


def _run_unpacked(reading: Reading, name: str, line: int) -> None:
    """Note that something is started from an archive that was fetched."""
    if name.startswith(("/usr/", "/bin/", "/sbin/", "/opt/")) or tools.builds(name):
        return
    for chain in reading.unpacked.chains:
        reading.flow(chain, "process.spawn", line, certainty="low")
