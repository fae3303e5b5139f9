"""Health, figures, the log, the switches: what an operator looks at and turns."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, text

from antivenom.service import logs, uploads
from antivenom.service.settings import Settings
from antivenom.store.schema_uploads import feeds, workers
from tests.service.made import arrival
from tests.service.recorded import record, thief
from tests.service.site import Site, site


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    with site(tmp_path) as made:
        yield made


def _checks(here: Site) -> dict[str, tuple[bool, str]]:
    answer = here.client.get("/ready").json()
    return {one["name"]: (one["ok"], one["said"]) for one in answer["checks"]}


def _work(here: Site) -> None:
    with here.store.writing() as connection:
        values = {"id": "w1", "seen": here.clock.now().timestamp(), "slots": 3}
        started = {"started_at": "2026-11-21T10:00:00Z", "confined": "network landlock seccomp"}
        connection.execute(insert(workers).values(values | started))


def test_ready_says_what_is_wrong(here: Site) -> None:
    assert not here.client.get("/ready").json()["ok"]
    _work(here)
    ready = here.client.get("/ready").json()
    assert ready["ok"]
    assert "landlock" in _checks(here)["workers"][1]
    with here.store.writing() as connection:
        uploads.record(connection, arrival(), "2026-11-21T10:00:00Z")
        connection.execute(
            insert(feeds).values(name="pypi", cursor=7, checked_at="2026-11-21T10:00:00Z")
        )
    assert here.client.get("/ready").json()["ok"]
    here.clock.go(1000)
    late = {name for name, (ok, _) in _checks(here).items() if not ok}
    assert late == {"workers", "queue", "feed pypi"}
    assert here.client.get("/ready").status_code == 200


def test_without_its_database_it_lives_and_is_not_ready(here: Site) -> None:
    with here.store.writing() as connection:
        connection.execute(text("DROP TABLE deliveries"))
        connection.execute(text("DROP TABLE feeds"))
    assert here.client.get("/ready").status_code == 503
    answer = here.client.get("/api/v1/feeds", headers=here.headers("viewer"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert here.client.get("/health").status_code == 200


def test_a_feed_is_stopped_and_goes_on(here: Site) -> None:
    headers = here.headers("admin")
    with here.store.writing() as connection:
        connection.execute(insert(feeds).values(name="pypi", cursor=7))
    body = {"reason": "the registry asked us to"}
    assert (
        here.client.post("/api/v1/feeds/pypi/stop", json=body, headers=headers).status_code == 204
    )
    assert _checks(here)["feed pypi"] == (False, "stopped: the registry asked us to")
    [row] = here.client.get("/api/v1/feeds", headers=headers).json()
    assert (row["cursor"], row["stopped"]) == (7, "the registry asked us to")
    assert here.client.post("/api/v1/feeds/pypi/start", headers=headers).status_code == 204
    assert _checks(here)["feed pypi"][1] != "stopped"
    assert here.client.post("/api/v1/feeds/cran/start", headers=headers).status_code == 404


def test_figures_are_what_prometheus_reads(here: Site) -> None:
    with here.store.writing() as connection:
        uploads.record(connection, arrival(), "2026-11-21T09:59:00Z")
        record(connection, thief(), now=here.clock.now())
    headers = here.headers("viewer")
    here.client.get("/api/v1/me", headers=headers)
    page = here.client.get("/metrics", headers=headers)
    assert page.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }
    assert found["antivenom_uploads", "waiting"] == 1
    assert found["antivenom_oldest_waiting_seconds",] == 60
    assert found["antivenom_reviews_last_hour", "malicious"] == 1
    assert found["antivenom_cases", "malicious", "open"] == 1
    assert found["antivenom_workers",] == 0
    assert found["antivenom_http_requests_total", "/api/v1/me", "200", "GET"] == 1
    assert here.status("/metrics") == 401


def test_figures_may_be_open(tmp_path: Path) -> None:
    with site(tmp_path, **{"open-metrics": True}) as here:
        assert here.status("/metrics") == 200


def test_the_log_says_who_asked_for_what_and_no_secrets(
    here: Site, caplog: pytest.LogCaptureFixture
) -> None:
    headers = here.headers("viewer")
    with caplog.at_level(logging.INFO, logger="antivenom"):
        here.client.get("/api/v1/uploads?project=hidden-word", headers=headers)
    [line] = [one for one in caplog.records if one.name == "antivenom.service.watching"]
    assert line.getMessage() == "GET /api/v1/uploads 200"
    assert vars(line)["who"] == "viewer-person"
    assert "hidden-word" not in str(vars(line))
    assert headers["Authorization"] not in str(vars(line))


def _line(kind: str, *, raises: bool = False) -> str:
    stream, root = io.StringIO(), logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.begin(Settings(log=kind), stream)  # type: ignore[arg-type]
        log = logging.getLogger("antivenom.test")
        extra = {"sha256": "ab", "took_ms": 3}
        raised = ValueError("why") if raises else None
        log.warning("read \x1b[31m%s", "x", extra=extra, exc_info=raised)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    return stream.getvalue()


def test_a_line_of_the_log_is_one_object() -> None:
    line = _line("json", raises=True)
    found = json.loads(line)
    assert line.count("\n") == 1
    assert found["level"] == "warning"
    assert found["message"] == "read \\x1b[31mx"
    assert (found["sha256"], found["took_ms"]) == ("ab", 3)
    assert "ValueError: why" in found["exception"]


def test_a_line_of_the_log_for_people_holds_no_commands() -> None:
    line = _line("text")
    assert line.endswith("warning read \\x1b[31mx sha256=ab took_ms=3\n")


def test_every_answer_is_made_safe(here: Site) -> None:
    for path in ("/health", "/api/v1/me", "/nothing", "/sign-in"):
        headers = here.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["x-frame-options"] == "DENY", path
        assert "default-src" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"], path
