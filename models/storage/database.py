"""The two databases behind one interface: transactions, locks and leases.

SQL that differs between SQLite and Postgres is here, in `engines` and in `rows`, and nowhere else
except for the cells of exports, which Postgres writes itself (`dashboard.exports.postgres_cells`).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from sqlalchemy import Connection, text

from models.storage.engines import BUSY_MS, engine_of
from models.storage.sqlite_file import locked
from models.storage.timeouts import answered_within

PROJECTION_LOCK = 0x1EAD
MIGRATION_LOCK = 0x1EAE
SENDING_LOCK = 0x1EAF
"""Keys of Postgres advisory locks; they count within one database."""

_LOCK_FILES = {PROJECTION_LOCK: "projecting", SENDING_LOCK: "sending"}
"""Suffix of each leased lock's file, next to SQLite's."""

TURN_S = 1.0
"""How long one of our writers waits for another to finish with SQLite, in seconds."""

LEASE_WAIT_S = 60.0
"""How long a command waits for the projection's lock, which is held for a batch at a time, in s."""

_POLL_S = 0.02
_TURN_POLL_S = 0.001

_OWN_TABLES = (
    "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
    " WHERE schemaname = current_schema()"
)


@dataclass(slots=True)
class Lease:
    """A right that one holder per database has until the lease ends, such as to write derived
    tables.

    `read` and `write` use the connection that holds it, so whoever lost it can't use them.
    """

    read: Callable[[], AbstractContextManager[Connection]]
    write: Callable[[], AbstractContextManager[Connection]]


