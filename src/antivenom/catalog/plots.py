"""The counts of the catalog as plots: one file for each question, the same for the same counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from antivenom.catalog.stats import AT, MONTHS, WHEN, Count
from antivenom.errors import ConfigError, MissingDependencyError
from antivenom.model.label import Activation
from antivenom.report.escape import visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 30
"""Bars or rows of one plot; what remains is named below it."""
_COLOUR = "#246"
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "antivenom",
    "svg.fonttype": "none",
    "text.parse_math": False,
}

Format = Literal["svg", "png"]


def draw(counts: Sequence[Count], folder: Path, format: Format = "svg") -> list[Path]:
    """Write a plot of each count that is not empty into a folder; return the files.

    Raises `MissingDependencyError` without the extra, `ConfigError` where nothing can be written.
    """
    try:
        import matplotlib
    except ImportError:
        raise MissingDependencyError(
            "plots need a library", hint="pip install 'antivenom[catalog]'"
        ) from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with matplotlib.rc_context(_SETTINGS):
            return list(_drawn(counts, folder, format))
    except OSError as error:
        reason = error.strerror or "unknown error"
        raise ConfigError(f"{folder}: plots cannot be written ({reason})") from None


def _drawn(counts: Sequence[Count], folder: Path, format: Format) -> Iterator[Path]:
    for count in counts:
        if not count.rows:
            continue
        place = folder / f"{re.sub('[^a-z]+', '-', count.title)}.{format}"
        # Nothing of the moment goes into a file: the same counts are the same bytes.
        nothing: dict[str, Any] = {"Date": None, "Creator": None} if format == "svg" else {}
        _figure(count).savefig(place, format=format, dpi=150, metadata=nothing)
        yield place


def _figure(count: Count) -> Figure:
    from matplotlib.figure import Figure

    shape: dict[str, Callable[[Axes, Count], float]] = {MONTHS: _over_time, WHEN: _grid}
    figure = Figure(layout="constrained")
    axes = figure.add_subplot()
    height = shape.get(count.title, _bars)(axes, count)
    figure.set_size_inches(8, height)
    axes.set_title(count.title, loc="left")
    return figure


def _bars(axes: Axes, count: Count) -> float:
    """Draw lying bars, the first on top; return the height in inches that they need."""
    rows = list(count.rows.items())[:MOST]
    names = [visible(name, 60) or "unknown" for name, _ in rows]
    places = range(len(rows))
    drawn = axes.barh(places, [number for _, number in rows], color=_COLOUR)
    axes.bar_label(drawn, [f"{number:,}" for _, number in rows], padding=3)
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    left = len(count.rows) - len(rows)
    axes.set_xlabel(f"{count.of}; {left:,} more are not shown" if left else count.of)
    return 1.2 + 0.26 * len(rows)


def _over_time(axes: Axes, count: Count) -> float:
    """Draw a bar for every month from the first to the last, those without specimens too."""
    months = list(_months(sorted(count.rows)))
    places = range(len(months))
    axes.bar(places, [count.rows.get(month, 0) for month in months], color=_COLOUR, width=1)
    step = max(len(months) // 12, 1)
    axes.set_xticks(places[::step], months[::step], rotation=45, ha="right")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel(count.of)
    return 3.6


def _months(known: Sequence[str]) -> Iterator[str]:
    """Yield the months from the first to the last, at most a century of them."""
    year, month = int(known[0][:4]), int(known[0][5:7])
    for _ in range(1200):
        text = f"{year:04}-{month:02}"
        yield text
        if text >= known[-1]:
            return
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _grid(axes: Axes, count: Count) -> float:
    """Draw how many specimens show which behavior when, darker for more."""
    from matplotlib.colors import LogNorm

    pairs = {tuple(key.split(AT)): number for key, number in count.rows.items()}
    rows = list(dict.fromkeys(key[0] for key in pairs))[:MOST]
    columns = [a.value for a in Activation if any(key[1] == a for key in pairs)]
    cells = [[pairs.get((row, column), 0) for column in columns] for row in rows]
    top = max(max(line) for line in cells)
    shades = [[cell or float("nan") for cell in line] for line in cells]
    axes.imshow(shades, cmap="Blues", norm=LogNorm(1, max(top, 2)), aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), [visible(row, 60) for row in rows])
    for y, line in enumerate(cells):
        for x, cell in enumerate(line):
            colour = "white" if cell * cell > top else "black"
            axes.text(x, y, f"{cell:,}" if cell else "", ha="center", va="center", color=colour)
    return 1.2 + 0.26 * len(rows)
