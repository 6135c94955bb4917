"""Downloads: an export as an HTTP answer, read and sent piece by piece in constant memory.

It is read into files on disk as fast as the database delivers it, so that a slow reader holds no
snapshot; and a reader may be slow only within bounds, so that none occupies a place for long.
"""

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from dashboard.access.bearer import AWAY
from dashboard.data.settings import now, settings
from dashboard.errors import answer_to
from dashboard.exports.disk_buffer import AHEAD_BYTES, BufferClosedError, DiskBuffer
from dashboard.exports.order import MOST_KEYS, Order, OrderError
from models.audit import AuditError, Entry
from models.segments.asking import LOOKED_UP, asked, without_kept
from models.storage.database import Database
from models.storage.version import version
from models.tables import PENDING

TABLES = ("leads", "sessions", "companies", "emails", "audit")


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

MOST_FORM_BYTES = 2_000_000
"""Largest size of a form that selects rows one by one, in bytes."""

BUSY_YOURSELF = "Your earlier downloads are still running. Try again when one of them is done."
BUSY = "Other downloads are still running. Try again when they are done."

SAME_MEMORY = (
    "Your last download of this kind is still running, and both would contain the same rows. Try "
    "again when it is done."
)

_POLL_S = 0.05
_BAD, _UNKNOWN, _GONE, _TRY_LATER = 400, 404, 499, 503
_log = structlog.get_logger("export")


class _Reading:
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
        self.memory = order.memory(_memory_of(who))
        self._giving = order.giving(_memory_of(who), _folder())
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


class _Download(StreamingResponse):
    """The answer, within the bounds for readers; whatever ends it, also ends the reading."""

    def __init__(self, first: bytes, reading: _Reading, headers: dict[str, str]) -> None:
        super().__init__(_pieces(first, reading), headers=headers)
        self._reading = reading

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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


async def _pieces(first: bytes, reading: _Reading) -> AsyncIterator[bytes]:
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


def _memory_of(who: str) -> str:
    return f"of {who}"


class Downloads:
    """The route `/api/export/{name}.csv`."""

    def __init__(
        self,
        source: Callable[[], Database],
        primary: Callable[[], Database] | None = None,
        bounds: Bounds = BOUNDS,
    ) -> None:
        """Take what gives the database to read and, if that is a replica, the one it follows, which
        has the audit log; nothing is opened until somebody asks.
        """
        self._source = source
        self._primary = primary or source
        self._bounds = bounds
        self._readings: list[_Reading] = []

    async def respond(self, request: Request) -> Response:
        """Answer with the file, or with a sentence: 400, 404, 503."""
        name = request.path_params["name"]
        if name not in TABLES:
            return _refusal(_UNKNOWN, f"There is no such export. Available: {', '.join(TABLES)}.")
        who = request.state.who
        try:
            given = await _parameters(request)
            Order.parse(name, given, now(), without_kept)
            order = await to_thread.run_sync(self._order, name, given, who)
        except OrderError as error:
            return _refusal(_BAD, f"{error}.")
        except SQLAlchemyError as error:
            _log.warning("export_failed", error=type(error).__name__)
            return _refusal(*answer_to(error, AWAY))
        headers = {
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": f'attachment; filename="{order.filename(_today())}"',
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }
        if request.method == "HEAD":
            return Response(headers=headers)
        self._readings = [reading for reading in self._readings if reading.is_running]
        if sum(reading.who == who for reading in self._readings) >= self._bounds.each:
            return _refusal(_TRY_LATER, BUSY_YOURSELF)
        memory = order.memory(_memory_of(who))
        if memory and any(reading.memory == memory for reading in self._readings):
            return _refusal(_TRY_LATER, SAME_MEMORY)
        reads = sum(reading.is_reading for reading in self._readings)
        if reads >= self._bounds.at_once or len(self._readings) >= self._bounds.sent_at_once:
            return _refusal(_TRY_LATER, BUSY)
        reading = _Reading(self._source(), self._primary(), order, who, self._bounds)
        self._readings.append(reading)
        try:
            first = await _first_piece(request, reading)
        except AuditError as error:
            reading.stop()
            return _refusal(_TRY_LATER, str(error))
        except SQLAlchemyError as error:
            reading.stop()
            _log.warning("export_failed", error=type(error).__name__)
            return _refusal(*answer_to(error, AWAY))
        except BaseException:
            reading.stop()
            raise
        if first is None:
            reading.stop()
            return Response(status_code=_GONE)
        return _Download(first, reading, headers)

    def _order(self, name: str, given: Mapping[str, Sequence[str]], who: str) -> Order:
        """The order, with what its filters name that people keep. Raises `OrderError`."""
        if not any(parameter.partition(".")[0] in LOOKED_UP for parameter in given):
            return Order.parse(name, given, now())
        with self._source().read() as db:
            return Order.parse(name, given, now(), partial(asked, db, who=who))


async def _first_piece(request: Request, reading: _Reading) -> bytes | None:
    """The file's beginning; None when the client hung up meanwhile."""
    piece = asyncio.ensure_future(reading.next())
    hang_up = asyncio.ensure_future(_hang_up(request))
    try:
        await asyncio.wait({piece, hang_up}, return_when=asyncio.FIRST_COMPLETED)
        return await piece if piece.done() else None
    finally:
        piece.cancel()
        hang_up.cancel()


async def _hang_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _parameters(request: Request) -> dict[str, list[str]]:
    """What is asked for: in the address, and in a form's body, since a selection may be too long
    for an address. Raises `OrderError`.
    """
    said = list(request.query_params.multi_items())
    if request.method == "POST":
        said += await _form(request)
    found: dict[str, list[str]] = {}
    for name, text in said:
        found.setdefault(name, []).append(text)
    return found


async def _form(request: Request) -> list[tuple[str, str]]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_FORM_BYTES:
            raise OrderError("the selection is too long; use filters for more")
    try:
        return parse_qsl(body.decode("ascii"), max_num_fields=2 * MOST_KEYS)
    except ValueError:  # also one that is no text
        raise OrderError(
            f"at most {MOST_KEYS:,} rows can be selected; use filters for more"
        ) from None


def _refusal(status: int, sentence: str) -> JSONResponse:
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == _TRY_LATER else {})
    return JSONResponse({"detail": sentence}, status, headers)


def _today() -> date:
    return datetime.now(UTC).date()
