"""Which parties a release talks to that the previous one never named.

A party is who answers for a host: the name a person registered, or the whole host where anybody
can have one for nothing.
"""

from __future__ import annotations

import re

from antivenom.model.fact import Fact
from antivenom.model.profile import Profile

_SHARED = frozenset(
    [
        *("webhook", "bot-api", "paste", "oast", "tunnel", "free-hosting", "chat-cdn"),
        *("raw-ip", "dyndns", "local"),
    ]
)
"""Host classes under which neighbours have nothing to do with each other."""
_SECOND_LEVEL = frozenset(["co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "go"])
_URL = re.compile(r"://(?:[^/\s@]{0,100}@)?([A-Za-z0-9.-]{3,253})")
_MAIL = re.compile(r"@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6})")
_TEXT = 20_000


def party(host: str, hostclass: str = "") -> str:
    """Return who answers for a host: its registered name, or all of it where it is shared."""
    host = host.lower().rstrip(".").partition(":")[0]
    if hostclass in _SHARED or host.replace(".", "").isdigit():
        return host
    labels = host.split(".")
    generic = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL
    return ".".join(labels[-3 if generic else -2 :])


def named(old: Profile) -> frozenset[str]:
    """Return every party that the previous release named: in code, metadata or description."""
    found = {party(fact.host, fact.hostclass) for fact in old.facts if fact.host}
    metadata = old.metadata
    texts = (metadata.home_page, *metadata.urls, metadata.description[:_TEXT])
    found.update(party(hit) for text in texts for hit in _URL.findall(text))
    mails = f"{metadata.author_email} {metadata.maintainer}"[:_TEXT]
    found.update(party(hit) for hit in _MAIL.findall(mails))
    return frozenset(found)


def is_new(fact: Fact, known: frozenset[str]) -> bool:
    """Whether a fact names a party that is not among the known."""
    return bool(fact.host) and party(fact.host, fact.hostclass) not in known
