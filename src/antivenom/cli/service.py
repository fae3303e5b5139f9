"""`antivenom serve`, and its parts for several machines: migrate, watch, work ..."""

from __future__ import annotations

import argparse
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from antivenom.service.settings import Settings
    from antivenom.store import Store

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add(commands: Commands) -> None:
    """Add the commands."""
    parser = command(commands, "serve", "run the whole review service on this machine", _serve)
    parser.add_argument("--listen", metavar="ADDRESS:PORT", help="default: the setting `listen`")
    parser.add_argument("--demo", action="store_true", help="fill it with packages of our own")
    parser.add_argument("--no-watch", action="store_true", help="follow no registry")
    parser = command(commands, "watch", "follow registries and note every upload", _watch)
    parser.add_argument("registries", metavar="REGISTRY", nargs="+", help="pypi, npm")
    parser.add_argument("--since", metavar="SERIAL", type=int, help="where to begin the first time")
    command(commands, "migrate", "create or update the service's tables", _migrate)
    parser = command(commands, "work", "review what was noted", _work)
    parser.add_argument("--slots", metavar="N", type=int, help="reviews at the same time")


def command(
    commands: Commands, name: str, about: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    """Return the parser of a command of the service, with the options that all of them have."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=about[0].upper() + about[1:] + "."
    )
    parser.add_argument(
        "--settings", metavar="FILE", default="", help="default: antivenom.toml in this folder"
    )
    parser.add_argument("--database", metavar="URL", help="default: SQLite in the data folder")
    parser.set_defaults(run=_part(run))
    return parser


def _part(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Have a command end with the `serve` that started it."""

    def attached(arguments: argparse.Namespace) -> int:
        from antivenom.service.supervisor import end_with_parent

        end_with_parent()
        return run(arguments)

    return attached


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings in force: flags, environment, file."""
    import msgspec

    from antivenom.service import settings

    found = settings.read(arguments.settings)
    flags = {name: getattr(arguments, name, None) for name in ("database", "slots", "listen")}
    return msgspec.structs.replace(found, **{k: v for k, v in flags.items() if v is not None})


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """Give the database."""
    from antivenom.store import open_store

    with open_store(settings.database_url) as store:
        yield store


def until_stopped() -> threading.Event:
    """Return an event that is set when this process is asked to end."""
    stop = threading.Event()

    def end(_signal: int, _frame: object) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    return stop


def _migrate(arguments: argparse.Namespace) -> int:
    from antivenom.service.jobs import Jobs

    settings = settings_of(arguments)
    with opened(settings) as store:
        Jobs(store, settings).migrate()
    return 0


def _work(arguments: argparse.Namespace) -> int:
    from antivenom.service.clock import SystemClock
    from antivenom.service.logs import begin
    from antivenom.service.worker import work

    settings = settings_of(arguments)
    begin(settings)
    stop = until_stopped()
    with opened(settings) as store:
        work(store, settings, SystemClock(), stop)
    return 0


def _watch(arguments: argparse.Namespace) -> int:
    from antivenom.service.clock import SystemClock
    from antivenom.service.feeds import watch
    from antivenom.service.logs import begin

    settings = settings_of(arguments)
    begin(settings)
    stop = until_stopped()
    with opened(settings) as store:
        watch(
            store,
            settings,
            SystemClock(),
            stop,
            names=arguments.registries,
            since=arguments.since,
        )
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from antivenom.service.jobs import Jobs
    from antivenom.service.logs import begin
    from antivenom.service.supervisor import serve

    settings = settings_of(arguments)
    begin(settings)
    with opened(settings) as store:
        Jobs(store, settings).migrate()
        if arguments.demo:
            from antivenom.service.demo import fill

            fill(store, settings)
    handed_on = []
    for name in ("settings", "database"):
        value = getattr(arguments, name)
        handed_on += [f"--{name}", value] if value else []
    watch = not (arguments.no_watch or arguments.demo)
    return serve(settings, until_stopped(), handed_on=handed_on, watch=watch)
