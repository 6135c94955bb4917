"""A download: an export as an HTTP answer, read and sent piece by piece in constant memory.

It is read into files on disk as fast as the database delivers it, so that a slow reader holds no
snapshot; and a reader may be slow only within bounds, so that none occupies a place for long.
"""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from dashboard.data.settings import settings
from dashboard.exports.disk_buffer import AHEAD_BYTES, BufferClosedError, DiskBuffer
from dashboard.exports.order import Order
from models.audit import Entry
from models.storage.database import Database
from models.storage.version import version
from models.tables import PENDING


class Bounds(NamedTuple):
    """What downloads may take, each alone and all together."""

    catch_up_s: float = 10.0
    """How long one waits for what was acknowledged before it; then it starts without it."""
    stall_s: float = 60.0
    """How long a reader may take nothing before its download ends."""
    least_bytes_a_s: int = 64_000
    """The least that a reader must take on average, per second of sending, after `stall_s`."""
    most_s: float = 3_600.0
    """The longest that sending may take."""
    at_once: int = 4
    """Exports read from the database at a time: they must leave connections for the screens."""
    each: int = 3
    """Simultaneous downloads for one person or token."""
    sent_at_once: int = 16
    """Downloads in progress in all, most of which only wait for their readers."""
    piece_bytes: int = 256_000
    """What is sent at a time."""
    ahead_bytes: int = AHEAD_BYTES
    """What may be unread on disk."""


BOUNDS = Bounds()

_POLL_S = 0.05
_log = structlog.get_logger("export")


class Reading:
    """One export in progress: a thread of its own reads it, and only that thread touches the
    connection."""

    def __init__(
        self, database: Database, primary: Database, order: Order, who: str, bounds: Bounds
    ) -> None:
        self._database = database
        self.bounds = bounds
        self._primary = primary
        self._order = order
        self.who = who
        self._buffer = DiskBuffer(_folder(), bounds.ahead_bytes)
        self._lock = threading.Lock()
        self._stopped = False
        self._db: Connection | None = None
        self.memory = order.memory(memory_of(who))
        self._giving = order.giving(memory_of(who), _folder())
        # A daemon: a query that hangs must not hold up the end of the process.
        self._thread = threading.Thread(target=self._run, name="export", daemon=True)
        self._thread.start()

    @property
    def is_reading(self) -> bool:
        """Whether it may still hold a connection."""
        return self._thread.is_alive()

    @property
    def is_running(self) -> bool:
        """Whether it reads, or its file is being sent."""
        return self.is_reading or not self._stopped

    async def next(self) -> bytes:
        """The next piece; none after the last. Raises what the thread ran into."""
        return await to_thread.run_sync(
            self._buffer.read, self.bounds.piece_bytes, abandon_on_cancel=True, limiter=_waiting()
        )

    async def remember(self) -> None:
        """Its file was taken completely: remember what is in it. Raises SQLAlchemy's errors."""
        if self._giving:
            await to_thread.run_sync(self._giving.remember, self._primary, limiter=_waiting())

    def stop(self) -> None:
        """End it, even in the middle of a query, and free its connection; harmless if it is done.

        Does not wait: the thread releases everything by itself.
        """
        self._buffer.close()
        with self._lock:
            if self._stopped:
                return
            self._stopped = True
            if self._db is not None:
                # Asking a server to cancel a query takes a separate connection: not on the event
                # loop.
                threading.Thread(target=self._interrupt, name="export-stop", daemon=True).start()

    def _interrupt(self) -> None:
        with self._lock, suppress(Exception):
            if self._db is not None:
                driver = self._db.connection.driver_connection
                (getattr(driver, "cancel", None) or driver.interrupt)()  # type: ignore[union-attr] # psycopg's or SQLite's

    def _run(self) -> None:
        try:
            self._catch_up()
            recording = self._order.recorded(self._primary, self.who)
            with recording as entry, self._database.read() as db:
                self._read(db, entry)
            self._buffer.end()  # only now: whoever has the whole file holds no connection
        except BufferClosedError:
            pass
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the next piece
            self._buffer.end(error)

    def _catch_up(self) -> None:
        """Wait until what was acknowledged before can be read: the receiver derives it, and a
        replica has it once it has the data version that the database itself had by then.
        """
        deadline = time.monotonic() + self.bounds.catch_up_s
        with self._primary.read() as db:
            last = db.execute(select(func.max(PENDING.c.seq))).scalar()
        if last is not None:
            waits = select(PENDING.c.seq).where(PENDING.c.seq <= last).limit(1)
            self._wait(self._primary, lambda db: db.execute(waits).scalar() is None, deadline)
        if self._primary is not self._database:
            with self._primary.read() as db:
                reached = version(db)
            self._wait(self._database, lambda db: version(db) >= reached, deadline)

    def _wait(
        self, database: Database, holds: Callable[[Connection], bool], deadline: float
    ) -> None:
        """Return when a condition holds for a database, at the deadline, or when told to stop."""
        while not self._stopped and time.monotonic() < deadline:
            with database.read() as db:
                if holds(db):
                    return
            time.sleep(_POLL_S)

    def _read(self, db: Connection, entry: Entry) -> None:
        with self._lock:
            self._db = db
        try:
            for text in self._order.stream(db, on_rows=entry.count, giving=self._giving):
                self._buffer.write(text.encode())
        finally:
            with self._lock:
                self._db = None
            if self._stopped:
                # A late `_interrupt` must not hit whoever gets the connection next.
                db.invalidate()


