"""The route `/api/export/{name}.csv`: what is asked for, who may have it now, and refusals."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from urllib.parse import parse_qsl

import structlog
from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.access.bearer import AWAY
from dashboard.data.settings import now
from dashboard.errors import answer_to
from dashboard.exports.download import BOUNDS, Bounds, Download, Reading, memory_of
from dashboard.exports.order import MOST_KEYS, Order, OrderError
from models.audit import AuditError
from models.segments.asking import LOOKED_UP, asked, without_kept
from models.storage.database import Database

_NAMES = ("leads", "sessions", "companies", "emails", "audit")

MOST_FORM_BYTES = 2_000_000
"""Largest size of a form that selects rows one by one, in bytes."""

BUSY_YOURSELF = "Your earlier downloads are still running. Try again when one of them is done."
BUSY = "Other downloads are still running. Try again when they are done."

SAME_MEMORY = (
    "Your last download of this kind is still running, and both would contain the same rows. Try "
    "again when it is done."
)

_BAD, _UNKNOWN, _GONE, _TRY_LATER = 400, 404, 499, 503
_log = structlog.get_logger("export")


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
        self._readings: list[Reading] = []

    async def respond(self, request: Request) -> Response:
        """Answer with the file, or with a sentence: 400, 404, 503."""
        name = request.path_params["name"]
        if name not in _NAMES:
            return _refusal(_UNKNOWN, f"There is no such export. Available: {', '.join(_NAMES)}.")
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
        memory = order.memory(memory_of(who))
        if memory and any(reading.memory == memory for reading in self._readings):
            return _refusal(_TRY_LATER, SAME_MEMORY)
        reads = sum(reading.is_reading for reading in self._readings)
        if reads >= self._bounds.at_once or len(self._readings) >= self._bounds.sent_at_once:
            return _refusal(_TRY_LATER, BUSY)
        reading = Reading(self._source(), self._primary(), order, who, self._bounds)
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
        return Download(first, reading, headers)

    def _order(self, name: str, given: Mapping[str, Sequence[str]], who: str) -> Order:
        """The order, with what its filters name that people keep. Raises `OrderError`."""
        if not any(parameter.partition(".")[0] in LOOKED_UP for parameter in given):
            return Order.parse(name, given, now())
        with self._source().read() as db:
            return Order.parse(name, given, now(), partial(asked, db, who=who))


async def _first_piece(request: Request, reading: Reading) -> bytes | None:
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
