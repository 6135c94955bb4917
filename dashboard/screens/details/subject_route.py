"""The route `/api/subject.json`: everything held on a lead, for the human to read."""

import json
from datetime import UTC, datetime
from typing import Any

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.access.bearer import AWAY
from dashboard.data.settings import settings
from dashboard.data.source import primary
from dashboard.errors import answer_to
from models import audit
from models.personal_data.forgetting import Who
from models.personal_data.subject import subject

_BAD, _UNKNOWN, _TRY_LATER = 400, 404, 503
_STUCK = "Deliveries are waiting for the receiver, which seems to be stuck. Try again in a moment."


async def respond(request: Request) -> Response:
    """Answer with the file of `?lead=key`, or with a sentence: 400, 404, 503."""
    key = request.query_params.get("lead", "")
    if not key or "\0" in key:
        return _refusal(
            _BAD, "Say whose: ?lead= followed by the lead's key, as in the address of its page."
        )
    try:
        held = await to_thread.run_sync(_held, key, request.state.who)
    except audit.AuditError as error:
        return _refusal(_TRY_LATER, str(error))
    except TimeoutError:
        return _refusal(_TRY_LATER, _STUCK)
    except SQLAlchemyError as error:
        return _refusal(*answer_to(error, AWAY))
    if not held["deliveries"]:
        return _refusal(_UNKNOWN, "Nothing is held on them.")
    name = f"subject-access-{datetime.now(UTC).date().isoformat()}.json"
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'attachment; filename="{name}"',
    }
    body = json.dumps(held, indent=2, sort_keys=True) + "\n"
    return Response(body, headers=headers, media_type="application/json")


def _held(key: str, asked_by: str) -> dict[str, Any]:
    who = Who.of_lead(key)
    with audit.recorded(primary(), asked_by, "subject", names=who.named()) as entry:
        held = subject(primary(), who, settings().ignoring())
        entry.rows = len(held["deliveries"])
    return held


def _refusal(status: int, sentence: str) -> JSONResponse:
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == _TRY_LATER else {})
    return JSONResponse({"detail": sentence}, status, headers)
