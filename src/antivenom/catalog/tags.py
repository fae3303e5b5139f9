"""What the tags of a hand-read sample set mean in our vocabulary (contracts 4 and 7).

Two uses: a set whose reader found nothing hostile is not malware in our catalog either, and the
engine is measured against what people read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from antivenom.catalog.statement import Label

ACTIVATIONS: Mapping[str, str] = {
    "t_setup": "build",
    "t_cmdclass": "install",
    "t_import": "import",
    "t_entry": "run",
    "t_call": "call",
}

BEHAVIORS: Mapping[str, tuple[str, ...]] = {
    "dlexec": ("net.fetch->process.spawn", "net.fetch->process.shell"),
    "urlexec": ("net.fetch->code.run",),
    "b64exec": ("data.decode->code.run",),
    "beacon": ("host.identify->net.send", "host.identify->net.lookup"),
    "envexfil": ("secrets.env->net.send",),
    "credexfil": ("secrets.file->net.send", "secrets.key->net.send"),
    "tempfile_spawn": ("file.write->process.spawn",),
    "revshell": ("net.connect->process.shell", "net.connect->process.spawn"),
    "persistence": ("persist.*",),
    "miner": ("impact.mine",),
    "browser_steal": ("secrets.browser",),
    "wallet_steal": ("secrets.wallet", "tamper.clipboard"),
    "discord_token": ("secrets.app",),
}
"""Tag -> any of these chains. ``a->b`` holds where one flow passes a, then b."""

_NOTHING = "N"
_SQUAT = frozenset({"squat_placeholder"})
_HARMLESS = frozenset({"beacon", "poc", "lab"})
_VISIBILITY = frozenset({"R", "V", "O", "B", "D", "N", "mixed", "campaign"})


def label_of(tags: Collection[str]) -> Label | None:
    """Return what a person who gave these tags took it for; None when nobody read it."""
    said = set(tags)
    if not said:
        return None
    if said & _SQUAT:
        return "placeholder"
    does = {t for t in said - _VISIBILITY if not t.startswith("t_")}
    if "poc" in does:
        return "proof-of-concept"
    if does and does <= _HARMLESS:
        return "beacon" if "beacon" in does else "proof-of-concept"
    return "unknown" if _NOTHING in said else "malware"


def expected_activations(tags: Collection[str]) -> set[str]:
    """Return when the reader saw it run."""
    return {ACTIVATIONS[tag] for tag in tags if tag in ACTIVATIONS}


def shows(tag: str, chains: Collection[tuple[str, ...]]) -> bool:
    """Whether facts, each as the ids it passes through, show what a tag means."""
    return any(_holds(pattern, chain) for pattern in BEHAVIORS[tag] for chain in chains)


def _holds(pattern: str, chain: tuple[str, ...]) -> bool:
    """Whether the ids of a pattern stand in the chain in this order."""
    at = 0
    for wanted in pattern.split("->"):
        family = wanted.removesuffix("*")
        while at < len(chain) and not _is(chain[at], wanted, family):
            at += 1
        if at == len(chain):
            return False
        at += 1
    return True


def _is(found: str, wanted: str, family: str) -> bool:
    return found == wanted or (family != wanted and found.startswith(family))
