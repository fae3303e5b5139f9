"""What single commands do to the stream they stand in."""

from __future__ import annotations

import re
from collections.abc import Callable

from antivenom.analysis import hosts, secretpaths
from antivenom.analysis.commands import decoders, network, programs, runners
from antivenom.analysis.commands.reading import Arg, Reading, program_of
from antivenom.analysis.commands.script import Command
from antivenom.analysis.commands.sh import ansi_c
from antivenom.analysis.commands.stream import NOTHING, Chain, Stream, merge

_OPTION_WITH_WORD = {
    "sudo": "ugpChTDR",
    "timeout": "ks",
    "nice": "n",
    "ionice": "cnp",
    "env": "uCS",
    "xargs": "IdEnLPsa",
    "su": "c",
    "start": "",
    "stdbuf": "",
    "doas": "uC",
    "runuser": "ul",
    "watch": "n",
    "parallel": "j",
}
_DETACHERS = frozenset(["nohup", "setsid", "disown"])
_DURATION = re.compile(r"\d+(?:\.\d+)?[smhd]?")
_ARCHIVE = re.compile(r"\.(?:tar|tgz|tbz2?|txz|gz|zip|7z|rar|xz|bz2|cab)$", re.IGNORECASE)
_PASSES_ON = frozenset(
    [
        "cat",
        "head",
        "tail",
        "sort",
        "uniq",
        "grep",
        "egrep",
        "sed",
        "awk",
        "cut",
        "tr",
        "tee",
        "xxd",
        "od",
        "hexdump",
        "base64",
        "jq",
        "strings",
        "pv",
        "column",
        "fold",
        "paste",
        "wc",
        "rev",
        "gzip",
        "bzip2",
        "xz",
        "zip",
        "tar",
        "openssl",
        "tac",
        "perl",
        "python3",
        "findstr",
        "more",
        "xargs",
    ]
)


def act(reading: Reading, command: Command, stdin: Stream) -> Stream:
    """Follow one command; return what it prints."""
    for name, word in command.assigns:
        value = reading.word(word, command.line)
        reading.variables[name] = value.stream
    arguments = reading.arguments(command)
    stdin = _input(reading, command, stdin)
    if not arguments:
        return _redirected(reading, command, stdin, "")
    arguments, notes = _unwrapped(reading, command, arguments, stdin)
    if not arguments:
        return _redirected(reading, command, stdin, "exec")
    name = program_of(arguments[0])
    out = _dispatch(reading, command, name, arguments, stdin)
    if notes or (command.background and name not in _ORDINARY_BACKGROUND):
        detached = ("detached=yes",) if command.background or notes & {"detached"} else ()
        hidden = ("hidden=yes",) if "hidden" in notes else ()
        reading.see("process.spawn", command.line, value=_joined(arguments), args=detached + hidden)
    return _redirected(reading, command, out, name)


_ORDINARY_BACKGROUND = frozenset(["wait", "sleep", "echo"])


def _input(reading: Reading, command: Command, stdin: Stream) -> Stream:
    if command.here is not None:
        stdin = Stream((), command.here.encode("utf-8", "replace"))
    for operator, word in command.redirects:
        if operator == "<<<":
            stdin = reading.word(word, command.line).stream
        elif operator == "<":
            arg = reading.word(word, command.line)
            network.open_socket(reading, arg.text, command)
            stdin = arg.file or reading.read(arg.text, command.line)
    return stdin


def _redirected(reading: Reading, command: Command, out: Stream, name: str) -> Stream:
    """Send what a command prints where its redirections say."""
    for operator, word in command.redirects:
        if not operator.startswith(">"):
            continue
        target = reading.word(word, command.line)
        if network.open_socket(reading, target.text, command, out, name):
            continue
        if not target.text.isdigit():
            reading.wrote(target.text, out, command.line, append=operator == ">>")
            out = NOTHING if operator[0] == ">" else out
    return out


def _unwrapped(
    reading: Reading, command: Command, arguments: list[Arg], stdin: Stream
) -> tuple[list[Arg], set[str]]:
    """Take off programs that start another one: ``sudo``, ``nohup``, ``env``, ``xargs``."""
    notes: set[str] = set()
    for _ in range(8):
        name = program_of(arguments[0])
        if not programs.has_role(name, "wrapper") or (name == "env" and len(arguments) == 1):
            break
        _tell(reading, command, name, arguments)
        notes |= {"detached"} if name in _DETACHERS else set()
        if name == "start":
            notes |= _start_notes(arguments)
        rest = _behind(name, arguments[1:])
        if name == "xargs" and rest:
            rest = _fed(rest, stdin)
        if not rest and name in ("env", "set", "exec", "time", "at"):
            if name == "env":
                break
            return [], notes
        if not rest:
            return [], notes
        arguments = rest
    return arguments, notes


