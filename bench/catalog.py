"""Measures the catalog on the whole corpus: import, round trips, agreement with what people read.

Rows of the check part go through as data: what comes out here are counts, never names.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from sqlalchemy import select

from antivenom.catalog import exchange, exchange_read, queries, tags
from antivenom.catalog.export import jsonl, osv, parquet
from antivenom.catalog.importing import Options, Report, import_samples
from antivenom.catalog.specimen import Specimen
from antivenom.store import Store, open_store
from bench import corpus, page
from bench.tables import Table

BEGIN = "<!-- bench catalog: begin; written by `python -m bench catalog --write`, do not edit -->\n"
END = "<!-- bench catalog: end -->\n"
_SOURCE = "dev-corpus"


def whole(*, write: bool, jobs: int = 0, osv_schema: str = "") -> list[Table]:
    """Measure everything; put it into the page when told to."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with open_store(str(place / "catalog.db")) as store:
            made = [_imports(store, place, jobs, osv_schema), *_agreement(store)]
    if write:
        text = page.PAGE.read_text(encoding="utf-8")
        if BEGIN not in text:
            text += f"\n{BEGIN}{END}"
        body = "\n".join([page.made("The catalog"), *(table.markdown() for table in made)])
        page.PAGE.write_text(page.between(text, body, BEGIN, END), encoding="utf-8")
    return made


def _imports(store: Store, folder: Path, jobs: int, osv_schema: str) -> Table:
    spent = _processor()
    first, took = bring(store, jobs)
    spent = _processor() - spent
    before = digest(store)
    second, again = bring(store, jobs)
    same = digest(store) == before
    rate = first.listed / took
    size = (folder / "catalog.db").stat().st_size / 1e6
    rows: list[tuple[str, ...]] = [
        ("import of the whole corpus", "< 120 s", f"{took:.0f} s, {rate:.0f} archives a second"),
        ("its processor time, all processes", "< 240 s", f"{spent:.0f} s"),
        ("specimens, broken, not observed", "", _counts(first)),
        (
            "import again",
            "nothing changes",
            f"{_yes(same)}, {again:.1f} s, {second.skipped:,} kept",
        ),
        ("database", "", f"{size:.0f} MB, profiles included"),
    ]
    for kind, written in (("jsonl", jsonl.write), ("parquet", parquet.write)):
        started = time.monotonic()
        written(store, folder / kind)
        with open_store(str(folder / f"{kind}.db")) as other:
            exchange_read.import_export(other, folder / kind, kind)
            equal = digest(other) == before
        spent = time.monotonic() - started
        rows.append((f"export as {kind} and back", "every field", f"{_yes(equal)}, {spent:.0f} s"))
    rows.append(("OSV records that pass the published schema", "all", _valid(store, osv_schema)))
    note = (
        "Both parts, in two children on two cores, which others use as well: the processor time is "
        "what two idle cores would share. Equal means: a hash over every row of every table but "
        "profiles, imports and releases."
    )
    return Table(
        title="Import and round trip",
        header=("what", "reach", "measured"),
        rows=rows,
        notes=(note,),
    )


def _processor() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    import resource

    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def bring(store: Store, jobs: int) -> tuple[Report, float]:
    """Import the corpus; return the report and the seconds it took."""
    options = Options(
        source=_SOURCE, listing=corpus.CORPUS / "malware-dev.csv", jobs=jobs, licence="not stated"
    )
    started = time.monotonic()
    report = import_samples(store, corpus.CORPUS / corpus.SPECIMENS, options)
    return report, time.monotonic() - started


def _valid(store: Store, schema: str) -> str:
    """Return how many composed records pass a JSON schema, and what is wrong with the first."""
    if not schema:
        return "not measured; give --osv-schema FILE"
    import jsonschema

    text = Path(schema).read_bytes()
    check = jsonschema.Draft202012Validator(json.loads(text)).iter_errors
    found = [next(check(document), None) for _, document in osv.documents(store)]
    wrong = [one.message[:80] for one in found if one is not None]
    which = hashlib.sha256(text).hexdigest()[:12]
    said = f"{len(found) - len(wrong):,} of {len(found):,}, schema {which}"
    return f"{said}; {wrong[0]}" if wrong else said


