"""Where a replay builds: derived tables beside the live ones, out of everybody's sight."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.schema import CreateTable

from models.projection import summaries
from models.storage.database import Database
from models.storage.rows import unlogged
from models.tables import DERIVED

LOOKED_UP = {
    "ix_event_sid", "ix_event_vid", "ix_session_vid", "ix_session_lead",
    "ix_session_address_address", "ix_lead_company", "ix_lead_address_lead",
    "ix_lead_address_shown", "ix_lead_identifier_lead",
    "ix_visitor_address_address", "ix_visitor_address_crowded", "ix_url_address_url",
    "ix_mention_lead_lead",
}  # fmt: skip
"""Indexes by which the projection finds rows. The others serve screens, and no screen ever sees the
rebuilt tables."""

SCHEMA = "replay"

REPLAY_LOCK = 0x1EAF


class ReplayRunsError(RuntimeError):
    """Another replay of this database is under way."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """The connection that rebuilds, how it names the two places, and what raises SQLAlchemy's
    errors when another replay may have begun."""

    db: Connection
    live: str
    rebuilt: str
    check_alone: Callable[[], object] = lambda: None


@contextmanager
def rebuilding(database: Database) -> Iterator[Rebuild]:
    """Empty derived tables beside the live ones, as long as the block runs.

    Raises `ReplayRunsError` when another replay of this database is running.
    """
    if database.path is not None:
        with _rebuild_in_file(database.path) as rebuild:
            yield rebuild
        return
    with _alone(database) as check_alone, database.engine.connect() as db:
        with db.begin():
            live = str(db.execute(text("SELECT current_schema()")).scalar())
            db.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
            db.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        names = text(f'SET LOCAL search_path = {SCHEMA}, "{live}"')
        event.listen(db, "begin", lambda db: db.execute(names))
        with db.begin():
            _create(db)
        try:
            yield Rebuild(db, f'"{live}"', SCHEMA, check_alone)
        finally:
            with suppress(Exception), db.begin():  # the next replay clears up what this can't
                db.execute(text(f"DROP SCHEMA {SCHEMA} CASCADE"))


@contextmanager
def _alone(database: Database) -> Iterator[Callable[[], object]]:
    """Keep other replays of a Postgres database away; gives what raises when that has ended.

    A transaction's lock, for behind a pooler connections don't outlast their transactions. This one
    only holds the lock: it reads nothing, so that it keeps vacuum from nothing however long it is.
    """
    with database.read() as db:
        lock = text("SELECT pg_try_advisory_xact_lock(:key)")
        if not db.execute(lock, {"key": REPLAY_LOCK}).scalar():
            raise ReplayRunsError("another replay of this database is running")
        yield lambda: db.execute(text("SELECT 1"))


@contextmanager
def _rebuild_in_file(live: Path) -> Iterator[Rebuild]:
    import fcntl  # noqa: PLC0415 - only SQLite needs it

    path = Path(f"{live}.replay")
    with Path(f"{live}.replaying").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReplayRunsError("another replay of this database is running") from None
        path.unlink(missing_ok=True)
        engine = create_engine(f"sqlite:///{path}", hide_parameters=True)

        @event.listens_for(engine, "connect")
        def prepare(connection: object, _record: object) -> None:
            connection.isolation_level = None  # type: ignore[attr-defined]
            cursor = connection.cursor()  # type: ignore[attr-defined]
            cursor.execute("PRAGMA page_size = 8192")
            # Nobody needs the file after a crash.
            cursor.execute("PRAGMA journal_mode = OFF")
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA busy_timeout = 30000")
            cursor.execute("ATTACH DATABASE ? AS live", (str(live),))
            cursor.execute("PRAGMA live.synchronous = FULL")
            cursor.close()

        event.listen(engine, "begin", lambda db: db.exec_driver_sql("BEGIN"))
        try:
            with engine.connect() as db:
                with db.begin():
                    _create(db)
                yield Rebuild(db, "live", "main")
        finally:
            engine.dispose()
            path.unlink(missing_ok=True)


def _create(db: Connection) -> None:
    # Whatever the projection reopens, it reopens there.
    for table in [*DERIVED, *(kind.days for kind in summaries.KINDS)]:
        made = str(CreateTable(table).compile(db)).replace("CREATE", f"CREATE {unlogged(db)}", 1)
        db.execute(text(made))
        for index in table.indexes:
            if index.name in LOOKED_UP:
                index.create(db)
    db.execute(
        text(f"CREATE {unlogged(db)} TABLE replayed (seq BIGINT PRIMARY KEY, webhook_id TEXT)")
    )
