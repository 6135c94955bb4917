"""The dashboard as an ASGI application: Streamlit's pages and the routes beside them."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from dashboard.access import sign_in_route
from dashboard.access.gate import Gate, for_role
from dashboard.access.known_hosts import KnownHosts, SecureCookies
from dashboard.access.login_settings import streamlit_secrets
from dashboard.access.roles import CAMPAIGN_FILES, EXPORTS, FORGET, RAW_EVENTS, Role
from dashboard.access.sockets import Sockets
from dashboard.data.source import primary, source
from dashboard.errors import failed
from dashboard.exports import lookup_route
from dashboard.exports.route import Downloads
from dashboard.filters.offers_route import Offers
from dashboard.sayings import acts
from dashboard.sayings import route as sayings_route
from dashboard.screens.campaigns.take_away_route import CampaignFiles
from dashboard.screens.lists import LISTS
from dashboard.screens.live.feed import Feed
from dashboard.screens.record import raw_event_route, subject_route
from dashboard.table.route import Rows
from models.settings import Settings, settings

# Streamlit reads `.streamlit/config.toml` beside this script, wherever the process was started.
_SCRIPT = Path(__file__).parent / "main.py"

_feed = Feed(source)
_downloads = Downloads(source, primary)
_rows = Rows(source, LISTS)
_offers = Offers(source)
_campaigns = CampaignFiles(source, primary)


@contextmanager
def _on_stop(act: Callable[[], None]) -> Iterator[None]:
    """Act at once when the process is asked to end.

    Uvicorn waits for open responses before it ends the lifespan; a stream never ends by itself, so
    it has to hear of it first. Outside the main thread signals can't be had: there the server's
    own patience (`timeout_graceful_shutdown`) decides.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(act)
        servers_own = before[signal.Signals(number)]
        if callable(servers_own):
            servers_own(number, frame)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, servers_own in before.items():
            signal.signal(number, servers_own)


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[None]:
    with _on_stop(_feed.close):
        yield
    _feed.close()
    source().close()


def _of_export(request: Request) -> Role:
    return EXPORTS.get(request.path_params["name"], Role.VIEWER)


def _scope_of_export(request: Request) -> str:
    return "audit" if request.path_params["name"] == "audit" else "export"


def _routes(config: Settings) -> list[Route]:
    routes = [
        Route("/api/feed", for_role(Role.VIEWER, _feed.respond), methods=["GET"]),
        Route("/api/missed", for_role(Role.VIEWER, _feed.respond_missed), methods=["GET"]),
        Route(
            "/api/export/{name}.csv",
            for_role(_of_export, _downloads.respond, machines=_scope_of_export),
            methods=["GET", "POST"],
        ),
        Route("/api/rows/{name}.json", for_role(_rows.need, _rows.respond), methods=["GET"]),
        Route("/api/say", for_role(acts.SAY, sayings_route.respond), methods=["POST"]),
        Route(
            "/api/campaigns/{name}", for_role(CAMPAIGN_FILES, _campaigns.respond), methods=["GET"]
        ),
        Route("/api/offers", for_role(Role.VIEWER, _offers.respond), methods=["GET"]),
        Route("/api/event.json", for_role(RAW_EVENTS, raw_event_route.respond), methods=["GET"]),
        Route("/api/subject.json", for_role(FORGET, subject_route.respond), methods=["GET"]),
        Route("/api/leads/{key:path}", lookup_route.lead, methods=["GET"]),
        Route("/api/visitors/{vid:path}", lookup_route.visitor, methods=["GET"]),
    ]
    return [*routes, *sign_in_route.ROUTES] if config.has_login() else routes


def _middleware(config: Settings) -> list[Middleware]:
    is_behind_tls = (config.dashboard_url or "").startswith("https:")
    return [
        Middleware(KnownHosts, hosts=config.hosts(), image_hosts=config.image_hosts),
        *([Middleware(SecureCookies)] if is_behind_tls else []),
        Middleware(Sockets),
        Middleware(Gate),
    ]


app = st.App(
    _SCRIPT,
    routes=_routes(settings()),
    middleware=_middleware(settings()),
    lifespan=_lifespan,
    on_script_error=failed,
    secrets=streamlit_secrets(settings()),
)
