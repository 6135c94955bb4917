"""What every answer of the dashboard passes: known names only, guarded headers, safe cookies."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def _policy(image_hosts: Collection[str]) -> str:
    # Streamlit builds its pages with inline styles and loads a component's script from a blob, so
    # both stay allowed. What the policy stops is everything that payload text could make a page
    # load.
    pictures = "".join(f" https://{host}" for host in sorted(image_hosts))
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
            "worker-src 'self' blob:",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob:{pictures}",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


class KnownHosts:
    """Answers only to known host names, over HTTP and websocket, and guards what it answers.

    A foreign site can point its own name at 127.0.0.1 (DNS rebinding) and would then read
    everything as if it were ours; or open a websocket to us under its own origin. Starlette's
    `TrustedHostMiddleware` checks the first only, and knows wildcards that nobody should use here.
    """

    def __init__(
        self, app: ASGIApp, hosts: Collection[str], image_hosts: Collection[str] = ()
    ) -> None:
        """Take lower-case host names without port, IPv6 in brackets; and `IMAGE_HOSTS`."""
        self._app = app
        self._hosts = frozenset(hosts)
        self._headers = _HEADERS | {"content-security-policy": _policy(image_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with a sentence."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(Headers(scope=scope))
        if refusal:
            await JSONResponse({"detail": refusal}, status_code=400)(scope, receive, send)
            return
        await self._app(scope, receive, _guarded(send, self._headers))

    def _refusal(self, headers: Headers) -> str | None:
        if _host_of(f"//{headers.get('host', '')}") not in self._hosts:
            return (
                "The dashboard does not answer to this host name. "
                "If it should, add the name to ALLOWED_HOSTS."
            )
        origin = headers.get("origin")
        if origin is not None and _host_of(origin) not in self._hosts:
            return "The dashboard does not answer to pages of other sites."
        return None


def _host_of(url: str) -> str | None:
    """The host in a URL, lower-case, without port, IPv6 in brackets; None if there is none."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    if not parts.hostname or parts.username is not None or parts.path.strip("/"):
        return None
    return f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname


def _guarded(send: Send, headers: Mapping[str, str]) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = MutableHeaders(scope=message)
            for name, value in headers.items():
                present.setdefault(name, value)
        await send(message)

    return guarded


class SecureCookies:
    """Marks every cookie for TLS only: Streamlit leaves that out of its own.

    For a dashboard that people open by https; a browser takes no such cookie over http.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer's cookies marked."""

        async def marking(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, _marked(value) if name.lower() == b"set-cookie" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await self._app(scope, receive, marking)


def _marked(cookie: bytes) -> bytes:
    attributes = {part.strip().lower() for part in cookie.split(b";")[1:]}
    return cookie if b"secure" in attributes else cookie + b"; Secure"