class Download(StreamingResponse):
    """The answer, within the bounds for readers; whatever ends it, also ends the reading."""

    def __init__(self, first: bytes, reading: Reading, headers: dict[str, str]) -> None:
        super().__init__(_pieces(first, reading), headers=headers)
        self._reading = reading

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and free what it held."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reading.stop()

    async def stream_response(self, send: Send) -> None:
        """Send it all. Raises `ConnectionError` when the reader takes too little."""
        spent, sent = 0.0, 0
        bounds = self._reading.bounds

        async def paced(message: Message) -> None:
            nonlocal spent, sent
            began = time.monotonic()
            may_take = min(
                bounds.stall_s,
                bounds.stall_s + sent / bounds.least_bytes_a_s - spent,
                bounds.most_s - spent,
            )
            try:
                async with asyncio.timeout(max(0.0, may_take)):
                    await send(message)
            except TimeoutError:
                _log.warning("export_too_slow", bytes=sent, seconds=round(spent))
                raise ConnectionError("a download was taken too slowly") from None
            spent += time.monotonic() - began
            sent += len(message.get("body", b""))

        await super().stream_response(paced)


async def _pieces(first: bytes, reading: Reading) -> AsyncIterator[bytes]:
    piece = first
    while piece:
        yield piece
        try:
            piece = await reading.next()
        except Exception as error:  # noqa: BLE001 - whatever it is, the file is not whole
            # The connection is cut, so that nobody takes a partial file for the whole.
            _log.warning("export_broken", error=type(error).__name__)
            raise ConnectionError("a download broke off") from None
    try:
        # Before the end is sent: a file that could not be remembered must not look complete.
        await reading.remember()
    except SQLAlchemyError as error:
        _log.warning("export_not_remembered", error=type(error).__name__)
        raise ConnectionError("a download could not be remembered") from None


@lru_cache(maxsize=1)
def _waiting() -> CapacityLimiter:
    """Threads of their own: those who wait for a query must not stop what the screens do."""
    return CapacityLimiter(2 * BOUNDS.sent_at_once)


def _folder() -> Path | None:
    """Next to the data: in a container, the system's own folder may be in memory."""
    folder = settings().spool_folder().parent
    return folder if os.access(folder, os.W_OK) else None


def memory_of(who: str) -> str:
    """The name of the memory that somebody's own downloads have."""
    return f"of {who}"
