"""`python -m bench`: see docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from antivenom.analysis import engine
from bench import (
    catalog,
    console,
    corpus,
    diff,
    evidence,
    kept,
    lab,
    likeness,
    listing,
    live,
    measure,
    names,
    npm,
    page,
    service,
    speed,
    tables,
    tally,
    wide,
)
from bench.measure import Measured


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and in a full run write the page and the rules' evidence."""
    options = _parser().parse_args(arguments)
    if not corpus.present():
        print(f"there is no corpus in {corpus.CORPUS}", file=sys.stderr)
        return 2
    started = time.monotonic()
    _WHAT[options.what](options)
    if options.what != "digests":
        print(f"{time.monotonic() - started:.0f} s")
    return 0


def everything(options: argparse.Namespace) -> None:
    """Measure what is asked for; only the whole of it is written down."""
    parts = corpus.PARTS[:1] if options.quick else corpus.PARTS
    measured = run(parts, options)
    made = [*quality(measured, parts), tables.costs(measured, parts)]
    if not options.quick and not options.no_speed:
        made.append(speed.whole(measure.knowledge(evaluation=options.evaluation)))
    most = options.live if options.quick or options.live is not None else 0
    peers = None if options.no_live or most is None else live.compare(measured, most=most)
    made += [peers] if peers else []
    for table in made:
        print(table.markdown())
    print("\n".join(listed(measured, options)))
    if not options.quick:
        remember(made, measured, options)


def quality(measured: Sequence[Measured], parts: Sequence[str]) -> list[tables.Table]:
    """Return what is found and what is held up, by us, by each rule and by the peers."""
    hostile, ordinary = split(measured)
    harmless = corpus.harmless([one.sample for one in hostile])
    return [
        tables.rules(measured, measure.knowledge().book, parts),
        tables.recall(hostile, harmless, parts),
        tables.seen(hostile, parts),
        tables.alarms(ordinary, parts),
        tables.compared(measured, harmless, corpus.peers(), parts),
    ]


def listed(measured: Sequence[Measured], options: argparse.Namespace) -> list[str]:
    """Return the listings that every run prints and those that were asked for."""
    harmless = corpus.harmless([one.sample for one in measured if one.sample.hostile])
    lines = [*listing.lost(measured), *listing.alarms(measured)]
    if options.misses:
        lines += listing.missed(measured, harmless, tally.suspicious)
    if options.weak:
        lines += listing.missed(measured, harmless, tally.malicious)
    for rule in options.rule:
        lines += listing.rule_hits(measured, rule)
    return lines


def remember(
    made: Sequence[tables.Table], measured: Sequence[Measured], options: argparse.Namespace
) -> None:
    """Write the results, and unless told otherwise the page and the evidence."""
    page.keep(made, measured)
    if not options.dry:
        page.write(made, [*listing.alarms(measured, reasons=False)])
    prove(measured, write=not options.dry)


def prove(measured: Sequence[Measured], *, write: bool) -> None:
    """Print which pages need a look, and write the evidence into those that were measured."""
    book = measure.knowledge().book
    found = evidence.gather(measured, book, corpus.explained())
    if write:
        print(f"{evidence.write(found, book)} pages have new evidence")
    print("\n".join(evidence.remarks(found, book)))


def rule_evidence(options: argparse.Namespace) -> None:
    """Measure the rules alone; write their evidence when told to."""
    measured = run(corpus.PARTS, options)
    print(tables.rules(measured, measure.knowledge().book, corpus.PARTS).markdown())
    prove(measured, write=options.write)


def only_speed(_: argparse.Namespace) -> None:
    """Measure throughput, the cold start and the large wheels."""
    print(speed.whole(measure.knowledge()).markdown())


def only_names(options: argparse.Namespace) -> None:
    """Measure look-alikes, or write a list of popular names anew."""
    if options.refresh:
        print(names.refresh(options.refresh))
        return
    for table in names.whole(write=options.write):
        print(table.markdown())


def only_likeness(options: argparse.Namespace) -> None:
    """Measure campaigns and recognition."""
    for table in likeness.whole(write=options.write, jobs=options.jobs):
        print(table.markdown())


def only_catalog(options: argparse.Namespace) -> None:
    """Measure the catalog: import, round trips, agreement with readers."""
    for table in catalog.whole(
        write=options.write, jobs=options.jobs, osv_schema=options.osv_schema
    ):
        print(table.markdown())


def releases(options: argparse.Namespace) -> None:
    """Measure takeovers, ordinary updates and the cost of comparing; write their section."""
    found = diff.tables(*diff.measured(measure.knowledge(evaluation=options.evaluation)))
    for table in found:
        print(table.markdown())
    if not options.dry and not options.quick:
        page.write_section("diff", found)


def only_npm(options: argparse.Namespace) -> None:
    """Measure npm: specimens, labelled install scripts, ordinary packages of npm's cache."""
    if options.peer:
        npm.record_peer()
        return
    print(npm.whole(quick=options.quick, write=options.write))


