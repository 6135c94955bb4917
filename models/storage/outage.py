"""What is wrong with a database that does not work, without secrets, and whether it will pass.

A wrong name, role or password, or a file that is not a database, looks like an outage to anybody
who only sees that nothing works; but there is no point in waiting for it to pass.
"""

import re
import sqlite3
from typing import NamedTuple

import psycopg
from sqlalchemy.exc import DBAPIError

_STATES = (
    (re.compile(r'database ".*" does not exist|no such database'), "3D000"),
    (re.compile(r"password authentication failed|SASL authentication failed"), "28P01"),
    (re.compile(r"no password supplied"), "28P01"),
    (re.compile(r'role ".*" does not exist|no such user|not permitted to log in'), "28000"),
    (re.compile(r"authentication failed for user|no pg_hba.conf entry"), "28000"),
    (re.compile(r"permission denied"), "42501"),
    (re.compile(r"the database system is |the server is shutting down"), "57P03"),
    (re.compile(r"too many (clients|connections)|remaining connection slots"), "53300"),
)
"""What a server says when it refuses a connection: the driver does not pass on the SQLSTATE."""

_NEEDS_A_HAND = {
    "3D000": "the server has no database of the name in DATABASE_URL",
    "25006": "the database in DATABASE_URL accepts no writes: it is a replica or set to read only",
    "28000": "the server does not let in the user in DATABASE_URL",
    "28P01": "the server refuses the user or password in DATABASE_URL",
    "42501": "the user in DATABASE_URL lacks the rights that are needed",
    "SQLITE_NOTADB": "the file in DATABASE_URL is not a SQLite database",
    "SQLITE_CORRUPT": (
        "the database file is damaged; visitor-desk db restore replaces it with a backup"
    ),
    "SQLITE_CANTOPEN": "the file in DATABASE_URL can't be opened, or its folder can't be written",
    "SQLITE_READONLY": "the file in DATABASE_URL can't be written",
    "SQLITE_AUTH": "the file in DATABASE_URL may not be used",
    "SQLITE_PERM": "the file in DATABASE_URL may not be used",
    "MOVED": (
        "the database's file, or its log next to it, was replaced or deleted while this process "
        "had it open. Restart whatever runs on it, and next time use visitor-desk db restore"
    ),
}
"""What does not pass by itself, and the sentence for whoever has to fix it."""

_TELLING = ("08", "25006", "28", "3D", "3F", "42501", "42P01", "53", "55", "57", "58")
"""Classes of SQLSTATE whose text quotes no data, only names of databases, roles and tables."""

_SECRET = re.compile(r"(?i)(password\s*[=:]\s*)\S+|://[^\s/@]*@")


class MovedError(sqlite3.OperationalError):
    """The open SQLite file is no longer the one at its path."""


class Outage(NamedTuple):
    """What a database error says.

    `sqlstate` is Postgres's, or SQLite's name of the error; `reason` is what the server said, if
    that can't quote data; `mend` is what a human has to fix, None if it passes by itself.
    """

    error: str
    sqlstate: str | None
    reason: str | None
    mend: str | None

    @property
    def sentence(self) -> str:
        """What is known: what to fix, the code and the server's words."""
        said = ": ".join(part for part in (self.sqlstate, self.reason) if part)
        return f"{self.mend} ({said})" if self.mend and said else self.mend or said or self.error


def outage(error: BaseException) -> Outage:
    """What an error says about a database; for any other error, only its class."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig else error
    name = type(error).__name__
    if isinstance(said, MovedError):
        return Outage(name, "MOVED", None, _NEEDS_A_HAND["MOVED"])
    if isinstance(said, sqlite3.Error):
        # An extended name says more: SQLITE_READONLY_DIRECTORY is a SQLITE_READONLY.
        state = getattr(said, "sqlite_errorname", None)
        kind = "_".join(state.split("_")[:2]) if state else ""
        return Outage(name, state, _without_secrets(str(said)), _NEEDS_A_HAND.get(kind))
    if isinstance(said, psycopg.Error):
        text = said.diag.message_primary or str(said)
        state = said.sqlstate or next((s for sign, s in _STATES if sign.search(text)), None)
        is_quotable = state.startswith(_TELLING) if state else _is_of_connecting(said)
        reason = _without_secrets(text) if is_quotable else None
        return Outage(name, state, reason, _NEEDS_A_HAND.get(state or ""))
    return Outage(name, None, None, None)


def log_fields(error: BaseException) -> dict[str, str]:
    """What a log line says about an error: `error`, its class, and if known `sqlstate`, `reason`
    and `mend`.
    """
    return {name: value for name, value in outage(error)._asdict().items() if value}


def _is_of_connecting(said: psycopg.Error) -> bool:
    """Whether an error without SQLSTATE comes from the connection: it quotes at most host and
    port.
    """
    return isinstance(said, psycopg.OperationalError) and said.diag.sqlstate is None


def _without_secrets(text: str) -> str:
    """One line of text, without what stands where passwords do."""
    return _SECRET.sub(
        lambda found: f"{found[1]}…" if found[1] else "://…@", " ".join(text.split())
    )
