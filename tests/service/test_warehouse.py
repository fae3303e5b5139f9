"""The example for registries, against a stand-in for warehouse and a service that listens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from examples.warehouse import tasks, views
from sqlalchemy import select

from antivenom.model.moments import stamp
from antivenom.service import reviews, uploads, webhooks
from antivenom.session import Reviewed
from antivenom.store import packing
from antivenom.store.schema_access import deliveries
from antivenom.store.schema_uploads import uploads as table
from tests.service.recorded import clean, thief
from tests.service.running import running
from tests.service.site import Site, silent
from tests.service.warehouse import RetryError, Task, Warehouse, open_to_callbacks


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Site, Warehouse]]:
    wanted: dict[str, Any] = {"fetch-hosts": ["files.example"], "webhooks-to-private": True}
    with open_to_callbacks() as registry, silent(tmp_path, **wanted) as here:
        # The callback believes fresh messages only, by its own clock.
        here.clock.time = datetime.now(UTC)
        with here.store.writing() as connection:
            _, secret = webhooks.add(
                connection,
                f"{registry.url}/_/antivenom/",
                ("upload.reviewed",),
                now=here.clock.now(),
                settings=here.settings,
            )
        with running(here.app) as url:
            registry.settings = {
                "antivenom.url": url,
                "antivenom.token": here.key("reviewer", "submit"),
                "antivenom.webhook_secret": secret,
            }
            yield here, registry


def _review(here: Site, made: Any) -> None:
    """Do what a worker does with the only upload."""
    with here.store.writing() as connection:
        number = connection.scalar(select(table.c.id))
        now = stamp(here.clock.now())
        reviews.record(connection, number, Reviewed(review=made), now)
    webhooks.deliver(here.store, here.settings, here.clock)


def test_an_upload_becomes_an_observation_that_nothing_reacts_to(
    both: tuple[Site, Warehouse],
) -> None:
    here, registry = both
    made = thief()
    id = registry.upload("demo_pkg", "1.0", made.artifact.sha256)
    tasks.review_upload(Task(), registry.request(), id)
    tasks.review_upload(Task(), registry.request(), id)
    with here.store.reading() as connection:
        [row] = connection.execute(select(table)).mappings().all()
        declared = uploads.declared(row)
    assert (row["project"], row["publisher"], row["source"]) == ("demo-pkg", "mallory", "registry")
    assert row["location"] == "https://files.example/packages/aa/bb/demo_pkg-1.0.tar.gz"
    assert declared is not None and declared.requires == ("requests",)
    assert packing.unpack(row["declared"], dict)["requires_python"] == ">=3.11"
    _review(here, made)
    assert registry.statuses == [201]
    [said] = registry.observations
    assert said["kind"] == "automated_review"
    assert said["actor"] == "admin:antivenom"
    assert said["summary"].startswith("malicious: setup.py reads credential files")
    payload = said["payload"]
    assert payload["evidence"][0]["line"] == 4
    assert payload["evidence"][0]["member"] == "demo-pkg-1.0/setup.py"
    assert payload["antivenom"]["version"]
    assert registry.metrics["warehouse.antivenom.verdict.malicious"] == 1


def test_a_clean_upload_is_only_counted(both: tuple[Site, Warehouse]) -> None:
    here, registry = both
    made = clean()
    id = registry.upload("demo_pkg", "1.0", made.artifact.sha256)
    tasks.review_upload(Task(), registry.request(), id)
    _review(here, made)
    assert registry.statuses == [204]
    assert registry.observations == []
    assert registry.metrics["warehouse.antivenom.verdict.clean"] == 1


def test_the_switch_stops_both_directions(both: tuple[Site, Warehouse]) -> None:
    here, registry = both
    made = thief()
    id = registry.upload("demo_pkg", "1.0", made.artifact.sha256)
    tasks.review_upload(Task(), registry.request(), id)
    registry.flags_on.add(tasks.FLAG)
    other = registry.upload("other", "1.0", "b" * 64)
    tasks.review_upload(Task(), registry.request(), other)
    with here.store.reading() as connection:
        assert len(connection.execute(select(table.c.id)).all()) == 1
    _review(here, made)
    assert (registry.statuses, registry.observations) == ([503], [])
    registry.flags_on.clear()
    here.clock.go(10)
    webhooks.deliver(here.store, here.settings, here.clock)
    assert len(registry.observations) == 1


def test_a_service_that_is_away_is_asked_later_and_hinders_nobody(
    both: tuple[Site, Warehouse],
) -> None:
    _, registry = both
    id = registry.upload("demo_pkg", "1.0", "a" * 64)
    registry.settings["antivenom.url"] = "http://127.0.0.1:9"
    with pytest.raises(RetryError):
        tasks.review_upload(Task(), registry.request(), id)
    registry.settings["antivenom.token"] = "antivenom_revoked"
    with pytest.raises(RetryError):
        tasks.review_upload(Task(), registry.request(), id)
    assert registry.metrics["warehouse.antivenom.submit.failed"] == 2
    tasks.review_upload(Task(), registry.request(), "file-that-was-removed")


def test_only_fresh_and_signed_messages_count() -> None:
    secret, body, now = "whsec_" + "c2VjcmV0" * 5, b'{"a":1}', int(time.time())
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(now),
        "webhook-signature": webhooks.signature(secret, "msg_1", now, body),
    }
    assert views.signed(headers, body, secret, now)
    assert views.signed(
        headers | {"webhook-signature": f"v1,x {headers['webhook-signature']}"}, body, secret, now
    )
    assert not views.signed(headers, body + b" ", secret, now)
    assert not views.signed(headers | {"webhook-id": "msg_2"}, body, secret, now)
    assert not views.signed(headers, body, secret, now + 301)
    assert not views.signed(headers | {"webhook-timestamp": "-1"}, body, secret, now)
    assert not views.signed(headers | {"webhook-signature": "v1,\u00e4"}, body, secret, now)
    assert not views.signed(headers, body, "whsec_!", now)
    assert not views.signed({}, body, secret, now)


def test_a_message_that_comes_twice_is_one(both: tuple[Site, Warehouse]) -> None:
    here, registry = both
    made = thief()
    id = registry.upload("demo_pkg", "1.0", made.artifact.sha256)
    tasks.review_upload(Task(), registry.request(), id)
    _review(here, made)
    with here.store.writing() as connection:
        connection.execute(deliveries.update().values(state="waiting", due=0.0))
    webhooks.deliver(here.store, here.settings, here.clock)
    assert registry.statuses == [201, 204]
    assert len(registry.observations) == 1
