"""Access for other servers: a token in `Authorization: Bearer`, never from a browser."""

import threading
from datetime import UTC, datetime
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse

from dashboard.data.source import primary
from dashboard.errors import answer_to
from models import tokens
from models.storage.database import Database
from models.tables.access import Token

AWAY = "The database can't be reached right now. Try again in a moment."

# Every browser says where a request comes from. Not Sec-Fetch-Mode: Node's own `fetch` sends that,
# too.
_BROWSERS = ("origin", "sec-fetch-site", "sec-fetch-dest")

_UNKNOWN, _FORBIDDEN, _TRY_LATER = 401, 403, 503
_log = structlog.get_logger("tokens")

_NOTED: "WeakKeyDictionary[Database, dict[str, str]]" = WeakKeyDictionary()
"""Day on which the use of a token was last recorded, by its database and its name: once a day is
enough.
"""


def is_given(request: Request) -> bool:
    """Whether the request has a token; other schemes are for a proxy in front."""
    return _scheme(request) == "bearer"


def refusal(request: Request, scope: str) -> JSONResponse | None:
    """Why another server is refused; None if its token has the scope. Reads the database.

    `request.state.who` is then the token's name in the audit log.
    """
    if any(name in request.headers for name in _BROWSERS):
        return refused(
            _FORBIDDEN,
            "Tokens are for servers only: in a browser, anyone who opens the page could read one.",
        )
    if not is_given(request):
        return refused(
            _UNKNOWN,
            "This needs a token. Send the header Authorization: Bearer, followed by the token.",
        )
    try:
        # Not the replica: a revoked token must be refused even if the replica lags or is cut off.
        with primary().read() as db:
            found = tokens.find(db, request.headers["authorization"].partition(" ")[2].strip())
    except SQLAlchemyError as error:
        return refused(*answer_to(error, AWAY))
    if found is None:
        return refused(
            _UNKNOWN,
            "There is no such token, or it was revoked. Make one: visitor-desk token add NAME.",
        )
    if scope not in found.opens:
        return refused(
            _FORBIDDEN,
            f"This needs a token with the scope {scope}; yours has {', '.join(found.opens)}."
            f" Make another: visitor-desk token add NAME --scope {scope}.",
        )
    request.state.who = f"token:{found.name}"
    _note_use(found)
    return None


def refused(status: int, sentence: str) -> JSONResponse:
    """An answer that says in words what was wrong."""
    headers = {"cache-control": "no-store"}
    if status == _UNKNOWN:
        headers["www-authenticate"] = "Bearer"
    if status == _TRY_LATER:
        headers["retry-after"] = "5"
    return JSONResponse({"detail": sentence}, status, headers)


def _scheme(request: Request) -> str:
    return request.headers.get("authorization", "").partition(" ")[0].lower()


def _note_use(token: Token) -> None:
    """Record the day, once; in the background, because the request must not wait for a write."""
    today, database = datetime.now(UTC).date().isoformat(), primary()
    noted = _NOTED.setdefault(database, {})
    if today in {token.last_used, noted.get(token.name)}:
        return
    noted[token.name] = today

    def write() -> None:
        try:
            with database.write() as db:
                tokens.note_use(db, token.name, today)
        except SQLAlchemyError as error:
            noted.pop(token.name, None)  # the next request tries again
            _log.warning("token_use_not_noted", error=type(error).__name__)

    threading.Thread(target=write, name="token-use", daemon=True).start()
