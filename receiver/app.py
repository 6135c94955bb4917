"""The receiver's HTTP side: what comes in, what is answered."""

import asyncio
import gc
import re
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from models.database import Database
from models.ledger import Delivery
from models.payloads import EVENTS
from models.projector import Derived, Projector
from models.settings import Settings
from receiver.inbox import AwayError, FullError, Inbox, Outcome
from receiver.metrics import Metrics
from receiver.spool import Spool
from receiver.verify import RefusedError, Verifier

WEBHOOK = "/webhooks/midbound"
RETRY_AFTER_S = 5
BODY_TIMEOUT_S = 30
PROBE_S = 3
SUMMARY_S = 60

_TYPE = re.compile(rb'"type"\s*:\s*"([a-z.]{1,64})"')
_PORT = re.compile(r":[0-9]*$")
_KNOWN = {name.encode(): name for name in EVENTS}
_log = structlog.get_logger("receiver")


class Receiver:
    """One receiver process: verifier, inbox and projector around one database."""

    def __init__(self, settings: Settings) -> None:
        """Put the parts together.

        Raises `SecretError` without a usable secret, `DatabaseUrlError` for an unusable URL.
        """
        self.settings = settings
        self.metrics = Metrics()
        self.verifier = Verifier(
            [secret.get_secret_value() for secret in settings.midbound_cloud_webhook_secret]
        )
        self.database = Database(settings.database_url)
        self.projector = Projector(self.database)
        self.projector.on_derived = self._count_derived
        self.spool = Spool(settings.spool_folder(), settings.database_url, settings.spool_max_bytes)
        self.inbox = Inbox(self.database, self.spool, self.metrics, self.projector.wake)
        self.seen: Counter[str] = Counter()

    def count(self, body: bytes, outcome: str) -> None:
        """Count a verified delivery by the type that it names and what became of it."""
        found = _TYPE.search(body)
        known = _KNOWN.get(found[1], "other") if found else "other"
        self.metrics.deliveries.labels(known, outcome).inc()
        self.seen[outcome] += 1

    def refuse(self, reason: str) -> None:
        """Count a refusal; a line a request would let anybody fill the disk."""
        self.metrics.refused.labels(reason).inc()
        self.seen[f"refused_{reason}"] += 1

    def _count_derived(self, derived: Derived) -> None:
        self.metrics.derived.inc(derived.deliveries)
        self.metrics.quarantined.inc(derived.quarantined)
        self.metrics.lag.set(derived.lag_ms / 1000)
        if derived.quarantined:
            self.count_quarantine()

    def count_quarantine(self) -> None:
        """Say how many deliveries are set aside."""
        with self.database.read() as db:
            size = db.execute(text("SELECT count(*) FROM quarantine")).scalar() or 0
        self.metrics.quarantine.set(size)


async def _read_body(request: Request) -> bytes:
    """The exact bytes of the body; the limit holds while reading, not after."""
    limit = request.app.state.receiver.settings.max_body_bytes
    too_large = TooLargeError(limit)
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared[:19]) > limit:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    async with asyncio.timeout(BODY_TIMEOUT_S):
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise too_large
            chunks.append(chunk)
    return b"".join(chunks)


class TooLargeError(Exception):
    """The body is larger than `MAX_BODY_BYTES`."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than MAX_BODY_BYTES, {limit} bytes")


REFUSALS = (RefusedError, TooLargeError, TimeoutError, ClientDisconnect)


async def verified_delivery(request: Request) -> Delivery:
    """What the request delivers, once it is known to be Midbound's.

    Raises `TooLargeError` and `RefusedError`.
    """
    receiver: Receiver = request.app.state.receiver
    body = await _read_body(request)
    webhook_id, timestamp, signature = receiver.verifier.verify(request.headers, body)
    return Delivery(webhook_id, int(time.time() * 1000), timestamp, signature, body)


async def receive(request: Request) -> Response:
    """Verify and keep one delivery; 200 only once it is committed or spooled."""
    receiver: Receiver = request.app.state.receiver
    try:
        delivery = await verified_delivery(request)
    except REFUSALS as error:
        return _refused(request, error)
    try:
        outcome = await receiver.inbox.keep(delivery)
    except (FullError, AwayError) as error:
        full = isinstance(error, FullError)
        receiver.count(delivery.body, "full" if full else "away")
        why = "too many deliveries wait" if full else "database and spool can't take deliveries"
        return JSONResponse(
            {"detail": f"{why}; send it again"}, 503, {"Retry-After": str(RETRY_AFTER_S)}
        )
    receiver.count(delivery.body, outcome)
    return _ANSWERS[outcome]


_ANSWERS: dict[Outcome, Response] = {
    "stored": JSONResponse({"status": "stored"}),
    "duplicate": JSONResponse({"status": "duplicate"}),
    "conflict": JSONResponse({"status": "duplicate"}),  # to the sender it is one
    "spooled": JSONResponse({"status": "spooled"}),
}


class WebhookFirst:
    """Answers the webhook's route before FastAPI's routing, which costs more than the rest of it.

    The route is known to FastAPI as well, which answers what is no POST.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive_: Receive, send: Send) -> None:
        """Answer a webhook, or pass the request on."""
        if scope["type"] == "http" and scope["path"] == WEBHOOK and scope["method"] == "POST":
            response = await receive(Request(scope, receive_))
            await response(scope, receive_, send)
        else:
            await self._app(scope, receive_, send)


