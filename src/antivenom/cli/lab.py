"""`antivenom lab ...`: data sets, the trained scorer, evaluation, the life of rules."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from antivenom.cli import backtest, filling, suggest
from antivenom.errors import AntivenomError, TargetError

if TYPE_CHECKING:
    from antivenom.judge.scorer import Model
    from antivenom.lab import learning
    from antivenom.lab.extraction import Observed
    from antivenom.lab.sample import Sample

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(commands: Commands) -> None:
    """Add the command and its own commands."""
    parser = commands.add_parser(
        "lab",
        help="build data sets, train, evaluate, promote rules",
        description="Learn from known malware and measure what that is worth.",
    )
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    _dataset(inner)
    _train(inner)
    _evaluate(inner)
    _compare(inner)
    _promote(inner)
    backtest.add(inner)
    filling.add(inner)
    suggest.add(inner)


def _dataset(commands: Commands) -> None:
    parser = _command(commands, "dataset", "build a data set from archives")
    inner = parser.add_subparsers(metavar="COMMAND", required=True)
    build = _command(inner, "build", "observe archives and write a data set")
    add = build.add_argument
    add("output", metavar="FOLDER", type=Path, help="where the data set goes")
    add("--malware", metavar="ZIP", type=Path, help="sealed zip of specimens, its csv beside it")
    add("--password-env", metavar="NAME", help="variable with the zip's password")
    add("--ordinary", metavar="FOLDER", type=Path, help="packages, their csv beside the folder")
    add("--catalog", metavar="URL", help="the labelled specimens of a catalog")
    add("--blobs", metavar="URL", help="bytes that catalog keeps, for what is not observed yet")
    for name, about in (
        ("environment", "everything installed there, as ordinary packages"),
        ("folder", "archives and source trees somebody vouches for"),
    ):
        add(f"--{name}", metavar="[STRATUM=]PATH", action="append", default=[], help=about)
    add("--noise", metavar="CSV", type=Path, help="sha256 of specimens that are harmless")
    add("--lock", metavar="FILE", type=Path, help="write the widening set there: name, hash")
    add("--jobs", "-j", type=int, default=0, help="observing processes; default: all cores")
    build.set_defaults(run=run_build)


def _train(commands: Commands) -> None:
    parser = _command(commands, "train", "learn a model from a data set")
    parser.add_argument("dataset", metavar="DATASET", type=Path)
    parser.add_argument("--output", "-o", metavar="FILE", type=Path, help="default: the shipped")
    parser.add_argument("--seed", type=int, default=1)
    parser.set_defaults(run=run_train)


def _evaluate(commands: Commands) -> None:
    parser = _command(commands, "evaluate", "measure rules and model on a data set")
    add = parser.add_argument
    add("dataset", metavar="DATASET", type=Path)
    add("--output", "-o", metavar="FOLDER", type=Path, required=True, help="report.html, .json")
    add("--peers", metavar="CSV", type=Path, help="stored verdicts of other scanners")
    add("--seed", type=int, default=1)
    add("--since", metavar="DAY", default="", help="split by time there; default: latest fifth")
    add(
        "--base", metavar="SHARE", type=_share, action="append",
        help="hostile uploads in the simulated day, as 0.01; default: 0.001 and 0.01",
    )  # fmt: skip
    add("--robust", metavar="N", type=int, default=0, help="also rewrite N specimens of each part")
    parser.set_defaults(run=run_evaluate)


def _compare(commands: Commands) -> None:
    parser = _command(commands, "compare", "say what two data sets of the same archives differ in")
    for name in ("before", "after"):
        parser.add_argument(name, metavar=name.upper(), type=Path)
    parser.add_argument(
        "--models", metavar="FILE", type=Path, nargs=2, help="also what two models rank otherwise"
    )
    parser.set_defaults(run=run_compare)


def _promote(commands: Commands) -> None:
    parser = _command(commands, "promote", "move a rule to the state its evidence earns")
    add = parser.add_argument
    add("rules", metavar="RULE", nargs="*", help="default: only write evidence")
    add("--dataset", metavar="DATASET", type=Path, required=True)
    add("--to", choices=("evaluation", "enabled", "retired"), help="default: the next state")
    add("--explained", metavar="CSV", type=Path, help="why ordinary hits are right")
    parser.set_defaults(run=run_promote)


def _command(commands: Commands, name: str, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=about[0].upper() + about[1:] + "."
    )
    return parser


def run_build(arguments: argparse.Namespace) -> int:
    """Build a data set; a lost archive is told."""
    from antivenom.lab import building, dataset

    samples = _samples(arguments)
    cataloged, given = _cataloged(arguments)
    here = {one.sha256 for one in samples if one.sha256}
    samples += [one for one in cataloged if one.sha256 not in here]
    if not samples:
        raise TargetError("nothing to build a data set from")
    rows, card = building.build(
        samples, noise=arguments.noise, given=given, jobs=arguments.jobs, tell=_tell
    )
    dataset.write(arguments.output, rows, card)
    if arguments.lock is not None:
        arguments.lock.write_text(building.lock(rows), encoding="utf-8")
    for row in rows:
        if row.error and row.sample.part != "check":
            sys.stderr.write(f"antivenom: lost {row.sha256 or row.sample.name}: {row.error}\n")
    sys.stdout.write(
        f"{card.rows} archives: {card.specimens} specimens of {card.clusters} clusters, "
        f"{sum(card.ordinary.values())} ordinary; {card.set_aside} set aside, {card.lost} lost; "
        f"data {card.digest[:12]}\n"
    )
    return 0


def run_train(arguments: argparse.Namespace) -> int:
    """Learn and write a model."""
    from antivenom.judge import scorer
    from antivenom.lab import learning

    learnt = _learnt(arguments)
    place = arguments.output or scorer.MODEL
    place.write_bytes(learning.encoded(learnt.model))
    card = learnt.model.card
    sys.stdout.write(f"{place}: {place.stat().st_size} bytes, from {len(learnt.rows)} archives\n")
    for name, value in card.metrics.items():
        sys.stdout.write(f"  {name}: {value:.4f}\n")
    return 0


def run_evaluate(arguments: argparse.Namespace) -> int:
    """Write the report as HTML and JSON, and print its heart."""
    import msgspec

    from antivenom.lab import dataset, evaluation, page
    from antivenom.lab.robustness import robust
    from antivenom.lab.training import Settings

    rows, card = dataset.read(arguments.dataset)
    peers = evaluation.peers_of(arguments.peers) if arguments.peers else None
    bases = arguments.base or evaluation.BASES
    settings = Settings(seed=arguments.seed)
    later = evaluation.by_time(rows, card, settings, arguments.since, bases)
    learnt = _learnt(arguments)
    report = evaluation.evaluate(rows, card, learnt, peers=peers, later=later, bases=bases)
    if arguments.robust:
        found = {p: robust(rows, p, arguments.robust) for p in ("study", "check")}
        report = msgspec.structs.replace(report, robustness=found)
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "report.json").write_bytes(msgspec.json.encode(report))
    (arguments.output / "report.html").write_text(page.html(report), encoding="utf-8")
    sys.stdout.writelines(f"{line}\n" for line in evaluation.summary(report))
    return 0


def run_compare(arguments: argparse.Namespace) -> int:
    """Print what changed; 1 when something got worse."""
    from antivenom.lab import comparing, dataset

    before, after = (dataset.read(place)[0] for place in (arguments.before, arguments.after))
    found = comparing.compare(before, after)
    sys.stdout.writelines(f"{line}\n" for line in comparing.lines(found))
    if arguments.models:
        one, two = map(_model, arguments.models)
        moved = comparing.rank_lines(comparing.ranks(after, one, two))
        sys.stdout.writelines(f"{line}\n" for line in moved)
    return 1 if comparing.worse(found) else 0


def run_promote(arguments: argparse.Namespace) -> int:
    """Write evidence; move the rules that are named. 1 when one may not move."""
    from antivenom.lab import dataset, promoting

    rows, card = dataset.read(arguments.dataset)
    reasons = promoting.reasons_of(arguments.explained) if arguments.explained else {}
    found = promoting.promote(rows, card, arguments.rules, to=arguments.to, reasons=reasons)
    sys.stdout.writelines(f"{line}\n" for line in found.lines)
    return 0 if found.moved == len(arguments.rules) else 1


def _samples(arguments: argparse.Namespace) -> list[Sample]:
    from antivenom.lab import sample

    found: list[Sample] = []
    if arguments.ordinary is not None:
        listing = arguments.ordinary.with_name(f"{arguments.ordinary.name}.csv")
        found += sample.ordinary(arguments.ordinary, listing)
    if arguments.malware is not None:
        password = os.environ.get(arguments.password_env or "", "infected").encode()
        found += sample.specimens(
            arguments.malware, arguments.malware.with_suffix(".csv"), password
        )
    for text in arguments.environment:
        found += sample.installed(*_place(text, "environment"))
    for text in arguments.folder:
        found += sample.folder(*_place(text, "folder"))
    return found


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise ValueError(text)
    return value


def _place(text: str, stratum: str) -> tuple[Path, str]:
    """Read ``STRATUM=PATH``, or a path alone."""
    named, equals, path = text.partition("=")
    if equals and "/" not in named and not Path(text).exists():
        return Path(path), named
    return Path(text), stratum


def _cataloged(arguments: argparse.Namespace) -> tuple[list[Sample], dict[str, Observed]]:
    if arguments.catalog is None:
        return [], {}
    from antivenom.analysis import engine
    from antivenom.lab.cataloged import cataloged
    from antivenom.store import open_store

    with open_store(arguments.catalog) as store:
        found = cataloged(store, engine=engine.digest(), blobs=arguments.blobs or "")
    if found.unseen:
        sys.stderr.write(
            f"antivenom: {found.unseen} specimens are neither kept nor observed by this engine\n"
        )
    return found.samples, found.given


def _learnt(arguments: argparse.Namespace) -> learning.Learnt:
    from antivenom.lab import dataset, learning
    from antivenom.lab.training import Settings

    rows, card = dataset.read(arguments.dataset)
    try:
        return learning.learn(rows, card, Settings(seed=arguments.seed))
    except ValueError as error:
        raise AntivenomError(str(error)) from None


def _model(place: Path) -> Model:
    import msgspec

    from antivenom.judge.scorer import read

    try:
        return read(place.read_bytes()).model
    except (OSError, msgspec.DecodeError) as error:
        raise TargetError(f"{place}: no model: {error}") from None


def _tell(done: int, total: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done} of {total}" + ("\n" if done == total else ""))
