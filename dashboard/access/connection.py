"""A connection to the dashboard: bounds what a stranger could use up before sending a request.

uvicorn alone accepts a head of any size, waits forever for its rest, and buffers answers to a
websocket's pings in memory while the other end reads nothing.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HEAD_TIMEOUT_S = 10
"""How long the head of a request may take, counted from the connection or from its first byte."""

HEAD_BYTES = 64 * 1024
"""How large a head may be, including what arrived in one piece with its end."""

FRAGMENTS = 1_000
"""Pieces in which a websocket message may arrive, including empty ones."""


class Connection(HttpToolsProtocol):
    """uvicorn's connection, for heads that arrive in time and within bounds. A late head is not a
    request."""

    _late: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Expect the first request."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Read on, but never an endless head."""
        super().data_received(data)
        self._head_bytes = self._head_bytes + len(data) if self._late else 0
        if self._head_bytes > HEAD_BYTES:
            self._forget()
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Expect the rest of a head whose first byte has arrived."""
        super().on_message_begin()
        if self._late is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self._forget()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._forget()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._late = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.abort)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Socket(WebSocketsSansIOProtocol):
    """uvicorn's websocket, which stops reading from an end that takes nothing."""

    def pause_writing(self) -> None:
        """The other end takes too little."""
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """It has taken everything."""
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()

    async def receive(self) -> Any:
        """The next message."""
        message = await super().receive()
        if not self.writable.is_set() and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    def handle_cont(self, event: Any) -> None:
        """Receive another piece of a message."""
        if len(self.frames) >= FRAGMENTS:
            self.transport.abort()
        else:
            super().handle_cont(event)
