"""Other people's servers as the sender meets them: a webhook that verifies, and Slack."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_c2VuZGVyJ3Mgb3duIHNlY3JldCBmb3IgaXRzIHRlc3Rz"


class Said(NamedTuple):
    """What a stand-in answers."""

    status: int
    body: bytes = b"ok"
    headers: tuple[tuple[str, str], ...] = ()


class Request(NamedTuple):
    """What came in, and how it was answered; `port` is the other side's."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    port: int = 0

    @property
    def id(self) -> str:
        """Its `webhook-id`."""
        return self.headers["webhook-id"]

    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)


@dataclass(slots=True)
class StandIn:
    """A server on loopback. `answer` may be changed while it runs."""

    url: str = ""
    answer: Callable[[str], Said] = lambda _path: Said(200)
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def taken(self) -> list[Request]:
        """Requests that were answered with 2xx."""
        return [one for one in self.requests if one.status < 300]

    def ids(self) -> Counter[str]:
        """How often each message was taken."""
        return Counter(one.id for one in self.taken())


def webhook(path: str, headers: dict[str, str], body: bytes) -> Said | None:
    """What a receiver of Standard Webhooks says to what is not signed right."""
    del path
    try:
        Webhook(SECRET).verify(body, headers)
    except WebhookVerificationError:
        return Said(401, b"bad signature")
    return None


def slack(path: str, headers: dict[str, str], body: bytes) -> Said | None:
    """What Slack says to what it does not take: its own errors, its own limits."""
    if not headers["content-type"].startswith("application/json"):
        return Said(400, b"invalid_payload")
    try:
        said = json.loads(body)
    except ValueError:
        return Said(400, b"invalid_payload")
    if not path.startswith("/services/"):
        return Said(404, b"no_service")
    blocks = said.get("blocks", [])
    if not said.get("text") and not blocks:
        return Said(400, b"no_text")
    return Said(400, b"invalid_blocks") if not _fits(blocks) else None


def _fits(blocks: list[dict[str, Any]]) -> bool:
    limits = {"header": 150, "section": 3000}
    for block in blocks:
        text = block.get("text", {}).get("text", "x")
        if not 1 <= len(text.encode("utf-16-le")) // 2 <= limits.get(block["type"], 3000):
            return False
    return len(blocks) <= 50


@contextmanager
def standing_in(
    judge: Callable[[str, dict[str, str], bytes], Said | None] = webhook,
) -> Iterator[StandIn]:
    """A server that judges what comes in, and answers as it is told where that is right."""
    server = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            said = judge(self.path, headers, body) or server.answer(self.path)
            with server.lock:
                port = self.client_address[1]
                server.requests.append(Request(self.path, headers, body, said.status, port))
            self.send_response(said.status)
            self.send_header("content-length", str(len(said.body)))
            for name, value in said.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
