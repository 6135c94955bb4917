"""The route that suggests values of a filter while somebody types into the bar."""

import time
from collections import Counter
from collections.abc import Callable
from typing import cast, get_args

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse

from dashboard.access.bearer import AWAY
from dashboard.errors import answer_to
from dashboard.filters.offers import NEWEST, Of, Offer, counted, has_offers, offered
from models.filters.query import LONGEST_VALUE
from models.storage.database import Database

FRESH_S = 20.0
"""How long counts are reused: somebody types several letters a second."""

_BAD = 400


class Offers:
    """Answers from counts made a few seconds ago, so that only the first letter waits."""

    def __init__(self, source: Callable[[], Database]) -> None:
        """Take a function that gives the database; nothing is opened until the first request."""
        self._source = source
        self._counted: dict[tuple[str, Of], tuple[float, Counter[str | None], str]] = {}

    async def respond(self, request: Request) -> JSONResponse:
        """`GET /api/offers?name=…&of=…&text=…`: `{"values": [[value, count], …], "among": …}`.

        400 with a sentence for a filter without suggestions; 503, 500 as in `errors.answer_to`.
        """
        name = request.query_params.get("name", "")
        of = request.query_params.get("of", "sessions")
        if not has_offers(name) or of not in get_args(Of):
            return _answer({"detail": "This filter has no values to suggest."}, _BAD)
        text = request.query_params.get("text", "")[:LONGEST_VALUE].replace("\0", "")
        try:
            values, rows = await to_thread.run_sync(self._offered, name, cast("Of", of), text)
        except SQLAlchemyError as error:
            status, sentence = answer_to(error, AWAY)
            return _answer({"detail": sentence}, status)
        said = f"Counted in the newest {NEWEST:,} {rows}" if rows else ""
        return _answer({"values": values, "among": said})

    def _offered(self, name: str, of: Of, text: str) -> tuple[list[Offer], str]:
        with self._source().read() as db:
            at, found, rows = self._counted.get((name, of), (-FRESH_S, Counter(), ""))
            if time.monotonic() - at >= FRESH_S:
                at = time.monotonic()
                found, rows = counted(db, name, of)
                # There are as many as filters and lists.
                self._counted[name, of] = at, found, rows
            return offered(db, name, text, found), rows


def _answer(found: object, status: int = 200) -> JSONResponse:
    return JSONResponse(found, status, {"cache-control": "no-store"})
