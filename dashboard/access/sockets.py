"""Websockets, which can be opened without signing in: how many there may be, and what they may
send.

The sign-in page is a Streamlit page, so it needs a socket and a session before anybody is known. So
strangers get little: few sockets, small frames, a few minutes.
"""

import asyncio
import time
from collections import Counter
from ipaddress import IPv6Address, ip_address

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access.account import of_request

FRAME_BYTES = 250_000
"""The largest frame from somebody who has signed in, in bytes; uvicorn closes a socket that sends a
larger one. A page's own frames are a hundredth of that."""

STRANGERS_FRAME_BYTES = 32_000
"""The largest frame from somebody who has not signed in: the page's address and a press of the
button."""

STRANGERS_FRAMES = 60
"""Their frames per minute: each runs the sign-in page again."""

STRANGERS = 128
"""Simultaneous sockets of people who have not signed in."""

STRANGERS_EACH = 16
"""Of these, from one address (an IPv6 network of 64 bits counts as one)."""

STRANGERS_S = 900.0
"""How long such a socket lasts, in seconds; an open sign-in page comes back by itself."""

SOCKETS = 1_000
"""Simultaneous sockets of everybody together."""

_TRY_LATER = 503
_GOING_AWAY, _NO_TEXT, _TOO_OFTEN, _TOO_BIG = 1001, 1003, 1008, 1009
_MINUTE_S = 60.0


class Sockets:
    """Bounds for websockets; HTTP passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._open = 0
        self._strangers: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a socket on within its bounds, or refuse it with a sentence."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        asked = Request({**scope, "type": "http", "method": "GET"})
        is_stranger = (await to_thread.run_sync(of_request, asked)).role is None
        address = _address(scope)
        if self._is_full(address, is_stranger=is_stranger):
            sentence = "Too many pages are open on which nobody has signed in. Try again later."
            headers = {"retry-after": "60"}
            await JSONResponse({"detail": sentence}, _TRY_LATER, headers)(scope, receive, send)
            return
        self._open += 1
        self._strangers[address] += is_stranger
        try:
            socket = _Socket(receive, send, is_stranger=is_stranger)
            await self._app(scope, socket.receive, socket.send)
        finally:
            self._open -= 1
            self._strangers[address] -= is_stranger
            if not self._strangers[address]:
                del self._strangers[address]

    def _is_full(self, address: str, *, is_stranger: bool) -> bool:
        if self._open >= SOCKETS:
            return True
        return is_stranger and (
            self._strangers[address] >= STRANGERS_EACH or self._strangers.total() >= STRANGERS
        )


class _Socket:
    """One socket between uvicorn and Streamlit: breaking a rule closes it, and logs nothing."""

    def __init__(self, receive: Receive, send: Send, *, is_stranger: bool) -> None:
        self._receive = receive
        self._send = send
        self._is_stranger = is_stranger
        self._ends = time.monotonic() + STRANGERS_S
        self._minute = time.monotonic()
        self._frames = 0
        self._closed = False

    async def receive(self) -> Message:
        """The next frame; a disconnect in place of one that is not allowed."""
        if not self._is_stranger:
            message = await self._receive()
        else:
            try:
                async with asyncio.timeout(self._ends - time.monotonic()):
                    message = await self._receive()
            except TimeoutError:
                return await self._close(_GOING_AWAY)
        if message["type"] != "websocket.receive":
            return message
        if message.get("bytes") is None:
            return await self._close(_NO_TEXT)
        if self._is_stranger and (code := self._broken(len(message["bytes"]))):
            return await self._close(code)
        return message

    def _broken(self, size: int) -> int | None:
        """The close code that says which bound for strangers a frame exceeds."""
        if size > STRANGERS_FRAME_BYTES:
            return _TOO_BIG
        now = time.monotonic()
        if now - self._minute >= _MINUTE_S:
            self._minute, self._frames = now, 0
        self._frames += 1
        return _TOO_OFTEN if self._frames > STRANGERS_FRAMES else None

    async def _close(self, code: int) -> Message:
        if not self._closed:
            self._closed = True
            await self._send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}

    async def send(self, message: Message) -> None:
        """Pass on what Streamlit sends. Raises `OSError` once closed, as if the peer were gone."""
        if self._closed:
            raise OSError
        self._closed = message["type"] == "websocket.close"
        await self._send(message)


def _address(scope: Scope) -> str:
    """Who counts as one client: a proxy that is not trusted is one, whoever comes through it."""
    host = str((scope.get("client") or ("",))[0])
    try:
        found = ip_address(host)
    except ValueError:
        return host
    if isinstance(found, IPv6Address) and not found.ipv4_mapped:
        return str(int(found) >> 64)
    return str(getattr(found, "ipv4_mapped", None) or found)
