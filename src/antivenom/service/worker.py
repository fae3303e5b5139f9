"""A worker process: slots that review, a queue that feeds them, and the housekeeping."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping

from antivenom.isolate import Bounds, Done
from antivenom.service import child, sources
from antivenom.service.clock import Clock
from antivenom.service.fetching import Spool
from antivenom.service.jobs import Jobs, Working
from antivenom.service.reviewing import Reviewer
from antivenom.service.settings import Settings
from antivenom.service.slots import Slots
from antivenom.service.sources import Source
from antivenom.service.upkeep import Upkeep, new_name
from antivenom.service.working import Worker, patiently
from antivenom.store import Store
from antivenom.store.blobs import Blobs

logger = logging.getLogger(__name__)
_FETCHING = 2
"""Uploads at once for each slot: while one is read, the next is fetched."""
_PATIENCE = 20
"""Seconds that reviews under way get when the worker is asked to stop."""


def work(
    store: Store,
    settings: Settings,
    clock: Clock,
    stop: threading.Event,
    *,
    asked: Mapping[str, Source] | None = None,
) -> None:
    """Review uploads until told to stop. The tables must be there (`Jobs.migrate`)."""
    name = new_name()
    queue = Jobs(store, settings)
    spool = Spool(settings.spool_folder, name)
    spool.prepare()
    registries = asked if asked is not None else sources.sources(settings, clock)
    bounds = Bounds(seconds=settings.review_seconds, cpu_seconds=int(settings.review_seconds))
    keeper = Upkeep(name, store, settings, clock, queue)
    working = Working(queue, name)
    try:
        with Slots(child.answer, settings.processes, bounds) as slots:
            reviewer = Reviewer(
                store,
                settings,
                slots=slots,
                sources=registries,
                spool=spool,
                blobs=Blobs(settings.blobs_url),
            )
            keeper.confined = _confined(slots)
            worker = Worker(name, store, settings, clock, reviewer)
            patiently(keeper.beat, clock)
            working.start(worker.work, at_once=_FETCHING * settings.processes)
            logger.info("worker %s: %d slots", name, settings.processes)
            keeper.run(working, stop)
            working.stop(_PATIENCE)
            keeper.leave()
    finally:
        for one in registries.values():
            one.close()
        spool.remove()
        queue.close()


def _confined(slots: Slots) -> str:
    """Ask a child what holds it, and say so: the tables have it for everybody to see."""
    result = slots.ask(child.CONFINED)
    found = result.data.decode("ascii", "replace") if isinstance(result, Done) else ""
    logger.info("children are confined by: %s", found or "limits on memory and time alone")
    return found
