"""Says what kind of host an address names: a service, a webhook, a tunnel, a bare IP address.

The table is data (``hosts.toml``). A name the table does not know is ``unknown``; a name that is
itself not known (the interpreter found no constant) has no class at all.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
import unicodedata
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from antivenom import compiled
from antivenom.model.fact import HostClass

SOURCE = Path(__file__).with_name("hosts.toml")
UNKNOWN_TEXT = "\ufffd"
"""What the interpreter writes for a part of a string that it could not know."""

_SCHEME = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.\-]{0,30}:/{0,3}(?!\d{1,5}(?:[/?#]|$))")
_LABELS = 10
_DOTS = str.maketrans({"\u3002": ".", "\uff0e": ".", "\uff61": "."})
_DOCUMENTATION = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
)


class HostTable(Struct, frozen=True):
    """The table in the form look-ups need."""

    domains: dict[str, HostClass]
    paths: dict[str, list[tuple[str, HostClass]]]
    """Domain -> (start of the path, class), tried in order."""
    address: list[str]
    credentials: list[str]


def build() -> HostTable:
    """Read ``hosts.toml``."""
    raw = tomllib.loads(SOURCE.read_text(encoding="utf-8"))
    domains: dict[str, HostClass] = {}
    paths: dict[str, list[tuple[str, HostClass]]] = {}
    for section in (raw["classes"], raw["samples"]):
        for hostclass, entries in section.items():
            for entry in entries:
                domain, _, path = entry.partition("/")
                if path:
                    paths.setdefault(domain, []).append((path, hostclass))
                else:
                    domains[domain] = hostclass
    answers = raw["answers"]
    for domain in answers["address"]:
        if "/" not in domain:
            domains.setdefault(domain, "service")
    return HostTable(domains, paths, answers["address"], answers["credentials"])


@lru_cache(maxsize=1)
def table() -> HostTable:
    """Return the table, compiled once."""
    return compiled.load("hosts", [SOURCE, Path(__file__)], build, HostTable)


@lru_cache(maxsize=4096)
def classify(url_or_host: str) -> tuple[str, HostClass]:
    """Return the host an address names, lower case, and its class.

    Both are empty when the text names no host or the host is not known.
    """
    host, path = split(url_or_host[:2048])
    if not host or set(host) <= {UNKNOWN_TEXT, ".", "-"}:
        return "", ""
    address = _address(host)
    if address is not None:
        return str(address), _address_class(address)
    if "." not in host and UNKNOWN_TEXT not in host:
        return host, table().domains.get(host, "local")
    found = "service" if _is_registry(host) else _by_name(host, path)
    if found is None:
        return host, "" if UNKNOWN_TEXT in host.rsplit(".", 2)[-1] else "unknown"
    return host, found


def split(url_or_host: str) -> tuple[str, str]:
    """Return host (lower case) and path of a URL, an authority or a bare host name."""
    text = unicodedata.normalize("NFKC", url_or_host.translate(_DOTS)).strip().strip("'\"")
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text.removeprefix("//")
    authority = re.split(r"[/?#\\\s]", rest, maxsplit=1)[0]
    path = rest[len(authority) + 1 :]
    host = authority.rpartition("@")[2].lower()
    if host.startswith("["):
        return host[1:].partition("]")[0], path
    if host.count(":") == 1 or (scheme and ":" in host):
        host = host.partition(":")[0]
    return host.rstrip("."), path


def tells_address(url_or_host: str) -> bool:
    """Say whether this host is asked for one's own public address."""
    return _listed(url_or_host, table().address)


def is_release(url: str) -> bool:
    """Say whether this is where a registry keeps the file of a release.

    What comes from there was published like the package that asks for it: it is a dependency that
    no manifest names, and not a text that its author can change at any time.
    """
    host, path = split(url[:2048])
    return "/-/" in path and path.endswith(".tgz") and _is_registry(host)


def _is_registry(host: str) -> bool:
    return host.startswith(("registry.", "pypi.", "crates.")) and host in _registries()


