"""Which errors of a database pass by themselves: a lost connection, a lock, a full disk."""

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout


def is_away(error: Exception) -> bool:
    """Whether an error means that the database can't work now, rather than that it refuses a
    row.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    if error.connection_invalidated or error.statement is None or _is_sqlite(error):
        return True
    # Postgres and its driver also call operational what is too large for a row or a statement; that
    # would fail forever.
    code = getattr(error.orig, "sqlstate", None)
    return isinstance(code, str) and code.startswith(_PASSING)


def is_lost(error: Exception) -> bool:
    """Whether an error means that the database can't be reached, or has no tables yet: both pass by
    themselves. Any other error in a read is a fault in the query.
    """
    if not isinstance(error, DBAPIError):
        return isinstance(error, PoolTimeout)  # all connections are in use
    if error.connection_invalidated or error.statement is None:
        return True
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return code in _SQLITE_PASSING or _NO_TABLE in str(error.orig)
    state = getattr(error.orig, "sqlstate", None)
    passes = isinstance(state, str) and state.startswith(_PASSING) and state != _CANCELLED
    return passes or state == _UNDEFINED_TABLE


_NO_TABLE = "no such table"
_UNDEFINED_TABLE, _CANCELLED = "42P01", "57014"
"""Postgres: no such table; a query that took too long."""

_SQLITE_PASSING = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_SCHEMA,
}  # fmt: skip
"""SQLite's codes for a file or a lock that can't be had right now."""

_PASSING = ("08", "40", "53", "55", "57")
"""Classes of Postgres errors that pass: connection, rollback, resources, locks, operator."""


def _is_sqlite(error: DBAPIError) -> bool:
    return isinstance(error.orig, sqlite3.Error)
