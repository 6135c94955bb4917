"""A connection to the receiver: whoever opens one has to send a request, and in time.

This bounds what a stranger could use up before anything is answered: how long a head takes, its
size and number of lines, requests sent ahead, open connections, and connections kept open by a body
that nobody reads any more.
"""

import asyncio
from typing import Any, ClassVar, cast

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_TIMEOUT_S = 10
"""How long the head of a request may take, counted from the connection or from its first byte."""

HEAD_BYTES = 64 * 1024
"""How large a head may be, including what arrived in one piece with its beginning."""

HEAD_LINES = 100
"""Lines that a head may have."""

AHEAD = 16
"""Requests that may be sent before the first of them is answered."""

LINGER_S = 5
"""How long the rest of a body is read and discarded after the answer: if we hung up at once, the
sender would not read the answer."""

MOST = 1000
"""Connections that may be open. One more costs the one that has waited longest for a request."""

_UPGRADE = frozenset({b"connection", b"upgrade", b"http2-settings"})


class Connection(HttpToolsProtocol):
    """uvicorn's connection, which by itself would wait forever for the rest of a request's head.

    Many such connections would use up the process's file descriptors (slow loris). A head that is
    late is not a request, so nothing is answered.
    """

    _waiting: ClassVar[dict["Connection", None]] = {}
    """Those without a request yet, in the order in which they began to wait."""

    _late: asyncio.TimerHandle | None = None
    _lingers: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _has_body = False
    _upgrades = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Expect the first request."""
        super().connection_made(cast("asyncio.Transport", transport))
        if len(self.connections) > MOST and self._waiting:
            self._refuse("crowded_out")
            next(iter(self._waiting)).transport.abort()
        self._expect_head()
        self._waiting[self] = None

    def data_received(self, data: bytes) -> None:
        """Read on; an offer to speak another protocol, HTTP/2 above all, is passed over."""
        self._unset_keepalive_if_required()
        in_head = self._late is not None
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self.parser.get_method() == b"CONNECT":  # no offer: the method itself is an upgrade
                self._say(
                    405,
                    "method",
                    "This address is for Midbound's webhook; it is not a proxy.",
                    b"allow: POST",
                )
            else:
                self._ask_again(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError:
            self._say(
                431,
                "too_long",
                "The request's head is too long, or too many requests were sent at once.",
            )
        except httptools.HttpParserError:
            self._say(400, "not_http", "Invalid HTTP request received.")
        else:
            self._head_bytes = self._head_bytes + len(data) if in_head and self._late else 0
            if self._head_bytes > HEAD_BYTES:
                self._say(431, "too_long", "The request's head is too long.")

    def on_message_begin(self) -> None:
        """Expect the rest of a head whose first byte has arrived."""
        super().on_message_begin()
        self._has_body = True
        if self._late is None:
            self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Receive a line of the head."""
        if len(self.headers) >= HEAD_LINES:
            raise OverflowError
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Leave the body to the route, which has a limit of its own."""
        if self.parser.should_upgrade():  # the parser would stop here: no body, no answer yet
            self._upgrades = True
            return
        if len(self.pipeline) >= AHEAD:
            raise OverflowError
        self._forget()
        self._waiting.pop(self, None)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Receive a piece of the body."""
        if not self._upgrades:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        if self._upgrades:
            return
        self._has_body = False
        self._stop_lingering()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request, and only briefly for the rest of this one."""
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._has_body and self.cycle.response_complete and self._lingers is None:
            self._lingers = self.loop.call_later(LINGER_S, self.transport.close)
        if not self.pipeline:
            self._waiting[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing any more."""
        self._forget()
        self._stop_lingering()
        self._waiting.pop(self, None)
        super().connection_lost(exc)

    def _ask_again(self, rest: bytes) -> None:
        """Read the request as if nothing had been offered, with a parser that has not stopped."""
        method, version = self.parser.get_method(), self.parser.get_http_version()
        keeps = b"" if self.parser.should_keep_alive() else b"connection: close\r\n"
        lines = [name + b": " + value for name, value in self.headers if name not in _UPGRADE]
        head = b"%s %s HTTP/%s\r\n" % (method, self.url, version.encode())
        self._upgrades = False
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(head + keeps + b"".join(line + b"\r\n" for line in lines) + b"\r\n")
        if rest and not self.transport.is_closing():
            self.data_received(rest)

    def _say(self, status: int, reason: str, sentence: str, *fields: bytes) -> None:
        """Answer what is not a request for us, and hang up."""
        self._refuse(reason)
        self._forget()
        lines = (
            b"content-type: text/plain; charset=utf-8",
            b"content-length: %d" % len(sentence),
            b"connection: close",
            *fields,
            b"",
            sentence.encode(),
        )
        if not self.transport.is_closing():
            self.transport.write(STATUS_LINE[status] + b"\r\n".join(lines))
            self.transport.close()

    def _refuse(self, reason: str) -> None:
        receiver: Any = self.app_state.get("receiver")
        if receiver is not None:
            receiver.refuse(reason)

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._late = self.loop.call_later(HEAD_TIMEOUT_S, self._hang_up)

    def _hang_up(self) -> None:
        if self._head_bytes:
            self._refuse("slow_head")
        self.transport.close()

    def _forget(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _stop_lingering(self) -> None:
        if self._lingers is not None:
            self._lingers.cancel()
            self._lingers = None
