"""Which catalog a command works on, and where its bytes lie."""

from __future__ import annotations

import argparse
from pathlib import Path

from antivenom.cli import settings
from antivenom.errors import UsageError
from antivenom.likeness import places
from antivenom.likeness.good import Good
from antivenom.store import Store, default_url, open_store


def opened(arguments: argparse.Namespace) -> Store:
    """Open the catalog that flags and settings name."""
    values, _ = settings.read([])
    return open_store(arguments.store or values.store or default_url())


def blobs_url(arguments: argparse.Namespace, store: Store) -> str:
    """Return where sealed bytes are kept. Raises `UsageError` when nobody says."""
    values, _ = settings.read([])
    named = arguments.blobs or values.blobs
    if named:
        return str(named)
    database = store.engine.url.database
    if store.engine.dialect.name != "sqlite" or not database:
        raise UsageError("where shall bytes be kept?", hint="give --blobs URL")
    return str(Path(database).parent / "blobs")


def known_good(named: str | None) -> Good | None:
    """Open known-good code: the file named, else this user's, else none."""
    path = Path(named) if named else places.folder() / places.GOOD
    return Good.open(path) if named or path.is_file() else None
