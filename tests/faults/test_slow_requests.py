"""Slow loris: who begins a request and does not end it is hung up on, and nobody else waits."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPResponse

import httpx
import pytest

from tests.conftest import SECRET
from tests.desk import eventually
from tests.processes import ROOT, Running, free_port, wait_until_ready
from tests.receiver.midbound import PATH, Posting, headers, post

PATIENCE_S = 1.5
IMPATIENT = f"""
import receiver.bodies, receiver.connection, visitor_desk
receiver.connection.HEAD_TIMEOUT_S = receiver.bodies.BODY_TIMEOUT_S = {PATIENCE_S}
receiver.connection.LINGER_S = {PATIENCE_S}
visitor_desk.main()
"""
HEAD = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()


def half_a_body() -> bytes:
    """The head is good, so that the body is waited for; signed now, for old signatures are none."""
    signed = headers(Posting("evt_half", b"{}")).items()
    lines = "".join(f"{name}: {value}\r\n" for name, value in signed).encode()
    return HEAD + lines + b"Content-Length: 100\r\n\r\n" + b"{" * 50


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One whose patience is short, so that the tests can be, too."""
    folder = tmp_path_factory.mktemp("impatient")
    port = free_port()
    environment = {
        "DATABASE_URL": f"sqlite:///{folder}/desk.db",
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(port),
        "PYTHONPATH": str(ROOT),
    }
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", IMPATIENT, "receiver"],
            cwd=folder,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    running = Running(process, f"http://127.0.0.1:{port}", "", log)
    try:
        wait_until_ready(running, f"{running.receiver}/readyz")
        yield running
    finally:
        running.kill()


def connection(receiver: Running) -> socket.socket:
    url = httpx.URL(receiver.receiver)
    return socket.create_connection((url.host, url.port or 80), timeout=PATIENCE_S * 10)


@pytest.mark.parametrize("said", [b"", b"P", HEAD], ids=["nothing", "a letter", "half a head"])
def test_a_head_that_does_not_come_is_hung_up_on(receiver: Running, said: bytes) -> None:
    with connection(receiver) as line:
        line.sendall(said)
        assert line.recv(1000) == b""


def test_a_head_that_comes_in_drops_is_hung_up_on(receiver: Running) -> None:
    with connection(receiver) as line:
        line.sendall(HEAD)
        line.settimeout(0.1)

        def is_hung_up() -> bool:
            line.sendall(b"X-Drop: 1\r\n")
            with suppress(TimeoutError):
                return line.recv(1000) == b""
            return False

        with suppress(ConnectionError):
            eventually(is_hung_up, PATIENCE_S * 10)


def test_a_second_request_whose_head_does_not_come_is_hung_up_on(receiver: Running) -> None:
    with connection(receiver) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = HTTPResponse(line)
        answer.begin()
        assert answer.read() == b'{"status":"alive"}'
        line.sendall(HEAD)
        assert line.recv(1000) == b""


def test_half_a_body_is_answered_408(receiver: Running) -> None:
    with connection(receiver) as line:
        line.sendall(half_a_body())
        assert line.makefile("rb").readline().split()[1] == b"408"


def test_who_is_refused_by_its_head_is_answered_at_once_and_not_kept(receiver: Running) -> None:
    with connection(receiver) as line:
        line.sendall(HEAD + b"Content-Length: 100\r\n\r\n" + b"{" * 50)
        answer = HTTPResponse(line)
        answer.begin()
        assert answer.status == 401
        answer.read()
        assert line.recv(1000) == b""


def test_meanwhile_others_are_answered(receiver: Running) -> None:
    slow = [connection(receiver) for _ in range(200)]
    for line in slow:
        line.sendall(half_a_body())
    assert post(receiver.receiver, Posting("evt_meanwhile", b"{}")).status_code == 200
    for line in slow:
        line.close()
