"""One connection to a destination: a request, its answer, then perhaps the next.

An answer is read by httptools, whose parser is Node's. What goes through a client for all cases
(pools, proxies, either kind of event loop) took three times the CPU of all else that a message
takes.
"""

import asyncio
from collections.abc import Mapping
from typing import NamedTuple, cast

import httptools

LARGEST_ANSWER = 64 * 1024
"""Bytes of an answer that are read; the rest is left."""

_LARGEST_HEAD = 64 * 1024
"""Bytes of the answer's head."""

_FINAL = 200
"""Statuses below come before the answer."""


class BrokenError(Exception):
    """The connection ended, or sent something that is not HTTP, before there was a complete
    answer.
    """


class Answer(NamedTuple):
    """What a destination answered: status, headers by name in lower case, the beginning of the
    body."""

    status: int
    headers: Mapping[str, str]
    text: str


class Connection(asyncio.Protocol):
    """An open connection; one request at a time."""

    def __init__(self) -> None:
        self.is_open = False
        """Whether it can be used: nothing is in progress, and nobody has ended it."""
        self._transport: asyncio.Transport | None = None
        self._answered: asyncio.Future[Answer] | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._read = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._is_head_read = False

    async def ask(self, request: bytes) -> Answer:
        """Send a complete request, and return its answer. Raises `BrokenError`."""
        if not self.is_open or self._transport is None:
            raise BrokenError
        self._begin()
        self.is_open = False
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        """End it, whatever is under way."""
        self.is_open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take what asyncio connected."""
        self._transport = cast("asyncio.Transport", transport)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """Read on; what nobody asked for ends the connection."""
        if self._answered is None or self._answered.done():
            self.close()
            return
        self._read += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail()
        if not self._is_head_read and self._read > _LARGEST_HEAD:
            self._fail()

    def connection_lost(self, exc: Exception | None) -> None:
        """End with the connection: an answer without a length is whole then."""
        self.is_open = False
        if self._answered is None or self._answered.done():
            return
        bounds = {"content-length", "transfer-encoding"}
        if self._is_head_read and exc is None and not bounds & self._headers.keys():
            self._finish()
        else:
            self._fail()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one (of httptools)."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Note it (of httptools)."""
        self._is_head_read = self._parser.get_status_code() >= _FINAL

    def on_body(self, body: bytes) -> None:
        """Take a part, as far as it is read (of httptools)."""
        self._body += body
        if len(self._body) >= LARGEST_ANSWER:
            self._finish()
            self.close()

    def on_message_complete(self) -> None:
        """Answer, unless the answer comes yet (of httptools)."""
        if not self._is_head_read:
            self._headers = {}
            return
        is_ended = self._transport is None or self._transport.is_closing()
        self.is_open = self._parser.should_keep_alive() and not is_ended
        self._finish()

    def _finish(self) -> None:
        if self._answered is not None and not self._answered.done():
            said = bytes(self._body[:LARGEST_ANSWER]).decode("utf-8", "replace")
            status = self._parser.get_status_code()
            self._answered.set_result(Answer(status, self._headers, said))

    def _fail(self) -> None:
        self.close()
        if self._answered is not None and not self._answered.done():
            self._answered.set_exception(BrokenError())
