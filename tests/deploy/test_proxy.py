"""The proxy's configuration, tried with Caddy itself on machines that have it."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.processes import ROOT, free_port

TEXT = (ROOT / "deploy" / "Caddyfile").read_text()
CADDY = os.environ.get("CADDY") or shutil.which("caddy")


def test_it_forwards_two_paths_and_nothing_else() -> None:
    assert re.findall(r"@\w+ path (.+)", TEXT) == [
        "/webhooks/midbound /webhooks/midbound/ /healthz"
    ]
    assert TEXT.count("reverse_proxy") == 1
    assert re.search(r"handle \{\s*respond 404\s*\}", TEXT)


class Echo(BaseHTTPRequestHandler):
    """Stands for the receiver: answers with the body it was sent."""

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the parent's name
        """Stay quiet."""


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[str]:
    """Address of a Caddy with this configuration, by http, before a stand-in for the receiver."""
    assert CADDY is not None, "no Caddy here: make test installs one"
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as receiver:
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{free_port()}"
        config = tmp_path / "Caddyfile"
        config.write_text(TEXT.replace("receiver:8000", f"127.0.0.1:{receiver.server_port}"))
        caddy = subprocess.Popen(
            [CADDY, "run", "--config", str(config)],
            env={"PUBLIC_HOST": address, "HOME": str(tmp_path)},
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait_for(address)
            yield address
        finally:
            caddy.terminate()
            caddy.wait(20)
            receiver.shutdown()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            httpx.get(address)
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def test_a_webhook_reaches_the_receiver_byte_for_byte(proxy: str) -> None:
    body = b'{"text":"\xc3\xbc \\u0000"}\n ' + bytes(range(256))
    answer = httpx.post(f"{proxy}/webhooks/midbound", content=body)
    assert (answer.status_code, answer.content) == (200, body)
    assert httpx.get(f"{proxy}/healthz").status_code == 200


def test_a_body_larger_than_the_receiver_takes_does_not_reach_it(proxy: str) -> None:
    body = bytes(8 * 1024 * 1024)
    assert httpx.post(f"{proxy}/webhooks/midbound", content=body, timeout=30).status_code == 200
    status = 0  # hung up on, where Caddy had passed some on by then
    with suppress(httpx.TransportError):
        larger = body + b"x"
        status = httpx.post(f"{proxy}/webhooks/midbound", content=larger, timeout=30).status_code
    assert status in {0, 413, 502}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/metrics",
        "/readyz",
        "/leads",
        "/webhooks/midbound/x",
        "/webhooks/midbound/../../metrics",
    ],
)
def test_nothing_else_is_reached(proxy: str, path: str) -> None:
    assert httpx.get(f"{proxy}{path}").status_code == 404
