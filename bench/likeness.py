"""Measures campaigns and recognition: agreement, leave one out, false recognitions, scale.

Rows of the check part go through as data: what comes out are counts, never names.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
from sqlalchemy import select

from antivenom import pipeline
from antivenom.catalog import campaigns, clusters, goodcode, knowing
from antivenom.catalog.clusters import Agreement
from antivenom.intake import from_bytes, open_artifact
from antivenom.isolate import Bounds, Done, Pool
from antivenom.judge import load_knowledge
from antivenom.likeness import Index, good, likeness, making
from antivenom.likeness.container import Container
from antivenom.likeness.good import Good
from antivenom.likeness.making import Group, Known, KnownText
from antivenom.model.fact import Fact
from antivenom.model.fingerprint import Fingerprint, fingerprint
from antivenom.model.profile import Profile
from antivenom.store import Store, open_store, schema
from antivenom.store.packing import unpack
from bench import catalog, corpus, page
from bench.tables import Table

BEGIN = (
    "<!-- bench likeness: begin; written by `python -m bench likeness --write`, do not edit -->\n"
)
END = "<!-- bench likeness: end -->\n"
SCALE = 100_000
_LOOKUPS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the catalog has of one archive of the corpus."""

    known: Known
    profile: Profile
    cluster: str
    family: str
    part: str


def whole(*, write: bool, jobs: int = 0) -> list[Table]:
    """Measure everything; put it into the page when told to."""
    vouched = {part: _good_of([part], jobs) for part in corpus.PARTS}
    with tempfile.TemporaryDirectory() as folder, open_store(f"{folder}/catalog.db") as store:
        catalog.bring(store, jobs)
        held = _held(store)
        made = [
            _grouping(store, held, vouched["study"]),
            _left_out(held, vouched["study"]),
            _false(held, vouched["study"], jobs),
        ]
    made.append(_scale())
    if write:
        text = page.PAGE.read_text(encoding="utf-8")
        if BEGIN not in text:
            text += f"\n{BEGIN}{END}"
        body = "\n".join([page.made("Campaigns and likeness"), *(t.markdown() for t in made)])
        page.PAGE.write_text(page.between(text, body, BEGIN, END), encoding="utf-8")
    return made


def _good_of(parts: Sequence[str], jobs: int) -> Good:
    paths = [corpus.ordinary_path(s) for s in corpus.benign() if s.part in parts]
    found, _ = goodcode.gather(paths, jobs=jobs)
    return Good(Container.of(memoryview(good.pack(found)), good.WHAT))


def _held(store: Store) -> list[Held]:
    knowledge = load_knowledge()
    rows = {sample.sha256: sample for sample in corpus.malware()}
    found = []
    with store.reading() as connection:
        known = {one.sha256: one for one in knowing.of_store(connection, knowledge)}
        query = select(schema.profiles.c.sha256, schema.profiles.c.document)
        for sha256, document in connection.execute(query.order_by(schema.profiles.c.sha256)):
            row = rows[sha256]
            found.append(
                Held(
                    known=known.get(sha256) or Known(sha256=sha256, label="unknown"),
                    profile=unpack(document, Profile),
                    cluster=row.cluster,
                    family=row.family,
                    part=row.part,
                )
            )
    return found


# --- grouping ---------------------------------------------------------------------------------


def _grouping(store: Store, held: Sequence[Held], vouched: Good) -> Table:
    rows = []
    for name, known in (("nothing left out", None), ("code of ordinary/study left out", vouched)):
        started = time.monotonic()
        with store.reading() as connection:
            places = clusters.place(campaigns.read(connection, known))
        took = time.monotonic() - started
        for ours, theirs in (("cluster", "cluster"), ("campaign", "family")):
            labels = [
                (getattr(places[h.known.sha256], ours), getattr(h, theirs), h.part) for h in held
            ]
            rows.append((name, f"{ours}s against {theirs}", *_agreements(labels), f"{took:.1f} s"))
    notes = (
        "ARI is the adjusted Rand index; precision and recall are over pairs of archives. The "
        "csv's groups were made by another program over ten times as many archives, at most "
        "three of each are here. Where we differ: it keeps apart what one generator wrote with "
        "other junk names (one obfuscator alone is a fifth of our surplus pairs) and copies of "
        "one library with other names; it joins releases that share most single lines in "
        "another order, which we call one campaign when they share a host or file. It ties "
        "families by authors and descriptions, which we do not know.",
    )
    header = ("known-good code", "groups", "ARI", "precision", "recall", "ARI, check", "time")
    return Table(
        title="Groups (reach: ARI >= 0.9 for clusters)", header=header, rows=rows, notes=notes
    )


