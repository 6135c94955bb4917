"""A TCP proxy whose connections a test can cut: before a database, or before several receivers."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

PIECE = 64 * 1024

Upstream = int | Path
"""A port of this machine, or a Unix socket."""


class Proxy:
    """Takes connections in turn to upstreams, passing over those that refuse."""

    def __init__(self, upstreams: Sequence[Upstream], loop: asyncio.AbstractEventLoop) -> None:
        self.port = 0
        self.cuts = 0
        self._upstreams = upstreams
        self._loop = loop
        self._turns = count()
        self._lines: set[asyncio.StreamWriter] = set()
        self._after: bytes | None = None

    def cut(self) -> None:
        """Cut every connection as it is, whatever is under way; new ones are taken."""
        self._loop.call_soon_threadsafe(self._cut)

    def cut_after(self, said: bytes) -> None:
        """Let the next request with these bytes through, and cut all before its answer is."""
        self._after = said

    def _cut(self) -> None:
        for line in self._lines:
            line.transport.abort()
        self.cuts += bool(self._lines)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        try:
            upstream_reader, upstream = await self._connected()
        except OSError:
            writer.transport.abort()
            return
        both = {writer, upstream}
        self._lines |= both
        back = asyncio.create_task(_carry(upstream_reader, writer))
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                upstream.write(piece)
                await upstream.drain()
                if self._after is not None and self._after in piece:
                    self._after = None
                    back.cancel()
                    self._cut_later()
        self._lines -= both
        upstream.close()
        await asyncio.wait([back], timeout=1)

    def _cut_later(self) -> None:
        # The other side has what was sent to it, and time to do it.
        self._loop.call_later(0.05, self._cut)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        turn = next(self._turns)
        for place in range(len(self._upstreams)):
            upstream = self._upstreams[(turn + place) % len(self._upstreams)]
            with suppress(OSError):
                if isinstance(upstream, Path):
                    return await asyncio.open_unix_connection(upstream)
                return await asyncio.open_connection("127.0.0.1", upstream)
        raise ConnectionRefusedError


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


@contextmanager
def proxy(*upstreams: Upstream) -> Iterator[Proxy]:
    """A proxy on a free port of 127.0.0.1, in a thread of its own."""
    loop = asyncio.new_event_loop()
    made = Proxy(upstreams, loop)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(made.serve, "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(server.close)
        made.cut()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
