"""What the likeness index is made of: the texts that make a specimen what it is.

Which they are, the rule book says: members that findings rest on, hidden texts, and where nothing
was found the code that runs while a package is built or installed. A trojanised copy is mostly
somebody else's library; its other files say nothing about it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from antivenom.judge import Knowledge
from antivenom.likeness.making import Group, Known, KnownText
from antivenom.model.profile import ManifestEntry, Profile
from antivenom.model.review import Finding, Review
from antivenom.model.vocabulary import BEHAVIORS
from antivenom.store import schema
from antivenom.store.packing import unpack

LABELS = ("malware", "proof-of-concept", "beacon")
"""Labels worth recognising; the others are no reason to hold anything up."""
_CODE = frozenset(
    [
        *("python", "pyc", "pth", "notebook", "pickle", "native"),
        *("shell", "batch", "powershell", "vbs", "javascript", "typescript"),
    ]
)
_EARLY = frozenset(["startup", "install", "build"])
_WEIGHTS = (0.5, 0.2)
"""Findings that condemn; weaker ones count where there is none that does."""
_SHORTEST = 64
"""Bytes of a file below which it is anybody's."""
_HIDDEN = 200
"""The same of a hidden text: decoders leave scraps."""
_MOST_TEXTS = 40
_MOST_ACTS = 6


def known(profile: Profile, review: Review, *, label: str, campaign: str = "") -> Known:
    """Return a specimen as the index knows it."""
    code = {e.path: e for e in profile.manifest if e.lang in _CODE and e.size >= _SHORTEST}
    telling, findings = _telling(review, code)
    if not telling:
        telling = [path for path, entry in code.items() if entry.activation in _EARLY]
    texts = [_text(code[path]) for path in telling]
    return Known(
        sha256=profile.sha256,
        label=label,
        campaign=campaign,
        texts=tuple([*texts, *_hidden(profile)][:_MOST_TEXTS]),
        acts=_acts(findings),
    )


def of_store(connection: Connection, knowledge: Knowledge) -> Iterator[Known]:
    """Yield every specimen worth recognising whose profile the catalog has.

    It is judged anew by today's rules and without an index: nothing is known by being known.
    """
    from antivenom import pipeline
    from antivenom.model.context import NOTHING

    table, members = schema.specimens, schema.campaign_members
    query = (
        select(table.c.id, table.c.label, members.c.campaign, schema.profiles.c.document)
        .join(schema.profiles, schema.profiles.c.sha256 == table.c.sha256)
        .join(members, members.c.specimen == table.c.id, isouter=True)
        .where(table.c.label.in_(LABELS))
        .order_by(table.c.id)
    )
    for row in connection.execute(query):
        profile = unpack(row.document, Profile)
        review = pipeline.judge(profile, NOTHING, knowledge)
        yield known(profile, review, label=row.label, campaign=row.campaign or "")


def groups(connection: Connection) -> list[Group]:
    """Return the campaigns of the catalog."""
    table = schema.campaigns
    rows = connection.execute(select(table.c.id, table.c.name, table.c.size).order_by(table.c.id))
    return [Group(row.id, row.name or row.id, row.size) for row in rows]


def _telling(review: Review, code: dict[str, ManifestEntry]) -> tuple[list[str], Iterable[Finding]]:
    """Return the members that the gravest findings rest on, and these findings."""
    for least in _WEIGHTS:
        findings = [f for f in review.findings if f.weight >= least]
        named = dict.fromkeys(s.member for f in findings for s in f.spans if s.member in code)
        if named:
            return list(named), findings
    return [], []


def _acts(findings: Iterable[Finding]) -> tuple[tuple[str, ...], ...]:
    """Return what was seen code do, finding by finding; what a name or a text says is no deed.

    Where something was seen done with something else, single deeds say little: half of all
    packages run a command somewhere.
    """
    chains = {tuple(one for one in f.chain if one in BEHAVIORS) for f in findings}
    joined = {chain for chain in chains if len(chain) > 1}
    return tuple(sorted(joined or chains - {()})[:_MOST_ACTS])


def _text(entry: ManifestEntry) -> KnownText:
    return KnownText(
        sha256=entry.sha256,
        functions=tuple(code for name, code in entry.functions.items() if name),
        skeleton=entry.skeleton,
        fingerprint=entry.fingerprint,
    )


def _hidden(profile: Profile) -> Iterator[KnownText]:
    prints = {one.layer: one for one in profile.layer_prints}
    for layer in profile.layers:
        taken = prints.get(layer.id)
        if layer.size >= _HIDDEN:
            yield KnownText(
                sha256=layer.sha256,
                skeleton=taken.skeleton if taken else "",
                fingerprint=taken.fingerprint if taken else "",
            )
