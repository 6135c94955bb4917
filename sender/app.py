"""The sender as an application: what monitors ask for, how it starts and how it ends."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models.memory import calm_collector
from models.settings import Settings
from sender.sender import STOP_S, Sender

_PORT = re.compile(r":[0-9]*$")
_log = structlog.get_logger("sender")


def create_app(settings: Settings) -> Starlette:
    """The sender as an ASGI app; it sends from when it starts until it ends.

    Raises what `Sender` raises.
    """
    sender = Sender(settings)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        at_work = asyncio.create_task(sender.run())
        calm_collector()
        _log.info("sender_ready")
        yield
        sender.stop()
        await asyncio.wait([at_work], timeout=STOP_S + 5)
        _log.info("sender_stopped")

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(_request: Request) -> Response:
        """Whether messages are being sent: by this process, or by another one that holds the
        lock.
        """
        if sender.is_at_work:
            return JSONResponse({"status": "sending"})
        if sender.is_elsewhere and not sender.trouble:
            return JSONResponse({"status": "standing by: another sender is at work"})
        detail = "the database does not answer or is not migrated yet; the log says why"
        return JSONResponse({"detail": detail}, 503, {"Retry-After": "5"})

    async def metrics(request: Request) -> Response:
        """Counts for Prometheus; only for known Host names, so that no web page can read them."""
        host = _PORT.sub("", request.headers.get("host", "")).lower()
        if host not in settings.hosts():
            detail = "unknown host name. To read metrics under it, add it to ALLOWED_HOSTS"
            return JSONResponse({"detail": detail}, 421)
        return Response(generate_latest(sender.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    return Starlette(routes=routes, lifespan=lifespan)