async def healthz() -> dict[str, str]:
    """Whether the process lives."""
    return {"status": "alive"}


async def readyz(request: Request) -> Response:
    """Whether it can keep events, and how the database is."""
    receiver: Receiver = request.app.state.receiver
    away = receiver.inbox.database_is_away()
    if not away:
        try:
            async with asyncio.timeout(PROBE_S):
                await asyncio.to_thread(_probe, receiver.database)
        except (SQLAlchemyError, TimeoutError):
            away = True
    database = "away" if away else "ok"
    if away and not receiver.spool.has_room():
        detail = "the database does not answer and the spool is full"
        retry = {"Retry-After": str(RETRY_AFTER_S)}
        return JSONResponse({"detail": detail, "database": database}, 503, retry)
    return JSONResponse({"status": "ready", "database": database})


def _probe(database: Database) -> None:
    with database.read() as db:
        db.execute(text("SELECT version FROM projection"))


async def metrics(request: Request) -> Response:
    """Counts for Prometheus; only for known Host names, so that no web page can read them."""
    receiver: Receiver = request.app.state.receiver
    host = _PORT.sub("", request.headers.get("host", ""))
    if host.lower() not in receiver.settings.hosts():
        return JSONResponse(
            {"detail": "unknown Host name: add it to ALLOWED_HOSTS to read metrics by it"}, 421
        )
    body = generate_latest(receiver.metrics.registry)
    return Response(body, media_type=CONTENT_TYPE_LATEST)


def _refused(request: Request, error: Exception) -> Response:
    receiver: Receiver = request.app.state.receiver
    if isinstance(error, RefusedError):
        receiver.refuse(error.reason)
        return JSONResponse({"detail": str(error)}, 401)
    if isinstance(error, TooLargeError):
        receiver.refuse("too_large")
        return JSONResponse({"detail": str(error)}, 413, {"Connection": "close"})
    if isinstance(error, ClientDisconnect):
        receiver.refuse("hung_up")
        return Response(status_code=400)
    receiver.refuse("slow")
    detail = f"the body did not arrive within {BODY_TIMEOUT_S} s"
    return JSONResponse({"detail": detail}, 408, {"Connection": "close"})


def create_app(settings: Settings) -> FastAPI:
    """The receiver as an ASGI app; it migrates its database when it starts.

    Raises what `Receiver` raises.
    """
    receiver = Receiver(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        receiver.spool.open()
        receiver.inbox.start()
        with suppress(SQLAlchemyError):  # away: counted when something is derived
            receiver.count_quarantine()
        receiver.projector.start()
        _calm_collector()
        summary = asyncio.create_task(_summarise(receiver))
        _log.info("receiver_ready")
        yield
        summary.cancel()
        with suppress(asyncio.CancelledError):
            await summary
        # Accepted first, then derived: what was answered 200 is committed by now.
        await receiver.inbox.stop()
        await asyncio.to_thread(receiver.projector.stop)
        receiver.database.close()
        _log.info("receiver_stopped")

    app = FastAPI(
        title="Visitor Desk receiver", docs_url=None, redoc_url=None, openapi_url=None,
        lifespan=lifespan,
    )  # fmt: skip
    app.state.receiver = receiver
    app.add_middleware(WebhookFirst)
    app.add_api_route(WEBHOOK, receive, methods=["POST"])
    app.add_api_route("/healthz", healthz, methods=["GET"])
    app.add_api_route("/readyz", readyz, methods=["GET"])
    app.add_api_route("/metrics", metrics, methods=["GET"])
    return app


def _calm_collector() -> None:
    """What is loaded lives as long as the process: the garbage collector need not look at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def _summarise(receiver: Receiver) -> None:
    """A line a minute while something comes in, instead of a line a request."""
    while True:
        await asyncio.sleep(SUMMARY_S)
        if receiver.seen:
            _log.info("intake", **receiver.seen)
            receiver.seen.clear()
