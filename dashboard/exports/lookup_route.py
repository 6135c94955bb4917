"""The JSON routes: a lead, or a visitor's lead, for a website's own server to personalise pages.

For servers only: no answer can be read by another site's page, and browsers are refused.
"""

from collections.abc import Callable

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse

from dashboard.access import bearer
from dashboard.data.settings import now
from dashboard.data.source import source
from dashboard.errors import answer_to
from dashboard.filters import from_url
from models.exports import lookup
from models.segments.members import segments_of

_BAD, _UNKNOWN, _TRY_LATER = 400, 404, 503


def lead(request: Request) -> JSONResponse:
    """`GET /api/leads/{key}`: what `lookup.lead` gives; 400, 401, 403, 404, 503 in words."""
    return _answer(request, "leads", lambda: _lead(request.path_params["key"]))


def visitor(request: Request) -> JSONResponse:
    """`GET /api/visitors/{vid}`: the lead, with `vid`, the shared `segments` that it is in and the
    newest `session`; errors as above.
    """
    return _answer(request, "visitor", lambda: _visitor(request.path_params["vid"]))


def _answer(request: Request, scope: str, look: Callable[[], lookup.Found | None]) -> JSONResponse:
    refusal = bearer.refusal(request, scope)
    if refusal:
        return refusal
    ignored = from_url.refusal(request.query_params)
    if ignored:
        return bearer.refused(_BAD, ignored)
    try:
        found = look()
    except SQLAlchemyError as error:
        return bearer.refused(*answer_to(error, bearer.AWAY))
    if found is None:
        return bearer.refused(_UNKNOWN, "Nobody is known under this name.")
    return JSONResponse(found, headers={"cache-control": "no-store"})


def _lead(key: str) -> lookup.Found | None:
    with source().read() as db:
        return lookup.lead(db, key)


def _visitor(vid: str) -> lookup.Found | None:
    with source().read() as db:
        newest = lookup.visit(db, vid)
        if newest is None:
            return None
        key, session = newest
        lead = lookup.lead(db, key) or {}
        return {"vid": vid, **lead, "segments": segments_of(db, key, now()), "session": session}
