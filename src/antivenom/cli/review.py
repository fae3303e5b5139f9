"""`antivenom review TARGET...`."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from antivenom import cli, session
from antivenom.cli import settings
from antivenom.cli.keeping import Keeping
from antivenom.cli.output import Output, output_for
from antivenom.cli.progress import Progress
from antivenom.errors import AntivenomError, UsageError
from antivenom.intake import Failure
from antivenom.intake.locator import NAMES
from antivenom.intake.trees import ARCHIVE_SUFFIXES
from antivenom.model.review import Verdict
from antivenom.session.suppressions import apply

_AT_LEAST = {
    "malicious": {Verdict.MALICIOUS},
    "suspicious": {Verdict.MALICIOUS, Verdict.SUSPICIOUS},
    "never": set(),
}


def run(arguments: argparse.Namespace) -> int:
    """Review the targets and return the exit status."""
    requests = _requests(arguments)

    def outcomes(options: session.Options) -> Iterator[session.Outcome]:
        return session.run(requests, options)

    reviewed = folders([*arguments.targets, *arguments.environment])
    return carry_out(arguments, requests, reviewed, outcomes)


def carry_out(
    arguments: argparse.Namespace,
    requests: Sequence[str],
    reviewed: Sequence[Path],
    outcomes: Callable[[session.Options], Iterator[session.Outcome]],
    *,
    compares: bool = False,
) -> int:
    """Write the reviews of a command and return its exit status."""
    values, notes = settings.read(reviewed)
    for note in notes:
        cli.say(note)
    output = output_for(
        arguments.format or values.format or "text",
        arguments.output,
        verbose=arguments.verbose,
        compares=compares,
    )
    _spare(arguments.output, requests)
    progress = Progress.on_terminal()
    options = session.Options(
        deps=arguments.deps,
        offline=bool(values.offline if arguments.offline is None else arguments.offline),
        baseline=baseline(arguments.baseline or values.baseline or NAMES),
        jobs=arguments.jobs or values.jobs or 0,
        facts=bool(arguments.lake or values.lake),
        tell=lambda sentence: _say(progress, sentence),
        starting=progress.starting,
    )
    run = _Run(output, progress, values)
    keeping = Keeping(arguments.lake or values.lake)
    with output, keeping:
        output.begin(requests)
        for outcome in outcomes(options):
            run.take(outcome)
            keeping.take(outcome)
    progress.clear()
    if arguments.output:
        run.say_where(arguments.output)
    return run.status(arguments.fail_on or values.fail_on or "malicious")


def baseline(wanted: str) -> str:
    """Return what to compare with as asked; a path that is not there is a mistake."""
    looks_like_path = "/" in wanted or wanted.lower().endswith(ARCHIVE_SUFFIXES)
    if looks_like_path and not Path(wanted).exists():
        raise UsageError(f"--baseline {wanted}: no such file or folder")
    return wanted


def _spare(output: str | None, requests: Sequence[str]) -> None:
    """Refuse to write a report over what is to be reviewed."""
    for request in requests if output else ():
        named = request.removeprefix("-r ").removeprefix("--environment ")
        try:
            same = Path(str(output)).samefile(named)
        except (OSError, ValueError):
            continue
        if same:
            raise UsageError(f"--output {output} would overwrite what is to be reviewed")


class _Run:
    """What happened so far."""

    def __init__(self, output: Output, progress: Progress, values: settings.Settings) -> None:
        self._output = output
        self._progress = progress
        self._values = values
        self._today = datetime.datetime.now(datetime.UTC).date()
        self._verdicts: Counter[Verdict] = Counter()
        self._failed = False

    def take(self, outcome: session.Outcome) -> None:
        self._progress.finished()
        if isinstance(outcome, Failure):
            self._failed = True
            _complain(self._progress, outcome.target, outcome.error)
            return
        shown = apply(outcome, self._values.suppress, self._today)
        self._verdicts[shown.review.verdict] += 1
        for note in outcome.notes:
            _say(self._progress, f"{outcome.review.artifact.filename}: {note}")
        self._progress.clear()
        self._output.add(outcome, shown)

    def say_where(self, path: str) -> None:
        """Tell the person who sees no report what it says, and where it is."""
        total = self._verdicts.total()
        counts = [f"{self._verdicts[v]:,} {v.value}" for v in Verdict if self._verdicts[v]]
        artifacts = "1 artifact" if total == 1 else f"{total:,} artifacts"
        cli.say(f"{artifacts} reviewed: {', '.join(counts) or 'nothing'}; see {path}")

    def status(self, fail_on: str) -> int:
        """What was found weighs more than what could not be had."""
        if self._verdicts.keys() & _AT_LEAST[fail_on]:
            return 1
        if self._failed:
            return 2
        return 3 if Verdict.INCONCLUSIVE in self._verdicts else 0


def _requests(arguments: argparse.Namespace) -> list[str]:
    requests = list(arguments.targets)
    requests += [f"-r {path}" for path in arguments.requirement]
    requests += [f"--environment {path}" for path in arguments.environment]
    if not requests:
        raise UsageError("nothing to review", hint="give a TARGET, -r FILE or --environment PATH")
    return requests


def folders(targets: Sequence[str]) -> list[Path]:
    """Return the folders under review."""
    return [path for path in map(Path, targets) if _is_folder(path)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _say(progress: Progress, sentence: str) -> None:
    progress.clear()
    cli.say(sentence)


def _complain(progress: Progress, target: str, error: AntivenomError) -> None:
    said = str(error)
    named = said if Path(target).name in said else f"{target}: {said}"
    progress.clear()
    cli.say(named, hint=error.hint)
    sys.stderr.flush()
