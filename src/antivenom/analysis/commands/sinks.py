"""Reads the options of programs that fetch and send: which URL, which file, which data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from antivenom.analysis.commands.script import UNKNOWN

_URL = re.compile(
    r"(?:https?|ftps?|sftp|tftp|dict|gopher|file)://[^\s'\"<>]{1,2000}", re.IGNORECASE
)
_HOSTLIKE = re.compile(
    r"[\w\ufffd-]{1,63}(?:\.[\w\ufffd-]{1,63}){1,8}(?::\d{1,5})?(?:/\S{0,2000})?"
)
_DATA = frozenset(
    [
        "-d",
        "--data",
        "--data-raw",
        "--data-binary",
        "--data-urlencode",
        "--data-ascii",
        "--json",
        "-F",
        "--form",
        "--form-string",
        "-T",
        "--upload-file",
        "--post-data",
        "--post-file",
        "--body-data",
        "--body-file",
        "--url-query",
    ]
)
_ALWAYS_FILE = frozenset(["-T", "--upload-file", "--post-file", "--body-file"])
_TAKES_ONE = frozenset(
    [
        "-H",
        "--header",
        "-A",
        "--user-agent",
        "-e",
        "--referer",
        "-u",
        "--user",
        "-x",
        "--proxy",
        "-b",
        "--cookie",
        "-c",
        "--cookie-jar",
        "-m",
        "--max-time",
        "--connect-timeout",
        "--retry",
        "--retry-delay",
        "-w",
        "--write-out",
        "--cacert",
        "--cert",
        "--key",
        "-K",
        "--config",
        "--resolve",
        "--interface",
        "--limit-rate",
        "-U",
        "--tries",
        "-t",
        "--timeout",
        "--dns-servers",
        "-P",
        "--directory-prefix",
        "--password",
        "--http-user",
        "--http-password",
        "-i",
        "--input-file",
        "-a",
        "--output-dir",
        "-y",
        "-Y",
        "-r",
        "--range",
        "-z",
        "--time-cond",
        "--ciphers",
        "--retry-max-time",
    ]
)
_OUT = frozenset(["-o", "--output", "--output-document", "--out", "-O="])


@dataclass(slots=True)
class Transfer:
    """What a transfer's command line asks for."""

    urls: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    """Files written; empty means standard output."""
    sent: list[tuple[int, bool]] = field(default_factory=list)
    """(argument number, is a file) of the data that is sent."""
    method: str = ""
    remote_name: bool = False


def read_transfer(name: str, arguments: list[str]) -> Transfer:
    """Read the options of curl, wget and their kin."""
    out = Transfer()
    wget = name.startswith("wget")
    number = 0
    while number < len(arguments):
        number = _option(out, arguments, number, wget=wget) + 1
    if wget and not out.outputs and not any(a in ("-O-", "-qO-") for a in arguments):
        out.remote_name = True
    if out.remote_name:
        out.outputs += [basename(url) for url in out.urls]
    out.outputs = [
        o for o in out.outputs if o not in ("-", "/dev/stdout", "/dev/null", "nul", "NUL")
    ]
    return out


def _option(out: Transfer, arguments: list[str], number: int, *, wget: bool) -> int:
    """Read one argument; return the number of the last one used."""
    argument = arguments[number]
    option, equals, inline = (
        argument.partition("=") if argument.startswith("--") else (argument, "", "")
    )
    following = inline if equals else (arguments[number + 1] if number + 1 < len(arguments) else "")
    used = number if equals else number + 1
    if not argument.startswith("-") or argument == "-":
        if is_address(argument):
            out.urls.append(argument)
        return number
    if option in _DATA and not (wget and option in ("-d", "-F", "-T")):
        out.sent.append((number if equals else used, option in _ALWAYS_FILE))
        return used
    if option in ("-X", "--request", "--method"):
        out.method = following.upper()
        return used
    if option == "--url":
        out.urls.append(following)
        return used
    if option in _OUT and not (wget and option == "-o"):
        out.outputs.append(following)
        return used
    if wget and re.fullmatch(r"-[a-zA-Z]{0,5}O", option):
        out.outputs.append(following)
        return used
    if wget and (found := re.fullmatch(r"-[a-zA-Z]{0,4}O(.+)", option)):
        out.outputs.append(found.group(1))
        return number
    if option in ("--remote-name", "--remote-name-all"):
        out.remote_name = True
        return number
    if option in _TAKES_ONE:
        return used
    return _cluster(out, option, following, number, used, wget=wget)


def _cluster(
    out: Transfer, option: str, following: str, number: int, used: int, *, wget: bool
) -> int:
    """Read curl's short options written together: ``-fsSLo file``, ``-dDATA``."""
    if wget or not re.fullmatch(r"-[a-zA-Z#]\S{0,4000}", option):
        return number
    for place, letter in enumerate(option[1:], 2):
        if letter == "O":
            out.remote_name = True
        elif letter in "odFTXHAuxbemw":
            rest = option[place:]
            value, last = (rest, number) if rest else (following, used)
            if letter == "o":
                out.outputs.append(value)
            elif letter in "dFT":
                out.sent.append((last, letter == "T"))
            elif letter == "X":
                out.method = value.upper()
            return last
        elif not letter.isalpha() and letter not in "#0123456":
            break
    return number


def is_address(text: str) -> bool:
    """Say whether an argument names something on the network."""
    return bool(
        text and (_URL.match(text) or _HOSTLIKE.fullmatch(text) or text.startswith(f"{UNKNOWN}"))
    )


def first_url(text: str) -> str:
    """Return the first URL in a text, or ""."""
    found = _URL.search(text)
    return found.group() if found else ""


def basename(url: str) -> str:
    """Return the file name a download gets when none is asked for."""
    path = url.split("?", 1)[0].split("#", 1)[0].rstrip("/")
    return path.rpartition("/")[2]
