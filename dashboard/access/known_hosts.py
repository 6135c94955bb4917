"""What every answer of the dashboard passes through: known host names only, protective headers,
safe cookies."""

import re
from collections.abc import Collection, Iterable, Mapping
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
    # both stay allowed. What the policy stops is anything that payload text could make a page load.
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
    """Answers only to known host names, over HTTP and websocket, and protects the answers.

    A foreign site can point its own name at 127.0.0.1 (DNS rebinding) and would then read
    everything as if it were ours; or open a websocket to us under its own origin. Starlette's
    `TrustedHostMiddleware` checks only the first, and allows wildcards, which nobody should use
    here.
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
        headers = Headers(scope=scope)
        refusal = self._refusal(headers)
        status = _BAD
        if refusal is None and _is_of_another_site(scope, headers, self._hosts):
            refusal, status = _ANOTHER_SITE, _FORBIDDEN
        if refusal:
            await JSONResponse({"detail": refusal}, status)(scope, receive, send)
            return
        scope["headers"] = _with_cookies_of_ours(scope["headers"])
        await self._app(scope, receive, _guarded(send, self._headers))

    def _refusal(self, headers: Headers) -> str | None:
        if _host(headers.get("host", "")) not in self._hosts:
            return (
                "The dashboard does not answer to this host name. "
                "If it should, add the name to ALLOWED_HOSTS."
            )
        origin = headers.get("origin")
        if origin is not None and _host_of(origin) not in self._hosts:
            return "The dashboard does not answer requests from pages of other sites."
        return None


_BAD, _FORBIDDEN = 400, 403
_ANOTHER_SITE = (
    "A page of another site sent this request, and other sites may not start this. Open Visitor "
    "Desk and do it there, or type the address into the address bar."
)
_OURS_TO_BEGIN = ("/api/", "/auth/")
_READS = ("GET", "HEAD")
_OTHERS = ("cross-site", "same-site")


def _is_of_another_site(scope: Scope, headers: Headers, hosts: Collection[str]) -> bool:
    """Whether a page of another site makes a browser do what only our own pages may start.

    A link in a mail program belongs to no page (`none`), and may be followed; webmail is another
    site. Over plain http a browser does not say where a request comes from: there the page's
    address tells, if it is sent.
    """
    is_reading = scope["type"] == "http" and scope["method"] in _READS
    if is_reading and not scope["path"].startswith(_OURS_TO_BEGIN):
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site.strip().lower() in _OTHERS
    referer = headers.get("referer")
    return referer is not None and _host_of(referer.partition("?")[0], any_path=True) not in hosts


_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:@/?#\\\s]+)(?::[0-9]{0,5})?")


def _host(authority: str) -> str | None:
    """The host of `host:port`, lower-case, IPv6 in brackets; None for anything else."""
    found = _AUTHORITY.fullmatch(authority.lower())
    return found[1] if found else None


def _host_of(url: str, *, any_path: bool = False) -> str | None:
    """The host in a URL, as `_host` gives it; None if there is none, or more than an origin."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.path.strip("/") and not any_path:
        return None
    return _host(parts.netloc)


def _with_cookies_of_ours(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Headers without the cookies that can't be ours: all of ours are plain ASCII.

    Other programs on the same host may have set others, and Streamlit fails on some of them.
    """
    return [
        (name, b"; ".join(one.strip() for one in value.split(b";") if _is_plain(one.strip())))
        if name.lower() == b"cookie"
        else (name, value)
        for name, value in headers
    ]


def _is_plain(cookie: bytes) -> bool:
    return (
        bool(cookie) and cookie.isascii() and cookie.decode().isprintable() and b"\\" not in cookie
    )


def _guarded(send: Send, headers: Mapping[str, str]) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = MutableHeaders(scope=message)
            for name, value in headers.items():
                present.setdefault(name, value)
        await send(message)

    return guarded


class SecureCookies:
    """Marks every cookie as TLS only, which Streamlit does not do for its own.

    For a dashboard that people open over https; a browser accepts no such cookie over http.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and mark the answer's cookies."""

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
