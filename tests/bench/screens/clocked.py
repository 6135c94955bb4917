"""How long queries take: each statement from its start to the last row fetched.

Beside the time on the clock stands the CPU's: on a machine that does other things the first says
little. On SQLite it is this thread's, on Postgres that of the connection's own backend, as Linux
tells it; elsewhere, and of parallel workers, it is not known.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine, event


@dataclass(slots=True)
class Statement:
    """A statement that was run, its parameters, and the ms that it and fetching its rows took.

    `cpu_ms` is the CPU's part of it.
    """

    sql: str
    parameters: Any
    ms: float = 0.0
    cpu_ms: float = 0.0


@dataclass(slots=True)
class Clock:
    """The statements that were run on an engine since `restart`."""

    statements: list[Statement] = field(default_factory=list)

    @property
    def ms(self) -> float:
        """What all of them took, in ms."""
        return sum(statement.ms for statement in self.statements)

    @property
    def cpu_ms(self) -> float:
        """What all of them took of the CPU, in ms."""
        return sum(statement.cpu_ms for statement in self.statements)

    def restart(self) -> None:
        """Forget what was run."""
        self.statements = []


def _backend_s(cursor: Any) -> float:
    """CPU seconds that a cursor's Postgres backend has used; always 0 where it can't be told."""
    pid = cursor.connection.info.backend_pid
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError):
        return 0.0


def clocked(engine: Engine) -> Clock:
    """A clock for the connections that an engine opens from now on."""
    clock = Clock()

    class SqliteCursor(sqlite3.Cursor):
        """Rows are made as they are fetched."""

    class SqliteConnection(sqlite3.Connection):
        def cursor(self, factory: Any = SqliteCursor) -> Any:
            return super().cursor(factory)

    class PostgresCursor(psycopg.Cursor[Any]):
        """All rows are here when a statement is done: fetching one asks the backend nothing."""

    class PostgresServerCursor(psycopg.ServerCursor[Any]):
        """Rows are fetched from the backend, many at once."""

    def thread_s(_cursor: Any) -> float:
        return time.thread_time()

    _time(SqliteCursor, clock, executing=thread_s, fetching=thread_s)
    _time(PostgresCursor, clock, executing=_backend_s, fetching=lambda _cursor: 0.0)
    _time(PostgresServerCursor, clock, executing=_backend_s, fetching=_backend_s)

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "do_connect")
        def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
            return sqlite3.connect(*arguments, **options, factory=SqliteConnection)

    else:

        @event.listens_for(engine, "connect")
        def time_cursors(opened: Any, _record: Any) -> None:
            opened.cursor_factory = PostgresCursor
            opened.server_cursor_factory = PostgresServerCursor

    return clock


_CpuSeconds = Callable[[Any], float]
"""Tells how much CPU what works for a cursor has used, in seconds."""


def _time(
    cursor: type[Any], clock: Clock, *, executing: _CpuSeconds, fetching: _CpuSeconds
) -> None:
    """Have a class of cursors count its time to the statement that each last ran."""

    def timed(method: Callable[..., Any], cpu_s: _CpuSeconds) -> Callable[..., Any]:
        # Written out, for many a statement's rows are fetched one by one: a context manager would
        # take longer than a row.
        def run(self: Any, *arguments: Any, **options: Any) -> Any:
            used, began = cpu_s(self), time.perf_counter()
            try:
                return method(self, *arguments, **options)
            finally:
                its = self.__dict__.get("its") or nobodys
                its.ms += (time.perf_counter() - began) * 1000
                its.cpu_ms += (cpu_s(self) - used) * 1000

        return run

    nobodys = Statement("", ())
    execute = timed(cursor.execute, executing)

    def note(self: Any, query: Any, parameters: Any = (), **options: Any) -> Any:
        self.its = Statement(str(query), parameters)
        clock.statements.append(self.its)
        return execute(self, query, parameters, **options)

    cursor.execute = note
    for name in ("fetchone", "fetchmany", "fetchall"):
        setattr(cursor, name, timed(getattr(cursor, name), fetching))
