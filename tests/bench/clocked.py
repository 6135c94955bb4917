"""How long queries take: each statement from its start to the last row fetched."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import Engine, event


@dataclass(slots=True)
class Statement:
    """A statement that was run, its parameters, and the ms that it and fetching its rows took."""

    sql: str
    parameters: Any
    ms: float = 0.0


@dataclass(slots=True)
class Clock:
    """The statements that were run on an engine since `restart`."""

    statements: list[Statement] = field(default_factory=list)

    @property
    def ms(self) -> float:
        """What all of them took, in ms."""
        return sum(statement.ms for statement in self.statements)

    def restart(self) -> None:
        """Forget what was run."""
        self.statements = []

    @contextmanager
    def running(self, statement: Statement | None) -> Iterator[None]:
        """Count the time of this block to a statement; rows of none are nobody's."""
        began = time.perf_counter()
        try:
            yield
        finally:
            if statement:
                statement.ms += (time.perf_counter() - began) * 1000


def clocked(engine: Engine) -> Clock:
    """A clock for the connections that an engine opens from now on."""
    clock = Clock()
    timed = _timed(sqlite3.Cursor, clock)

    class SqliteConnection(sqlite3.Connection):
        def cursor(self, factory: Any = timed) -> Any:
            return super().cursor(factory)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: Any, options: Any) -> Any:
        if engine.dialect.name == "sqlite":
            return sqlite3.connect(*arguments, **options, factory=SqliteConnection)
        opened = psycopg.connect(*arguments, **options)
        opened.cursor_factory = _timed(psycopg.Cursor, clock)
        opened.server_cursor_factory = _timed(psycopg.ServerCursor, clock)
        return opened

    return clock


def _timed(base: type[Any], clock: Clock) -> type[Any]:
    """A cursor that counts its time to the statement it last ran."""

    class Timed(base):  # type: ignore[misc]  # one of several drivers' cursors
        _its: Statement | None = None

        def execute(self, query: Any, parameters: Any = (), **options: Any) -> Any:
            self._its = Statement(str(query), parameters)
            clock.statements.append(self._its)
            with clock.running(self._its):
                return super().execute(query, parameters, **options)

    def fetching(name: str) -> Callable[..., Any]:
        def fetch(self: Any, *arguments: Any) -> Any:
            with clock.running(self._its):
                return getattr(super(Timed, self), name)(*arguments)

        return fetch

    for name in ("fetchone", "fetchmany", "fetchall"):
        setattr(Timed, name, fetching(name))
    return Timed
