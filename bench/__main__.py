"""`python -m bench`: see docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from antivenom.judge import Knowledge
from antivenom.rules import load_book
from bench import corpus, listing, measure, tables, tally
from bench.measure import Measured


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    options = _parser().parse_args(arguments)
    if not corpus.present():
        print(f"there is no corpus in {corpus.CORPUS}", file=sys.stderr)
        return 2
    parts = corpus.PARTS[:1] if options.quick else corpus.PARTS
    known = measure.knowledge(evaluation=options.evaluation)
    started = time.monotonic()
    measured = run(parts, known, jobs=options.jobs)
    show(measured, parts, options)
    print(f"{len(measured)} archives in {time.monotonic() - started:.0f} s")
    return 0


def run(parts: Sequence[str], known: Knowledge, *, jobs: int = 0) -> list[Measured]:
    """Review the chosen parts of the whole corpus."""
    everything = [*corpus.benign(), *corpus.malware()]
    samples = [sample for sample in everything if sample.part in parts]
    return measure.measure(samples, known, jobs=jobs, tell=_progress(len(samples)))


def show(
    measured: list[Measured],
    parts: Sequence[str],
    options: argparse.Namespace,
) -> None:
    """Print the tables, then the listings that were asked for."""
    hostile = [one for one in measured if one.sample.hostile]
    ordinary = [one for one in measured if not one.sample.hostile]
    harmless = corpus.harmless([one.sample for one in hostile])
    print(tables.rules(measured, load_book(), parts).markdown())
    print(tables.recall(hostile, harmless, parts).markdown())
    print(tables.alarms(ordinary, parts).markdown())
    print(tables.compared(measured, harmless, corpus.peers(), parts).markdown())
    print(tables.costs(measured, parts).markdown())
    lines = [*listing.lost(measured), *listing.alarms(measured)]
    if options.misses:
        lines += listing.missed(measured, harmless, tally.suspicious)
    if options.weak:
        lines += listing.missed(measured, harmless, tally.malicious)
    for rule in options.rule:
        lines += listing.rule_hits(measured, rule)
    print("\n".join(lines))


def _progress(total: int) -> Callable[[int], None] | None:
    if not sys.stderr.isatty():
        return None

    def tell(done: int) -> None:
        print(f"\r{done} of {total}", end="\n" if done == total else "", file=sys.stderr)

    return tell


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the review.")
    parser.add_argument("--quick", action="store_true", help="the study part alone, no page")
    parser.add_argument(
        "--evaluation", action="store_true", help="weigh pages in evaluation as if enabled"
    )
    parser.add_argument("--misses", action="store_true", help="list study specimens not found")
    parser.add_argument("--weak", action="store_true", help="list those not malicious")
    parser.add_argument(
        "--rule", action="append", default=[], help="list where a rule matches in study"
    )
    parser.add_argument("--jobs", type=int, default=0, help="reviewing processes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
