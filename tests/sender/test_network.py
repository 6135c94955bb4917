"""Where a message may go, and how much of an answer is read."""

import asyncio
import itertools
import socketserver
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from sender.connection import LARGEST_ANSWER, Answer
from sender.network import Network, RefusedError, UnreachableError
from tests.processes import free_port
from tests.sender.stand_in import Said, standing_in


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def posted(url: str, *, allow_private: bool = True, answer_s: float = 15) -> Answer:
    one = Network(allow_private=allow_private, answer_s=answer_s)
    try:
        return await one.post(url, b"{}", {"content-type": "application/json"})
    finally:
        await one.close()


def test_nothing_reaches_a_private_address_by_a_public_looking_name() -> None:
    with standing_in(lambda *_: Said(200)) as server:
        url = server.url.replace("http://127.0.0.1", "https://localhost")
        with pytest.raises(RefusedError, match="SENDER_ALLOW_PRIVATE"):
            run(posted(url, allow_private=False))
        assert not server.requests


def test_http_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(RefusedError, match="https"):
        run(posted("http://example.com/", allow_private=False))


def test_a_name_is_looked_up_once_and_connected_to_as_it_was_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    async def look_up(
        _loop: Any, host: str, port: int, **_more: Any
    ) -> list[tuple[Any, Any, Any, str, tuple[str, int]]]:
        asked.append(host)
        return [(None, None, None, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", look_up)
    with standing_in(lambda *_: Said(200)) as server:
        run(posted(server.url.replace("127.0.0.1", "rebind.example")))
    assert asked == ["rebind.example"]
    assert server.requests[0].headers["host"].startswith("rebind.example:")


def test_an_endless_answer_is_read_to_a_bound() -> None:
    with standing_in(lambda *_: Said(200, b"x" * 1_000_000)) as server:
        answer = run(posted(server.url))
    assert len(answer.text) == LARGEST_ANSWER


def test_what_the_server_closed_in_between_is_not_used_again() -> None:
    async def three_times(url: str) -> list[int]:
        one = Network(allow_private=True)
        try:
            return [(await one.post(url, b"{}", {})).status for _ in range(3)]
        finally:
            await one.close()

    closing = (("Connection", "close"),)
    with standing_in(lambda *_: Said(200, b"ok", closing)) as server:
        assert run(three_times(server.url)) == [200] * 3


@contextmanager
def saying(*parts: bytes, goes_on: bool = False) -> Iterator[str]:
    """A server that says these bytes to each request, and then no more, or all over again."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            with suppress(OSError):
                for part in itertools.cycle(parts) if goes_on else parts:
                    self.request.sendall(part)
                    time.sleep(0 if goes_on else 0.02)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/hook?a=b%20c"
        finally:
            server.shutdown()


@pytest.mark.parametrize(
    ("parts", "status", "text"),
    [
        ((b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",), 200, "ok"),
        ((b"HTTP/1.1 20", b"4 No", b" Content\r\nX: y\r\n\r\n"), 204, ""),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2\r\nok\r\n", b"0\r\n\r\n"),
         200, "ok"),
        ((b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\n", b"HTTP/1.1 500 No\r\n\r\n", b"without end"),
         500, "without end"),
        ((b"HTTP/1.0 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n",), 302, ""),
        ((b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n", b"\xff\x00ok"), 200, "\ufffd\0ok"),
    ],
)  # fmt: skip
def test_whatever_way_an_answer_is_written_it_is_read(
    parts: tuple[bytes, ...], status: int, text: str
) -> None:
    with saying(*parts) as url:
        answer = run(posted(url))
    assert (answer.status, answer.text) == (status, text)


@pytest.mark.parametrize(
    "parts",
    [
        (), (b"SSH-2.0-OpenSSH_9.9\r\n",), (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok",),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nok",),
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_is_none(parts: tuple[bytes, ...]) -> None:
    with saying(*parts) as url, pytest.raises(UnreachableError, match="broke"):
        run(posted(url))


def test_headers_without_end_are_read_to_a_bound() -> None:
    with (
        saying(
            b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 1000, b"c: d\r\n" * 1000, goes_on=True
        ) as url,
        pytest.raises(UnreachableError, match="broke"),
    ):
        run(posted(url))


def test_a_connection_that_stays_open_is_used_again() -> None:
    async def twice(url: str) -> list[int]:
        one = Network(allow_private=True)
        try:
            return [(await one.post(url, b"{}", {})).status for _ in range(2)]
        finally:
            await one.close()

    with standing_in(lambda *_: Said(200)) as server:
        assert run(twice(server.url)) == [200] * 2
    assert len({one.port for one in server.requests}) == 1


def test_a_silent_server_is_given_up() -> None:
    def slow(*_: object) -> Said:
        time.sleep(1)
        return Said(200)

    with standing_in(slow) as server, pytest.raises(UnreachableError, match="no answer"):
        run(posted(server.url, answer_s=0.3))


def test_nobody_there_is_said() -> None:
    with pytest.raises(UnreachableError):
        run(posted(f"http://127.0.0.1:{free_port()}/"))
