"""How long queries take: each statement from its start to the last row fetched.

Beside the time on the clock stands the CPU's: on a machine that does other things the first says
little. On SQLite it is this thread's, on Postgres that of the connection's own backend, as Linux
tells it; elsewhere, and of parallel workers, it is not known.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def _counted(statement: Statement | None, cpu_s: Callable[[], float]) -> Iterator[None]:
    """Count the time of this block to a statement; rows of none are nobody's."""
    began, used = time.perf_counter(), cpu_s()
    try:
        yield
    finally:
        if statement:
            statement.ms += (time.perf_counter() - began) * 1000
            statement.cpu_ms += (cpu_s() - used) * 1000


def _backend_s(pid: int) -> float:
    """CPU seconds that a Postgres backend has used; always 0 where it can't be told."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError):
        return 0.0


def clocked(engine: Engine) -> Clock:
    """A clock for the connections that an engine opens from now on."""
    clock = Clock()
    timed = _timed(sqlite3.Cursor, clock)

    class SqliteConnection(sqlite3.Connection):
        def cursor(self, factory: Any = timed) -> Any:
            return super().cursor(factory)

    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "do_connect")
        def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
            return sqlite3.connect(*arguments, **options, factory=SqliteConnection)

    else:

        @event.listens_for(engine, "connect")
        def time_cursors(opened: Any, _record: Any) -> None:
            opened.cursor_factory = _timed(psycopg.Cursor, clock)
            opened.server_cursor_factory = _timed(psycopg.ServerCursor, clock)

    return clock


def _timed(base: type[Any], clock: Clock) -> type[Any]:
    """A cursor that counts its time to the statement it last ran."""

    class Timed(base):  # type: ignore[misc]  # one of several drivers' cursors
        _its: Statement | None = None

        def _counted(self) -> Any:
            if issubclass(base, sqlite3.Cursor):
                return _counted(self._its, time.thread_time)
            pid = self.connection.info.backend_pid
            return _counted(self._its, lambda: _backend_s(pid))

        def execute(self, query: Any, parameters: Any = (), **options: Any) -> Any:
            self._its = Statement(str(query), parameters)
            clock.statements.append(self._its)
            with self._counted():
                return super().execute(query, parameters, **options)

    def fetching(name: str) -> Callable[..., Any]:
        def fetch(self: Any, *arguments: Any) -> Any:
            with self._counted():
                return getattr(super(Timed, self), name)(*arguments)

        return fetch

    for name in ("fetchone", "fetchmany", "fetchall"):
        setattr(Timed, name, fetching(name))
    return Timed
