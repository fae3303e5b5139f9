"""`antivenom serve`, and its parts for several machines: migrate, watch, work ..."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

from antivenom.cli.numbers import positive

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
    parser = command(commands, "migrate", "create or update the service's tables", _migrate)
    parser.add_argument("--recount", action="store_true", help="count anew what the overview shows")
    parser = command(commands, "work", "review what was noted", _work)
    parser.add_argument("--slots", metavar="N", type=positive, help="reviews at the same time")
    _rereview_options(command(commands, "rereview", "judge uploads again, behind new ones", _again))
    _backfill_options(command(commands, "backfill", "note what an index has already", _backfill))


def _rereview_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--ecosystem", metavar="NAME", default="", help="only of this registry")
    add("--project", metavar="NAME", default="", help="only of this project")
    add("--verdict", metavar="VERDICT", default="", help="only what was judged so")
    add("--rule", metavar="RULE", default="", help="only where this rule found something")
    add("--since", metavar="TIME", default="", help="only seen at or after")
    add("--until", metavar="TIME", default="", help="only seen before")
    add("--older-rules", action="store_true", help="only what another rule book judged")
    add("--dead", action="store_true", help="only what was given up")
    add("--count", action="store_true", help="say how many that are, and do nothing")


def _backfill_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("projects", metavar="PROJECT", nargs="*", help="of the index pip is configured with")
    add("--all", action="store_true", help="every project of the index; goes on where it stopped")
    add("--newest", metavar="N", type=positive, default=0, help="only so many releases of each")


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
    given = msgspec.structs.replace(found, **{k: v for k, v in flags.items() if v is not None})
    # Refused before any part of the service starts: a part would be started again for ever.
    settings.place(given.listen)
    return given


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
    from antivenom.store import tallying

    settings = settings_of(arguments)
    with opened(settings) as store:
        Jobs(store, settings).migrate()
        if arguments.recount:
            with store.writing() as connection:
                tallying.recount(connection)
        where = store.engine.url.render_as_string(hide_password=True)
    sys.stdout.write(f"{where}: the tables are up to date\n")
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


def _again(arguments: argparse.Namespace) -> int:
    from antivenom.judge import local_knowledge
    from antivenom.service import rereview
    from antivenom.service.clock import SystemClock
    from antivenom.service.rereview import Selection

    names = ("ecosystem", "project", "verdict", "rule", "since", "until", "dead")
    chosen = {name: getattr(arguments, name) for name in names}
    if arguments.older_rules:
        chosen["judged_otherwise_than"] = local_knowledge().book.digest
    selection = Selection(**chosen)
    with opened(settings_of(arguments)) as store:
        if arguments.count:
            with store.reading() as connection:
                found = rereview.count(connection, selection)
        else:
            found = rereview.submit(store, selection, SystemClock())
    sys.stdout.write(f"{found:,} uploads\n")
    return 0


def _backfill(arguments: argparse.Namespace) -> int:
    from antivenom.errors import UsageError
    from antivenom.service.backfill import Backfill
    from antivenom.service.clock import SystemClock
    from antivenom.service.logs import begin
    from antivenom.service.sources import PyPI

    if arguments.all == bool(arguments.projects):
        raise UsageError("name projects, or say --all")
    settings, clock = settings_of(arguments), SystemClock()
    begin(settings)
    stop = until_stopped()
    source = PyPI(settings, clock)
    try:
        with opened(settings) as store:
            backfill = Backfill(store, source, clock, newest=arguments.newest)
            names = backfill.everything() if arguments.all else arguments.projects
            found = backfill.run(names, stop, remember=arguments.all)
    finally:
        source.close()
    sys.stdout.write(f"{found:,} files\n")
    return 0