class Database:
    """A database by its URL. Cheap to make; connects when first used."""

    def __init__(
        self,
        url: str,
        *,
        answer_s: float | None = None,
        forgotten_file: Path | None = None,
        turn_s: float = TURN_S,
        busy_ms: int = BUSY_MS,
    ) -> None:
        """Take `sqlite:///path` or `postgresql://…`.

        `forgotten_file` (`FORGOTTEN_FILE`) holds, apart from the database, the key with which
        barred names in it are hashed; the default is `forgotten` next to the SQLite file, or in
        `data`.

        A Postgres that leaves a query in `read` or `write` unanswered for `answer_s` seconds counts
        as away; without a limit, we wait for it. Raises `DatabaseUrlError` for any other URL.
        """
        self.engine, self._file = engine_of(url, busy_ms)
        self.path = self._file.path if self._file else None
        self.is_postgres = self.path is None
        beside = self.path.parent if self.path else Path("data")
        self.forgotten_file = forgotten_file or beside / "forgotten"
        self._answer_s = answer_s
        self._turn_s, self._busy_ms = turn_s, busy_ms

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction for reading: one consistent state, without blocking writers."""
        with answered_within(self._answer_s), self.engine.connect() as db:
            if self.is_postgres:  # by default, each statement would see its own state
                db.execution_options(isolation_level="REPEATABLE READ", reading=True)
            with db.begin():
                yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction for writing; committed when the block ends, rolled back if it raises."""
        if self.is_postgres:
            with answered_within(self._answer_s), self.engine.begin() as db:
                yield db
            return
        # SQLite has one writer, and its busy handler sleeps longer and longer. Our writers take
        # turns with a file lock; if one keeps it too long, SQLite itself reports that it is busy.
        with Path(f"{self.path}.writing").open("w") as turn, self.engine.connect() as db:
            locked(turn, time.monotonic() + self._turn_s, _TURN_POLL_S)
            db.execution_options(immediate=True)
            with db.begin():
                yield db
                if self._file:
                    self._file.refuse_moved()  # the last moment before the commit

    def commit_nothing(self) -> None:
        """Make a commit that changes nothing: only a commit shows whether the database accepts any.

        Raises what a commit would.
        """
        with self.write() as db:
            if self.is_postgres:
                db.execute(text("SELECT pg_current_xact_id()"))  # one with a number is written
            else:
                # Free for applications, and we don't use it: setting it writes the file's first
                # page unchanged.
                db.exec_driver_sql("PRAGMA user_version = 0")

    @contextmanager
    def lease(self, *, wait_s: float = 0, lock: int = PROJECTION_LOCK) -> Iterator[Lease | None]:
        """The projection's lock, or another; None if somebody holds it for longer than `wait_s`
        seconds.

        On Postgres a transaction-level advisory lock: released at commit, and at once when its
        holder dies, also behind a pooler. On SQLite a file lock, which the system releases in the
        same way; reading and computing under it leave the write lock to intake.
        """
        deadline = time.monotonic() + wait_s
        if self.is_postgres:
            yield from self._postgres_lease(deadline, lock)
        else:
            yield from self._sqlite_lease(deadline, lock)

    @contextmanager
    def alone(self, doing: str) -> Iterator[bool]:
        """Nobody else does what these words name meanwhile; False if somebody already does.

        Held like a lease, by a transaction that does nothing else and holds no snapshot that would
        hinder vacuum.
        """
        said = blake2b(doing.encode(), digest_size=8)
        if self.path is not None:
            with Path(f"{self.path}.alone-{said.hexdigest()}").open("w") as file:
                yield locked(file, time.monotonic(), 0)
            return
        with self.engine.begin() as db:
            key = int.from_bytes(said.digest(), signed=True)
            take = text("SELECT pg_try_advisory_xact_lock(:key)")
            yield bool(db.execute(take, {"key": key}).scalar())

    def _postgres_lease(self, deadline: float, lock: int) -> Iterator[Lease | None]:
        with self.engine.connect() as db:
            while True:
                with db.begin():
                    held = db.execute(
                        text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": lock}
                    ).scalar()
                    if held:
                        yield Lease(_same(db), _savepoint(db))
                        return
                if time.monotonic() >= deadline:
                    yield None
                    return
                time.sleep(_POLL_S)

    def _sqlite_lease(self, deadline: float, lock: int) -> Iterator[Lease | None]:
        assert self.path is not None  # noqa: S101 - tells mypy what `is_postgres` says
        with Path(f"{self.path}.{_LOCK_FILES[lock]}").open("w") as file:
            held = locked(file, deadline, _POLL_S)
            yield Lease(self.read, self.write) if held else None

    def scrub(self) -> bool:
        """Remove what was deleted from the database's files, too; whether all of it is gone.

        Both databases leave bytes of old rows in their files: SQLite a few, although it overwrites
        what it deletes; Postgres all of them, because an ordinary vacuum only lets new rows
        overwrite them. So everything is rewritten, and SQLite's log is emptied, for which readers
        must pause once; intake waits meanwhile. Raises SQLAlchemy's errors if it lacks the rights.
        """
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            if self.is_postgres:
                for name in db.execute(text(_OWN_TABLES)).scalars().all():
                    db.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {name}")
                # The planner keeps samples of values.
                db.exec_driver_sql("VACUUM (FULL) pg_catalog.pg_statistic")
                return True
            db.connection.cursor().execute("VACUUM")
            deadline = time.monotonic() + self._busy_ms / 1000
            while True:
                busy = db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
                if not busy or time.monotonic() >= deadline:
                    return not busy
                time.sleep(_POLL_S)

    @contextmanager
    def deriving(self) -> Iterator[Connection]:
        """A transaction that may write derived tables, for callers that must have it.

        Raises `TimeoutError` if the projection's lock can't be taken.
        """
        with self.lease(wait_s=LEASE_WAIT_S) as lease:
            if lease is None:
                raise TimeoutError("deriving did not pause; is its process stuck?")
            with lease.write() as db:
                yield db

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
        if self._file:
            self._file.let_go()


def _same(db: Connection) -> Callable[[], AbstractContextManager[Connection]]:
    @contextmanager
    def hand_out() -> Iterator[Connection]:
        yield db

    return hand_out


def _savepoint(db: Connection) -> Callable[[], AbstractContextManager[Connection]]:
    """A failure inside undoes only this block; the transaction, and the lock with it, continues."""

    @contextmanager
    def hand_out() -> Iterator[Connection]:
        with db.begin_nested():
            yield db

    return hand_out
