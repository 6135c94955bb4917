"""What a stranger may fill or hold at the door, and odd forms in which good requests come."""

import base64
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPResponse
from pathlib import Path
from threading import Thread

import httpx
import psutil
import pytest

from tests.conftest import SECRET
from tests.desk import eventually
from tests.processes import Running, free_port, start
from tests.receiver.midbound import PATH, Posting, headers, post

pytestmark = pytest.mark.xdist_group("door")

LARGEST = 8 * 1024 * 1024
HALF_BODIES = 200
OTHER_SECRET = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
MOST_MORE_BYTES = 100_000_000


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder: Path = tmp_path_factory.mktemp("door")
    values = {
        "DATABASE_URL": f"sqlite:///{folder}/desk.db",
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
    }
    with start(["receiver"], folder, values) as running:
        yield running


def connect(receiver: Running) -> socket.socket:
    address = httpx.URL(receiver.receiver)
    return socket.create_connection((address.host, address.port or 80), timeout=30)


def request(fields: dict[str, str], body: bytes, more: str = "", path: str = PATH) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{more}{lines}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def status(receiver: Running, *pieces: bytes) -> int:
    """What the first request of a new connection is answered."""
    with connect(receiver) as line:
        for piece in pieces:
            line.sendall(piece)
            time.sleep(0.01)
        return int(line.makefile("rb").readline().split()[1])


# Good requests in odd forms

GOOD = Posting("evt_odd", b'{"odd": 1}')
H2C = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
WEBSOCKET = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"


@pytest.mark.parametrize("offer", [H2C, WEBSOCKET], ids=["h2c", "websocket"])
def test_an_offer_to_speak_another_protocol_is_passed_over(receiver: Running, offer: str) -> None:
    assert status(receiver, request(headers(GOOD), GOOD.body, offer)) == 200


def test_such_an_offer_may_come_in_pieces(receiver: Running) -> None:
    asked = request(headers(GOOD), GOOD.body, H2C)
    assert status(receiver, *(asked[at : at + 29] for at in range(0, len(asked), 29))) == 200


def test_the_connection_lives_on_after_such_an_offer(receiver: Running) -> None:
    with connect(receiver) as line:
        for _ in range(2):
            line.sendall(request(headers(GOOD), GOOD.body, H2C))
            answer = HTTPResponse(line)
            answer.begin()
            assert (answer.status, bool(answer.read())) == (200, True)


@pytest.mark.parametrize("form", ["hello {}", "hello  {}", "v1 {}", "v1,!! {}", " {}\t", "{} v1,A"])
def test_a_signature_is_found_among_what_can_t_be_read(receiver: Running, form: str) -> None:
    fields = headers(GOOD)
    fields["webhook-signature"] = form.format(fields["webhook-signature"])
    assert status(receiver, request(fields, GOOD.body)) == 200


def test_blanks_around_values_do_not_count(receiver: Running) -> None:
    fields = {name: f"  {value} \t " for name, value in headers(GOOD).items()}
    assert status(receiver, request(fields, GOOD.body)) == 200


def test_the_address_may_end_in_a_slash(receiver: Running) -> None:
    assert status(receiver, request(headers(GOOD), GOOD.body, path=PATH + "/")) == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_head_is_answered(receiver: Running, path: str) -> None:
    answer = httpx.head(receiver.receiver + path)
    assert (answer.status_code, answer.content) == (200, b"")


# What strangers fill


def counted(receiver: Running, reason: str) -> float:
    metrics = httpx.get(f"{receiver.receiver}/metrics").text
    sign = f'visitor_desk_refused_total{{reason="{reason}"}} '
    return float(metrics.split(sign)[1].split()[0]) if sign in metrics else 0.0


@pytest.mark.parametrize(
    ("asked", "answered", "reason"),
    [
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 500_000, 431, "too_long"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 500 + b"\r\n", 431, "too_long"),
        (b"hello\r\n\r\n", 400, "not_http"),
        (b"GET /webhook HTTP/1.1\r\nHost: a\r\n\r\n", 404, "path"),
        (b"GET /webhooks/midbound HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 405, "method"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\nx: " + b"a" * 60_000 + b"\r\n\r\n", 405, "method"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n" + H2C.encode() + b"\r\n", 405, "method"),
    ],
)
def test_what_is_refused_is_counted_with_its_reason(
    receiver: Running, asked: bytes, answered: int, reason: str
) -> None:
    before = counted(receiver, reason)
    assert status(receiver, asked) == answered
    assert counted(receiver, reason) > before


def test_a_stale_time_is_refused_before_the_body_is_sent(receiver: Running) -> None:
    asked = request(headers(GOOD, age_s=3600), bytes(LARGEST))
    assert status(receiver, asked[:1000]) == 401


def test_requests_sent_ahead_without_end_are_hung_up_on(receiver: Running) -> None:
    with connect(receiver) as line, suppress(ConnectionError):
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 2000)
        while line.recv(65536):
            pass
    assert counted(receiver, "too_long") > 0


def test_half_sent_bodies_fill_no_memory_and_keep_nobody_out(receiver: Running) -> None:
    its = psutil.Process(receiver.process.pid)
    before = its.memory_info().rss
    half = request(headers(Posting("evt_half", b"{}"), OTHER_SECRET), bytes(LARGEST))[:-10]
    peak = 0

    def send(line: socket.socket) -> None:
        with suppress(OSError):  # cut
            line.sendall(half)

    with ExitStack() as stack:
        lines = [stack.enter_context(connect(receiver)) for _ in range(HALF_BODIES)]
        senders = [Thread(target=send, args=[line]) for line in lines]
        for sender in senders:
            sender.start()
        for number in range(20):
            answer = post(receiver.receiver, Posting(f"evt_meanwhile_{number}", b"{}"))
            assert answer.status_code == 200
            peak = max(peak, its.memory_info().rss)
        for sender in senders:
            sender.join()
        peak = max(peak, its.memory_info().rss)
    assert peak - before <= MOST_MORE_BYTES
    assert counted(receiver, "crowded") > 0
    eventually(lambda: its.memory_info().rss - before <= MOST_MORE_BYTES / 4)
