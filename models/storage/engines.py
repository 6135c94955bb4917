"""How each of the two databases is connected to: its URL, its options, what it lacks."""

import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

from models.storage.sqlite_file import SqliteFile
from models.storage.timeouts import make_impatient

BUSY_MS = 5_000
"""How long SQLite waits for another process's write, in ms."""

JOURNAL_BYTES = 64_000_000
"""The size to which SQLite's log is cut back, in bytes, once its content is in the database."""

CONNECT_S = 5
DEAD_PEER_MS = 10_000
"""Postgres: how long to wait for a connection (s), and for an answer to what was sent (ms)."""


class DatabaseUrlError(ValueError):
    """`DATABASE_URL` can't be used; the message says what to write instead."""


def engine_of(url: str, busy_ms: int) -> tuple[Engine, SqliteFile | None]:
    """What connects to a database, which it has not done yet; and the file, if it is SQLite's,
    which is made if there is none. `busy_ms` as `BUSY_MS`. Raises `DatabaseUrlError`.
    """
    try:
        parsed = make_url(url)
    except Exception:  # noqa: BLE001 - whatever it is, the URL may hold a password: not shown
        raise DatabaseUrlError("DATABASE_URL is not a database URL") from None
    if parsed.get_backend_name() in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
        options = {
            # A server that disappears silently is noticed within seconds, not hours.
            "connect_timeout": CONNECT_S,
            "tcp_user_timeout": DEAD_PEER_MS,
            # Nothing stays prepared: a pooler gives each transaction to another connection.
            "prepare_threshold": None,
        }
        engine = create_engine(
            parsed, hide_parameters=True, pool_pre_ping=True, connect_args=options
        )
        make_impatient(engine)
        event.listen(engine, "before_cursor_execute", _without_nul, retval=True)
        return engine, None
    if parsed.get_backend_name() != "sqlite":
        raise DatabaseUrlError(
            "DATABASE_URL must begin with sqlite:/// or postgresql://, "
            f"not {parsed.get_backend_name()}://"
        )
    if parsed.host is not None:
        raise DatabaseUrlError(
            "DATABASE_URL needs a third slash before the file's path: "
            "sqlite:///data/visitor-desk.db"
        )
    if not parsed.database or parsed.database == ":memory:":
        raise DatabaseUrlError("DATABASE_URL must name a file: sqlite:///data/visitor-desk.db")
    if parsed.database.startswith("~"):  # only shells expand it, and not inside a word
        raise DatabaseUrlError(
            "the path in DATABASE_URL can't begin with ~. Write it in full: "
            "sqlite:////home/desk/x.db"
        )
    path = Path(parsed.database)
    # It will hold personal data: readable only by whoever runs Visitor Desk. SQLite's other files
    # get the same mode.
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": busy_ms / 1000})
    file = SqliteFile(path)

    @event.listens_for(engine, "do_connect")
    def mark(*_: Any) -> None:
        file.mark_in_use()

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        _prepare_sqlite(connection, busy_ms)
        record.info["log"] = file.note_log()

    @event.listens_for(engine, "close")
    def close(_connection: Any, record: Any) -> None:
        record.info.pop("log", None)

    @event.listens_for(engine, "begin")
    def begin(db: Connection) -> None:
        file.refuse_moved()
        _begin_sqlite(db)

    return engine, file


def _prepare_sqlite(connection: Any, busy_ms: int) -> None:
    # The driver's own transaction handling would begin too late and commit too early.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        cursor.execute("SELECT power(2, 0.5), ln(2)")
    except sqlite3.OperationalError:
        # Postgres has these two, but not every build of SQLite does.
        connection.create_function("power", 2, _nothing_of_nothing(pow), deterministic=True)
        connection.create_function("ln", 1, _nothing_of_nothing(math.log), deterministic=True)
    for pragma in (
        # Only takes effect in a new file; packed bodies fill pages of 4096 bytes badly.
        "page_size = 8192",
        "journal_mode = WAL",
        "synchronous = FULL",  # an answered delivery survives a power cut
        "foreign_keys = ON",
        f"busy_timeout = {busy_ms}",
        # If a long reader made the log grow, the space is returned once the log can start over.
        f"journal_size_limit = {JOURNAL_BYTES}",
        "temp_store = MEMORY",
        "secure_delete = ON",  # what is forgotten must not remain in the file's free pages
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _nothing_of_nothing(of: Callable[..., float]) -> Callable[..., float | None]:
    """A SQL function: null if any argument is null."""

    def asked(*values: float | None) -> float | None:
        return None if None in values else of(*values)

    return asked


def _without_nul(
    db: Connection,
    _cursor: Any,
    statement: str,
    parameters: Any,
    _context: Any,
    _many: bool,  # noqa: FBT001 - as SQLAlchemy calls it
) -> tuple[str, Any]:
    """Postgres has no text with NUL and refuses queries with one, and an address from a URL may
    contain it.

    So it is replaced by U+FFFD, as in derived text. What is written never contains it.
    """
    if db.get_execution_options().get("reading") and isinstance(parameters, dict):
        parameters = {
            name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
            for name, value in parameters.items()
        }
    return statement, parameters


def _begin_sqlite(db: Connection) -> None:
    # A reader that becomes a writer half-way can't wait its turn, so writers ask at the start.
    immediate = db.get_execution_options().get("immediate", False)
    db.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
