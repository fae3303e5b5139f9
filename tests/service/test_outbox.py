from __future__ import annotations

import threading

from antivenom.service import webhooks
from antivenom.service.clock import SystemClock
from antivenom.service.outbox import Outbox
from antivenom.service.settings import Settings
from antivenom.store import Store
from tests.service.receiver import receiving

PRIVATE = Settings(webhooks_to_private=True)


def test_what_is_queued_goes_out_while_it_runs(store: Store) -> None:
    clock = SystemClock()
    with receiving() as there:
        with store.writing() as connection:
            webhooks.add(connection, there.url, ("case.opened",), now=clock.now(), settings=PRIVATE)
            webhooks.queue(connection, "case.opened", "case:1", {}, now=clock.now())
        outbox = Outbox(store, PRIVATE, clock)
        outbox.start()
        arrived = threading.Event()
        for _ in range(6000):
            if there.got or arrived.wait(0.01):
                break
        outbox.stop()
        assert len(there.got) == 1
        assert outbox.turn() == 0
