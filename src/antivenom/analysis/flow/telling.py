"""What the values of a call tell: where a path is from, how a text was hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import structs

from antivenom.analysis import hosts
from antivenom.analysis.given import prompted_class
from antivenom.analysis.value import HOLE, Taint, Value, text_of

if TYPE_CHECKING:
    from antivenom.analysis.api.row import Row
    from antivenom.analysis.flow.site import Site

MEDIA = re.compile(r"\.(?:png|jpe?g|gif|bmp|ico|webp|tiff?|wav|mp3|ogg|flac|mp4|avi)$", re.I)
"""Names of files that hold no program unless somebody hid one there."""
_PATHS = ("os.path.", "os.walk", "os.fwalk", "os.listdir", "os.scandir", "glob.", "pathlib.")

_KEY_LIBRARIES = (
    "eth_account.",
    "web3.",
    "solana.",
    "solders.",
    "bip_utils.",
    "mnemonic.",
    "xrpl.",
)


def handles_secrets(target: str) -> bool:
    """Whether callers hand a function keys, passwords or whole requests."""
    if target in {"getpass.getpass", "builtins.input", "keyring.get_password"}:
        return True
    if target.startswith(_KEY_LIBRARIES):
        return True
    return target in {
        "requests.Session.send",
        "requests.Session.request",
        "requests.sessions.Session.send",
        "requests.sessions.Session.request",
        "requests.api.request",
        "requests.post",
        "urllib.request.urlopen",
        "urllib3.PoolManager.urlopen",
        "httpx.Client.send",
        "http.client.HTTPConnection.request",
    }


_EVERYTHING = re.compile(
    r"(?:~|/|/home|/root|/Users|[A-Za-z]:|%(?:USERPROFILE|HOME|HOMEPATH|SYSTEMDRIVE)%)"
    rf"(?:[/\\\\]+(?:Desktop|Documents|Pictures|Downloads|{HOLE}|\\*))*[/\\\\]*"
)
"""A person's own files, or a whole disk: nothing in it is named."""
_POOL = re.compile(
    r"\bmining\.(?:subscribe|authorize|submit)\b|\"method\":\s?\"login\".{0,200}\"agent\""
)


def worse(behaviors: tuple[str, ...], text: str, site: Site) -> str:
    """Return the behavior that a call is by what it is applied to, "" for none."""
    if "file.delete" in behaviors and text and _EVERYTHING.fullmatch(text[:400]):
        return "file.destroy"
    if "net.send" in behaviors:
        if "/contents/.github/workflows" in text:
            return "supply.ci"
        sent = "".join(text_of(v)[:2000] for v in site.args[:2])
        if "mining." in sent and _POOL.search(sent):
            return "impact.mine"
    return ""


def origins(value: Value) -> list[Value]:
    """Return what a path was made from: the folder walked, the pattern, the parts joined."""
    found: list[Value] = []
    while value.made and len(found) < 4:
        if found and not value.path.startswith(_PATHS) and value.path:
            break
        value = value.made[0]
        found.append(value)
    return found


def asked(row: Row, path: str, prompt: str) -> str:
    """Return which secret a call takes: a library for coins a key, a prompt what it asks for."""
    if not row.behavior:
        return "private"
    return prompted_class(prompt) or ("credential" if path.startswith("getpass.") else "")


def prompted(value: Value | None) -> str:
    """Return what a person is asked: a text, or the words of one or several described questions."""
    if value is None or isinstance(value.const, str):
        return text_of(value) if value is not None else ""
    if isinstance(value.const, list):
        described: list[object] = list(value.const[:_MOST_QUESTIONS])
    else:
        described = [value.const if value.known else value, *(value.items or [])[:_MOST_QUESTIONS]]
    words = [_question(one, key) for one in described for key in _QUESTIONS]
    return " ".join(filter(None, words))[:_PROMPT]


