"""The gate before every route other than the pages: by a person's cookie, or another server's
token."""

import re
from collections.abc import Awaitable, Callable

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.access import bearer
from dashboard.access.account import Account, of_request
from dashboard.access.roles import SEGMENTS, Role

Respond = Callable[[Request], Awaitable[Response]]
Need = Callable[[Request], Role]
ScopeOf = Callable[[Request], str]

_BAD, _SIGN_IN, _FORBIDDEN, _NOT_FOUND = 400, 401, 403, 404
_UPLOADS = "/_stcore/upload_file"
_NOTHING_HERE = "Nothing is served here. Download files with the buttons in Visitor Desk."

# What Streamlit would serve or accept besides pages: files of other people's pages, uploads, its
# own metrics, programs that press buttons. Files leave only through our routes, which check the
# role and record it. Only people who may import lists may upload a file; nobody can download one
# here.
_CLOSED = ("/media/", _UPLOADS, "/_stcore/metrics", "/_stcore/agent")
_SENDING = frozenset({"PUT", "DELETE"})

_UNSAFE = "An address must not contain “..” or a control character. Correct the address."
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def for_role(need: Role | Need, respond: Respond, *, machines: ScopeOf | None = None) -> Respond:
    """A route for people with a role, looked up at each request; also for tokens, if `machines`
    says which scope they need.

    The route finds in `request.state.who` the name for the audit log.
    """

    async def gated(request: Request) -> Response:
        if machines and bearer.is_given(request):
            refusal = await to_thread.run_sync(bearer.refusal, request, machines(request))
        else:
            account = await to_thread.run_sync(of_request, request)
            refusal = _refusal(account, need(request) if callable(need) else need)
            request.state.who = account.who
        return refusal or await respond(request)

    return gated


def _refusal(account: Account, need: Role) -> JSONResponse | None:
    if account.may(need):
        return None
    if not account.is_signed_in:
        return _answer(_SIGN_IN, f"{account.refusal} To do so, open Visitor Desk in this browser.")
    return _answer(_FORBIDDEN, account.refusal or f"This needs the role {need.name.lower()}.")


def _answer(status: int, sentence: str) -> JSONResponse:
    return JSONResponse({"detail": sentence}, status, {"cache-control": "no-store"})


def _is_unsafe(path: str) -> bool:
    """Whether no route can handle an address because of what it contains, or Streamlit refuses it
    because of what it may mean to a file system.
    """
    if not path.startswith("/api/"):
        return False
    return bool(_CONTROL.search(path)) or ".." in re.split(r"[/\\]", path)


class Gate:
    """Closes what Streamlit serves besides its pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with a sentence."""
        if scope["type"] == "http" and _is_unsafe(scope["path"]):
            await _answer(_BAD, _UNSAFE)(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].startswith(_CLOSED):
            account = await to_thread.run_sync(of_request, Request(scope))
            is_sent = scope["path"].startswith(_UPLOADS) and scope["method"] in _SENDING
            if not (is_sent and account.may(SEGMENTS)):
                refusal = _refusal(account, Role.VIEWER) or _answer(_NOT_FOUND, _NOTHING_HERE)
                await refusal(scope, receive, send)
                return
        await self._app(scope, receive, send)
