"""A service in memory of a test: a database, a clock that stands still, clients with a role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from argon2 import PasswordHasher
from httpx import Response
from litestar import Litestar, Request, get, post
from litestar.testing import TestClient

from antivenom.errors import UsageError
from antivenom.service.access import cookies, csrf, passwords, tokens, users
from antivenom.service.access.guards import needs
from antivenom.service.access.principal import SCOPES_OF
from antivenom.service.app import make_app
from antivenom.service.settings import Settings
from antivenom.store import Store, open_store
from tests.service.made import FakeClock

BASE = "http://127.0.0.1:8470"
PASSWORD = "correct horse battery"


class Site:
    """One service and what tests do with it."""

    def __init__(self, store: Store, settings: Settings, clock: FakeClock, app: Litestar) -> None:
        self.store, self.settings, self.clock, self.app = store, settings, clock, app
        self.client = TestClient(app, base_url=settings.public_url or BASE)

    def key(self, role: str, *scopes: str) -> str:
        """Return a token of somebody with a role; all of its scopes unless some are named."""
        name = f"{role}-person"
        with self.store.writing() as connection:
            known = {user.name: user for user in users.every(connection)}
            user = known.get(name) or users.add(
                connection, name, role, now=self.clock.now(), password=PASSWORD
            )
            wanted = scopes or tuple(SCOPES_OF[role])
            return tokens.make(connection, user, "test", wanted, now=self.clock.now(), days=9)[1]

    def headers(self, role: str, *scopes: str) -> dict[str, str]:
        """Return the header that brings a token."""
        return {"Authorization": f"Bearer {self.key(role, *scopes)}"}

    def account(self, name: str, role: str) -> None:
        """Make an account with `PASSWORD`."""
        with self.store.writing() as connection:
            users.add(connection, name, role, now=self.clock.now(), password=PASSWORD)

    def form_token(self) -> str:
        """Return what a form of ours would carry, for a browser that has just come."""
        session = self.client.cookies.get(cookies.name("session", self.settings))
        if session:
            return csrf.derived(session)
        self.client.cookies.set(cookies.name("visit", self.settings), "just-come")
        return csrf.derived("just-come")

    def post_form(self, path: str, form: dict[str, str]) -> Response:
        """Send a form as a browser does that was given our page."""
        form = form | {"_csrf_token": self.form_token()}
        return self.client.post(path, data=form, follow_redirects=False)

    def who(self, headers: dict[str, str] | None = None) -> str:
        """Return whom the service takes the client for."""
        answer = self.client.get("/probe", headers=headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["name"])

    def status(self, path: str, headers: dict[str, str] | None = None) -> int:
        """Return the status of an answer to a GET."""
        return self.client.get(path, headers=headers, follow_redirects=False).status_code

    def sign_in(self, name: str, password: str = PASSWORD, to: str = "/") -> Response:
        """Sign in as a browser does."""
        return self.post_form("/sign-in", {"name": name, "password": password, "next": to})


@contextmanager
def site(folder: Path, **values: object) -> Iterator[Site]:
    """Open a service whose settings differ from the defaults in `values`, with its client."""
    with silent(folder, **values) as made, made.client:
        yield made


@contextmanager
def silent(folder: Path, **values: object) -> Iterator[Site]:
    """Open a service that something else will start."""
    settings = msgspec.convert({"data": str(folder / "data"), **values}, Settings)
    clock, quick = FakeClock(), PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._nobodys.cache_clear()
    with (
        patch.object(passwords, "_hasher", lambda: quick),
        open_store(settings.database or str(folder / "service.db")) as store,
    ):
        app = make_app(store, settings, clock)
        for route in (probe, reading, deciding, changing, taking, broken, wrong):
            app.register(route)
        yield Site(store, settings, clock, app)


@get("/probe", include_in_schema=False)
async def probe(request: Request[Any, Any, Any]) -> dict[str, str]:
    return {"name": request.user.name}


@get("/reading", include_in_schema=False, guards=[needs("read")])
async def reading() -> str:
    return "read"


@get("/deciding", include_in_schema=False, guards=[needs("decide")])
async def deciding() -> str:
    return "decided"


@post("/changing", include_in_schema=False, guards=[needs("decide")])
async def changing() -> str:
    return "changed"


@post("/taking", include_in_schema=False)
async def taking(request: Request[Any, Any, Any]) -> int:
    return len(await request.body())


@get("/broken", include_in_schema=False)
async def broken() -> str:
    raise RuntimeError("inner words")


@get("/wrong", include_in_schema=False)
async def wrong() -> str:
    raise UsageError("not <script> this")
