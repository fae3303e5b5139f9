"""`antivenom api`: the console and the API of the review service."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, TypeAlias

from antivenom.cli.service import command, opened, settings_of
from antivenom.errors import MissingDependencyError

if TYPE_CHECKING:
    from antivenom.service.settings import Settings
    from antivenom.store import Store

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
_STOPPING_SECONDS = 10


def add(commands: Commands) -> None:
    """Add the command."""
    parser = command(commands, "api", "serve the console and the API of the review service", run)
    parser.add_argument("--listen", metavar="ADDRESS:PORT", help="default: the setting `listen`")


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    from antivenom.service.logs import begin

    values = settings_of(arguments)
    begin(values)
    with opened(values) as store:
        greet(store, values)
        serve(store, values)
    return 0


def serve(store: Store, values: Settings) -> None:
    """Answer requests until a signal comes. Raises `ConfigError` for an address that is none."""
    try:
        import uvicorn

        from antivenom.service.app import make_app
        from antivenom.service.settings import place
    except ImportError as error:
        raise MissingDependencyError(
            f"the service needs a library: {error.name}", hint="pip install 'antivenom[service]'"
        ) from None
    host, port = place(values.listen)
    config = uvicorn.Config(
        make_app(store, values, sending=True),
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(values.trusted_proxies),
        forwarded_allow_ips=values.trusted_proxies or None,
        timeout_graceful_shutdown=_STOPPING_SECONDS,
    )
    uvicorn.Server(config).run()


def greet(store: Store, values: Settings) -> None:
    """Say where it is, who may come in, and what is unsafe."""
    from antivenom.service.access import first, users
    from antivenom.service.settings import place

    host, _ = place(values.listen)
    base = values.public_url.rstrip("/") or f"http://{values.listen}"
    with store.reading() as connection:
        nobody = not users.count(connection)
    if nobody and not values.oidc_issuer:
        _say(f"make the first account: {base}/setup?token={first.invitation(values)}")
    else:
        _say(f"console: {base}/")
    if host not in ("127.0.0.1", "::1", "localhost") and not base.startswith("https://"):
        _say("it listens beyond this machine without HTTPS: set public-url, put a proxy before it")


def _say(sentence: str) -> None:
    sys.stderr.write(f"antivenom: {sentence}\n")
    sys.stderr.flush()
