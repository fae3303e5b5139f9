"""Where reviews go: as they come where the format allows it, at the end where it does not."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from antivenom._version import __version__
from antivenom.errors import UsageError
from antivenom.intake.targets import exists, looks_like_path
from antivenom.model.review import Review
from antivenom.report import Format, render
from antivenom.report.escape import visible
from antivenom.session import Reviewed
from antivenom.session.suppressions import Shown

_LIST = "the list on standard input"


class Output:
    """Collects reviews and writes them when the command ends."""

    def __init__(self, format: Format, path: str | None) -> None:
        self._format = format
        self._path = Path(path) if path else None
        self._stream: TextIO = sys.stdout
        self._reviews: list[Review] = []

    def __enter__(self) -> Self:
        if self._path is not None:
            try:
                # A file that cannot be written is known before an hour of reviewing.
                self._stream = self._path.open("w", encoding="utf-8", errors="backslashreplace")
            except OSError as error:
                raise UsageError(f"{self._path}: cannot be written: {error.strerror}") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.end()
        if self._path is not None:
            self._stream.close()

    def begin(self, requests: Sequence[str]) -> None:
        """Say what will be reviewed, where the format has a place for it."""

    def add(self, reviewed: Reviewed, shown: Shown) -> None:
        """Take one review: the record, or for people what suppressions leave of it."""
        recorded = self._format in {"json", "jsonl"}
        self._reviews.append(reviewed.review if recorded else shown.review)

    def end(self) -> None:
        """Write what is still to be written."""
        self._stream.write(render(self._reviews, self._format, cwd=str(Path.cwd())))


class Lines(Output):
    """JSON Lines: each review is written and flushed when it is there."""

    def add(self, reviewed: Reviewed, shown: Shown) -> None:
        """Write the record as one line."""
        self._stream.write(render([reviewed.review], "jsonl"))
        self._stream.flush()

    def end(self) -> None:
        """Everything was written."""


class Text(Output):
    """The terminal report, review by review, with a summary at the end where there are many."""

    def __init__(self, path: str | None, *, verbose: bool, compares: bool) -> None:
        super().__init__("text", path)
        self._verbose = verbose
        self._compares = compares

    def begin(self, requests: Sequence[str]) -> None:
        """Say in the first line what is reviewed."""
        named = _named(requests)
        if self._compares:
            old, new = (_named([request]) for request in requests)
            named = f"{new} against {old}"
        self._stream.write(f"antivenom {__version__} reviews {named}\n")
        self._stream.flush()

    def add(self, reviewed: Reviewed, shown: Shown) -> None:
        """Write the report of one review, and what was suppressed in it."""
        self._reviews.append(shown.review)
        self._stream.write(
            render(
                [shown.review],
                "text",
                color=self._color(),
                verbose=self._verbose,
                width=_width(),
                compares=self._compares,
            )
        )
        for finding, by in shown.hidden:
            line = f"  suppressed: {finding.rule}, by {by.author} until {by.expires}: {by.reason}"
            self._stream.write(visible(line, 300) + "\n")
        if self._verbose:
            self._stream.write(_suppressible(reviewed, shown))
        self._stream.flush()

    def end(self) -> None:
        """Write the summary."""
        if len(self._reviews) > 1:
            from antivenom.report.text import summary

            self._stream.write("\n" + summary(self._reviews, color=self._color(), width=_width()))

    def _color(self) -> bool:
        if os.environ.get("NO_COLOR"):
            return False
        return self._stream.isatty() or bool(os.environ.get("FORCE_COLOR"))


def output_for(
    format: Format, path: str | None, *, verbose: bool, compares: bool = False
) -> Output:
    """Return the output of a format."""
    if format == "text":
        return Text(path, verbose=verbose, compares=compares)
    return Lines(format, path) if format == "jsonl" else Output(format, path)


def _named(requests: Sequence[str]) -> str:
    """Say of each target whether it is on disk or a name, or count them."""
    on_disk = [not _by_name(request) for request in requests]
    if len(requests) > 4:
        names = on_disk.count(False)
        return f"{len(requests)} targets, {names} of them by name from the index"
    said = [
        _LIST if request == "-" else request if here else f"{request} from the index"
        for request, here in zip(requests, on_disk, strict=True)
    ]
    return visible(", ".join(said), 300)


def _by_name(request: str) -> bool:
    if request.startswith(("pkg:", "npm:")):
        return True
    return not (request.startswith("-") or exists(request) or looks_like_path(request))


def _suppressible(reviewed: Reviewed, shown: Shown) -> str:
    """Give the lines a settings file needs to suppress what was found."""
    places = {(f.rule, s.member) for f in shown.review.findings for s in f.spans}
    lines = [
        f"  to suppress: rule = {json.dumps(rule)}, member = {json.dumps(member)}, "
        f"sha256 = {json.dumps(reviewed.members[member])}"
        for rule, member in sorted(places)
        if member in reviewed.members
    ]
    return "".join(visible(line, 600) + "\n" for line in lines)


def _width() -> int:
    return min(shutil.get_terminal_size((100, 24)).columns, 140)
