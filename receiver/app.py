"""The receiver as an application: its routes, how it starts and how it ends."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from models.memory import calm_collector
from models.settings import Settings
from models.storage.database import Database
from models.storage.outage import outage
from receiver.inbox import ROOM, Room
from receiver.openapi import HEALTHZ, METRICS, READYZ, Described
from receiver.receiver import Receiver
from receiver.webhook import RETRY_AFTER_S, Webhook

PROBE_S = 3
REASON_S = 0.5
SUMMARY_S = 60

STALE = (
    "the data can't be derived again for this version: the process that does so keeps failing, "
    "and the log says why. What comes in is still derived, and the process will be tried again"
)
"""What `/readyz` says then: events are kept and shown as usual."""

_PORT = re.compile(r":[0-9]*$")
_log = structlog.get_logger("receiver")


async def healthz() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "alive"}


async def readyz(request: Request) -> Response:
    """Whether it can keep events, and the state of the database.

    It can as long as the spool takes them. If the database needs attention, or data of an older
    version can't be derived again, `reason` says so.
    """
    receiver: Receiver = request.app.state.receiver
    retry = {"Retry-After": str(RETRY_AFTER_S)}
    if failing := receiver.failing():
        detail = f"keeps failing: {', '.join(failing)}. The log says why"
        database = "away" if receiver.inbox.database_is_away() else "ok"
        return JSONResponse({"detail": detail, "database": database}, 503, retry)
    away, mend = receiver.inbox.database_is_away(), receiver.inbox.refusal()
    try:  # known to be away; it is asked only for the reason
        async with asyncio.timeout(REASON_S if away else PROBE_S):
            await asyncio.to_thread(_probe, receiver.database)
    except (SQLAlchemyError, TimeoutError) as error:
        away, mend = True, outage(error).mend or mend
    database = "away" if away else "ok"
    if away and not await asyncio.to_thread(receiver.spool.has_room):
        detail = "the database does not answer and the spool is full"
        return JSONResponse({"detail": detail, "database": database}, 503, retry)
    stale = STALE if receiver.projector.is_outdated_for_good() else None
    reason = {"reason": said} if (said := mend or stale) else {}
    return JSONResponse({"status": "ready", "database": database, **reason})


def _probe(database: Database) -> None:
    with database.read() as db:
        db.execute(text("SELECT version FROM projection"))


async def metrics(request: Request) -> Response:
    """Counts for Prometheus; only for known Host names, so that no web page can read them."""
    receiver: Receiver = request.app.state.receiver
    host = _PORT.sub("", request.headers.get("host", ""))
    if host.lower() not in receiver.settings.hosts():
        return JSONResponse(
            {"detail": "unknown host name. To read metrics under it, add it to ALLOWED_HOSTS"}, 421
        )
    body = generate_latest(receiver.metrics.registry)
    return Response(body, media_type=CONTENT_TYPE_LATEST)


def create_app(settings: Settings, room: Room = ROOM) -> FastAPI:
    """The receiver as an ASGI app; it migrates its database when it starts. `room` is for
    deliveries that wait for the database.

    Raises what `Receiver` raises.
    """
    receiver = Receiver(settings, room)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[dict[str, Receiver]]:
        receiver.spool.open()
        receiver.inbox.start()
        receiver.count_quarantine()
        receiver.projector.start()
        calm_collector()
        summary = asyncio.create_task(_summarise(receiver))
        _log.info("receiver_ready")
        yield {"receiver": receiver}  # connections count there what they hang up on
        summary.cancel()
        with suppress(asyncio.CancelledError):
            await summary
        # Intake first, then deriving: by now everything answered 200 is committed.
        await receiver.inbox.stop()
        await asyncio.to_thread(receiver.projector.stop)
        receiver.database.close()
        _log.info("receiver_stopped")

    app = Described(
        title="Visitor Desk receiver", docs_url=None, redoc_url=None, openapi_url=None,
        lifespan=lifespan,
    )  # fmt: skip
    app.state.receiver = receiver
    app.add_middleware(Webhook, receiver=receiver)
    app.add_api_route("/healthz", healthz, response_model=None, responses=HEALTHZ)
    app.add_api_route("/readyz", readyz, responses=READYZ)
    # Monitors that only look at the status use HEAD.
    app.add_api_route("/healthz", healthz, methods=["HEAD"], include_in_schema=False)
    app.add_api_route("/readyz", readyz, methods=["HEAD"], include_in_schema=False)
    app.add_api_route("/metrics", metrics, response_class=PlainTextResponse, responses=METRICS)
    return app


async def _summarise(receiver: Receiver) -> None:
    """One line a minute while something comes in, instead of one per request."""
    while True:
        await asyncio.sleep(SUMMARY_S)
        if receiver.seen:
            _log.info("intake", **receiver.seen)
            receiver.seen.clear()