@lru_cache(maxsize=1)
def _registries() -> frozenset[str]:
    """Return the hosts of public registries, from the library that knows where purls live."""
    from packageurl.contrib.purl2url import get_download_url, get_repo_url

    places = (
        get_download_url("pkg:npm/x@1"),  # type: ignore[no-untyped-call]
        get_repo_url("pkg:pypi/x@1"),  # type: ignore[no-untyped-call]
        get_download_url("pkg:cargo/x@1"),  # type: ignore[no-untyped-call]
    )
    return frozenset(split(str(place))[0] for place in places)


def gives_credentials(url_or_host: str) -> bool:
    """Say whether this is a cloud's metadata service."""
    return _listed(url_or_host, table().credentials)


def _listed(url_or_host: str, entries: list[str]) -> bool:
    host, path = split(url_or_host[:2048])
    address = _address(host)
    host = str(address) if address is not None else host
    whole = f"{host}/{path}"
    return any(whole.startswith(e) if "/" in e else host == e for e in entries)


def _by_name(host: str, path: str) -> HostClass | None:
    """Look the name up, then each domain above it; the longest entry decides."""
    known = table()
    labels = host.split(".")[-_LABELS:]
    for start in range(len(labels)):
        domain = ".".join(labels[start:])
        for prefix, hostclass in known.paths.get(domain, ()):
            if _starts(path, prefix):
                return hostclass
        found = known.domains.get(domain) or _with_star(labels[start:], known)
        if found:
            return found
    return None


def _with_star(labels: list[str], known: HostTable) -> HostClass | None:
    if len(labels) not in (3, 4):
        return None
    star = known.domains.get(".".join(["*", *labels[1:]]))
    star = star or known.domains.get(".".join([labels[0], "*", *labels[2:]]))
    if not star and labels[0].startswith("s3-"):
        star = known.domains.get(".".join(["s3-*", *labels[1:]]))
    return star


def _starts(path: str, prefix: str) -> bool:
    """Compare the start of a path with a prefix in which ``v*`` stands for any version."""
    if "*" not in prefix:
        return path.lower().startswith(prefix.lower())
    parts = path.lower().split("/", prefix.count("/") + 1)
    wanted = prefix.lower().split("/")
    return len(parts) >= len(wanted) and all(
        part.startswith(want.rstrip("*")) if want.endswith("*") else part == want
        for part, want in zip(parts, wanted, strict=False)
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an IP address, also in the decimal, octal and hexadecimal forms resolvers accept."""
    if ":" in host:
        try:
            six = ipaddress.IPv6Address(host.partition("%")[0])
        except ValueError:
            return None
        return six.ipv4_mapped or six
    parts = host.split(".")
    if len(parts) > 4 or not parts[0][:1].isdigit():
        return None
    numbers = [_number(part) for part in parts]
    if any(n is None for n in numbers):
        return None
    return _assemble([n for n in numbers if n is not None])


def _assemble(numbers: list[int]) -> ipaddress.IPv4Address | None:
    """Join the parts as ``inet_aton`` does: the last one fills the bytes that are left."""
    *front, last = numbers
    if any(n > 255 for n in front) or last >= 256 ** (4 - len(front)):
        return None
    if len(numbers) == 1 and last < 1 << 24:
        return None
    value = last
    for place, n in enumerate(front):
        value |= n << (8 * (3 - place))
    return ipaddress.IPv4Address(value)


def _number(part: str) -> int | None:
    if not part.isascii() or not part.isalnum() or len(part) > 16:
        return None
    base = 16 if part.startswith("0x") else 8 if len(part) > 1 and part.startswith("0") else 10
    try:
        return int(part, base)
    except ValueError:
        return None


def _address_class(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> HostClass:
    if any(address in net for net in _DOCUMENTATION):
        return "raw-ip"
    if not address.is_global or address.is_multicast:
        return "local"
    return table().domains.get(str(address), "raw-ip")
