"""Writes docs/benchmarks.md between its markers, and everything as JSON into build/."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from antivenom.analysis import engine
from antivenom.judge import load_knowledge
from bench import corpus
from bench.measure import Measured
from bench.tables import Table

_ROOT = corpus.HERE.parent
PAGE = _ROOT / "docs" / "benchmarks.md"
RESULTS = _ROOT / "build" / "bench.json"
BEGIN = "<!-- bench: begin; written by `make bench`, do not edit -->\n"
END = "<!-- bench: end -->\n"


def write(tables: Sequence[Table], listed: Sequence[str]) -> None:
    """Put the tables and what is listed between the markers of the page."""
    text = PAGE.read_text(encoding="utf-8")
    body = "\n".join([made("Measured"), *(table.markdown() for table in tables), _listing(listed)])
    PAGE.write_text(between(text, body), encoding="utf-8")


def between(text: str, body: str, begin: str = BEGIN, end: str = END) -> str:
    """Return a page with what stands between its markers replaced."""
    head, found, rest = text.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise ValueError("the page has lost its markers")
    return f"{head}{begin}\n{body}\n{end}{tail}"


def write_section(name: str, tables: Sequence[Table]) -> None:
    """Put tables between the markers of a section of its own."""
    begin, end = markers(name)
    text = PAGE.read_text(encoding="utf-8")
    made = " · ".join(f"{key} {value}" for key, value in facts().items())
    body = "\n".join([f"{made}\n", *(table.markdown() for table in tables)])
    PAGE.write_text(between(text, body, begin, end), encoding="utf-8")


def markers(name: str) -> tuple[str, str]:
    """Return what stands before and after a section."""
    begin = f"<!-- bench {name}: begin; written by `python -m bench {name}`, do not edit -->\n"
    return begin, f"<!-- bench {name}: end -->\n"


def keep(tables: Sequence[Table], measured: Sequence[Measured]) -> None:
    """Write the results as JSON; archives of the check part stay unnamed."""
    RESULTS.parent.mkdir(exist_ok=True)
    named = [
        {"path": one.sample.path, "sha256": one.sample.sha256, "outcome": one.outcome}
        for one in measured
        if one.sample.part == "study"
    ]
    content = {
        "made": facts(),
        "tables": [{"title": t.title, "header": t.header, "rows": t.rows} for t in tables],
        "study": named,
    }
    RESULTS.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1))


def facts() -> dict[str, str]:
    """Return what a figure depends on besides the code."""
    return {
        "date": datetime.datetime.now(tz=datetime.UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load": f"{os.getloadavg()[0]:.1f} at the end",
        "data": corpus.data_hash(),
        "commit": _commit(),
        "engine": engine.digest()[:12],
        "rule book": load_knowledge().book.digest[:12],
    }


def made(title: str) -> str:
    """Return the head of a section: what its figures depend on."""
    rows = "\n".join(f"- {name}: {value}" for name, value in facts().items())
    return f"## {title}\n\n{rows}\n"


def _listing(lines: Sequence[str]) -> str:
    """Fence the listing: it holds names from uploads, printed as data."""
    body = "\n".join(line.replace("`", "'") for line in lines) or "nothing"
    return f"### Ordinary packages that are not clean\n\n```text\n{body}\n```\n"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((x.partition(":")[2].strip() for x in lines if x.startswith("model name")), "")


@cache
def _commit() -> str:
    """Name what runs: as it was when first asked, whatever pages are written meanwhile."""
    ran = subprocess.run(
        ["git", "describe", "--always", "--dirty"],  # noqa: S607  the checkout's own git
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.stdout.strip()