def digest(store: Store) -> str:
    """Return a hash over everything a catalog says, whatever order its rows lie in."""
    total = hashlib.sha256()
    with store.reading() as connection:
        for table in exchange.TABLES:
            rows = connection.execute(select(table).order_by(*table.primary_key.columns))
            for row in rows:
                total.update(repr(tuple(row)).encode())
    return total.hexdigest()


def _agreement(store: Store) -> list[Table]:
    """Compare what the engine says with the tags people gave."""
    with store.reading() as connection:
        specimens = list(queries.load(connection))
    parts = {part: _tagged(specimens, [part]) for part in corpus.PARTS}
    parts["both"] = _tagged(specimens, corpus.PARTS)
    activations = [_activation_row(tag, wanted, parts) for tag, wanted in tags.ACTIVATIONS.items()]
    activations.append(_total(parts))
    shown = [_behavior_row(tag, parts) for tag in tags.BEHAVIORS]
    header = ("tag", *(f"{part}: {what}" for part in parts for what in ("recall", "precision")))
    notes = (
        "One tagged archive a cluster. Recall: of the clusters that carry the tag, how many the "
        "engine says it of. Precision: of those the engine says it of, how many carry the tag; a "
        "reader names what stands out, so that what is also there counts against precision.",
    )
    return [
        Table(
            title="When it runs: engine and readers (reach: recall >= 0.85)",
            header=header,
            rows=activations,
            notes=notes,
        ),
        Table(title="What it does: engine and readers", header=header, rows=shown),
    ]


Tagged = Sequence[tuple[Specimen, tuple[str, ...]]]


def _tagged(specimens: Iterable[Specimen], parts: Iterable[str]) -> Tagged:
    """Return one specimen a cluster with the tags of its reader."""
    found: dict[str, tuple[Specimen, tuple[str, ...]]] = {}
    for one in specimens:
        for claim in one.claims:
            if claim.tags and claim.part in set(parts):
                found.setdefault(claim.cluster, (one, claim.tags))
    return list(found.values())


def _activation_row(tag: str, wanted: str, parts: dict[str, Tagged]) -> tuple[str, ...]:
    cells = []
    for some in parts.values():
        timed = [(one, said) for one, said in some if tags.expected_activations(said)]
        truth = [(tag in said, wanted in one.activations) for one, said in timed]
        cells += _rates(truth)
    return (f"{tag} = {wanted}", *cells)


def _total(parts: dict[str, Tagged]) -> tuple[str, ...]:
    cells = []
    for some in parts.values():
        truth = [
            (wanted in tags.expected_activations(said), wanted in one.activations)
            for one, said in some
            if tags.expected_activations(said)
            for wanted in tags.ACTIVATIONS.values()
        ]
        cells += _rates(truth)
    return ("all", *cells)


def _behavior_row(tag: str, parts: dict[str, Tagged]) -> tuple[str, ...]:
    cells = []
    for some in parts.values():
        truth = [
            (tag in said, tags.shows(tag, [tuple(b.id.split("->")) for b in one.behaviors]))
            for one, said in some
        ]
        cells += _rates(truth)
    return (tag, *cells)


def _rates(truth: Sequence[tuple[bool, bool]]) -> list[str]:
    both = sum(said and seen for said, seen in truth)
    said = sum(said for said, _ in truth)
    seen = sum(seen for _, seen in truth)
    return [_share(both, said), _share(both, seen)]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "-"


def _counts(report: Report) -> str:
    return f"{report.new:,}, {len(report.broken):,}, {report.unread:,}"


def _yes(holds: bool) -> str:
    return "yes" if holds else "NO"
