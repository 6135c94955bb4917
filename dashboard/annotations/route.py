"""The route `/api/say`: take leads, mark them, note something, as Live and a lead's page do.

Only by a POST of JSON, which no other site's page can make a browser send: whatever follows a link,
such as a mail scanner, does nothing.
"""

import json
from typing import Any

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse

from dashboard.access.account import Account, of_request
from dashboard.access.bearer import AWAY
from dashboard.annotations import acts
from dashboard.annotations.acts import Done, NotAllowedError, Whom
from dashboard.errors import answer_to
from models.annotations.mentions import NoLeadError
from models.audit import AuditError
from models.filters.query import Filters
from models.filters.times import FilterError
from models.segments.naming import NotSavedError

MOST_BYTES = 2_000_000
"""Size of a request, in bytes: enough for the keys of as many leads as may be chosen."""

_BAD, _FORBIDDEN, _GONE, _TOO_LARGE, _NOT_JSON, _TRY_LATER = 400, 403, 404, 413, 415, 503


async def respond(request: Request) -> JSONResponse:
    """Do what `{"say": …, "leads": [keys] | "filters": "a=b&c=d", "value": …}` asks.

    `say` is `take`, `let_go`, `give` (value: an address), `status` or `note` (value: the text, of
    one lead). Answers with how many `leads` it was done for, the `owner` of a single one, and a
    sentence in `detail`; else with a sentence: 400, 403, 404, 413, 415, 503.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _answer(_NOT_JSON, "Send the request as JSON.")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return _answer(_TOO_LARGE, "That is too many leads at once. Choose fewer.")
    try:
        asked = json.loads(body)
    except ValueError:
        return _answer(_BAD, "What was sent is not JSON.")
    if not isinstance(asked, dict):
        return _answer(_BAD, "The request must be a JSON object.")
    account = await to_thread.run_sync(of_request, request)
    return await to_thread.run_sync(_said, account, asked)


def _said(account: Account, asked: dict[str, Any]) -> JSONResponse:
    try:
        done, did = _act(account, asked)
    except NotAllowedError as error:
        return _answer(_FORBIDDEN, f"{error}.")
    except (FilterError, NotSavedError) as error:
        return _answer(_BAD, f"{error}.")
    except NoLeadError as error:
        return _answer(_GONE, f"{error}.")
    except AuditError as error:
        return _answer(_TRY_LATER, str(error))
    except SQLAlchemyError as error:
        return _answer(*answer_to(error, AWAY))
    said = {"leads": done.leads, "owner": next(iter(done.owners.values()), None)}
    headers = {"cache-control": "no-store"}
    return JSONResponse({**said, "detail": f"{done.sentence(did)}."}, headers=headers)


def _act(account: Account, asked: dict[str, Any]) -> tuple[Done, str]:
    whom, value = _whom(asked), asked.get("value")
    text = value if isinstance(value, str) else ""
    match asked.get("say"):
        case "take":
            return acts.take(account, whom), "taken"
        case "let_go":
            return acts.let_go(account, whom), "let go"
        case "give":
            return acts.give(account, whom, text), "given away"
        case "status":
            return acts.mark(account, whom, text), "marked"
        case "note" if len(whom.keys) == 1:
            return acts.note(account, whom.keys[0], text), "noted on"
        case _:
            raise NotSavedError(
                "Say what to do: take, let_go, give or status; for a single lead, also note"
            )


def _whom(asked: dict[str, Any]) -> Whom:
    keys, filters = asked.get("leads"), asked.get("filters")
    if isinstance(keys, list) and keys and all(map(_is_key, keys)) and filters is None:
        return Whom(tuple(keys))
    if isinstance(filters, str) and keys is None:
        return Whom(filters=Filters.from_text(filters))
    raise NotSavedError(
        "Say for whom: either leads, a list of their keys, or filters that choose them"
    )


def _is_key(key: object) -> bool:
    """Whether it may be a lead's key: text that a database can't store is not."""
    is_text = isinstance(key, str) and "\0" not in key
    return is_text and not any("\ud800" <= mark <= "\udfff" for mark in str(key))


def _answer(status: int, sentence: str) -> JSONResponse:
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == _TRY_LATER else {})
    return JSONResponse({"detail": sentence}, status, headers)
