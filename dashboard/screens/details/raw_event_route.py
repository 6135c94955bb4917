"""The route `/api/event.json`: the exact bytes of a delivery, as they were signed."""

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.access.bearer import AWAY
from dashboard.data.source import primary, source
from dashboard.errors import answer_to
from dashboard.screens.details import queries
from models import audit
from models.ledger.deliveries import exact_body

_UNKNOWN, _TRY_LATER = 404, 503


async def respond(request: Request) -> Response:
    """Answer with the body of `?id=` (a `webhook-id`), or with a sentence: 404, 503."""
    webhook_id = request.query_params.get("id", "")
    try:
        body = await to_thread.run_sync(_body, webhook_id, request.state.who)
    except audit.AuditError as error:
        return _refusal(_TRY_LATER, str(error))
    except SQLAlchemyError as error:
        return _refusal(*answer_to(error, AWAY))
    if not body:
        return _refusal(_UNKNOWN, "No delivery with this id is kept, or it was erased.")
    headers = {
        "cache-control": "no-store",
        "content-disposition": 'attachment; filename="event.json"',
    }
    return Response(body, headers=headers, media_type="application/octet-stream")


def _body(webhook_id: str, asked_by: str) -> bytes:
    with source().read() as db:
        found = queries.delivery(db, webhook_id)
    body = exact_body(found["body"]) if found else b""
    if found and body:
        said = {"webhook_id": found["webhook_id"]}
        with audit.recorded(primary(), asked_by, "raw download", said=said) as entry:
            entry.rows = 1
    return body


def _refusal(status: int, sentence: str) -> JSONResponse:
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == _TRY_LATER else {})
    return JSONResponse({"detail": sentence}, status, headers)
