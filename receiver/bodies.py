"""Bodies while they arrive: one budget for all, a minimum rate, and the slowest makes room.

Sending half a body needs no secret, so each body may use only what others can spare: when all
together use too much memory, or there are too many, the one that has held the most for the longest
time is cut off.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from models.memory import give_back

BODY_TIMEOUT_S = 30
"""How long a body may take in all, in seconds."""

WINDOW_S, LEAST_RATE = 5, 16 * 1024
"""Within each stretch of this many seconds, at least this many bytes a second must arrive."""

BUDGET_BYTES = 32 * 1024 * 1024
"""Bytes that incomplete bodies may take up together. A single one may be larger."""

MOST = 256
"""Bodies that may be under way at once."""

TRIM_BYTES, TRIM_AFTER_S = 16 * 1024 * 1024, 0.5
"""After this many bytes have come in pieces, and this many seconds, free memory is returned to the
system."""

ReceiveMessage = Callable[[], Awaitable[MutableMapping[str, Any]]]


class TooLargeError(Exception):
    """The body is larger than `MAX_BODY_BYTES`."""


class HungUpError(Exception):
    """The sender went away before its body was complete."""


class CrowdedError(Exception):
    """It was cut off to make room for others."""


class _Arriving:
    """One body under way."""

    __slots__ = ("begun_at", "chunks", "is_cut", "size", "timeout")

    def __init__(self, timeout: asyncio.Timeout, begun_at: float) -> None:
        self.timeout = timeout
        self.begun_at = begun_at
        self.chunks: list[bytes] = []
        self.size = 0
        self.is_cut = False


class Bodies:
    """All bodies that this process is receiving. For one event loop."""

    def __init__(self, limit: int) -> None:
        """Take the largest size of a single body, in bytes."""
        self._limit = limit
        self._arriving: set[_Arriving] = set()
        self._held = 0
        self._passed = 0

    async def read(self, receive: ReceiveMessage) -> bytes:
        """The exact bytes of a request's body; the limit holds while reading, not after.

        Raises `TooLargeError`, `HungUpError`, `CrowdedError`, and `TimeoutError` when it takes too
        long or comes too slowly.
        """
        now = asyncio.get_running_loop().time()
        its: _Arriving | None = None
        try:
            async with asyncio.timeout_at(now + min(WINDOW_S, BODY_TIMEOUT_S)) as timeout:
                message = await receive()
                if message["type"] == "http.request" and not message.get("more_body", False):
                    body: bytes = message.get("body", b"")
                    if len(body) > self._limit:
                        raise TooLargeError
                    return body
                its = _Arriving(timeout, now)
                self._arriving.add(its)
                self._cut_slowest(now)
                return await self._rest(its, message, receive)
        except TimeoutError:
            if its is not None and its.is_cut:
                raise CrowdedError from None
            raise
        finally:
            if its is not None:
                self._forget(its)

    async def _rest(
        self, its: _Arriving, message: MutableMapping[str, Any], receive: ReceiveMessage
    ) -> bytes:
        loop = asyncio.get_running_loop()
        window_end, window_size = its.begun_at + WINDOW_S, 0
        while True:
            if message["type"] == "http.disconnect":
                raise HungUpError
            chunk = message.get("body", b"")
            if its.size + len(chunk) > self._limit:
                raise TooLargeError
            its.chunks.append(chunk)
            its.size += len(chunk)
            self._held += len(chunk)
            now = loop.time()
            self._cut_slowest(now)
            if its.is_cut:
                raise CrowdedError
            if not message.get("more_body", False):
                return b"".join(its.chunks)
            window_size += len(chunk)
            if window_size >= WINDOW_S * LEAST_RATE:
                window_end, window_size = now + WINDOW_S, 0
                its.timeout.reschedule(min(window_end, its.begun_at + BODY_TIMEOUT_S))
            message = await receive()

    def _cut_slowest(self, now: float) -> None:
        """By bytes times seconds: a sender at full speed is done before this is much, and one that
        has only just begun has held nothing yet.
        """
        while self._held > BUDGET_BYTES or len(self._arriving) > MOST:
            if len(self._arriving) == 1:  # nobody needs its room
                return
            slowest = max(self._arriving, key=lambda one: (one.size + 1) * (now - one.begun_at))
            slowest.is_cut = True
            slowest.timeout.reschedule(now)
            self._forget(slowest)

    def _forget(self, its: _Arriving) -> None:
        self._arriving.discard(its)
        self._held -= its.size
        self._passed += its.size
        its.size = 0
        its.chunks.clear()
        if self._passed >= TRIM_BYTES:
            self._passed = 0
            # Once those that were answered have released it.
            asyncio.get_running_loop().call_later(TRIM_AFTER_S, give_back)
