"""Everything below `/api`: files, lists, the feed, each with its role, each refusal in words."""

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from dashboard.access.gate import Respond, for_role
from dashboard.access.roles import CAMPAIGN_FILES, EXPORTS, FORGET, RAW_EVENTS, Role
from dashboard.annotations import acts
from dashboard.annotations import route as annotations_route
from dashboard.data.source import primary, source
from dashboard.exports import lookup_route
from dashboard.exports.route import Downloads
from dashboard.filters.from_url import refusal
from dashboard.filters.offers_route import Offers
from dashboard.screens.campaigns.take_away_route import CampaignFiles
from dashboard.screens.details import raw_event_route, subject_route
from dashboard.screens.live.feed import Feed
from dashboard.screens.tables import TABLES
from dashboard.table.route import Rows

_BAD = 400
_SENTENCES = {
    404: (
        "There is nothing at this address. docs/http.md in Visitor Desk's folder lists all "
        "addresses."
    ),
    405: "This address takes another method: {allow}.",
}


def _of_export(request: Request) -> Role:
    return EXPORTS.get(request.path_params["name"], Role.VIEWER)


def _scope_of_export(request: Request) -> str:
    return "audit" if request.path_params["name"] == "audit" else "export"


async def _refused(_request: Request, refusal: Exception) -> JSONResponse:
    if not isinstance(refusal, HTTPException):
        raise refusal
    headers = dict(refusal.headers or {})
    sentence = _SENTENCES.get(refusal.status_code, refusal.detail)
    return JSONResponse(
        {"detail": sentence.format(allow=headers.get("Allow"))},
        refusal.status_code,
        headers | {"cache-control": "no-store"},
    )


def _unfiltered(respond: Respond) -> Respond:
    """A route that refuses filters, since it can't apply any."""

    async def checked(request: Request) -> Response:
        said = refusal(request.query_params)
        if said is None:
            return await respond(request)
        return JSONResponse({"detail": said}, _BAD, {"cache-control": "no-store"})

    return checked


def api(feed: Feed) -> Mount:
    """The routes below `/api`; Streamlit would turn anything that none of them handles into a
    page.
    """
    downloads, campaigns = Downloads(source, primary), CampaignFiles(source, primary)
    rows, offers = Rows(source, TABLES), Offers(source)
    routes = [
        Route("/feed", for_role(Role.VIEWER, feed.respond), methods=["GET"]),
        Route("/missed", for_role(Role.VIEWER, feed.respond_missed), methods=["GET"]),
        Route(
            "/export/{name}.csv",
            for_role(_of_export, downloads.respond, machines=_scope_of_export),
            methods=["GET", "POST"],
        ),
        Route("/rows/{name}.json", for_role(rows.need, rows.respond), methods=["GET"]),
        Route("/say", for_role(acts.SAY, _unfiltered(annotations_route.respond)), methods=["POST"]),
        Route("/campaigns/{name}", for_role(CAMPAIGN_FILES, campaigns.respond), methods=["GET"]),
        Route("/offers", for_role(Role.VIEWER, _unfiltered(offers.respond)), methods=["GET"]),
        Route(
            "/event.json",
            for_role(RAW_EVENTS, _unfiltered(raw_event_route.respond)),
            methods=["GET"],
        ),
        Route(
            "/subject.json", for_role(FORGET, _unfiltered(subject_route.respond)), methods=["GET"]
        ),
        Route("/leads/{key:path}", lookup_route.lead, methods=["GET"]),
        Route("/visitors/{vid:path}", lookup_route.visitor, methods=["GET"]),
    ]
    refusals = Middleware(ExceptionMiddleware, handlers={HTTPException: _refused})
    return Mount("/api", routes=routes, middleware=[refusals])