def _agreements(labels: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
    both = Agreement.of([(ours, theirs) for ours, theirs, _ in labels])
    check = Agreement.of([(ours, theirs) for ours, theirs, part in labels if part == "check"])
    return tuple(f"{n:.3f}" for n in (both.rand, both.precision, both.recall, check.rand))


# --- leave one out ----------------------------------------------------------------------------


def _left_out(held: Sequence[Held], vouched: Good) -> Table:
    harmless = corpus.harmless(corpus.malware())
    by_cluster: dict[str, list[Held]] = defaultdict(list)
    for one in held:
        by_cluster[one.cluster].append(one)
    hidden = [some[0] for some in by_cluster.values() if len(some) > 1]
    gone = {one.known.sha256 for one in hidden}
    others = [one.known for one in held if one.known.sha256 not in gone]
    where = {one.known.sha256: one for one in held}
    rows = []
    for name, known in (("none", None), ("ordinary/study", vouched)):
        index = Index.of(making.make(others, [], known))
        for label, some in (
            ("study", [h for h in hidden if h.part == "study" and h.cluster not in harmless]),
            ("check", [h for h in hidden if h.part == "check" and h.cluster not in harmless]),
            ("both", [h for h in hidden if h.cluster not in harmless]),
            ("harmless clusters", [h for h in hidden if h.cluster in harmless]),
        ):
            rows.append((name, label, *_recognised(some, index, where)))
    notes = (
        "One archive of each cluster with at least two is hidden, all at once, and looked for "
        "among all others. Recognised: any `like.specimen`; then, as one of its own cluster, of "
        "its own family. An archive that is recognised only as another family's is mostly the "
        "same loader.",
    )
    header = ("known-good code", "clusters of", "n", "recognised", "same cluster", "same family")
    return Table(
        title="One archive of each cluster hidden (reach: recognised >= 97 %)",
        header=header,
        rows=rows,
        notes=notes,
    )


def _recognised(some: Sequence[Held], index: Index, where: dict[str, Held]) -> tuple[str, ...]:
    counts = [0, 0, 0]
    for one in some:
        kin = [where[fact.value] for fact in _specimens(likeness(one.profile, index))]
        counts[0] += bool(kin)
        counts[1] += any(other.cluster == one.cluster for other in kin)
        counts[2] += any(other.family == one.family for other in kin)
    return (str(len(some)), *(f"{n} ({n / max(1, len(some)):.1%})" for n in counts))


def _specimens(facts: Sequence[Fact]) -> list[Fact]:
    return [fact for fact in facts if fact.id == "like.specimen"]


# --- false recognitions -----------------------------------------------------------------------


def _false(held: Sequence[Held], vouched: Good, jobs: int) -> Table:
    known = [one.known for one in held]
    indexes = [Index.of(making.make(known, [], some)) for some in (None, vouched)]
    samples = corpus.benign()
    previous = sorted((corpus.CORPUS / "pairs-dev").glob("*.whl"))
    paths = [*(corpus.ordinary_path(s) for s in samples), *previous]
    parts = [*(s.part for s in samples), *("previous releases" for _ in previous)]
    counts = _hits(paths, indexes, jobs)
    rows: list[tuple[str, ...]] = []
    for n, name in enumerate(("none", "ordinary/study")):
        for part in (*corpus.PARTS, "previous releases"):
            some = [hits[n] for hits, where in zip(counts, parts, strict=True) if where == part]
            rows.append((name, part, str(len(some)), str(sum(map(bool, some)))))
    notes = (
        "Against an index of every specimen. With nothing known to be good, only what a "
        "specimen is condemned for keeps a library from being taken for its trojanised copy.",
    )
    return Table(
        title="Ordinary packages taken for malware (reach: 0)",
        header=("known-good code", "ordinary packages", "n", "recognised as malware"),
        rows=rows,
        notes=notes,
    )


def _hits(paths: Sequence[Path], indexes: Sequence[Index], jobs: int) -> list[list[int]]:
    with Pool(_counting(indexes), jobs=jobs or os.cpu_count() or 1, bounds=Bounds()) as pool:
        results = list(pool.run(os.fsencode(path) for path in paths))
    lost = [r for r in results if not isinstance(r, Done)]
    assert not lost, f"{len(lost)} children were lost"
    return [msgspec.json.decode(r.data, type=list[int]) for r in results if isinstance(r, Done)]


def _counting(indexes: Sequence[Index]) -> Callable[[bytes], bytes]:
    pipeline.observe(from_bytes(b"import os\nos.system('true')\n", "ours.py"))

    def work(request: bytes) -> bytes:
        profile = pipeline.observe(open_artifact(Path(os.fsdecode(request))))
        found = [len(_specimens(likeness(profile, index))) for index in indexes]
        return msgspec.json.encode(found)

    return work


# --- scale ------------------------------------------------------------------------------------


def _scale() -> Table:
    draw = random.Random(20261121)  # noqa: S311  figures that can be made again
    known, groups = _synthetic(draw, SCALE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "likeness.index"
        started = time.monotonic()
        path.write_bytes(making.make(known, groups))
        built = time.monotonic() - started
        started = time.monotonic()
        index = Index.open(path)
        opened = time.monotonic() - started
        size = path.stat().st_size / 1e6
        texts = [one.texts[0] for one in draw.sample(known, _LOOKUPS)]
        near = [_changed(draw, text) for text in texts]
        strange = [_print(draw) for _ in range(_LOOKUPS)]
        rows: list[tuple[str, ...]] = [
            ("size", "< 200 MB", f"{size:.0f} MB, {len(index):,} specimens"),
            ("making", "", f"{built:.0f} s"),
            ("opening", "", f"{opened * 1e3:.1f} ms"),
            ("exact file", "< 5 ms", _timed([partial(index.file, t.sha256) for t in texts])),
            (
                "functions",
                "< 5 ms",
                _timed([partial(index.functions, t.functions, ()) for t in texts]),
            ),
            ("near code, changed", "< 5 ms", _timed([partial(index.code, p, ()) for p in near])),
            ("code of nobody", "< 5 ms", _timed([partial(index.code, p, ()) for p in strange])),
        ]
        found = sum(index.code(one, ()) is not None for one in near)
        wrong = sum(index.code(one, ()) is not None for one in strange)
        rows.append(("found, changed by 15 %", "", f"{found} of {_LOOKUPS}"))
        rows.append(("found, code of nobody", "0", f"{wrong} of {_LOOKUPS}"))
    notes = (
        "Synthetic: two texts a specimen of 20 to 128 pairs of lines and eight functions; half "
        "of the specimens are changed copies within 2,000 campaigns, and every text has some of "
        "300 lines that everybody has. Of each look-up the least of three times.",
    )
    return Table(
        title=f"Scale: {SCALE:,} specimens",
        header=("what", "reach", "measured"),
        rows=rows,
        notes=notes,
    )


def _synthetic(draw: random.Random, count: int) -> tuple[list[Known], list[Group]]:
    common = [draw.getrandbits(32) for _ in range(300)]
    founders = [_print(draw, common) for _ in range(2000)]
    known = []
    for n in range(count):
        campaign = draw.randrange(2000) if n % 2 else -1
        own = _mutated(draw, founders[campaign]) if campaign >= 0 else _print(draw, common)
        texts = (_text(draw, own), _text(draw, _print(draw, common)))
        sha256 = draw.randbytes(32).hex()
        known.append(Known(sha256=sha256, campaign=f"c{campaign}" if n % 2 else "", texts=texts))
    return known, [Group(f"c{n}", f"campaign-{n}", 25) for n in range(2000)]


def _print(draw: random.Random, common: Sequence[int] = ()) -> Fingerprint:
    own = [draw.getrandbits(32) for _ in range(draw.randrange(20, 128))]
    return fingerprint([*own, *draw.sample(common, min(8, len(common)))])


def _mutated(draw: random.Random, one: Fingerprint) -> Fingerprint:
    return fingerprint(v if draw.random() > 0.15 else draw.getrandbits(32) for v in one.values)


def _changed(draw: random.Random, text: KnownText) -> Fingerprint:
    from antivenom.model.fingerprint import parse

    found = parse(text.fingerprint)
    assert found is not None
    return _mutated(draw, found)


def _text(draw: random.Random, one: Fingerprint) -> KnownText:
    from base64 import urlsafe_b64encode

    codes = tuple(urlsafe_b64encode(draw.randbytes(15)).decode() for _ in range(8))
    return KnownText(
        sha256=draw.randbytes(32).hex(),
        functions=codes,
        skeleton=urlsafe_b64encode(draw.randbytes(15)).decode(),
        fingerprint=one.text(),
    )


def _spent(lookup: Callable[[], object]) -> float:
    """Return the milliseconds of one look-up; of three, the least is without the machine's."""
    started = time.perf_counter()
    lookup()
    return (time.perf_counter() - started) * 1e3


def _timed(lookups: Sequence[Callable[[], object]]) -> str:
    spent = sorted(min(_spent(lookup) for _ in range(3)) for lookup in lookups)
    return f"{spent[len(spent) // 2]:.2f} ms median, {spent[-1]:.2f} ms at most"