def hunts(options: argparse.Namespace) -> None:
    """Measure questions to ten million made-up reviews; write their section."""
    from bench import hunt

    found = hunt.tables(measure.knowledge(), at=options.at)
    for table in found:
        print(table.markdown())
    if not options.dry:
        page.write_section("hunt", found)


def laboratory(options: argparse.Namespace) -> None:
    """Measure rules and trained scorer on a data set; write their section."""
    found = lab.tables(Path(options.dataset), specimens=options.robust)
    for table in found:
        print(table.markdown())
    if options.write:
        page.write_section("lab", found)


def wider(options: argparse.Namespace) -> None:
    """Measure ordinary packages of kinds the corpus lacks, as far as they are at hand."""
    found = wide.tables(measure.knowledge(), jobs=options.jobs)
    for table in found:
        print(table.markdown())
    if options.write:
        page.write_section("wide", found)


def digests(_: argparse.Namespace) -> None:
    """Print what reviews, then a hash of each review of the determinism check."""
    known = measure.knowledge()
    print(engine.digest(), known.digest)
    for one in measure.measure(speed.same_samples(), known):
        print(one.outcome.digest or one.outcome.error)


def run(parts: Sequence[str], options: argparse.Namespace) -> list[Measured]:
    """Review the chosen parts of the whole corpus."""
    samples = [s for s in (*corpus.benign(), *corpus.malware()) if s.part in parts]
    known = measure.knowledge(evaluation=options.evaluation)
    tell = _progress(len(samples))
    if options.again:
        return kept.measure(samples, known, tell=tell)
    # One process when it counts: two on one core's threads would each look slower.
    jobs = options.jobs or (0 if options.quick else 1)
    return measure.measure(samples, known, jobs=jobs, tell=tell)


def split(measured: Sequence[Measured]) -> tuple[list[Measured], list[Measured]]:
    """Return specimens and ordinary packages."""
    hostile = [one for one in measured if one.sample.hostile]
    return hostile, [one for one in measured if not one.sample.hostile]


def _progress(total: int) -> Callable[[int], None] | None:
    if not sys.stderr.isatty():
        return None

    def tell(done: int) -> None:
        print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr)

    return tell


def only_console(options: argparse.Namespace) -> None:
    """Measure the pages of the console on 100,000 reviews; write their section when told to."""
    found = console.pages()
    print(found.markdown())
    if options.write:
        page.write_section("console", [found])


def only_service(options: argparse.Namespace) -> None:
    """Measure the review service: load, faults, latency, scale."""
    made = service.whole(
        count=options.uploads,
        minutes=options.minutes,
        rows=options.rows,
        write=options.write,
        only=options.only or service.PARTS,
    )
    for table in made:
        print(table.markdown())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the review.")
    parser.add_argument("what", nargs="?", default="all", choices=list(_WHAT))
    add = parser.add_argument
    add("--peer", action="store_true", help="npm: run GuardDog again and keep its answers")
    add("--quick", action="store_true", help="the study part alone; nothing is written")
    add("--again", action="store_true", help="judge anew what this engine observed before")
    add("--evaluation", action="store_true", help="weigh pages in evaluation as if enabled")
    add("--misses", action="store_true", help="list study specimens that are not found")
    add("--weak", action="store_true", help="list study specimens that are not malicious")
    add("--at", default="", help="with `hunt`: make the lake there unless it is, and keep it")
    add("--rule", action="append", default=[], help="list where a rule matches in study")
    add("--jobs", type=int, default=0, help="reviewing processes")
    add("--no-speed", action="store_true", help="leave out throughput and large wheels")
    add("--live", type=int, nargs="?", const=0, help="run the peers on so many ordinary packages")
    add("--no-live", action="store_true", help="run no peer")
    add("--dry", action="store_true", help="write neither the page nor the evidence")
    add(
        "--write",
        action="store_true",
        help="with `evidence`, `catalog`, `likeness`, `names`: write it into the pages",
    )
    add("--refresh", default="", help="with `names`: pypi=RANKING writes the shipped list anew")
    add("--osv-schema", default="", help="with `catalog`: the JSON schema that OSV publishes")
    add("--dataset", help="with `lab`: a folder of `antivenom lab dataset build`")
    add("--robust", type=int, default=0, help="with `lab`: rewrite so many specimens of each part")
    add("--uploads", type=int, default=10_000, help="with `service`: of the load run")
    add("--only", action="append", choices=service.PARTS, help="with `service`: only this part")
    add("--minutes", type=float, default=5.0, help="with `service`: of the latency run")
    add("--rows", type=int, default=1_000_000, help="with `service`: of the scale run")
    return parser


_WHAT: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "all": everything,
    "evidence": rule_evidence,
    "speed": only_speed,
    "diff": releases,
    "catalog": only_catalog,
    "likeness": only_likeness,
    "names": only_names,
    "hunt": hunts,
    "lab": laboratory,
    "digests": digests,
    "npm": only_npm,
    "console": only_console,
    "service": only_service,
    "wide": wider,
}


if __name__ == "__main__":
    sys.exit(main())
