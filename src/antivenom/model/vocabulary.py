"""The closed vocabulary, version 1 (contracts 7): one list of behaviors for all languages.

A new behavior is a decision; a variant is a field of a fact, not an id. ATT&CK ids and names
stand in ``attack.toml`` beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping

from antivenom.model.tree import AnomalyKind

BEHAVIORS: Mapping[str, str] = {
    "code.run": "runs text or bytes as a program",
    "code.import": "imports a module by computed name",
    "code.native": "loads or calls native code",
    "code.deserialize": "deserializes objects that run code on load",
    "code.inject": "injects code into memory or a process",
    "process.spawn": "starts a process",
    "process.shell": "runs a command line through a shell",
    "net.fetch": "downloads",
    "net.send": "sends data out",
    "net.lookup": "looks up a name in DNS",
    "net.connect": "opens a raw socket",
    "net.listen": "listens on a socket",
    "net.deaddrop": "takes its next address from a page, chain or paste",
    "data.decode": "decodes hidden data",
    "data.decrypt": "decrypts hidden data",
    "data.encrypt": "encrypts data",
    "data.pack": "packs data before sending",
    "data.assemble": "assembles a string built to hide it",
    "secrets.env": "reads environment variables",
    "secrets.file": "reads credential files",
    "secrets.key": "reads private keys",
    "secrets.browser": "reads browser data",
    "secrets.wallet": "reads wallet data",
    "secrets.app": "reads tokens of chat, forge or game applications",
    "secrets.store": "reads a keychain or password manager",
    "secrets.cloud": "asks cloud metadata or a secret manager for credentials",
    "secrets.memory": "reads another process's memory",
    "secrets.given": "takes a key, seed or password as argument or prompt",
    "user.keys": "records keystrokes",
    "user.screen": "takes screenshots",
    "user.clipboard": "reads the clipboard",
    "user.capture": "records camera or microphone",
    "host.identify": "identifies the machine or user",
    "host.search": "walks the file system",
    "host.inspect": "inspects processes or defenses",
    "host.locate": "finds out country, language or time zone",
    "guard.target": "runs only on a chosen target",
    "guard.sandbox": "checks for a virtual machine or debugger",
    "guard.delay": "waits before it acts",
    "file.read": "reads a file",
    "file.write": "writes a file",
    "file.delete": "deletes its own traces",
    "file.destroy": "destroys data",
    "persist.autostart": "starts with the machine",
    "persist.shell": "changes shell start-up files",
    "persist.interpreter": "changes how the interpreter starts",
    "persist.access": "adds keys or users for later access",
    "persist.browser": "changes browser extensions or shortcuts",
    "persist.agent": "changes agent or editor configuration",
    "tamper.package": "changes another package",
    "tamper.runtime": "hooks the runtime globally",
    "tamper.clipboard": "replaces an address in the clipboard",
    "tamper.value": "replaces an argument by a constant",
    "defense.disable": "disables a defense",
    "defense.elevate": "gains privileges",
    "supply.install": "runs a package manager",
    "supply.publish": "publishes a package",
    "supply.ci": "writes CI workflows",
    "supply.agent": "drives an AI command line without prompts",
    "impact.mine": "mines cryptocurrency",
}
"""id -> what it does, third person, for reasons people read."""

OBSERVATIONS: Mapping[str, tuple[str, ...]] = {
    "text": (
        "endpoint",
        "secret-literal",
        "wallet",
        "high-entropy",
        "long-line",
        "hidden-code",
        "bidi",
        "zero-width",
        "agent-instruction",
        "reviewer-instruction",
    ),
    "archive": tuple(kind.value for kind in AnomalyKind),
    "native": (
        "packed",
        "wrong-platform",
        "disguised",
        *(f"imports-{behavior}" for behavior in BEHAVIORS),
    ),
    "meta": (
        "copied-readme",
        "empty",
        "version-jump",
        "mismatch",
        "url-dependency",
        "shadowing-command",
    ),
    "name": ("lookalike", "other-registry", "import-name"),
    "change": (
        "new-file-kind",
        "startup-hook",
        "build-backend",
        "dependency-added",
        "maintainer",
        "provenance-lost",
        "long-silence",
        "burst",
    ),
    "like": ("specimen", "campaign", "known-good"),
}

ALL_IDS: frozenset[str] = frozenset(BEHAVIORS) | {
    f"{family}.{name}" for family, names in OBSERVATIONS.items() for name in names
}

FAMILIES: frozenset[str] = frozenset(i.split(".", 1)[0] for i in ALL_IDS)