def _fed(rest: list[Arg], stdin: Stream) -> list[Arg]:
    """Return the words with what ``xargs`` puts in: at ``{}``, else behind them."""
    if not any("{}" in a.text or a.text == "%" for a in rest):
        return [*rest, Arg("\ufffd", stdin.chains, literal=False)]
    return [
        Arg(a.text.replace("{}", "\ufffd"), (*a.chains, *stdin.chains), a.file, literal=False)
        if "{}" in a.text
        else a
        for a in rest
    ]


def _start_notes(arguments: list[Arg]) -> set[str]:
    flags = {a.text.lower() for a in arguments[1:5]}
    return {"detached"} if flags & {"/b", "/min"} else set()


def _behind(name: str, rest: list[Arg]) -> list[Arg]:
    """Return the words of the command that a wrapper starts."""
    takes = _OPTION_WITH_WORD.get(name, "")
    at = 0
    while at < len(rest):
        text = rest[at].text
        if name in ("start", "call", "forfiles") and (text.startswith("/") or not text.strip()):
            at += 1
        elif text.startswith("-") and len(text) > 1:
            at += 2 if len(text) == 2 and text[1] in takes else 1
        elif (name in ("env", "sudo", "doas") and re.match(r"[A-Za-z_]\w{0,60}=", text)) or (
            name in ("timeout", "watch", "chroot") and _DURATION.fullmatch(text)
        ):
            at += 1
        else:
            break
    return rest[at:]


def _dispatch(
    reading: Reading, command: Command, name: str, arguments: list[Arg], stdin: Stream
) -> Stream:
    """Choose the reader of a program."""
    from_table = _tell(reading, command, name, arguments)
    runners.run_file(reading, command, arguments)
    special: Callable[[Reading, Command, list[Arg], Stream], Stream] | None = None
    if programs.has_role(name, "shell"):
        special = runners.shell
    elif name in ("eval", "source", ".", "iex", "invoke-expression"):
        special = runners.evaluate
    elif programs.has_role(name, "cmd"):
        special = runners.cmd
    elif programs.has_role(name, "powershell"):
        special = runners.powershell
    elif programs.has_role(name, "interpreter"):
        special = runners.interpreter
    elif programs.has_role(name, "fetch"):
        special = network.transfer
    elif programs.has_role(name, "socket") and not _is_openssl_file(name, arguments):
        special = network.socket
    elif programs.has_role(name, "lookup"):
        special = network.lookup
    elif programs.has_role(name, "downloader"):
        special = network.downloader
    if special is not None:
        return merge(special(reading, command, arguments, stdin), from_table)
    return merge(_plain(reading, command, name, arguments, stdin), from_table)


def _is_openssl_file(name: str, arguments: list[Arg]) -> bool:
    return name == "openssl" and (len(arguments) < 2 or arguments[1].text != "s_client")


def _tell(reading: Reading, command: Command, name: str, arguments: list[Arg]) -> Stream:
    """Note what the table says of a command; return what its output then carries."""
    text = _joined(arguments[1:])
    chains: list[Chain] = []
    for row in programs.effects(name, text):
        if not programs.is_quiet(row, text):
            host = (
                hosts.classify(text)[0] if row.behavior == "impact.mine" and "://" in text else ""
            )
            reading.see(
                row.behavior,
                command.line,
                value=_joined(arguments),
                address=text[text.find("stratum") :].split()[0] if host else "",
                args=row.args,
                certainty=row.certainty,
            )
        if row.gives:
            chains.append(
                Chain((row.behavior,), value=_joined(arguments)[:200], args=tuple(row.args))
            )
    return Stream(tuple(chains)) if chains else NOTHING


def _plain(
    reading: Reading, command: Command, name: str, arguments: list[Arg], stdin: Stream
) -> Stream:
    """Follow a program that neither runs nor transfers anything."""
    if name in ("echo", "printf", "print"):
        return _echo(reading, name, arguments[1:])
    decoded = decoders.decode(name, [a.text for a in arguments[1:]], stdin.data)
    texts = [a.text for a in arguments[1:] if not a.text.startswith("-")]
    inputs = _read_files(reading, command, name, arguments)
    if decoded is not None:
        return _decoded(decoded, merge(stdin, inputs) if inputs is not NOTHING else stdin, inputs)
    if name == "chmod":
        _chmod(reading, command, texts)
    if name in ("cd", "pushd") and texts:
        reading.enter(texts[0])
    if name == "git" and "clone" in texts:
        network.cloned(reading, texts[texts.index("clone") + 1 :])
    if programs.has_role(name, "write") and texts:
        given = stdin if name == "tee" else inputs
        for target in texts if name == "tee" else texts[-1:]:
            reading.wrote(target, given, command.line)
    if name == "crontab" and stdin.text:
        reading.nested(
            re.sub(r"(?m)^\s*(?:@\w+|(?:[\d*/,-]{1,20}\s+){5})\s*", "", stdin.text),
            "sh",
            command.line,
        )
    if programs.has_role(name, "pack") or name in ("unzip", "bsdtar", "gunzip"):
        return _pack(reading, command, name, arguments, merge(stdin, inputs))
    if name in _PASSES_ON or programs.has_role(name, "read"):
        through = stdin if name in ("cat", "tee", "pv") and not texts else Stream(stdin.chains)
        return merge(through, inputs) if inputs is not NOTHING else through
    return Stream(tuple(c for a in arguments[1:] for c in a.chains)[:8])


