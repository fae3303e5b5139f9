"""From a profile to the facts that say what it is like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from antivenom.likeness.index import Index, Kin
from antivenom.model import fingerprint
from antivenom.model.fact import Fact
from antivenom.model.label import STRENGTH
from antivenom.model.profile import ManifestEntry, Profile

MOST = 20
"""Members said to be like something; a flood of copies is told by its first."""
_EARLY = frozenset(["startup", "install", "build", "import", "open"])
_COPIED = 3
"""Code files of one release that make an artifact a copy of it, worth saying."""


def likeness(profile: Profile, index: Index | None) -> tuple[Fact, ...]:
    """Return what known malware and known-good code say about an artifact."""
    if index is None:
        return ()
    found = [*_whole(profile, index), *_members(profile, index), *_layers(profile, index)]
    return (*found[:MOST], *_good(profile, index))


def _whole(profile: Profile, index: Index) -> Iterator[Fact]:
    kin = index.artifact(profile.sha256)
    if kin is not None:
        strongest = max((e.activation for e in profile.manifest), key=STRENGTH.__getitem__)
        yield from _facts(profile, kin, "", strongest if profile.manifest else "call", 0, "")


def _members(profile: Profile, index: Index) -> Iterator[Fact]:
    seen, early = seen_in(profile), seen_in(profile, _EARLY)
    for entry in profile.manifest:
        at = (entry.path, 0)
        kin = kin_of(entry, index, seen.get(at, set()), early.get(at, set()))
        if kin is not None:
            yield from _facts(profile, kin, entry.path, entry.activation, 0, entry.role)


def seen_in(
    profile: Profile, when: Collection[str] = tuple(STRENGTH)
) -> dict[tuple[str, int], set[str]]:
    """Return the ids of facts by member and layer, of flows each step; layer 0 has them all.

    With `when`, only of what runs then.
    """
    seen: dict[tuple[str, int], set[str]] = {}
    for fact in profile.facts:
        if fact.activation not in when:
            continue
        for layer in {0, fact.layer}:
            seen.setdefault((fact.member, layer), set()).update((fact.id, *fact.via))
    return seen


def kin_of(
    entry: ManifestEntry, index: Index, seen: Collection[str], early: Collection[str] = ()
) -> Kin | None:
    """Return what a member is like: the surest answer first.

    `seen` are the ids of facts in it, `early` of those that nobody has to call.
    """
    if index.good_file(entry.sha256) is not None:
        return None
    kin = index.file(entry.sha256)
    if kin is None and entry.skeleton:
        kin = index.skeleton(entry.skeleton)
    if kin is None and entry.fingerprint:
        known = fingerprint.parse(entry.fingerprint)
        kin = (index.code(known, seen) or index.short(known, early)) if known else None
    if kin is None and entry.functions:
        kin = index.functions([c for name, c in entry.functions.items() if name], seen)
    return kin


def _layers(profile: Profile, index: Index) -> Iterator[Fact]:
    activations = {entry.path: entry for entry in profile.manifest}
    prints = {one.layer: one for one in profile.layer_prints}
    seen = seen_in(profile)
    for layer in profile.layers:
        kin = index.file(layer.sha256)
        known = prints.get(layer.id)
        if kin is None and known is not None:
            kin = index.skeleton(known.skeleton)
            found = fingerprint.parse(known.fingerprint)
            does = seen.get((layer.member, 0), set())
            kin = index.code(found, does) if kin is None and found else kin
        if kin is not None:
            entry = activations.get(layer.member)
            when = entry.activation if entry else "call"
            role = entry.role if entry else ""
            yield from _facts(profile, kin, layer.member, when, layer.id, role)


def _facts(
    profile: Profile, kin: Kin, member: str, when: str, layer: int, role: str
) -> Iterator[Fact]:
    share = int(kin.share * 100)
    line = 1 if member else 0
    about = Fact(
        id="like.specimen",
        kind="like",
        member=member,
        line=line,
        end_line=line,
        layer=layer,
        value=kin.specimen,
        args=(f"by={kin.by}", f"share={share}", f"label={kin.label}"),
        activation=when,
        role=role or "code",
        observer="likeness",
        artifact=profile.sha256,
    )
    yield about
    if kin.campaign is not None and kin.campaign.size > 1:
        yield Fact(
            id="like.campaign",
            kind="like",
            member=member,
            line=line,
            end_line=line,
            layer=layer,
            value=kin.campaign.name,
            args=(f"by={kin.by}", f"share={share}", f"specimens={kin.campaign.size}"),
            activation=when,
            role=role or "code",
            observer="likeness",
            artifact=profile.sha256,
        )


def _good(profile: Profile, index: Index) -> Iterator[Fact]:
    """Say of which popular releases the artifact holds files, exactly."""
    files: Counter[str] = Counter()
    for entry in profile.manifest:
        source = index.good_file(entry.sha256) if entry.lang and entry.size > 200 else None
        if source is not None:
            files[f"{source.name} {source.version}"] += 1
    for name, count in sorted(files.items(), key=lambda item: (-item[1], item[0]))[:3]:
        if count >= _COPIED:
            yield Fact(
                id="like.known-good",
                kind="like",
                member="",
                value=name,
                args=("by=file", f"count={count}"),
                activation="never",
                observer="likeness",
                artifact=profile.sha256,
            )
