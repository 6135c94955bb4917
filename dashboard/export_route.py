"""Downloads: an export as an HTTP answer, read and sent piece by piece in constant memory."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from datetime import UTC, date, datetime

import structlog
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dashboard.export_order import Order, OrderError
from dashboard.queries.live import version
from models.audit import AuditError, Entry
from models.database import Database
from models.tables import PENDING

TABLES = ("leads", "sessions", "companies", "emails", "audit")

CATCH_UP_S = 10.0
"""How long a download waits for what was acknowledged before it; then it goes on without."""

STALL_S = 60.0
"""How long a reader may take nothing before its download ends: it holds a connection."""

AT_ONCE = 4
"""Downloads at a time: they must leave connections for the screens."""

AHEAD = 2
"""Pieces read ahead of what was sent."""

AWAY = "The database can't be reached just now. Try again in a moment."
BUSY = "Other downloads are still running. Try again when they are done."

_POLL_S = 0.05
_BAD, _UNKNOWN, _GONE, _TRY_LATER = 400, 404, 499, 503
_log = structlog.get_logger("export")


class _Reading:
    """One export on its way: a thread of its own reads it and alone touches the connection.

    Pieces cross to the event loop one by one; the thread waits while enough of them lie there.
    """

    def __init__(self, database: Database, primary: Database, order: Order, who: str) -> None:
        self._database = database
        self._primary = primary
        self._order = order
        self._who = who
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[str | Exception | None] = asyncio.Queue(AHEAD)
        self._lock = threading.Lock()
        self._stopped = False
        self._db: Connection | None = None
        self._handing_over: Future[None] | None = None
        # A daemon: a query that hangs must not hold up the end of the process.
        self._thread = threading.Thread(target=self._run, name="export", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it still may hold a connection."""
        return self._thread.is_alive()

    async def next(self) -> str | None:
        """The next piece; None after the last. Raises what the thread ran into."""
        if self._stopped and self._pieces.empty():
            raise TimeoutError
        piece = await self._pieces.get()
        if isinstance(piece, Exception):
            raise piece
        return piece

    def stop(self) -> None:
        """End it, also in the middle of a query, and free its connection; harmless when it is done.

        Does not wait: the thread lets go by itself.
        """
        if self._stopped:
            return
        with self._lock:
            self._stopped = True
            if self._handing_over:
                self._handing_over.cancel()
            if self._db is not None:
                # Asking a server to drop a query takes a connection of its own: not on the loop.
                threading.Thread(target=self._interrupt, name="export-stop", daemon=True).start()

    def _interrupt(self) -> None:
        with self._lock, suppress(Exception):
            if self._db is not None:
                driver = self._db.connection.driver_connection
                (getattr(driver, "cancel", None) or driver.interrupt)()  # type: ignore[union-attr] # psycopg's or SQLite's

    def _run(self) -> None:
        try:
            self._catch_up()
            recording = self._order.recorded(self._primary, self._who)
            with recording as entry, self._database.read() as db:
                self._read(db, entry)
            self._hand_over(None)  # only now: whoever has the whole file holds no connection
        except CancelledError:
            pass
        except Exception as error:  # noqa: BLE001 - told to whoever waits for the next piece
            with suppress(CancelledError, RuntimeError):  # nobody waits, or the loop is gone
                self._hand_over(error)

    def _catch_up(self) -> None:
        """Wait until what was acknowledged before can be read: the receiver derives it, and a
        replica has it once it has the data version that the database itself had by then.
        """
        deadline = time.monotonic() + CATCH_UP_S
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
        """Return when something holds of a database, at the deadline, or when told to stop."""
        while not self._stopped and time.monotonic() < deadline:
            with database.read() as db:
                if holds(db):
                    return
            time.sleep(_POLL_S)

    def _read(self, db: Connection, entry: Entry) -> None:
        with self._lock:
            self._db = db
        try:
            for text in self._order.stream(db, on_rows=entry.count):
                self._hand_over(text)
        finally:
            with self._lock:
                self._db = None
            if self._stopped:
                # A late word of `_interrupt` must not hit whoever gets the connection next.
                db.invalidate()

    def _hand_over(self, piece: str | Exception | None) -> None:
        with self._lock:
            if self._stopped:
                raise CancelledError
            putting = asyncio.run_coroutine_threadsafe(self._pieces.put(piece), self._loop)
            self._handing_over = putting
        try:
            putting.result(STALL_S)
        except TimeoutError:
            self._stopped = True
            putting.cancel()
            raise CancelledError from None


class _Download(StreamingResponse):
    """The answer; whatever ends it, also ends the reading."""

    def __init__(self, first: str, reading: _Reading, headers: dict[str, str]) -> None:
        super().__init__(_pieces(first, reading), headers=headers)
        self._reading = reading

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._reading.stop()


async def _pieces(first: str, reading: _Reading) -> AsyncIterator[str]:
    piece: str | None = first
    while piece is not None:
        yield piece
        try:
            piece = await reading.next()
        except Exception as error:  # noqa: BLE001 - whatever it is, the file is not whole
            # The connection is cut, so that nobody takes what they have for the whole.
            _log.warning("export_broken", error=type(error).__name__)
            raise ConnectionError("a download broke off") from None


class Downloads:
    """The route `/api/export/{name}.csv`."""

    def __init__(
        self, source: Callable[[], Database], primary: Callable[[], Database] | None = None
    ) -> None:
        """Take what gives the database to read and, if that is a replica, the one it follows, which
        has the audit log; nothing is opened until somebody asks.
        """
        self._source = source
        self._primary = primary or source
        self._readings: list[_Reading] = []

    async def respond(self, request: Request) -> Response:
        """Answer with the file, or with a sentence: 400, 404, 503."""
        name = request.path_params["name"]
        if name not in TABLES:
            return _refusal(_UNKNOWN, f"There is no such export; there are {', '.join(TABLES)}.")
        try:
            order = Order.parse(name, request.query_params)
        except OrderError as error:
            return _refusal(_BAD, f"{error}.")
        headers = {
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": f'attachment; filename="{order.filename(_today())}"',
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }
        if request.method == "HEAD":
            return Response(headers=headers)
        self._readings = [reading for reading in self._readings if reading.is_running]
        if len(self._readings) >= AT_ONCE:
            return _refusal(_TRY_LATER, BUSY)
        reading = _Reading(self._source(), self._primary(), order, request.state.who)
        self._readings.append(reading)
        try:
            first = await _first_piece(request, reading)
        except AuditError as error:
            return _refusal(_TRY_LATER, str(error))
        except SQLAlchemyError as error:
            _log.warning("export_away", error=type(error).__name__)
            return _refusal(_TRY_LATER, AWAY)
        except BaseException:
            reading.stop()
            raise
        if first is None:
            reading.stop()
            return Response(status_code=_GONE)
        return _Download(first, reading, headers)


async def _first_piece(request: Request, reading: _Reading) -> str | None:
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


def _refusal(status: int, sentence: str) -> JSONResponse:
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == _TRY_LATER else {})
    return JSONResponse({"detail": sentence}, status, headers)


def _today() -> date:
    return datetime.now(UTC).date()
