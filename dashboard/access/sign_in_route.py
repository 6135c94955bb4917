"""The way to the provider and back: Streamlit's routes, but with errors in words and with the
requested page kept.

`st.login` forgets which page was requested and answers with two words if the provider is away; a
sign-out ends only one tab. These routes come before Streamlit's own and fix that.
"""

import html
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from anyio import to_thread
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from streamlit.web.server.starlette.starlette_auth_routes import create_auth_routes
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard.access.account import claims_of, sign_out

FAILED = "sign_in"
"""Name of the query parameter that says why a sign-in failed; see `sign_in_page.WHY`."""

_BACK = "visitor_desk_back"
_CALLBACK = "/oauth2callback"
_BACK_S = 600
_LONGEST = 1500
_REFUSED, _FOUND, _NOT_BY_THIS = 400, 302, 405

_streamlits = {route.path: route.endpoint for route in create_auth_routes("")}


async def _login(request: Request) -> Response:
    """Go to the provider, keeping in a cookie which page was requested."""
    answer: Response = await _streamlits["/auth/login"](request)
    if answer.status_code >= _REFUSED:
        return RedirectResponse(f"/?{FAILED}=away", _FOUND)
    answer.set_cookie(
        _BACK,
        quote(_page(request.headers.get("referer", ""))),
        max_age=_BACK_S,
        path=_CALLBACK,
        httponly=True,
        samesite="lax",
    )
    return answer


async def _callback(request: Request) -> Response:
    """Come back from the provider: to the page that was requested, or to the sign-in with a
    reason.
    """
    answer: Response = await _streamlits[_CALLBACK](request)
    headers = MutableHeaders(raw=answer.raw_headers)
    # Without a state it is not a sign-in: a provider also leads here after somebody has signed out.
    if "state" in request.query_params:
        headers["location"] = (
            _local(unquote(request.cookies.get(_BACK, "")))
            if _is_signed_in(headers)
            else f"/?{FAILED}=failed"
        )
    answer.delete_cookie(_BACK, path=_CALLBACK)
    return answer


async def _logout(request: Request) -> Response:
    """Sign out: here, in every other tab, and at the provider if it supports that.

    Not by GET, which a link or a picture could trigger. The next address is in a page, because a
    form may be answered only with a redirect to our own pages (`form-action`).
    """
    if request.method != "POST":
        sentence = "Sign out with the button in Visitor Desk."
        return JSONResponse({"detail": sentence}, _NOT_BY_THIS, {"allow": "POST"})
    await to_thread.run_sync(sign_out, claims_of(request))
    answer: Response = await _streamlits["/auth/logout"](request)
    to = html.escape(answer.headers["location"])
    page = HTMLResponse(
        "<!doctype html><title>Visitor Desk</title>"
        f'<meta http-equiv="refresh" content="0;url={to}">'
        f'<a href="{to}">Continue</a>',
        headers={"cache-control": "no-store"},
    )
    for cookie in answer.headers.getlist("set-cookie"):
        page.headers.append("set-cookie", cookie)
    return page


def _is_signed_in(headers: MutableHeaders) -> bool:
    return any(
        cookie.startswith(f"{USER_COOKIE_NAME}=") and "max-age=0" not in cookie.lower()
        for cookie in headers.getlist("set-cookie")
    )


def _page(referer: str) -> str:
    """Path and filters of the page that led here; `Referrer-Policy` lets only our own say so."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return "/"
    asked = [pair for pair in parse_qsl(parts.query) if pair[0] != FAILED]
    return _local(parts.path + (f"?{urlencode(asked)}" if asked else ""))


def _local(page: str) -> str:
    """One of our pages, else the first: a cookie may contain anything, and `//host` is another
    site."""
    is_ours = page.startswith("/") and not page.startswith(("//", "/\\"))
    return page if is_ours and page.isprintable() and len(page) <= _LONGEST else "/"


ROUTES = [
    Route("/auth/login", _login, methods=["GET"]),
    Route(_CALLBACK, _callback, methods=["GET"]),
    Route("/auth/logout", _logout, methods=["GET", "POST"]),
]
