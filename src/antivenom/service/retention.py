"""What is thrown away, and when: bytes, old profiles, messages, pages. Never a verdict or decision.

Bytes that a person called malicious, or that an open case is about, are kept however old they are.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, exists, select, update

from antivenom.compiled import cache_folder
from antivenom.model.moments import stamp
from antivenom.service.clock import Clock
from antivenom.service.settings import Settings
from antivenom.store import Store, schema
from antivenom.store.blobs import Blobs
from antivenom.store.schema_access import deliveries
from antivenom.store.schema_cases import case_reviews, cases
from antivenom.store.schema_uploads import uploads as table

_AT_ONCE = 200
_MESSAGES_AT_ONCE = 5000
_PAGES_DAYS = 30
_PAGES_AT_ONCE = 20_000


def sweep(store: Store, settings: Settings, blobs: Blobs, clock: Clock, engine: str) -> int:
    """Throw away a bounded amount of what is too old; return how many blobs that were."""
    removed = _bytes(store, settings, blobs, clock)
    _profiles(store, settings, clock, engine)
    _messages(store, settings, clock)
    old_pages(cache_folder() / "pages", time.time() - _PAGES_DAYS * 86_400)
    return removed


def _bytes(store: Store, settings: Settings, blobs: Blobs, clock: Clock) -> int:
    if not settings.keep_bytes_days:
        return 0
    before = stamp(clock.now() - timedelta(days=settings.keep_bytes_days))
    wanted = (cases.c.state == "open") | (cases.c.decision == "malicious")
    needed = exists().where(
        case_reviews.c.review == table.c.review, cases.c.id == case_reviews.c.case, wanted
    )
    query = (
        select(table.c.sha256)
        .where(table.c.kept == 1, table.c.changed_at < before, ~needed)
        .distinct()
        .limit(_AT_ONCE)
    )
    with store.reading() as connection:
        found = list(connection.scalars(query))
    removed = 0
    for sha256 in found:
        with store.writing() as connection:
            mine = table.c.sha256 == sha256, table.c.kept == 1
            other = table.c.changed_at >= before
            if connection.scalar(select(table.c.id).where(*mine, other | needed).limit(1)):
                # Another upload of the same bytes still wants them.
                continue
            connection.execute(update(table).where(*mine).values(kept=0))
        blobs.remove(sha256)
        removed += 1
    return removed


def _profiles(store: Store, settings: Settings, clock: Clock, engine: str) -> None:
    """Forget what other engines observed; known malware keeps its profiles."""
    if not settings.keep_profiles_days:
        return
    before = stamp(clock.now() - timedelta(days=settings.keep_profiles_days))
    profiles = schema.profiles
    old = select(table.c.sha256).where(table.c.changed_at < before)
    specimen = exists().where(schema.specimens.c.sha256 == profiles.c.sha256)
    with store.writing() as connection:
        connection.execute(
            delete(profiles).where(
                profiles.c.engine != engine, profiles.c.sha256.in_(old), ~specimen
            )
        )


def _messages(store: Store, settings: Settings, clock: Clock) -> None:
    """Forget what webhooks were told; what is still to be told stays."""
    if not settings.keep_messages_days:
        return
    before = stamp(clock.now() - timedelta(days=settings.keep_messages_days))
    ended = deliveries.c.state.in_(["sent", "failed"]) & (deliveries.c.made_at < before)
    some = select(deliveries.c.id).where(ended).limit(_MESSAGES_AT_ONCE)
    with store.writing() as connection:
        ids = list(connection.scalars(some))
        if ids:
            connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids)))


def old_pages(folder: Path, before: float) -> int:
    """Remove pages of indexes that were not asked for in a long time."""
    removed = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for n, entry in enumerate(entries):
            if n >= _PAGES_AT_ONCE:
                break
            with suppress(OSError):
                if entry.stat().st_mtime < before:
                    Path(entry.path).unlink()
                    removed += 1
    return removed
