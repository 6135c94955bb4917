"""A sink: plays the part of the servers that messages go to, and shows what arrives as each would
show it.

For people who try Visitor Desk without a Slack or a server of their own. It listens on loopback
only, verifies signatures, and forgets everything when it ends.
"""

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

KEPT = 100
"""Messages that are shown, the newest ones."""

LARGEST = 1024 * 1024
"""Bytes of a message that are read."""

_HEADERS = {
    # Nothing is loaded and nothing runs, whatever a message says.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    "cache-control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message: when, in which format, whether it was accepted, and its lines."""

    at: str
    kind: str
    taken: bool
    title: str
    lines: tuple[str, ...]
    link: str | None


def create_sink(secret: str) -> Starlette:
    """The sink as an ASGI app; `secret` is the webhook's, `whsec_…`."""
    arrived: deque[Arrived] = deque(maxlen=KEPT)

    def note(kind: str, title: str, lines: Iterator[str], link: Any, *, taken: bool = True) -> None:
        at = datetime.now().astimezone().strftime("%H:%M:%S")
        url = link if isinstance(link, str) and link.startswith(("http://", "https://")) else None
        arrived.appendleft(Arrived(at, kind, taken, title, tuple(lines), url))

    async def slack(request: Request) -> Response:
        """As Slack's incoming webhook: `ok`, or its word for what is wrong."""
        said = _json(await _body(request))
        if not isinstance(said, dict) or not isinstance(said.get("blocks"), list):
            note("slack", "Refused: invalid_payload", iter(()), None, taken=False)
            return PlainTextResponse("invalid_payload", 400)
        title, *lines = _texts(said["blocks"]) or [str(said.get("text", ""))]
        note("slack", title, iter(lines), _link(said["blocks"]))
        return PlainTextResponse("ok")

    async def webhook(request: Request) -> Response:
        """As a receiver of Standard Webhooks: 401 for what is not signed correctly."""
        body = await _body(request)
        try:
            Webhook(secret).verify(body, dict(request.headers))
        except WebhookVerificationError as error:
            note("webhook", f"Refused: {error}", iter(()), None, taken=False)
            return JSONResponse({"detail": "the signature does not match"}, 401)
        said = _json(body)
        data = said.get("data", {}) if isinstance(said, dict) else {}
        lead = data.get("lead") or {}
        title = lead.get("full_name") or lead.get("lead") or str(data.get("rule", ""))
        lines = json.dumps(said, indent=2, ensure_ascii=False).split("\n")
        note("webhook", str(title), iter(lines), data.get("url"))
        return JSONResponse({"status": "taken"})

    async def page(_request: Request) -> Response:
        """What arrived, newest first."""
        return HTMLResponse(_page(arrived), headers=_HEADERS)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/slack", slack, methods=["POST"]),
            Route("/webhook", webhook, methods=["POST"]),
        ]
    )


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            break
    return bytes(body[:LARGEST])


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _texts(blocks: list[Any]) -> list[str]:
    """The text of the blocks, one line each."""
    lines: list[str] = []
    for block in blocks:
        if not isinstance(block, dict):
            continue
        text = block.get("text")
        if isinstance(text, dict):
            lines += str(text.get("text", "")).split("\n")
        lines += [
            str(one.get("text", ""))
            for one in block.get("elements", [])
            if isinstance(one, dict) and isinstance(one.get("text"), str)
        ]
    return lines


def _link(blocks: list[Any]) -> str | None:
    for block in blocks:
        for one in block.get("elements", []) if isinstance(block, dict) else []:
            if isinstance(one, dict) and isinstance(one.get("url"), str):
                return str(one["url"])
    return None


_STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
article { border: 1px solid color-mix(in srgb, currentColor 25%, transparent);
  border-radius: .6rem; padding: .8rem 1rem; margin: 1rem 0; }
article.refused { border-color: #c62828; }
p { margin: .2rem 0; overflow-wrap: anywhere; white-space: pre-wrap; }
small { opacity: .75; } details { margin-top: .4rem; }
pre { overflow-x: auto; font-size: .8rem; }
"""


def _page(arrived: "deque[Arrived]") -> str:
    shown = "".join(map(_article, arrived)) or (
        "<p>Nothing yet. When a rule rings, its message appears here within seconds.</p>"
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sink</title>'
        '<meta http-equiv="refresh" content="3">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><h1>What arrived</h1>"
        "<p>This page plays the part of Slack and of a webhook, to show what a team would get.</p>"
        f"{shown}</html>"
    )


def _article(one: Arrived) -> str:
    link = (
        f'<p><a href="{escape(one.link)}" rel="noreferrer">Open in Visitor Desk</a></p>'
        if one.link
        else ""
    )
    text = escape("\n".join(one.lines))
    lines = f"<p>{text}</p>"
    if one.kind == "webhook" and one.taken:
        lines = f"<details><summary>Body, signature verified</summary><pre>{text}</pre></details>"
    refused = "" if one.taken else ' class="refused"'
    return (
        f"<article{refused}><small>{one.at} · as {one.kind}</small>"
        f"<h2>{escape(one.title)}</h2>{lines}{link}</article>"
    )
