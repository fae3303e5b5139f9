"""The Python API: `antivenom.review` and `antivenom.stream`."""

from __future__ import annotations

import os
from collections.abc import Iterator

from antivenom.intake import Failure
from antivenom.model.review import Review
from antivenom.session.reviewing import Options, Reviewed, run


def stream(
    *targets: str | os.PathLike[str],
    deps: bool = False,
    offline: bool = False,
    baseline: str | os.PathLike[str] = "",
    jobs: int = 0,
) -> Iterator[Review | Failure]:
    """Yield the review of each artifact the targets mean, or why a target could not be had.

    A target is what `antivenom review` takes: a file, a folder, a name, ``name==version``, a
    package URL, ``-r requirements.txt``. Results come in input order. No settings are read.
    `baseline` is what to compare with: "auto" (the previous release), "none", a file, a version;
    by default what is asked for by name is compared with its previous release.
    """
    requests = [os.fsdecode(target) for target in targets]
    compared = os.fsdecode(baseline)
    options = Options(deps=deps, offline=offline, baseline=compared, jobs=jobs)
    for outcome in run(requests, options):
        yield outcome.review if isinstance(outcome, Reviewed) else outcome


def review(
    *targets: str | os.PathLike[str],
    deps: bool = False,
    offline: bool = False,
    baseline: str | os.PathLike[str] = "",
    jobs: int = 0,
) -> list[Review]:
    """Return the reviews of all artifacts the targets mean, in input order.

    Raises the error of the first target that could not be had; `stream` goes on instead.
    """
    reviews: list[Review] = []
    for outcome in stream(*targets, deps=deps, offline=offline, baseline=baseline, jobs=jobs):
        if isinstance(outcome, Failure):
            raise outcome.error
        reviews.append(outcome)
    return reviews
