"""`antivenom catalog index build|good|show`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from antivenom.cli.catalog.bar import Bar
from antivenom.cli.catalog.opening import known_good, opened
from antivenom.likeness import Index, container, good, making, places
from antivenom.report.escape import visible

_SHOWN = 20


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked; 3 when an archive of good code could not be read."""
    return {"build": _build, "good": _good, "show": _show}[arguments.what](arguments)


def _build(arguments: argparse.Namespace) -> int:
    from antivenom.catalog import knowing
    from antivenom.judge import load_knowledge

    path = Path(arguments.output) if arguments.output else places.folder() / places.INDEX
    with opened(arguments) as store, store.reading() as connection:
        known = list(knowing.of_store(connection, load_knowledge()))
        groups = knowing.groups(connection)
    data = making.make(known, groups, known_good(arguments.good))
    container.write(path, data)
    sys.stdout.write(f"{path}: {len(known):,} specimens, {len(data) / 1e6:.1f} MB\n")
    return 0


def _good(arguments: argparse.Namespace) -> int:
    from antivenom.catalog import goodcode

    path = Path(arguments.output) if arguments.output else places.folder() / places.GOOD
    bar = Bar()
    found, broken = goodcode.gather(
        [Path(folder) for folder in arguments.folders],
        jobs=arguments.jobs,
        tell=lambda done, total: bar.tell(done, total, ""),
    )
    bar.clear()
    container.write(path, good.pack(found))
    for name, reason in broken[:_SHOWN]:
        sys.stderr.write(f"{visible(name, 100)}: {visible(reason, 200)}\n")
    if len(broken) > _SHOWN:
        sys.stderr.write(f"and {len(broken) - _SHOWN:,} more\n")
    sys.stdout.write(f"{path}: code of {len(found):,} releases\n")
    return 3 if broken else 0


def _show(arguments: argparse.Namespace) -> int:
    path = Path(arguments.index) if arguments.index else places.folder() / places.INDEX
    index = Index.open(path)
    sys.stdout.write(
        f"{path}: {len(index):,} specimens, {len(index.campaigns):,} campaigns, "
        f"{index.size / 1e6:.1f} MB, {index.digest[:12]}\n"
    )
    for source in index.sources:
        line = f"{source.name} {source.version} {source.sha256}"
        sys.stdout.write(f"  known good: {visible(line, 200)}\n")
    return 0
