"""The dashboard as an ASGI application: Streamlit's pages and our own routes."""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from dashboard.access import sign_in_route
from dashboard.access.gate import Gate
from dashboard.access.known_hosts import KnownHosts, SecureCookies
from dashboard.access.login_settings import streamlit_secrets
from dashboard.access.sockets import Sockets
from dashboard.api import api
from dashboard.data.settings import settings
from dashboard.data.source import source
from dashboard.errors import failed
from dashboard.screens.live.feed import Feed
from models.memory import keep_loaded, share_arenas
from models.settings import Settings

# Streamlit reads `.streamlit/config.toml` next to this script, wherever the process was started.
_SCRIPT = Path(__file__).parent / "main.py"

_feed = Feed(source)


@contextmanager
def _on_stop(act: Callable[[], None]) -> Iterator[None]:
    """Act at once when the process is asked to end.

    Uvicorn waits for open responses before it ends the lifespan; a stream never ends by itself, so
    it has to be told first. Outside the main thread there are no signals: there the server's own
    timeout (`timeout_graceful_shutdown`) decides.
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
    share_arenas()
    keep_loaded()
    with _on_stop(_feed.close):
        yield
    _feed.close()
    source().close()


def _routes(config: Settings) -> list[BaseRoute]:
    return [api(_feed), *(sign_in_route.ROUTES if config.has_login() else ())]


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