def _echo(reading: Reading, name: str, arguments: list[Arg]) -> Stream:
    flags = [a for a in arguments[:2] if re.fullmatch(r"-[neE]{1,3}", a.text)]
    rest = arguments[len(flags) :]
    text = " ".join(a.text for a in rest)
    chains = tuple(c for a in rest for c in a.chains)
    if name == "printf" and len(rest) > 1 and "%" in rest[0].text:
        text = " ".join(a.text for a in rest[1:])
    if name == "printf" or any("e" in f.text for f in flags):
        text = ansi_c(text)
    known = "\ufffd" not in text
    return Stream(chains, (text + "\n").encode("utf-8", "replace") if known else None)


def _read_files(reading: Reading, command: Command, name: str, arguments: list[Arg]) -> Stream:
    """Return what the files among the arguments hold, where the program reads files."""
    if not (
        programs.has_role(name, "read") or programs.has_role(name, "write") or name in _PASSES_ON
    ):
        return NOTHING
    streams = []
    last = (
        len(arguments) - 1
        if name in ("cp", "mv", "copy", "install", "move", "ln")
        else len(arguments)
    )
    for arg in arguments[1:last]:
        if arg.file is not None:
            streams.append(arg.file)
        elif not arg.text.startswith("-") and name != "tee":
            found = reading.read(arg.text.removeprefix("@"), command.line)
            if found.chains or found.data is not None:
                streams.append(found)
    return merge(*streams) if streams else NOTHING


def _decoded(decoded: tuple[str, bytes | None], source: Stream, inputs: Stream) -> Stream:
    codec, data = decoded
    if data is None and inputs.data is not None:
        again = decoders.decode(codec, ["-d"], inputs.data)
        data = again[1] if again else None
    chains = tuple(chain.then("data.decode") for chain in source.chains)
    if not any("data.decode" in chain.via for chain in chains):
        shown = (data or b"")[:160].decode("utf-8", "replace")
        chains = (*chains, Chain(("data.decode",), value=shown, args=(f"encoding={codec}",)))
    return Stream(chains, data, (*source.coded, codec))


def _chmod(reading: Reading, command: Command, texts: list[str]) -> None:
    mode = texts[0] if texts else ""
    if "x" not in mode and not re.fullmatch(r"0?[0-7]*[1357][0-7]*", mode):
        return
    for target in texts[1:4]:
        known = reading.files.get(target.replace("\\", "/").rpartition("/")[2].lower())
        if known and any("net.fetch" in chain.via for chain in known.chains):
            reading.see("file.write", command.line, value=target, args=("executable=yes",))


def _pack(
    reading: Reading, command: Command, name: str, arguments: list[Arg], inputs: Stream
) -> Stream:
    """Pack secrets for sending, or unpack what was fetched."""
    texts = [a.text for a in arguments[1:]]
    unpacks = name in ("unzip", "gunzip") or (
        name in ("tar", "bsdtar")
        and any(re.fullmatch(r"-?[a-zA-Z]{0,4}x[a-zA-Z]{0,6}|--extract", t) for t in texts[:3])
    )
    if unpacks:
        fetched = [reading.files.get(t.rpartition("/")[2].lower(), NOTHING) for t in texts]
        held = tuple(
            c.then("file.write")
            for s in (*fetched, inputs)
            for c in s.chains
            if c.via[0] == "net.fetch"
        )
        if held:
            reading.unpacked = Stream(held[:4])
        return NOTHING
    packed = inputs.then("data.pack")
    if packed.chains:
        target = next((t for t in texts if _ARCHIVE.search(t) and not secretpaths.classify(t)), "")
        if target:
            reading.wrote(target, packed, command.line)
    return packed


def _joined(arguments: list[Arg]) -> str:
    return " ".join(a.text for a in arguments[:60])[:1000]