_QUESTIONS = ("message", "text", "question", "title", "name")
_MOST_QUESTIONS = 12
_PROMPT = 300


def _question(described: object, key: str) -> str:
    """Return an entry of one described question."""
    if isinstance(described, Value):
        if isinstance(described.const, dict):
            described = described.const
        else:
            held = (described.table or {}).get(key)
            return text_of(held)[:100] if held is not None else ""
    found = described.get(key) if isinstance(described, dict) else None
    return found[:100] if isinstance(found, str) else ""


def answers(row: Row, url: str) -> tuple[str, ...]:
    """Return what an address is asked for, when its answers are always the same kind of thing."""
    if row.gives != "net.fetch" or "returns" not in row.source or not url:
        return ()
    if hosts.gives_credentials(url):
        return ("secrets.cloud",)
    if hosts.is_release(url):
        return ("supply.install",)
    return ("host.identify",) if hosts.tells_address(url) else ()


def redirected(row: Row, url: Value | None) -> tuple[str, ...]:
    """Return ``supply.install`` when the only answer an address comes from is a registry's."""
    if row.gives != "net.fetch" or url is None or url.known or not url.taints:
        return ()
    published = all(taint.via == ("supply.install",) for taint in url.taints)
    return ("supply.install",) if published else ()


def in_a_path(path: str, taints: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """Return taints as a path carries them: it holds one variable, never the environment."""
    if not path.startswith(_PATHS) or not any(_EVERY in t.args for t in taints):
        return taints
    return tuple(
        structs.replace(t, args=tuple(a for a in t.args if a != _EVERY)) if _EVERY in t.args else t
        for t in taints
    )


_EVERY = "all=yes"
_PLAIN = frozenset(["assembled", "bundled-file", "replace"])
_TURNED = frozenset(["reversed", "strided"])
_OWN = frozenset(["xor", "letters", "charcodes", "translate", "swapcase", "to_bytes"])
"""Steps of a cipher that somebody made at home."""


def was_decoded(value: Value) -> bool:
    """Return whether a constant went through a decoder."""
    return not _PLAIN.issuperset(value.coded)


def cipher(value: Value) -> tuple[str, ...]:
    """Say when a text was hidden by a cipher made at home."""
    own = not _OWN.isdisjoint(value.coded) or (_PLAIN | _TURNED).issuperset(value.coded)
    return ("cipher=own",) if own else ()


LOCAL = re.compile(
    r"(?:\w{1,12}://)?\[?(?:localhost|127\.|0\.0\.0\.0|10\.|192\.168|172\.|::1)", re.I
)


def sink_value(taint: Taint, text: str, feeds: str) -> str:
    """Return what to show where a value arrives."""
    if feeds == "code.run" and taint.via[0] == "file.read" and taint.value:
        # The layer shows what the file says; here counts which file it was.
        return taint.value
    return text if text and text != HOLE else taint.value


def texts(value: Value) -> list[str]:
    """Return the texts a value may be."""
    options = [value, *value.alts, *(value.items or [])[:8]]
    if isinstance(value.const, (list, tuple)):
        return [str(c) for c in value.const[:8] if isinstance(c, str)]
    return [t for t in (text_of(v) for v in options) if t]


def file_key(text: str) -> str:
    """The part of a path that identifies a file across statements."""
    plain = text.replace("\\", "/").strip("\"' ")
    name = plain.rpartition("/")[2].replace(HOLE, "")
    return name if len(name) >= 3 else ""


def path_text(path: str, site: Site) -> str:
    """Return the text of a path object, "~" for a home folder."""
    if path.endswith((".home", ".expanduser")) and not site.args:
        base = text_of(site.receiver) if site.receiver is not None else ""
        return base or "~"
    parts = [site.receiver] if site.receiver is not None and "()." in path else []
    texts = [text_of(v) or HOLE for v in [*parts, *site.args]]
    return "/".join(texts)[:2000]
