"""Programs that fetch, send, look up and connect."""

from __future__ import annotations

import re

from antivenom.analysis import hosts
from antivenom.analysis.commands import programs
from antivenom.analysis.commands.reading import Arg, Reading, program_of
from antivenom.analysis.commands.script import UNKNOWN, Command
from antivenom.analysis.commands.sinks import basename, first_url, read_transfer
from antivenom.analysis.commands.stream import NOTHING, Chain, Stream, merge

_DEVICE = re.compile(r"/dev/(?:tcp|udp)/([^/\s]{1,253})/(\S{1,20})")
_TAKEN = ("secrets.", "host.", "user.", "net.deaddrop", "file.read")
"""What is worth a report when it leaves the machine."""
_RUNNERS = frozenset(
    [
        "mshta",
        "regsvr32",
        "rundll32",
        "msiexec",
        "cmstp",
        "installutil",
        "ieexec",
        "hh",
        "wmic",
        "presentationhost",
    ]
)
_SCRIPT_URL = re.compile(r"(?:javascript|vbscript):", re.IGNORECASE)


def transfer(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow curl, wget and their kin."""
    line = command.line
    asked = read_transfer(program_of(arguments[0]), [a.text for a in arguments[1:]])
    given = [
        _sent(reading, arguments[1:][n], stdin, is_file=f, line=line)
        for n, f in asked.sent
        if n < len(arguments) - 1
    ]
    if any(a.text in ("-K-", "--config=-") for a in arguments):
        given.append(stdin)
    out = []
    for url in asked.urls[:20] or ([""] if given else []):
        of_url = tuple(c for a in arguments if a.text == url for c in a.chains)
        loot = [
            c for s in (*given, Stream(of_url)) for c in s.chains if c.via[0].startswith(_TAKEN)
        ]
        for chain in loot:
            reading.flow(chain, "net.send", line, address=url)
        if given or asked.method in ("POST", "PUT", "PATCH"):
            reading.see("net.send", line, address=url)
        else:
            reading.see("net.fetch", line, address=url)
        out.append(fetched(url))
        _answers(reading, url, line)
    got = merge(*out) if out else NOTHING
    for name in asked.outputs:
        save(reading, name, got, line)
    return NOTHING if asked.outputs else got


def _sent(reading: Reading, arg: Arg, stdin: Stream, *, is_file: bool, line: int) -> Stream:
    """Return what a data argument sends: text, ``@file``, ``name=@file``, standard input."""
    text = arg.text
    if text in ("-", "@-") or text.endswith("=@-"):
        return stdin
    marker = text.find("@") if re.match(r"(?:[\w.\-\[\]]{1,60}=)?[@<]", text) else -1
    if is_file or marker >= 0 or re.match(r"[\w.\-]{1,60}=<", text):
        name = text if is_file else re.split(r"[@<]", text, maxsplit=1)[1].split(";", 1)[0]
        return merge(reading.read(name, line), Stream(arg.chains))
    return Stream(arg.chains, text.encode("utf-8", "replace"))


def _answers(reading: Reading, url: str, line: int) -> None:
    if hosts.gives_credentials(url):
        reading.see("secrets.cloud", line, address=url)
    elif hosts.tells_address(url):
        reading.see("host.identify", line, address=url)


def fetched(url: str) -> Stream:
    """Return the stream of what a URL answers."""
    host, hostclass = hosts.classify(url)
    behavior = "net.fetch"
    if hosts.gives_credentials(url):
        behavior = "secrets.cloud"
    elif hosts.tells_address(url):
        behavior = "host.identify"
    return Stream((Chain((behavior,), value=url[:256], host=host, hostclass=hostclass),))


def save(reading: Reading, name: str, got: Stream, line: int) -> None:
    """Note that a download was written to a file."""
    for chain in got.chains:
        if chain.via == ("net.fetch",):
            reading.flow(chain, "file.write", line)
    reading.wrote(name, got, line)


def cloned(reading: Reading, texts: list[str]) -> None:
    """Remember what ``git clone URL [FOLDER]`` brought: its folder holds it."""
    at = next((n for n, text in enumerate(texts) if first_url(text)), None)
    if at is None:
        return
    url = first_url(texts[at])
    folder = texts[at + 1] if at + 1 < len(texts) else basename(url).removesuffix(".git")
    reading.keep(folder, fetched(url))


def lookup(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow nslookup, dig and ping: names can carry data."""
    for arg in arguments[1:12]:
        if arg.text.startswith(("-", "+", "/", "@")) or "." not in arg.text:
            continue
        for chain in (*arg.chains, *(stdin.chains if arg.text.startswith("\ufffd") else ())):
            if chain.via[0].startswith(_TAKEN):
                reading.flow(chain, "net.lookup", command.line, address=arg.text)
        reading.see("net.lookup", command.line, address=arg.text)
        break
    return NOTHING


# --------------------------------------------------------------------------- sockets


def open_socket(
    reading: Reading, target: str, command: Command, out: Stream = NOTHING, name: str = ""
) -> bool:
    """Follow a redirection to ``/dev/tcp/host/port`` or to a descriptor opened on one."""
    line = command.line
    found = _DEVICE.match(target)
    shell = programs.has_role(name, "shell") if name else _is_shell(command)
    if found is None:
        if reading.socket and target.lstrip("&").isdigit() and target not in ("1", "2") and shell:
            _shell_on_socket(reading, reading.socket[0], line)
            return True
        return False
    value = f"{found.group(1)}:{found.group(2)}"
    host, hostclass = hosts.classify(value)
    reading.socket = (value, host, hostclass)
    reading.see("net.connect", line, address=value)
    if shell:
        _shell_on_socket(reading, value, line)
    for chain in out.chains:
        if chain.via[0].startswith(_TAKEN):
            reading.flow(chain, "net.send", line, address=value)
    return True


def _is_shell(command: Command) -> bool:
    return bool(command.words) and programs.has_role(
        programs.plain_name(command.words[0].text), "shell"
    )


def _shell_on_socket(reading: Reading, value: str, line: int) -> None:
    host, hostclass = hosts.classify(value)
    chain = Chain(("net.connect",), value=value, host=host, hostclass=hostclass)
    reading.flow(chain, "process.shell", line)


def socket(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow nc, socat, telnet and ``openssl s_client``."""
    line = command.line
    texts = [a.text for a in arguments[1:]]
    value, listens = _peer(program_of(arguments[0]), texts)
    if not value and not listens:
        return NOTHING
    behavior = "net.listen" if listens else "net.connect"
    reading.see(behavior, line, address="" if listens else value, value=value)
    host, hostclass = hosts.classify(value) if value and not listens else ("", "")
    chain = Chain((behavior,), value=value, host=host, hostclass=hostclass)
    if _starts_shell(texts) or any(c.via[0] == "process.shell" for c in stdin.chains):
        reading.flow(chain, "process.shell", line)
    for sent in stdin.chains:
        if sent.via[0].startswith(_TAKEN):
            reading.flow(sent, "net.send", line, address=value)
    return Stream((chain,))


def _starts_shell(texts: list[str]) -> bool:
    joined = " ".join(texts)
    if re.search(r"(?:^|[\s,])(?:exec|system|shell):", joined, re.IGNORECASE):
        return True
    flags = ("-e", "-c", "--exec", "--sh-exec", "-lvpe", "-nve", "-ne", "-ve", "-lpe", "-lve")
    return any(
        text in flags or text.startswith("--sh-exec=") or text.startswith("--exec=")
        for text in texts
    )


def _peer(name: str, texts: list[str]) -> tuple[str, bool]:
    """Return (host:port, whether it listens)."""
    if name == "socat":
        joined = " ".join(texts)
        found = re.search(
            r"(?:tcp|udp|ssl|openssl)[46]?(?:-connect)?:([^:,\s]{1,253}):(\d{1,5})",
            joined,
            re.IGNORECASE,
        )
        listens = re.search(r"-listen:(\d{1,5})", joined, re.IGNORECASE)
        if listens:
            return listens.group(1), True
        return (f"{found.group(1)}:{found.group(2)}", False) if found else ("", False)
    if name == "openssl":
        at = texts.index("-connect") if "-connect" in texts else len(texts)
        return (texts[at + 1] if at + 1 < len(texts) else ""), False
    listens_ = any(re.fullmatch(r"-[a-zA-Z]{0,4}l[a-zA-Z]{0,4}|--listen", t) for t in texts)
    shells = (
        "/bin/sh",
        "/bin/bash",
        "sh",
        "bash",
        "cmd.exe",
        "cmd",
        "powershell",
        "powershell.exe",
    )
    words = [t for t in texts if not t.startswith("-") and t not in shells]
    if listens_:
        return next((w for w in words if w.isdigit()), ""), True
    if len(words) >= 2 and (words[-1].isdigit() or "\ufffd" in words[-1]):
        return f"{words[-2]}:{words[-1]}", False
    return "", False


# --------------------------------------------------------------------------- Windows downloaders


def downloader(reading: Reading, command: Command, arguments: list[Arg], stdin: Stream) -> Stream:
    """Follow the programs of Windows that fetch or run what a URL names."""
    name = program_of(arguments[0])
    line = command.line
    texts = [a.text for a in arguments[1:]]
    joined = " ".join(texts)
    url = first_url(joined)
    if url:
        url = url.rstrip(",;)")
        reading.see("net.fetch", line, address=url)
        got = fetched(url)
        if name in _RUNNERS:
            for chain in got.chains:
                reading.flow(chain, "code.run", line)
            return NOTHING
        target = texts[-1] if texts and "://" not in texts[-1] else basename(url)
        save(reading, target, got, line)
        return NOTHING
    if _SCRIPT_URL.search(joined) and name in ("mshta", "rundll32"):
        reading.see("code.run", line, value=f"{name} {joined}", args=("hidden=yes",))
    elif name == "certutil" and re.search(r"[-/]decode(?:hex)?\b", joined, re.IGNORECASE):
        source = reading.files.get(texts[-2].lower(), NOTHING) if len(texts) >= 3 else NOTHING
        chain = Chain(("data.decode",), value=joined[:200])
        reading.see("data.decode", line, value=joined)
        reading.wrote(texts[-1], merge(source, Stream((chain,))), line)
    elif name in ("ftp", "tftp", "sftp", "scp"):
        _remote_copy(reading, command, name, arguments)
    elif name in ("regsvr32", "rundll32") and texts:
        if re.search(r"scrobj|\.(?!dll)[a-z]{3}\b", joined, re.IGNORECASE):
            reading.see("code.native", line, value=f"{name} {joined}")
        for text in texts:
            run_known(reading, text.split(",", 1)[0], line)
    return NOTHING


def _remote_copy(reading: Reading, command: Command, name: str, arguments: list[Arg]) -> None:
    remote = next(
        (a.text for a in arguments[1:] if re.match(r"[\w.@\ufffd-]{1,200}:\S", a.text)), ""
    )
    if name == "tftp":
        remote = next((a.text for a in arguments[1:] if "." in a.text), "")
    for arg in arguments[1:]:
        if arg.text == remote or arg.text.startswith("-"):
            continue
        for chain in reading.read(arg.text, command.line).chains:
            if remote:
                reading.flow(chain, "net.send", command.line, address=remote.split(":", 1)[0])
    if remote:
        reading.see("net.connect", command.line, address=remote.split(":", 1)[0], certainty="low")


def run_known(reading: Reading, name: str, line: int) -> None:
    """Note that a file which was fetched or decoded is started."""
    from antivenom.analysis.commands.reading import file_key

    key = file_key(name)
    known = reading.files.get(key)
    for chain in known.chains if known else ():
        if chain.via[0] in ("net.fetch", "data.decode"):
            certainty = "high" if key.strip(UNKNOWN) else "low"
            reading.flow(chain, "process.spawn", line, certainty=certainty)
