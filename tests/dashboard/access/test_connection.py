"""Connections that send without end or take nothing, against a real dashboard."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from dashboard.access.connection import FRAGMENTS, HEAD_TIMEOUT_S
from tests.processes import Running

MB = 1_000_000
UPGRADE = (
    b"GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
    b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.fixture
def desk(run: Callable[..., Running], sqlite_url: str) -> Running:
    return run("dashboard", database_url=sqlite_url)


def _connected(desk: Running) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", urlsplit(desk.dashboard).port or 0))
    connection.settimeout(2)
    return connection


def _grown(desk: Running, pieces: list[bytes], piece: bytes, times: int) -> int:
    """Bytes of memory that it costs to send some pieces, then one over and over; reads nothing."""
    process = psutil.Process(desk.process.pid)
    before = process.memory_info().rss
    with _connected(desk) as connection, suppress(OSError):
        for first in pieces:
            connection.sendall(first)
            time.sleep(0.5)
        for _ in range(times):
            connection.sendall(piece)
    time.sleep(0.5)
    grown = process.memory_info().rss - before
    assert httpx.get(f"{desk.dashboard}/_stcore/health").text == "ok"
    return grown


def test_a_head_without_end_fills_nothing(desk: Running) -> None:
    begin = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
    lines = b"".join(b"x-%d: %s\r\n" % (number, b"a" * 1000) for number in range(1000))
    assert _grown(desk, [begin], lines, 50) < 15 * MB
    assert _grown(desk, [begin + b"x: "], b"a" * MB, 50) < 15 * MB


def test_a_head_that_is_late_loses_its_connection(desk: Running) -> None:
    with _connected(desk) as silent, _connected(desk) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\n")
        for connection in (silent, slow):
            connection.settimeout(HEAD_TIMEOUT_S + 5)
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""


def _frame(first: int, text: bytes = b"") -> bytes:
    return bytes([first, 0x80 | len(text)]) + b"\0\0\0\0" + text  # masked with nothing


def test_pings_whose_answers_nobody_reads_fill_nothing(desk: Running) -> None:
    pings = _frame(0x89, b"x" * 125) * 8_000
    assert _grown(desk, [UPGRADE], pings, 50) < 20 * MB


def test_a_message_of_nothing_without_end_fills_nothing(desk: Running) -> None:
    with _connected(desk) as connection:
        connection.sendall(UPGRADE)
        assert connection.recv(4096).startswith(b"HTTP/1.1 101")
        with suppress(ConnectionError):  # a reset is an end, too; a timeout is none
            connection.sendall(_frame(0x02) + _frame(0x00) * (FRAGMENTS + 10))
            while connection.recv(4096):
                pass
