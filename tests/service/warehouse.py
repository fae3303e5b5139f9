"""A stand-in for warehouse: the models, the request and the route that the example touches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import requests
from examples.warehouse import views

from tests.builders.loopback import Handler, listening


class RetryError(Exception):
    """What Celery raises to run a task again."""


class Task:
    """A bound Celery task."""

    def retry(self, *, exc: Exception, max_retries: int) -> RetryError:
        assert max_retries > 0
        return RetryError(str(exc))


@dataclass
class Warehouse:
    """The registry: its settings, files, observations and counters."""

    settings: dict[str, str] = field(default_factory=dict)
    flags_on: set[str] = field(default_factory=set)
    files: dict[str, Any] = field(default_factory=dict)
    observations: list[dict[str, Any]] = field(default_factory=list)
    metrics: Counter[str] = field(default_factory=Counter)
    url: str = ""
    statuses: list[int] = field(default_factory=list)

    # --- what models do

    def upload(self, name: str, version: str, sha256: str) -> str:
        """Accept a file, as `file_upload` does, and return its id."""
        project = SimpleNamespace(name=name, normalized_name=name.lower().replace("_", "-"))
        release = SimpleNamespace(
            project=project,
            version=version,
            uploader=SimpleNamespace(username="mallory"),
            summary="A demo",
            author_email=None,
            requires_dist=["requests"],
            requires_python=">=3.11",
            record_observation=self._record,
        )
        filename = f"{name}-{version}.tar.gz"
        file = SimpleNamespace(
            release=release,
            filename=filename,
            path=f"aa/bb/{filename}",
            sha256_digest=sha256,
            size=100,
            upload_time=datetime(2026, 11, 21, 10, tzinfo=UTC),
        )
        self.files[f"file-{len(self.files)}"] = file
        return f"file-{len(self.files) - 1}"

    def _record(self, **said: Any) -> None:
        self.observations.append(said)

    # --- what sessions and requests do

    def get(self, kind: str, id: str) -> Any:
        assert kind == "File"
        return self.files.get(id)

    def find(self, kind: str, **wanted: str) -> Any:
        if kind == "File":
            found = [f for f in self.files.values() if f.sha256_digest == wanted["sha256_digest"]]
            return found[0] if found else None
        ids = [one["payload"]["webhook_id"] for one in self.observations]
        return True if wanted["webhook_id"] in ids else None

    def admin_user(self, name: str) -> str:
        return f"admin:{name}"

    def request(self, body: bytes = b"", headers: Any = None) -> Any:
        """Return what pyramid hands to views and tasks."""

        def increment(name: str) -> None:
            self.metrics[name] += 1

        return SimpleNamespace(
            flags=SimpleNamespace(enabled=self.flags_on.__contains__),
            db=self,
            registry=SimpleNamespace(settings=self.settings),
            metrics=SimpleNamespace(increment=increment),
            http=requests,
            route_url=lambda _, path: f"https://files.example/packages/{path}",
            body=body,
            headers=headers or {},
        )


@contextmanager
def open_to_callbacks() -> Iterator[Warehouse]:
    """Run a warehouse whose callback listens on loopback."""
    here = Warehouse()

    class Callback(Handler):
        def do_POST(self) -> None:
            here.statuses.append(views.callback(here.request(self.body(), self.headers)))
            self.answer(here.statuses[-1])

    with listening(Callback) as here.url:
        yield here
