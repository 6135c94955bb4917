"""Peer for orientation: an endpoint that reads the body and answers, nothing else."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from tests.bench.peers.serving import serve

_Message = MutableMapping[str, Any]


async def app(
    scope: _Message,
    receive: Callable[[], Awaitable[_Message]],
    send: Callable[[_Message], Awaitable[None]],
) -> None:
    """Answer every request 200 once its body is there."""
    if scope["type"] != "http":
        return
    more = True
    while more:
        more = (await receive()).get("more_body", False)
    body = b'{"status":"stored"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


if __name__ == "__main__":
    serve(app)
