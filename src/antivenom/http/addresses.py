"""Addresses: which are public, and what of a URL may be said."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit, urlunsplit


def without_credentials(url: str) -> str:
    """Return a URL without user, password and fragment."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))


def shown(url: str) -> str:
    """Return a URL as messages may print it: no credentials, no query, no control characters."""
    try:
        bare = without_credentials(url).partition("?")[0]
    except ValueError:
        return "a malformed address"
    return re.sub(r"[^\x21-\x7e]", "?", bare)[:300]


def public(address: str) -> bool:
    """Whether a numeric address is one of the public network. Raises `ValueError`."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return public(str(inner))
    return found.is_global and not found.is_multicast


def numeric(host: str) -> bool:
    """Whether a host is a number already."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
