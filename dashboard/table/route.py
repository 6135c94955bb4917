"""The route `/api/rows/{name}.json`: a page of a table's rows, for whoever scrolls to it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from anyio import to_thread
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.access.bearer import AWAY
from dashboard.access.roles import Role
from dashboard.data.settings import now
from dashboard.errors import answer_to
from dashboard.table.definition import MOST, MOST_SKIPPED, SIZE, TableDefinition, Wanted, rows
from models.filters.finding import with_few
from models.filters.query import Filters, Question
from models.filters.times import FilterError
from models.segments.asking import LOOKED_UP, asked
from models.storage.database import Database

_BAD, _UNKNOWN, _TRY_LATER = 400, 404, 503
_OWN = frozenset({"sort", "at", "from", "size"})


class Rows:
    """Serves pages of tables, by their names."""

    def __init__(
        self, source: Callable[[], Database], tables: Mapping[str, TableDefinition]
    ) -> None:
        """Take a function that gives the database; nothing is opened until the first request."""
        self._source = source
        self._tables = tables

    def need(self, request: Request) -> Role:
        """The lowest role that sees the list."""
        definition = self._tables.get(request.path_params["name"])
        return definition.need if definition else Role.VIEWER

    async def respond(self, request: Request) -> Response:
        """Answer with a page, or with a sentence: 400, 404, 503."""
        definition = self._tables.get(request.path_params["name"])
        if definition is None:
            return _refusal(
                _UNKNOWN, f"There is no such list. Available: {', '.join(self._tables)}."
            )
        try:
            wanted = _wanted(definition, request)
            read = partial(self._read, definition, wanted, request.state.who)
            found = await to_thread.run_sync(read)
        except FilterError as error:
            return _refusal(_BAD, f"{error}.")
        except SQLAlchemyError as error:
            return _refusal(*answer_to(error, AWAY))
        return JSONResponse(found, headers={"cache-control": "no-store"})

    def _read(self, definition: TableDefinition, wanted: Wanted, who: str) -> dict[str, Any]:
        with self._source().read() as db:
            return rows(db, definition, wanted._replace(asked=_understood(db, wanted.asked, who)))


def _understood(db: Connection, plain: Question, who: str) -> Question:
    """What its filters mean; what is kept is read only if they name any of it."""
    if plain.filters.sets(*LOOKED_UP):
        return asked(db, plain.filters, plain.when, who=who)
    return with_few(db, plain)


def _wanted(definition: TableDefinition, request: Request) -> Wanted:
    """What the address asks for, except what has to be looked up. Raises `FilterError`."""
    given = request.query_params
    filters = [
        (name, text) for name, text in given.multi_items() if name not in {*_OWN, *definition.more}
    ]
    skip = _whole("from", given.get("from"), 1, MOST_SKIPPED) - 1
    return Wanted(
        Question(Filters.parse(filters), now()),
        definition.sort(given.get("sort")),
        at=given.get("at"),
        skip=skip,
        size=_whole("size", given.get("size") or str(SIZE), 1, MOST),
        more={name: given[name] for name in definition.more if given.get(name)},
    )


def _whole(name: str, text: str | None, least: int, most: int) -> int:
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) <= 6 else None  # noqa: PLR2004 - more digits than `most` ever has
    if not text:
        return least
    if number is None or not least <= number <= most:
        raise FilterError(f"{name} must be a whole number from {least} to {most:,}")
    return number


def _refusal(status: int, sentence: str) -> JSONResponse:
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == _TRY_LATER else {})
    return JSONResponse({"detail": sentence}, status, headers)
