"""A connection to the receiver: whoever opens one has to ask for something."""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TIMEOUT_S = 10
"""How long the head of a request may take, from its connection or its first byte on."""


class Connection(HttpToolsProtocol):
    """uvicorn's, which alone would wait for ever for the rest of a request's head.

    Many such connections would use up the process's file descriptors (slow loris). A head that is
    late is no request, so nothing is answered.
    """

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Expect the first request."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._expect_head()

    def on_message_begin(self) -> None:
        """Expect the rest of a head of which the first byte is there."""
        super().on_message_begin()
        if self._late is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        """Leave the body to the route, which has a limit of its own."""
        self._forget()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._forget()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._late = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
