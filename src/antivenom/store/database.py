"""Opening a database: SQLite by default, PostgreSQL by URL, brought up to date on the way."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from antivenom.errors import ConfigError, MissingDependencyError

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

_BUSY_SECONDS = 30


class Store:
    """One database. Writing happens in `writing`, whose block is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where it is, without a password."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection whose changes are kept together when the block ends, or not at all."""
        with self.engine.execution_options(antivenom_writes=True).begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection for looking; it sees one state of the database."""
        with self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def default_url(environ: Mapping[str, str] | None = None) -> str:
    """Return where the catalog lies when nobody says: a SQLite file of this user."""
    environ = os.environ if environ is None else environ
    base = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return f"sqlite:///{Path(base) / 'antivenom' / 'catalog.db'}"


def open_store(url: str = "") -> Store:
    """Open a database by URL or by the path of an SQLite file; create or migrate its tables.

    Raises `ConfigError` when it cannot be opened, `MissingDependencyError` without the extra.
    """
    try:
        from sqlalchemy import exc
    except ImportError:
        raise MissingDependencyError(
            "the catalog needs a database library", hint="pip install 'antivenom[catalog]'"
        ) from None
    from antivenom.store.migrations import migrate

    try:
        store = Store(_engine(_as_url(url or default_url())))
        with store.writing() as connection:
            migrate(connection)
    except ModuleNotFoundError as error:
        raise MissingDependencyError(
            f"this database needs a driver: {error.name}", hint=f"pip install {error.name}"
        ) from None
    except (exc.SQLAlchemyError, OSError, sqlite3.Error) as error:
        said = getattr(error, "orig", None) or error
        raise ConfigError(f"the catalog cannot be opened: {said}") from None
    return store


def _as_url(text: str) -> str:
    if "://" in text:
        return text.replace("postgresql://", "postgresql+psycopg://", 1)
    return f"sqlite:///{Path(text).absolute()}"


def _engine(url: str) -> Engine:
    from sqlalchemy import create_engine, event, make_url

    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        # A database that was restarted costs nobody an error on a connection it has forgotten.
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def busy_sqlite(url: URL) -> Engine:
    """Return an engine on an SQLite file for a library that writes it beside us.

    With the same log and patience; transactions begin when it first writes, and at once alone.
    """
    from sqlalchemy import create_engine, event

    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_other)
    return engine


def _prepare_other(connection: Any, record: object) -> None:  # noqa: ANN401  the driver's own
    _prepare_sqlite(connection, record)
    connection.isolation_level = "IMMEDIATE"


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  the driver's own
    # The driver begins transactions late and only for some statements; we do it ourselves.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # Who will write says so at once: a reader that turns writer while another writes must fail.
    writes = connection.get_execution_options().get("antivenom_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
